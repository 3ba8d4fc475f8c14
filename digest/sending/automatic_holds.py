"""Automatic holds: digests are counted by how they end, and sending stops where too many of an
hour were refused or got no reply."""

import logging
import time
from collections import Counter
from collections.abc import Collection

from django.conf import settings
from django.db import DatabaseError
from django.db.models import Q
from django.utils import timezone

from digest.mail.transport import Mail
from digest.models import (
    AlarmKind,
    Digest,
    Hold,
    MailEvent,
    OutcomeCount,
    OutcomeCountQuerySet,
    State,
    Tally,
    minute_now,
)
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
        counts.reset_domain(hold.value)
    elif hold.scope == Scope.BACKEND:
        counts.filter(backend=hold.value).delete()
    elif hold.scope == Scope.EVERYTHING:
        counts.delete()
    hold.delete()


EVERY_SECONDS = 5.0
MOST_BAD = 3  # refusals, and mails without a reply, that may wait to be counted
_TALLIES = {
    State.SENT: Tally(1),
    State.FAILED: Tally(1, refused=1),
    State.UNKNOWN: Tally(1, unknown=1),
}
_MINUTES_OF_A_DAY = 24 * 60
_Kind = MailEvent.Kind
REFUSALS = (_Kind.BOUNCE_HARD, _Kind.BOUNCE_REFUSED, _Kind.BOUNCE_POLICY)


class OutcomeCounter:
    """The outcomes of one drain. `is_held`: what it sends is held automatically since, by what
    this one or another has counted."""

    def __init__(self) -> None:
        self._counts: dict[tuple[str, str], Tally] = {}
        self._suspects: Counter[str] = Counter()
        self._flushed_at = time.monotonic()
        self.is_held = False

    def note(self, mail: Mail, state: State | None) -> None:
        """Count a digest that ended in this state."""
        if state not in _TALLIES or not isinstance(mail.row, Digest):
            return
        domain = domain_of(mail.row.email_key)
        key = mail.backend, domain
        self._counts[key] = self._counts.get(key, Tally()) + _TALLIES[state]
        if state != State.SENT:
            self._suspects[domain] += 1

    def flush(self, *, now: bool = False) -> None:
        """Bring the counts to the database if it is time, or `now`, and check them.

        Never raises DatabaseError: the mails are under way, and counts can wait.
        """
        ripe = time.monotonic() - self._flushed_at >= EVERY_SECONDS
        if not self._counts or not (now or ripe or self._suspects.total() >= MOST_BAD):
            return
        counts, suspects = self._counts, self._suspects
        self._counts, self._suspects = {}, Counter()
        self._flushed_at = time.monotonic()
        try:
            OutcomeCount.objects.add(counts)
            if suspects:
                check(suspects)
                self.is_held = self.is_held or _is_held(suspects, {key[0] for key in counts})
        except DatabaseError as wrong:
            log.warning("Outcomes were not counted (%s).", type(wrong).__name__)


def _is_held(domains: Collection[str], backends: Collection[str]) -> bool:
    held = Hold.objects.filter(automatic=True).held()
    return bool(
        held.everything or held.domains.intersection(domains) or held.backends & set(backends)
    )


def domain_of(email_key: str) -> str:
    return email_key.rpartition("@")[2]


def count_bounce(event: MailEvent, email_key: str) -> None:
    """Count a bounce that came back about a digest that had been accepted, or about no mail.

    It counts where its mail does: in the hour in which that was sent, if that is of this day. A
    digest that was refused at once, or of which something said so before, counts as it is.
    """
    if event.kind not in REFUSALS or event.letter_id:
        return
    digest, minute, now = event.digest, None, minute_now()
    if digest is not None:
        earlier = digest.events.filter(kind__in=REFUSALS).exclude(pk=event.pk)
        if digest.state == State.FAILED or earlier.exists():
            return
        if digest.sent_at:
            minute = int(digest.sent_at.timestamp()) // 60
            if minute <= now - _MINUTES_OF_A_DAY:
                return
    domain, backend = domain_of(email_key), digest.backend if digest else ""
    OutcomeCount.objects.add({(backend, domain): Tally(refused=1)}, minute)
    check([domain], minute)
