"""When a letter that a stranger asked for may leave: so many to one domain, and in all, a period.

Domains and the site are slowed down, and never refused: else one stranger could close the sign-up
for everybody with an address at the same provider.
"""

from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import QuerySet
from limits import RateLimitItem

from digest.models import Letter


def earliest_departure(domain: str, at: datetime) -> datetime:
    """Return when a letter to the domain, asked for `at` that time, may leave: at once, or as soon
    as the limits "domain" and "site" have room again behind those that wait.

    Two that are asked for at the same moment may get the same turn.
    """
    paced = Letter.objects.exclude(paced_domain="")
    own = paced.filter(paced_domain=domain)
    turns = [_turn(own, item, at) for item in settings.LIMITS["domain"]]
    turns += [_turn(paced, item, at) for item in settings.LIMITS["site"]]
    return max([at, *turns])


def _turn(letters: QuerySet[Letter], item: RateLimitItem, at: datetime) -> datetime:
    """With N letters a period, each leaves a period or more after the Nth before it."""
    period = timedelta(seconds=item.get_expiry())
    newest = letters.filter(not_before__gt=at - period).order_by("-not_before")
    before = newest.values_list("not_before", flat=True)[item.amount - 1 : item.amount]
    return next((each + period for each in before), at)
