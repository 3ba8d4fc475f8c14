"""Why is nothing going out? What stands in the way of mail, and what else explains its absence."""

from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta, timezone
from typing import Any, NamedTuple

from django.conf import settings
from django.db.models import Max, Min

from digest.mail_events.reconciliation import ALARM, DAY, percent, unknown
from digest.models import Digest, Dump, Hold, Letter, Run, State
from digest.monitoring.health import reachability
from subscriptions.models import Subscriber
from subscriptions.suppression_key import check_key

from .health.clocks import judge_now
from .health.folders import unwritable
from .health.recent_outcomes import count_outcomes
from .health.wrong_dates import find_wrong_dates
from .heartbeats import silences, span

LATE = timedelta(minutes=15)  # that a due mail may wait before somebody should look
_LANES = (Digest, Letter)
_LAST_ZONE = timezone(timedelta(hours=-12))  # where a day ends last


class Finding(NamedTuple):
    """A sentence about one thing; `blocks`: it stands in the way of mail."""

    about: str
    sentence: str
    blocks: bool


@dataclass(frozen=True, slots=True)
class Facts:
    """Numbers and times, whatever they mean."""

    at: datetime
    active_subscribers: int
    next_due_at: datetime | None
    digests: dict[str, int]
    letters: dict[str, int]
    waiting_digests: int
    waiting_letters: int
    waiting_since: datetime | None
    last_drain_at: datetime | None
    last_sent_at: datetime | None
    unknown: int
    tried: int

    @property
    def waited(self) -> timedelta:
        """How long the first of what should have gone has waited."""
        return self.at - self.waiting_since if self.waiting_since else timedelta()

    @property
    def by_state(self) -> list[tuple[str, int, int]]:
        """State, digests and letters in it, for the states that occur."""
        return [
            (state.label, self.digests.get(state, 0), self.letters.get(state, 0))
            for state in State
            if state in self.digests or state in self.letters
        ]


class Standing(NamedTuple):
    """What was found out at one time."""

    facts: Facts
    findings: list[Finding]

    @property
    def in_the_way(self) -> list[str]:
        return [each.sentence for each in self.findings if each.blocks]

    @property
    def notes(self) -> list[str]:
        return [each.sentence for each in self.findings if not each.blocks]

    def as_json(self) -> dict[str, Any]:
        facts = {
            name: value.isoformat() if isinstance(value, datetime) else value
            for name, value in asdict(self.facts).items()
        }
        return {"in_the_way": self.in_the_way, "notes": self.notes, "facts": facts}


def examine(at: datetime) -> Standing:
    """Look at everything that mail passes, in that order. Nothing is changed."""
    facts = gather(at)
    checks: dict[str, Callable[[Facts], Iterator[Finding]]] = {
        "holds": _holds, "key": _key, "clock": _clock, "people": _people, "papers": _papers,
        "queue": _queue, "workers": _workers, "servers": _servers, "answers": _answers,
    }  # fmt: skip
    return Standing(facts, [found for check in checks.values() for found in check(facts)])


def gather(at: datetime) -> Facts:
    """The numbers of the day that ends at that time; queues whatever their age."""
    active = Subscriber.objects.active()
    digests, letters = Digest.objects.waiting(at), Letter.objects.waiting(at)
    drained = Run.objects.filter(task="drain").first()
    odd = unknown(at)
    return Facts(
        at=at,
        active_subscribers=active.count(),
        next_due_at=active.aggregate(first=Min("next_due_at"))["first"],
        digests=_by_state(Digest, at),
        letters=_by_state(Letter, at),
        waiting_digests=digests.mails,
        waiting_letters=letters.mails,
        waiting_since=min(filter(None, (digests.since, letters.since)), default=None),
        last_drain_at=drained.ended_at if drained else None,
        last_sent_at=_last_sent(),
        unknown=odd.unanswered,
        tried=odd.tried,
    )


def _by_state(model: type[Digest] | type[Letter], at: datetime) -> dict[str, int]:
    """What still waits, and what ended in the last day."""
    recent = model._default_manager.filter(not_before__gt=at - DAY).counts()
    return {str(k): v for k, v in (recent | model._default_manager.active().counts()).items()}


def _last_sent() -> datetime | None:
    newest = [model._default_manager.aggregate(last=Max("sent_at"))["last"] for model in _LANES]
    return max((moment for moment in newest if moment), default=None)


def _holds(facts: Facts) -> Iterator[Finding]:
    for hold in Hold.objects.order_by("created_at"):
        reason = f" ({hold.reason})" if hold.reason else ""
        if _is_over(hold, facts.at):
            yield Finding("holds", f"Held: {hold}, which is over{reason}.", False)
        else:
            who = "Held automatically" if hold.automatic else "An operator holds"
            yield Finding("holds", f"{who}: {hold}{reason}.", True)


def _is_over(hold: Hold, at: datetime) -> bool:
    """Whether it is of a day that has ended everywhere, of which no digest waits any more."""
    still_today = str(at.astimezone(_LAST_ZONE).date())
    if hold.scope != Hold.Scope.DATE or hold.value >= still_today:
        return False
    return not Digest.objects.active().filter(local_date=hold.value).exists()


