"""The operators' pages about people: who gets what, when, and exactly which mail."""

from .keywords import SubscriptionAdmin
from .personal_data import PersonalDataAdmin
from .subscribers import SubscriberAdmin
from .suppressions import SuppressionAdmin

__all__ = ["PersonalDataAdmin", "SubscriberAdmin", "SubscriptionAdmin", "SuppressionAdmin"]
