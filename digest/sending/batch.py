"""Turn claimed rows into mails: the contents of a batch of digests are frozen together, and each
mail is composed just before it is sent."""

from collections.abc import Callable, Container, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial

from django.db import DatabaseError

from digest.mail import verp
from digest.mail.mime.composer import ComposedMail
from digest.mail.transport import Envelope, Mail
from digest.models import Digest, Letter, Paper, State
from digest.models.endings import NotAllChanged, end_and_advance_watermark, end_as_empty
from digest.process_facts.stage_times import measure
from digest.rendering.digest_message import BatchData, compose_digest, load_batch_data
from digest.selection.active_keywords import ActiveKeywords, active_keywords_of
from digest.selection.contents import contents_of
from digest.sending.outcomes import HELD_BACK, CannotCompose, OutcomeRecorder
from subscriptions.keyword_report.wording_offers import mark_offered
from subscriptions.letters.composing import compose_letter


def letter_mails(letters: Sequence[Letter], at: datetime) -> Iterator[Mail]:
    """Yield a mail for each of these claimed letters."""
    for letter in letters:
        yield _mail(letter, partial(compose_letter, letter, at))


def digest_mails(
    digests: Sequence[Digest], recorder: OutcomeRecorder, at: datetime
) -> Iterator[Mail]:
    """Yield a mail for each of these claimed digests that has contents.

    The others end as EMPTY, or are released if an earlier digest of the same person has not ended;
    `recorder` counts them.
    """
    for digest, data in _ready(_unblocked(digests, recorder, at), recorder, at):
        yield _mail(digest, partial(compose_digest, digest, data))


def _ready(
    digests: Sequence[Digest], recorder: OutcomeRecorder, at: datetime
) -> list[tuple[Digest, BatchData]]:
    """Digests with what composing them needs. If that fails for several, each is tried alone."""
    try:
        with measure("select"):
            return _prepare(digests, recorder, at)
    except DatabaseError:
        raise
    except Exception as wrong:
        if len(digests) == 1:
            recorder.count_compose_error(digests[0], wrong)
            return []
        return [pair for digest in digests for pair in _ready([digest], recorder, at)]


def _prepare(
    digests: Sequence[Digest], recorder: OutcomeRecorder, at: datetime
) -> list[tuple[Digest, BatchData]]:
    keywords = active_keywords_of(digest.subscriber_id for digest in digests)
    full = _with_contents(_frozen(digests, keywords, at), recorder)
    data = load_batch_data(full, keywords)
    # A paper may be gone, or unlisted, since it was read for the freeze. What the row lists counts
    # as sent. Another may be shown in its place, so the data is loaded again.
    while not all(entry.paper in data.listed for digest in full for entry in digest.entries):
        full = [digest for digest in full if _reduced_to(data.listed, digest)]
        data = load_batch_data(full, keywords)
    return [(digest, data) for digest in _with_contents(full, recorder)]


def _mail(row: Digest | Letter, compose: Callable[[], ComposedMail]) -> Mail:
    def write() -> bytes:
        try:
            with measure("compose"):
                return compose().message
        except DatabaseError:
            raise  # not an error of the mail: the row is free when its lease lapses
        except Exception as wrong:
            raise CannotCompose from wrong

    sender = verp.address_for(type(row).__name__.lower(), row.pk)
    return Mail(Envelope(sender, row.address), write, row)


def _unblocked(digests: Sequence[Digest], recorder: OutcomeRecorder, at: datetime) -> list[Digest]:
    """Release digests that wait for an earlier one of their person: windows must not overlap."""
    blocked = Digest.objects.blocked(digests)
    for digest in digests:
        if digest.pk in blocked and digest.release(at + HELD_BACK):
            recorder.count(digest, State.PLANNED)
    return [digest for digest in digests if digest.pk not in blocked]


def _frozen(
    digests: Sequence[Digest], keywords: Mapping[int, ActiveKeywords], at: datetime
) -> list[Digest]:
    """Freeze the contents of new digests; returns the digests that are still leased."""
    fresh = [digest for digest in digests if digest.composed_at is None]
    again = [digest for digest in digests if digest.composed_at is not None]
    found = contents_of(fresh, keywords, at)
    frozen = Digest.objects.freeze_all(list(zip(fresh, found, strict=True)), at)
    kept = [digest for digest in fresh if digest.pk in frozen]
    offers = [digest.facts.offer for digest in kept if not digest.has_nothing_to_say]
    mark_offered([offer.subscription for offer in offers if offer], at)
    return [*kept, *(digest for digest in again if _without_the_withdrawn(digest))]


def _without_the_withdrawn(digest: Digest) -> bool:
    """Remove papers deleted or withdrawn since the last attempt; returns whether the lease holds.

    The last attempt was not delivered, so its mail may be replaced by another.
    """
    ids = {entry.paper for entry in digest.entries}
    ids |= {each.paper for each in digest.facts.neighbours}
    listed = set(
        Paper.objects.listed()
        .filter(pk__in=ids, withdrawn_at__isnull=True)
        .values_list("pk", flat=True)
    )
    neighbours = tuple(each for each in digest.facts.neighbours if each.paper in listed)
    if neighbours != digest.facts.neighbours:
        digest.facts = replace(digest.facts, neighbours=neighbours)
        if not digest.keep(digest.entries):
            return False
    return _reduced_to(listed, digest)


def _reduced_to(papers: Container[int], digest: Digest) -> bool:
    """Remove the entries of all other papers; returns whether the row is still leased."""
    kept = [entry for entry in digest.entries if entry.paper in papers]
    return kept == digest.entries or digest.keep(kept)


def _with_contents(digests: Sequence[Digest], recorder: OutcomeRecorder) -> list[Digest]:
    """The digests that have contents; the others end as EMPTY."""
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
