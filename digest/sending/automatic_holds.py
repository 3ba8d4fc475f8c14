"""Automatic holds: outcomes of digests are counted, and sending stops for a domain, a backend or
altogether if too many of an hour were refused or got no reply."""

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
    """Hold what exceeds its limit in the hour that ends with `minute` (since 1970; default: now).

    `domains` are those with a refusal or a missing reply. Returns the new holds. A domain is held
    first; a backend, then everything, only if what is left without held domains exceeds a limit.
    """
    hour = OutcomeCount.objects.hour(minute_now() if minute is None else minute)
    new = _hold_domains(hour, domains)
    if not any(map(_limits().exceeded, _sums_not_held(hour).values())):
        return new
    # Another worker may have counted what explains it, and not held it yet.
    new += _hold_domains(hour, _suspects(hour))
    backends = {name: tally for name, tally in _sums_not_held(hour).items() if name}
    new += _hold_each(Scope.BACKEND, backends)
    return new + _hold_each(Scope.EVERYTHING, {"": _sums_not_held(hour).get("", Tally())})


def check_all() -> list[Hold]:
    """Check every domain with a refusal or a missing reply in the last hour."""
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


def _sums_not_held(hour: OutcomeCountQuerySet) -> dict[str, Tally]:
    """Sums by backend, and under "" of all backends, without what is held now."""
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
    """Set the hold and raise an alarm. Returns None if there is such a hold already."""
    hold, is_new = Hold.objects.get_or_create(
        scope=scope, value=value, defaults={"automatic": True, "reason": phrase}
    )
    if not is_new:
        return None
    log.error("Held automatically: %s: %s", hold, phrase)
    facts = AlarmFacts(
        f"Sending was stopped automatically: {hold}",
        [
            f"{phrase[0].upper()}{phrase[1:]}. No e-mails are sent there until you resume.",
            "If the server was wrong, undo the hold in the admin (Holds): the addresses it "
            "refused get e-mails again, and the digests are sent. If it was right, resume.",
        ],
    )
    raise_alarm(AlarmKind.AUTOMATIC_HOLD, facts, timezone.now())
    return hold


def lift(hold: Hold) -> None:
    """Delete a hold and the counts in its scope, which would set it again at once."""
    counts = OutcomeCount.objects.all()
    if hold.scope == Scope.DOMAIN:
        counts.reset_domain(hold.value)
    elif hold.scope == Scope.BACKEND:
        counts.filter(backend=hold.value).delete()
    elif hold.scope == Scope.EVERYTHING:
        counts.delete()
    hold.delete()


EVERY_SECONDS = 5.0
MOST_BAD = 3  # refusals and missing replies that may wait to be written to the database
_TALLIES = {
    State.SENT: Tally(1),
    State.FAILED: Tally(1, refused=1),
    State.UNKNOWN: Tally(1, unknown=1),
}
_MINUTES_OF_A_DAY = 24 * 60
_Kind = MailEvent.Kind
REFUSALS = (_Kind.BOUNCE_HARD, _Kind.BOUNCE_REFUSED, _Kind.BOUNCE_POLICY)


class OutcomeCounter:
    """Counts the outcomes of one drain. `is_held`: an automatic hold now stops some of its mails,
    set by this drain or another."""

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

    def note_deferral(self, mail: Mail) -> None:
        """Count a reply that asked to try a digest again later."""
        if isinstance(mail.row, Digest):
            key = mail.backend, domain_of(mail.row.email_key)
            self._counts[key] = self._counts.get(key, Tally()) + Tally(deferred=1)

    def flush(self, *, now: bool = False) -> None:
        """Write the counts to the database if they are due, or with `now`, and check the limits.

        Never raises DatabaseError: mails are in flight, and counts may be lost.
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
    """Count a bounce of a digest that had been accepted, or of no known mail.

    It is counted in the minute in which the digest was sent, if that was within a day. A digest
    that was refused, or that has bounced before, is counted already. Bounces of letters never are.
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
