"""Replay of the journals of dead drains: replies that were read, but not committed to the rows.

A reply changes only the row that waits for it: same id, fence and epoch of the permit, and still
SENDING or UNKNOWN. So a replay may be repeated, and killed at any point.
"""

import logging
import time
from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from django.db import Error

from digest.mail.smtp.replies import Disposition, disposition
from digest.mail.transport import Envelope, Mail
from digest.models import BEFORE_SENT, Digest, Letter, State
from digest.sending.automatic_holds import OutcomeCounter
from digest.sending.outcomes import record_outcome
from digest.sending.permit import Row
from digest.sending.reply_journal import KEPT, Reply, journals, lock_journal, read

log = logging.getLogger(__name__)

_AT_ONCE = 500  # rows a query
_NO_ENVELOPE = Envelope("", "")  # counting does not need one
_MODELS: dict[str, type[Digest] | type[Letter]] = {"digest": Digest, "letter": Letter}
# Expensive columns that recording an outcome does not need.
_HEAVY = {"digest": ("entries", "follow_ups", "facts"), "letter": ("facts",)}


def replay(folder: Path, at: datetime) -> Counter[str]:
    """Apply the journals in `folder` whose drain has ended; returns counts of new states.

    A journal that a process still locks is skipped. An applied journal is deleted; one that names
    no row of this database may be another database's and is kept until it is a week old.
    """
    states: Counter[str] = Counter()
    outcomes, now = OutcomeCounter(), time.time()
    for path in journals(folder, now):
        try:
            with lock_journal(path) as is_locked:
                if is_locked and _replayed(path, at, now, states, outcomes):
                    path.unlink()
        except OSError as wrong:
            log.warning("The journal of replies %s cannot be read: %s", path.name, wrong.strerror)
        except Error as wrong:  # the next replay goes on with it
            log.warning("The journal %s was not replayed: %s", path.name, type(wrong).__name__)
    outcomes.flush(now=True)
    if states:
        log.warning("Replies that a crash had kept from the database: %s", dict(states))
    return states


def _replayed(
    path: Path, at: datetime, now: float, states: Counter[str], outcomes: OutcomeCounter
) -> bool:
    """Apply one journal; returns whether it can be deleted."""
    found = read(path, now)
    if found.unreadable:
        log.warning("%d lines of the journal %s are damaged", found.unreadable, path.name)
    known = False
    for epoch, replies in found.replies.items():
        rows, settled = _apply(epoch, replies, at)
        known = known or rows > 0
        for row, state in settled:
            states[state.value] += 1
            outcomes.note(Mail(_NO_ENVELOPE, bytes, row, row.backend), state)
    return known or not found.replies or now - path.stat().st_mtime > KEPT


def _apply(
    epoch: int, replies: Sequence[Reply], at: datetime
) -> tuple[int, list[tuple[Row, State]]]:
    """Apply the replies of one epoch to the rows that wait for them.

    Returns how many rows of this database have the epoch, and the changed rows with their states.
    """
    known = 0
    settled: list[tuple[Row, State]] = []
    for kind, model in _MODELS.items():
        # If a reply was written twice, its last line counts.
        answers = {(reply.row, reply.fence): reply for reply in replies if reply.kind == kind}
        ids = sorted({row for row, _ in answers})
        for start in range(0, len(ids), _AT_ONCE):
            rows = model.objects.filter(pk__in=ids[start : start + _AT_ONCE], epoch=epoch).defer(
                *_HEAVY[kind]
            )
            for row in rows.select_related("subscriber"):
                known += 1
                answer = answers.get((row.pk, row.fence))
                if answer and row.state in BEFORE_SENT and (state := _apply_reply(row, answer, at)):
                    settled.append((row, state))
    return known, settled


def _apply_reply(row: Row, answer: Reply, at: datetime) -> State | None:
    """Record this reply on its row; returns the new state, None if the row changed meanwhile.

    A refusal of an UNKNOWN is final: its papers are in the next window since, so that another
    attempt could send them twice.
    """
    outcome = answer.outcome
    if disposition(outcome) == Disposition.SENT or row.state == State.SENDING:
        return record_outcome(row, outcome, at)
    refused = row.refuse_late(reply_code=outcome.reply_code, reply_text=outcome.reply_text)
    return State.FAILED if refused else None
