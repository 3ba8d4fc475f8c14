"""The diagnosis of `manage.py why_nothing`: what stops mail, and what else explains its absence."""

from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta, timezone
from typing import NamedTuple

from django.conf import settings
from django.db.models import Max, Min

from digest.mail_events.reconciliation import ALARM, DAY, percent, unknown_share
from digest.models import Digest, Dump, Hold, Letter, Run, State
from digest.monitoring.health import reachability
from subscriptions.models import Subscriber
from subscriptions.suppression_key import check_key

from .health.clocks import current_verdict
from .health.folders import unwritable_folders
from .health.recent_outcomes import count_outcomes
from .health.wrong_dates import find_wrong_dates
from .heartbeats import format_duration, missing_heartbeats

OVERDUE_AFTER = timedelta(minutes=15)
_QUEUES = (Digest, Letter)
_LAST_ZONE = timezone(timedelta(hours=-12))  # where a day ends last


class Finding(NamedTuple):
    """A sentence about a `topic`; `is_obstacle` says whether it stops mail."""

    topic: str
    sentence: str
    is_obstacle: bool


@dataclass(frozen=True, slots=True)
class MailFigures:
    """Counts and times of mail as of `at`.

    `digests` and `letters`: counts by state; `unknown` and `tried`: mails of the last day without
    an answer, and all that were tried.
    """

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
        """How long the first mail that is due has waited."""
        return self.at - self.waiting_since if self.waiting_since else timedelta()

    @property
    def by_state(self) -> list[tuple[str, int, int]]:
        """Label of a state, count of digests, count of letters, for the states that occur."""
        return [
            (state.label, self.digests.get(state, 0), self.letters.get(state, 0))
            for state in State
            if state in self.digests or state in self.letters
        ]


class Diagnosis(NamedTuple):
    """The figures and findings of one moment."""

    figures: MailFigures
    findings: list[Finding]

    @property
    def obstacles(self) -> list[str]:
        return [each.sentence for each in self.findings if each.is_obstacle]

    @property
    def notes(self) -> list[str]:
        return [each.sentence for each in self.findings if not each.is_obstacle]

    def as_json(self) -> dict[str, object]:
        facts = {
            name: value.isoformat() if isinstance(value, datetime) else value
            for name, value in asdict(self.figures).items()
        }
        return {"in_the_way": self.obstacles, "notes": self.notes, "facts": facts}


def diagnose(at: datetime) -> Diagnosis:
    """Check each stage that mail passes, in that order. Changes nothing."""
    figures = measure(at)
    checks: dict[str, Callable[[MailFigures], Iterator[Finding]]] = {
        "holds": _holds, "key": _key, "clock": _clock, "people": _people, "papers": _papers,
        "queue": _queue, "workers": _workers, "servers": _servers, "answers": _answers,
    }  # fmt: skip
    return Diagnosis(figures, [found for check in checks.values() for found in check(figures)])


