"""Claimed rows become mails: what they hold is fixed for a whole batch at once, and each is
composed when its turn comes."""

from collections.abc import Callable, Container, Iterator, Mapping, Sequence
from datetime import datetime
from functools import partial

from django.db import DatabaseError

from digest.mail import verp
from digest.mail.mime.composer import ComposedMail
from digest.mail.transport import Envelope, Mail
from digest.models import Digest, Letter, Paper, State
from digest.models.endings import NotAllChanged, end_and_advance_watermark, end_as_empty
from digest.rendering.digest_message import Known, compose_digest, known_of
from digest.selection.active_keywords import Wanted, wanted_by
from digest.selection.contents import contents_of
from digest.sending.outcomes import HELD_BACK, CannotCompose, OutcomeRecorder
from subscriptions.letters import compose_letter


def letter_mails(letters: Sequence[Letter], at: datetime) -> Iterator[Mail]:
    """A mail for each."""
    for letter in letters:
        yield _mail(letter, partial(compose_letter, letter, at))


def digest_mails(
    digests: Sequence[Digest], recorder: OutcomeRecorder, at: datetime
) -> Iterator[Mail]:
    """A mail for each of these claimed digests that has something to say; the others are ended,
    or given back, in the recorder."""
    for digest, known in _ready(_unblocked(digests, recorder, at), recorder, at):
        yield _mail(digest, partial(compose_digest, digest, known))


def _ready(
    digests: Sequence[Digest], recorder: OutcomeRecorder, at: datetime
) -> list[tuple[Digest, Known]]:
    """Digests to be composed; where one of many breaks it, each is tried by itself."""
    try:
        return _together(digests, recorder, at)
    except DatabaseError:
        raise
    except Exception as wrong:
        if len(digests) == 1:
            recorder.count_compose_error(digests[0], wrong)
            return []
        return [pair for digest in digests for pair in _ready([digest], recorder, at)]


def _together(
    digests: Sequence[Digest], recorder: OutcomeRecorder, at: datetime
) -> list[tuple[Digest, Known]]:
    wanted = wanted_by(digest.subscriber_id for digest in digests)
    full = _telling(_frozen(digests, wanted, at), recorder)
    known = known_of(full, wanted)
    # A paper may be gone since the freeze. What the row names counts as sent, under any number.
    printed = [digest for digest in full if _reduced_to(known.papers, digest)]
    return [(digest, known) for digest in _telling(printed, recorder)]


def _mail(row: Digest | Letter, compose: Callable[[], ComposedMail]) -> Mail:
    def write() -> bytes:
        try:
            return compose().message
        except DatabaseError:
            raise  # no fault of the mail: its lease gives it back
        except Exception as wrong:
            raise CannotCompose from wrong

    sender = verp.address_for(type(row).__name__.lower(), row.pk)
    return Mail(Envelope(sender, row.address), write, row)


def _unblocked(digests: Sequence[Digest], recorder: OutcomeRecorder, at: datetime) -> list[Digest]:
    """Two windows of one person must not overlap: the earlier one ends first."""
    blocked = Digest.objects.blocked(digests)
    for digest in digests:
        if digest.pk in blocked and digest.release(at + HELD_BACK):
            recorder.count(digest, State.PLANNED)
    return [digest for digest in digests if digest.pk not in blocked]


def _frozen(digests: Sequence[Digest], wanted: Mapping[int, Wanted], at: datetime) -> list[Digest]:
    """Those whose contents are fixed, and that are still ours."""
    fresh = [digest for digest in digests if digest.composed_at is None]
    again = [digest for digest in digests if digest.composed_at is not None]
    found = contents_of(fresh, wanted, at)
    ours = Digest.objects.freeze_all(list(zip(fresh, found, strict=True)), at)
    kept = [digest for digest in fresh if digest.pk in ours]
    return [*kept, *(digest for digest in again if _without_the_withdrawn(digest))]


def _without_the_withdrawn(digest: Digest) -> bool:
    """Take out what was deleted or withdrawn between two attempts; False: the row is not ours.

    The attempt before did not get through, so that another mail replaces it harms nobody.
    """
    standing = set(
        Paper.objects.filter(
            pk__in=[entry.paper for entry in digest.entries], withdrawn_at__isnull=True
        ).values_list("pk", flat=True)
    )
    return _reduced_to(standing, digest)


def _reduced_to(papers: Container[int], digest: Digest) -> bool:
    """Take out the entries of all other papers; False: the row is not ours."""
    kept = [entry for entry in digest.entries if entry.paper in papers]
    return kept == digest.entries or digest.keep(kept)


def _telling(digests: Sequence[Digest], recorder: OutcomeRecorder) -> list[Digest]:
    """Those that have something to say; the others are ended."""
    _end_empty([digest for digest in digests if digest.has_nothing_to_say], recorder)
    return [digest for digest in digests if not digest.has_nothing_to_say]


def _end_empty(digests: Sequence[Digest], recorder: OutcomeRecorder) -> None:
    if not digests:
        return
    try:
        end_as_empty(digests)
    except NotAllChanged:
        for digest in digests:
            recorder.count(digest, end_and_advance_watermark(digest, State.EMPTY))
    else:
        for digest in digests:
            recorder.count(digest, State.EMPTY)
