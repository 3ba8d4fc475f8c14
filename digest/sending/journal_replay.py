"""What dead drains had read and not written down: their journals, brought to the rows.

Only a row that still waits for exactly this answer is changed: by id, fence and the epoch of its
permit, and from SENDING or UNKNOWN. So a replay may be repeated, and killed anywhere.
"""

import logging
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from django.db import Error

from digest.mail.smtp.replies import Disposition, disposition
from digest.mail.transport import Envelope, Mail
from digest.models import BEFORE_SENT, Digest, Letter, State
from digest.sending.automatic_holds import OutcomeCounter
from digest.sending.outcomes import record_outcome
from digest.sending.reply_journal import KEPT, Lines, Reply, claimed, journals, read

log = logging.getLogger(__name__)

_AT_ONCE = 500  # rows a query
_NOBODY = Envelope("", "")  # what is counted needs none
_LANES: dict[str, type[Digest] | type[Letter]] = {"digest": Digest, "letter": Letter}
# Costly to read, and nothing that an ending needs.
_HEAVY = {"digest": ("entries", "follow_ups", "facts"), "letter": ("facts",)}


def replay(folder: Path, at: datetime) -> Counter[str]:
    """Bring the journals of drains that are over to the rows; counts of the states they got.

    A journal that another process still holds is left alone. One that is done goes; one that
    speaks of no row of this database stays, for it may be another's, until it is a week old.
    """
    states: Counter[str] = Counter()
    outcomes, now = OutcomeCounter(), time.time()
    for path in journals(folder, now):
        try:
            with claimed(path) as is_ours:
                if is_ours and _replayed(path, at, now, states, outcomes):
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
    """Whether this journal is done with."""
    found = read(path, now)
    if found.unreadable:
        log.warning("%d lines of the journal %s are damaged", found.unreadable, path.name)
    known = False
    for epoch, replies in found.replies.items():
        rows, settled = _apply(epoch, replies, at)
        known = known or rows > 0
        for row, state in settled:
            states[state.value] += 1
            outcomes.note(Mail(_NOBODY, bytes, row, row.backend), state)
    return known or _is_over(path, found, now)


def _is_over(path: Path, found: Lines, now: float) -> bool:
    return not found.replies or now - path.stat().st_mtime > KEPT


def _apply(
    epoch: int, replies: Sequence[Reply], at: datetime
) -> tuple[int, list[tuple[Any, State]]]:
    """Settle the rows that wait for these replies: how many rows of this database bear the epoch,
    and those that changed, with their new state."""
    known, settled = 0, []
    for kind, lane in _LANES.items():
        # The last line about a claim counts: there is one, unless it was written twice.
        answers = {(reply.row, reply.fence): reply for reply in replies if reply.kind == kind}
        for ids in _slices(sorted({row for row, _ in answers})):
            rows = lane._default_manager.filter(pk__in=ids, epoch=epoch).defer(*_HEAVY[kind])
            for row in rows.select_related("subscriber"):
                known += 1
                answer = answers.get((row.pk, row.fence))
                if answer and row.state in BEFORE_SENT and (state := _settled(row, answer, at)):
                    settled.append((row, state))
    return known, settled


def _settled(row: Any, answer: Reply, at: datetime) -> State | None:
    """The state that the row got by this answer, None if it had changed meanwhile.

    From UNKNOWN a refusal is final: the papers have been in the next window since, so another
    attempt could bring them twice.
    """
    outcome = answer.outcome
    if disposition(outcome) == Disposition.SENT or row.state == State.SENDING:
        return record_outcome(row, outcome, at)
    refused = row.refuse_late(reply_code=outcome.reply_code, reply_text=outcome.reply_text)
    return State.FAILED if refused else None


def _slices(ids: Sequence[int]) -> Iterable[Sequence[int]]:
    return (ids[start : start + _AT_ONCE] for start in range(0, len(ids), _AT_ONCE))
