"""Automatic holds: sending stops where too many digests of an hour were refused or got no reply.

The narrowest scope that explains it is held: first single recipient domains; then, without those,
a backend; then, without those, everything.
"""

import logging
from collections.abc import Collection, Iterable

from django.conf import settings
from django.db.models import Q
from django.utils import timezone

from digest.delivery.alarms import AlarmFacts, raise_alarm
from digest.models import AlarmKind, Hold, OutcomeCount, OutcomeCountQuerySet, Tally, minute_now
from digest.sending.hold_limits import HoldLimits

log = logging.getLogger(__name__)

Scope = Hold.Scope


def check(domains: Collection[str], minute: int | None = None) -> list[Hold]:
    """Hold what exceeds its limit in the hour that ends with this minute (None: now).

    `domains` are those of which something bad was counted. Returns the new holds.
    """
    limits: HoldLimits = settings.AUTOMATIC_HOLD
    hour = OutcomeCount.objects.hour(minute_now() if minute is None else minute)
    held = Hold.objects.all().held()
    if held.everything:
        return []
    suspects = set(domains) - held.domains
    new = _hold_each(Scope.DOMAIN, hour.filter(domain__in=suspects).by("domain"), limits)
    stopped = held.domains | {hold.value for hold in new}
    through = _sums_without(hour, stopped)
    free = {name: tally for name, tally in through.items() if name not in held.backends}
    new += _hold_each(Scope.BACKEND, {name: each for name, each in free.items() if name}, limits)
    still = [tally for name, tally in free.items() if name not in {hold.value for hold in new}]
    return new + _hold_each(Scope.EVERYTHING, {"": sum(still, Tally())}, limits)


def check_all() -> list[Hold]:
    """Check every domain of which something bad was counted in the last hour."""
    hour = OutcomeCount.objects.hour(minute_now()).exclude(domain="")
    bad = hour.filter(Q(refused__gt=0) | Q(unknown__gt=0))
    return check(set(bad.order_by().values_list("domain", flat=True).distinct()))


def _sums_without(hour: OutcomeCountQuerySet, domains: Iterable[str]) -> dict[str, Tally]:
    """The sums by backend, without what went to these domains."""
    sums = hour.filter(domain="").by("backend")
    stopped = hour.filter(domain__in=domains).by("backend")
    return {name: tally - stopped.get(name, Tally()) for name, tally in sums.items()}


def _hold_each(scope: str, tallies: dict[str, Tally], limits: HoldLimits) -> list[Hold]:
    exceeding = ((value, limits.exceeded(tally)) for value, tally in sorted(tallies.items()))
    found = (_hold(scope, value, phrase) for value, phrase in exceeding if phrase)
    return [hold for hold in found if hold]


def _hold(scope: str, value: str, phrase: str) -> Hold | None:
    """Set the hold and alarm operators; None where it is held already."""
    hold, is_new = Hold.objects.get_or_create(
        scope=scope, value=value, defaults={"automatic": True, "reason": phrase}
    )
    if not is_new:
        return None
    log.error("Held automatically: %s: %s", hold, phrase)
    facts = AlarmFacts(
        f"Sending was stopped automatically: {hold}",
        [
            f"{phrase[0].upper()}{phrase[1:]}. No mail leaves there until you resume it.",
            "If the server was wrong, undo the hold in the admin (Holds): the addresses it "
            "refused are mailed again and the digests sent. If it was right, resume.",
        ],
    )
    raise_alarm(AlarmKind.AUTOMATIC_HOLD, facts, timezone.now())
    return hold


def lift(hold: Hold) -> None:
    """Delete a hold, and begin anew to count what it was about, or it would be back at once."""
    counts = OutcomeCount.objects.all()
    if hold.scope == Scope.DOMAIN:
        counts.forget_domain(hold.value)
    elif hold.scope == Scope.BACKEND:
        counts.filter(backend=hold.value).delete()
    elif hold.scope == Scope.EVERYTHING:
        counts.delete()
    hold.delete()
