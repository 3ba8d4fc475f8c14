"""Record the outcome of each attempt: every reply of a server becomes a state of the row."""

import logging
import random
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import TypedDict

from django.db import DatabaseError, transaction
from django.db.models.functions import Now

from digest.mail.send_loop import MailOutcome, PermitRequest
from digest.mail.smtp.replies import Disposition, disposition
from digest.mail.transport import Mail, Outcome, Result
from digest.models import WITHHELD, AcceptedMail, Digest, Letter, State
from digest.models.endings import (
    NotAllChanged,
    end_and_advance_watermark,
    end_as_sent,
    stop_mailing,
)
from digest.process_facts.stage_times import measure
from digest.sending import refusals
from digest.sending.automatic_holds import OutcomeCounter
from digest.sending.claims import Leases
from digest.sending.permit import Row, grant_permit, grant_permits, state_without_permit
from digest.sending.reply_journal import Journal, Reply, reply_of

log = logging.getLogger(__name__)

BACKOFF = [timedelta(minutes=minutes) for minutes in (1, 5, 15, 30, 60, 120)]
HELD_BACK = timedelta(minutes=5)
DEFINITE = (Result.ACCEPTED, Result.REFUSED)
Clock = Callable[[], datetime]


class _Columns(TypedDict, total=False):
    """What is recorded of a reply, by column."""

    reply_code: int | None
    reply_text: str
    backend: str


class CannotCompose(Exception):
    """A mail could not be composed; `__cause__` is the error."""


class OutcomeRecorder:
    """Record how the mails of one drain end, and grant their permits.

    Implements `digest.mail.send_loop.OutcomeRecorder`. Replies are written to `journal` before the
    database; rows that have their permit, or have ended, are dropped from `leases`.

    `on_count` is called with each row that is counted. `counts`: mails by model and final state;
    `outcomes`: what automatic holds are decided on.
    """

    def __init__(
        self,
        clock: Clock,
        journal: Journal | None = None,
        leases: Leases | None = None,
        on_count: Callable[[Row, State], None] | None = None,
    ) -> None:
        self._clock, self._on_count = clock, on_count
        self._journal, self._leases = journal, leases or Leases()
        self._permitted: set[Mail] = set()
        self.counts = {Letter: Counter[str](), Digest: Counter[str]()}
        self.outcomes = OutcomeCounter()

    def count(self, row: Row, state: State | None) -> None:
        """Count a row by the state it got; None (the row had changed meanwhile) does not count."""
        if state is not None:
            self.counts[type(row)][state.value] += 1
            if self._on_count:
                self._on_count(row, state)

    def record_and_permit(
        self, ended: Sequence[MailOutcome], asking: Sequence[PermitRequest]
    ) -> set[Mail]:
        """Record the outcomes in `ended` and return the mails of `asking` that got a permit.

        Accepted mails become SENT in the transaction that grants the permits; every other outcome
        has a transaction of its own. Replies are in the journal before the first of them.
        """
        with measure("record"):
            self._write_to_journal(ended)
            granted = self._record(ended, asking)
            if self._journal:
                self._journal.mark_committed()
        self._permitted |= granted
        self._leases.drop(each.row for each in granted)
        self.outcomes.flush()
        return granted

    def _write_to_journal(self, ended: Sequence[MailOutcome]) -> None:
        """Write to the journal the definite replies to mails that had their permit."""
        answered = [each for each in ended if each.mail in self._permitted]
        self._permitted.difference_update(each.mail for each in answered)
        self._leases.drop(each.mail.row for each in ended)
        definite = [each for each in answered if each.outcome.result in DEFINITE]
        if self._journal:
            self._journal.write([_reply(each) for each in definite])

    def _record(self, ended: Sequence[MailOutcome], asking: Sequence[PermitRequest]) -> set[Mail]:
        sent = [each for each in ended if disposition(each.outcome) == Disposition.SENT]
        try:
            granted = self._record_together(sent, asking)
        except (NotAllChanged, DatabaseError):
            self._record_each(sent)
            granted = {
                each.mail
                for each in asking
                if grant_permit(each.mail.row, each.backend, self._epoch)
            }
        self._record_each([each for each in ended if disposition(each.outcome) != Disposition.SENT])
        return granted

    def _record_together(
        self, sent: Sequence[MailOutcome], asking: Sequence[PermitRequest]
    ) -> set[Mail]:
        askers: dict[tuple[type[Row], str], list[Row]] = defaultdict(list)
        for each in asking:
            askers[type(each.mail.row), each.backend].append(each.mail.row)
        answers: dict[type[Row], list[AcceptedMail]] = defaultdict(list)
        for ended in sent:
            outcome = ended.outcome
            accepted = AcceptedMail(ended.mail.row, outcome.reply_code, outcome.reply_text)
            answers[type(ended.mail.row)].append(accepted)
        with transaction.atomic():
            for (_, backend), rows in askers.items():
                if grant_permits(rows, backend, self._epoch) < len(rows):
                    raise NotAllChanged
            for answered in answers.values():
                end_as_sent(answered)
        for ended in sent:
            self._count(ended.mail, State.SENT)
        return {each.mail for each in asking}

    @property
    def _epoch(self) -> int | None:
        return self._journal.epoch if self._journal else None

    def _record_each(self, ended: Sequence[MailOutcome]) -> None:
        for each in ended:
            state = record_outcome(each.mail.row, each.outcome, self._clock(), each.mail.backend)
            self._count(each.mail, state)
            if state == State.PLANNED and (each.outcome.reply_code or 0) >= 400:
                self.outcomes.note_deferral(each.mail)

    def _count(self, mail: Mail, state: State | None) -> None:
        self.count(mail.row, state)
        self.outcomes.note(mail, state)

    def give_up(self, mail: Mail, wrong: Exception) -> None:
        """Drop a mail that failed with an exception; the row is free when its lease lapses.

        A mail that cannot be composed is counted, so that it is not tried for ever.
        """
        self._permitted.discard(mail)
        self._leases.drop([mail.row])
        if isinstance(wrong, CannotCompose):
            self.count_compose_error(mail.row, wrong.__cause__ or wrong)
        else:
            log.error("%s was left where it was: %s", log_name(mail.row), describe_error(wrong))

    def count_compose_error(self, row: Row, wrong: BaseException) -> None:
        """Log and count a failure to compose the mail of this row."""
        log.error("%s could not be written: %s", log_name(row), describe_error(wrong))
        sentence = f"The e-mail could not be composed: {wrong!r}"
        self.count(row, row.note_compose_error(sentence, self._clock() + HELD_BACK))


