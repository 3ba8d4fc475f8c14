"""When a letter that a visitor requested may leave, by the limits of its domain and of the site.

These limits delay and never refuse: otherwise one visitor could block the sign-up for all addresses
at the same provider.
"""

from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import QuerySet
from limits import RateLimitItem

from digest.models import Letter


def earliest_departure(domain: str, at: datetime) -> datetime:
    """Return when a letter to the domain, requested `at` that time, may leave.

    That is at once, or when the limits "domain" and "site" have room after the letters that wait.
    Two requests at the same moment may get the same time.
    """
    paced = Letter.objects.exclude(paced_domain="")
    own = paced.filter(paced_domain=domain)
    times = [_when_free(own, item, at) for item in settings.LIMITS["domain"]]
    times += [_when_free(paced, item, at) for item in settings.LIMITS["site"]]
    return max([at, *times])


def _when_free(letters: QuerySet[Letter], item: RateLimitItem, at: datetime) -> datetime:
    """With N letters a period, a letter leaves at least one period after the Nth before it."""
    period = timedelta(seconds=item.get_expiry())
    newest = letters.filter(not_before__gt=at - period).order_by("-not_before")
    before = newest.values_list("not_before", flat=True)[item.amount - 1 : item.amount]
    return next((each + period for each in before), at)
