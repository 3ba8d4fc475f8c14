"""Admin pages of subscribers, their keywords, their personal data, and suppressions."""

from .keywords import SubscriptionAdmin
from .personal_data import PersonalDataAdmin
from .subscribers import SubscriberAdmin
from .suppressions import SuppressionAdmin

__all__ = ["PersonalDataAdmin", "SubscriberAdmin", "SubscriptionAdmin", "SuppressionAdmin"]