def log_name(row: Row) -> str:
    """The name of a row for the log, which holds no addresses: "Digest 17"."""
    return f"{type(row).__name__} {row.pk}"


def describe_error(wrong: BaseException) -> str:
    """The exception's class and the line that raised it. Its message may hold an address."""
    where = wrong.__traceback__
    while where and where.tb_next:
        where = where.tb_next
    place = f" at {where.tb_frame.f_code.co_filename}:{where.tb_lineno}" if where else ""
    return f"{type(wrong).__name__}{place}"


def record_outcome(row: Row, outcome: Outcome, at: datetime, backend: str = "") -> State | None:
    """Record the outcome of one attempt; returns the new state.

    Returns None if the row had changed since it was claimed. `backend` is the one that answered,
    if it is not the one of the row's permit.
    """
    noted: _Columns = {"reply_code": outcome.reply_code, "reply_text": outcome.reply_text}
    if backend:
        noted["backend"] = backend
    match disposition(outcome):
        case Disposition.SENT:
            return end_and_advance_watermark(row, State.SENT, sent_at=Now(), **noted)
        case Disposition.NO_PERMIT:
            return _without_permit(row, at)
        case Disposition.RETRY:
            later = at + _delay(row.attempts)
            done = row.release(later, attempts=row.attempts + 1, **noted)
            return State.PLANNED if done else None
        case Disposition.DEFER:
            done = row.release(at + timedelta(seconds=outcome.wait), **noted)
            return State.PLANNED if done else None
        case Disposition.BOUNCE:
            return _bounce(row, noted, at)
        case Disposition.STRIKE:
            return _strike(row, noted, at)
        case Disposition.FAIL:
            return State.FAILED if row.end(State.FAILED, **noted) else None
        case Disposition.UNKNOWN:
            return State.UNKNOWN if row.end(State.UNKNOWN, **noted) else None


@transaction.atomic
def _bounce(row: Row, noted: _Columns, at: datetime) -> State | None:
    """FAILED, and a pending suppression: the address does not exist."""
    if not row.end(State.FAILED, **noted):
        return None
    # The reply's text may repeat the address, and a suppression outlives the subscriber.
    detail = f"the server answered {noted['reply_code']}"
    stop_mailing(row.email_key, detail, at, noted.get("backend", row.backend))
    return State.FAILED


@transaction.atomic
def _strike(row: Row, noted: _Columns, at: datetime) -> State | None:
    """FAILED, and after several such refusals in a row a pending suppression of the mailbox."""
    if not row.end(State.FAILED, **noted):
        return None
    if (
        isinstance(row, Digest)
        and (count := refusals.count_in_a_row(row)) >= refusals.MOST_IN_A_ROW
    ):
        detail = f"{count} e-mails in a row were refused"
        stop_mailing(row.email_key, detail, at, noted.get("backend", row.backend))
    return State.FAILED


def _without_permit(row: Row, at: datetime) -> State | None:
    state = state_without_permit(row)
    if state is None:
        return None
    if state == State.PLANNED:
        noted = {"reply_code": None, "reply_text": WITHHELD}
        return state if row.release(at + HELD_BACK, **noted) else None
    return state if row.end(state) else None


def _delay(attempts: int) -> timedelta:
    """The time to wait after this many attempts, with a jitter of 10 %."""
    step = BACKOFF[min(attempts, len(BACKOFF) - 1)]
    return step * random.uniform(0.9, 1.1)  # noqa: S311 - spreads the load, hides nothing


def _reply(ended: MailOutcome) -> Reply:
    mail, kind = ended.mail, type(ended.mail.row).__name__.lower()
    return reply_of(kind, mail.row.pk, mail.row.fence, ended.outcome, mail.envelope.recipient)
