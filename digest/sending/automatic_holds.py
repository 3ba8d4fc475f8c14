"""Automatic holds: sending stops where too many digests of an hour were refused or got no reply.

The narrowest scope that explains it is held: first single recipient domains; then, without those,
a backend; then, without those, everything.
"""

import logging
from collections.abc import Collection

from django.conf import settings
from django.db.models import Q
from django.utils import timezone

from digest.models import AlarmKind, Hold, OutcomeCount, OutcomeCountQuerySet, Tally, minute_now
from digest.models.alarms import AlarmFacts, raise_alarm
from digest.sending.hold_limits import HoldLimits

log = logging.getLogger(__name__)

Scope = Hold.Scope


def check(domains: Collection[str], minute: int | None = None) -> list[Hold]:
    """Hold what exceeds its limit in the hour that ends with this minute (None: now).

    `domains` are those of which something bad was counted. Returns the new holds.
    """
    hour = OutcomeCount.objects.hour(minute_now() if minute is None else minute)
    new = _hold_domains(hour, domains)
    if not any(map(_limits().exceeded, _elsewhere(hour).values())):
        return new
    # Another worker may have counted what explains it, and not held it yet.
    new += _hold_domains(hour, _suspects(hour))
    backends = {name: tally for name, tally in _elsewhere(hour).items() if name}
    new += _hold_each(Scope.BACKEND, backends)
    return new + _hold_each(Scope.EVERYTHING, {"": _elsewhere(hour).get("", Tally())})


def check_all() -> list[Hold]:
    """Check every domain of which something bad was counted in the last hour."""
    minute = minute_now()
    return check(_suspects(OutcomeCount.objects.hour(minute)), minute)


def _limits() -> HoldLimits:
    limits: HoldLimits = settings.AUTOMATIC_HOLD
    return limits


def _suspects(hour: OutcomeCountQuerySet) -> set[str]:
    bad = hour.exclude(domain="").filter(Q(refused__gt=0) | Q(unknown__gt=0))
    return set(bad.order_by().values_list("domain", flat=True).distinct())


def _hold_domains(hour: OutcomeCountQuerySet, domains: Collection[str]) -> list[Hold]:
    tallies = hour.filter(domain__in=set(domains) - {""}).by("domain")
    return _hold_each(Scope.DOMAIN, tallies)


def _elsewhere(hour: OutcomeCountQuerySet) -> dict[str, Tally]:
    """The sums by backend and, as "", of all backends, without what is held as things stand."""
    held = Hold.objects.all().held()
    if held.everything:
        return {}
    stopped = hour.filter(domain__in=held.domains).by("backend")
    sums = {
        name: tally - stopped.get(name, Tally())
        for name, tally in hour.filter(domain="").by("backend").items()
        if name not in held.backends
    }
    return sums | {"": sum(sums.values(), Tally())}


def _hold_each(scope: str, tallies: dict[str, Tally]) -> list[Hold]:
    exceeding = ((value, _limits().exceeded(tally)) for value, tally in sorted(tallies.items()))
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