def _key(facts: Facts) -> Iterator[Finding]:
    if sentence := check_key():
        yield Finding("key", sentence, True)


def _clock(facts: Facts) -> Iterator[Finding]:
    verdict = judge_now()
    if sentence := verdict.sentence:
        yield Finding("clock", sentence, verdict.is_ahead)
    if sentence := find_wrong_dates(facts.at).sentence:
        yield Finding("clock", sentence, True)


def _people(facts: Facts) -> Iterator[Finding]:
    if not facts.active_subscribers:
        yield Finding("people", "Nobody has a confirmed subscription that is active.", False)
    elif facts.next_due_at and facts.next_due_at < facts.at - LATE:
        yield Finding(
            "people",
            f"Digests have been due since {_time(facts.next_due_at)} and are not planned: does a "
            "worker run (manage.py up), or manage.py deliver?",
            True,
        )
    elif facts.next_due_at and not facts.waiting_digests:
        sentence = f"No digest is due: the next one is at {_time(facts.next_due_at)}."
        yield Finding("people", sentence, False)


def _papers(facts: Facts) -> Iterator[Finding]:
    waiting = Dump.objects.filter(state=Dump.State.WAITING).count()
    if waiting:
        sentence = f"{waiting} dumps wait for an operator’s “new” or “backfill” (admin, Dumps)."
        yield Finding("papers", sentence, True)
    newest = Dump.objects.filter(new__gt=0).order_by("-received_at").first()
    if newest is None:
        yield Finding("papers", "No new paper has ever been read: ingest a listing.", False)
    elif newest.received_at < facts.at - DAY:
        sentence = f"No new paper has come since {_time(newest.received_at)}."
        yield Finding("papers", sentence, False)


def _queue(facts: Facts) -> Iterator[Finding]:
    if facts.waiting_since:
        lanes = ((facts.waiting_digests, "digest"), (facts.waiting_letters, "letter"))
        mails = " and ".join(f"{n} {noun}{'s' * (n > 1)}" for n, noun in lanes if n)
        first = f"the first for {span(facts.waited)} (since {_time(facts.waiting_since)})"
        yield Finding("queue", f"Due and not sent: {mails}, {first}.", facts.waited > LATE)


def _workers(facts: Facts) -> Iterator[Finding]:
    for sentence in reachability.broker():
        yield Finding("workers", sentence, True)
    for silence in silences(facts.at):
        yield Finding("workers", silence.sentence(facts.at), True)
    drained = Run.objects.filter(task="drain").first()
    if drained is None:
        yield Finding("workers", "The queue of mails has never been worked on.", False)
        return
    ago = span(facts.at - drained.ended_at)
    yield Finding("workers", f"The queue of mails was last worked on {ago} ago.", False)
    if drained.told.get("held"):
        yield Finding("workers", "It did nothing then: everything was held.", False)
    if sentence := drained.told.get("journal"):
        yield Finding("workers", sentence, False)
    if reason := drained.told.get("shut"):
        yield Finding("workers", f"It was given up then: {reason}", True)


def _servers(facts: Facts) -> Iterator[Finding]:
    if not settings.MAIL_RELAYS:
        yield Finding("servers", "No EMAIL_URL is set: mails go to the outbox.", False)
    for sentence in unwritable():
        yield Finding("servers", sentence, True)
    for sentence in reachability.relays():
        yield Finding("servers", sentence, True)


def _answers(facts: Facts) -> Iterator[Finding]:
    yield Finding("answers", _day(facts), False)
    found = count_outcomes(facts.at, Hold.objects.all().held())
    yield Finding(
        "answers",
        f"In the last hour {found.tried} digests ended, {found.refused} of them refused for good; "
        f"{found.put_off} are put off now. {found.suspended} people get no mail for now, because "
        "their addresses refused it.",
        False,
    )
    for sentence in (found.too_many_put_off, found.too_many_refused, found.too_many_suspended):
        if sentence:
            yield Finding("answers", sentence, True)
    if sentence := alarm(facts.at):
        yield Finding("answers", sentence, False)


def alarm(at: datetime) -> str:
    """What to say where too many mails of the day ended without an answer, "" if not."""
    odd = unknown(at)
    if not odd.alarming:
        return ""
    return (
        f"{odd.unanswered} of {odd.tried} mails of the last day ended without an answer (over "
        f"{percent(ALARM)}): does the mail server drop connections? They are not sent again; their "
        "papers are."
    )


def _day(facts: Facts) -> str:
    """One line about the last day: how many ended how, what bad ends there were included."""
    ended = {state: facts.digests.get(state, 0) + facts.letters.get(state, 0) for state in State}
    told = (State.SENT, State.EMPTY, State.FAILED, State.EXPIRED, State.UNKNOWN)
    words = ", ".join(f"{ended[state]} {state.label}" for state in told)
    return f"In the last day: {words}."


def _time(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