def measure(at: datetime) -> MailFigures:
    """Count what ended in the 24 hours before `at`, and all that waits."""
    active = Subscriber.objects.active()
    digests, letters = Digest.objects.waiting(at), Letter.objects.waiting(at)
    drained = Run.objects.filter(task="drain").first()
    odd = unknown_share(at)
    return MailFigures(
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
    """Count by state the mails that wait and those that ended in the last day."""
    recent = model._default_manager.filter(not_before__gt=at - DAY).counts()
    return {str(k): v for k, v in (recent | model._default_manager.active().counts()).items()}


def _last_sent() -> datetime | None:
    newest = [model._default_manager.aggregate(last=Max("sent_at"))["last"] for model in _QUEUES]
    return max((moment for moment in newest if moment), default=None)


def _holds(figures: MailFigures) -> Iterator[Finding]:
    yield from find_holds(figures.at)


def find_holds(at: datetime) -> Iterator[Finding]:
    """Yield each hold; one of a date that is over stops no mail."""
    for hold in Hold.objects.order_by("created_at"):
        reason = f" ({hold.reason})" if hold.reason else ""
        if _is_over(hold, at):
            yield Finding("holds", f"Held, but over: {hold}{reason}.", False)
        else:
            who = "Held automatically" if hold.automatic else "Held by an operator"
            yield Finding("holds", f"{who}: {hold}{reason}.", True)


def _is_over(hold: Hold, at: datetime) -> bool:
    """Whether the hold is of a date that has ended in every time zone and of which no digest
    waits."""
    still_today = str(at.astimezone(_LAST_ZONE).date())
    if hold.scope != Hold.Scope.DATE or hold.value >= still_today:
        return False
    return not Digest.objects.active().filter(local_date=hold.value).exists()


def _key(figures: MailFigures) -> Iterator[Finding]:
    if sentence := check_key():
        yield Finding("key", sentence, True)


def _clock(figures: MailFigures) -> Iterator[Finding]:
    verdict = current_verdict()
    if sentence := verdict.sentence:
        yield Finding("clock", sentence, verdict.is_ahead)
    if sentence := find_wrong_dates(figures.at).sentence:
        yield Finding("clock", sentence, True)


def _people(figures: MailFigures) -> Iterator[Finding]:
    if not figures.active_subscribers:
        yield Finding("people", "There are no active, confirmed subscribers.", False)
    elif figures.next_due_at and figures.next_due_at < figures.at - OVERDUE_AFTER:
        yield Finding(
            "people",
            f"Digests have been due since {_time(figures.next_due_at)} but are not planned: is a "
            "worker (manage.py up) or manage.py deliver running?",
            True,
        )
    elif figures.next_due_at and not figures.waiting_digests:
        sentence = f"No digest is due. The next one is due at {_time(figures.next_due_at)}."
        yield Finding("people", sentence, False)


def _papers(figures: MailFigures) -> Iterator[Finding]:
    waiting = Dump.objects.filter(state=Dump.State.WAITING).count()
    if waiting:
        sentence = (
            f"{waiting} dumps are waiting for an operator to choose “new” or “backfill” (admin, "
            "Dumps)."
        )
        yield Finding("papers", sentence, True)
    newest = Dump.objects.filter(new__gt=0).order_by("-received_at").first()
    if newest is None:
        yield Finding("papers", "No new papers have been read yet: ingest a listing.", False)
    elif newest.received_at < figures.at - DAY:
        sentence = f"No new papers since {_time(newest.received_at)}."
        yield Finding("papers", sentence, False)


def _queue(figures: MailFigures) -> Iterator[Finding]:
    if figures.waiting_since:
        queues = ((figures.waiting_digests, "digest"), (figures.waiting_letters, "letter"))
        mails = " and ".join(f"{n} {noun}{'s' * (n > 1)}" for n, noun in queues if n)
        since = f"the first for {format_duration(figures.waited)}"
        first = f"{since} (since {_time(figures.waiting_since)})"
        yield Finding("queue", f"Overdue: {mails}, {first}.", figures.waited > OVERDUE_AFTER)


def _workers(figures: MailFigures) -> Iterator[Finding]:
    for sentence in reachability.check_broker():
        yield Finding("workers", sentence, True)
    for silence in missing_heartbeats(figures.at):
        yield Finding("workers", silence.sentence(figures.at), True)
    drained = Run.objects.filter(task="drain").first()
    if drained is None:
        yield Finding("workers", "The mail queue has never been processed.", False)
        return
    ago = format_duration(figures.at - drained.ended_at)
    yield Finding("workers", f"The mail queue was last processed {ago} ago.", False)
    if drained.details.get("held"):
        yield Finding("workers", "Nothing was sent then: everything was held.", False)
    if sentence := drained.details.get("journal"):
        yield Finding("workers", sentence, False)
    if reason := drained.details.get("shut"):
        yield Finding("workers", f"It stopped early: {reason}", True)


def _servers(figures: MailFigures) -> Iterator[Finding]:
    if not settings.MAIL_RELAYS:
        yield Finding("servers", "EMAIL_URL is not set: e-mails go to the outbox.", False)
    for sentence in unwritable_folders():
        yield Finding("servers", sentence, True)
    for sentence in reachability.check_relays():
        yield Finding("servers", sentence, True)


def _answers(figures: MailFigures) -> Iterator[Finding]:
    yield Finding("answers", _day(figures), False)
    found = count_outcomes(figures.at, Hold.objects.all().held())
    yield Finding(
        "answers",
        f"In the last hour {found.tried} digests finished, {found.refused} of them permanently "
        f"refused; {found.put_off} are deferred now. {found.suspended} subscribers are "
        "suspended, because their addresses refused e-mails.",
        False,
    )
    for sentence in (found.put_off_warning, found.refused_warning, found.suspended_warning):
        if sentence:
            yield Finding("answers", sentence, True)
    if sentence := no_reply_warning(figures.at):
        yield Finding("answers", sentence, False)


def no_reply_warning(at: datetime) -> str:
    """Return a sentence if too many mails of the last day ended without an answer, else ""."""
    odd = unknown_share(at)
    if not odd.alarming:
        return ""
    return (
        f"{odd.unanswered} of {odd.tried} e-mails of the last day got no reply from the mail "
        f"server (over {percent(ALARM)}): does it drop connections? They are not sent again; "
        "their papers go into the next digests."
    )


def _day(figures: MailFigures) -> str:
    """Return a sentence with the counts of final states in the last day."""
    ended = {
        state: figures.digests.get(state, 0) + figures.letters.get(state, 0) for state in State
    }
    shown = (State.SENT, State.EMPTY, State.FAILED, State.EXPIRED, State.UNKNOWN)
    words = ", ".join(f"{ended[state]} {state.label}" for state in shown)
    return f"In the last 24 hours: {words}."


def _time(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
