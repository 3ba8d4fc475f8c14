"""Memory limits of paper indexes: INDEX_MB is for all that a process has at a time."""

from collections.abc import Iterable, Iterator
from itertools import groupby

from django.conf import settings
from django.db.models import Count, Sum
from django.db.models.functions import Length

from digest.matching.index import PaperIndex, PaperText
from digest.matching.index.stored_papers import BYTES_A_LETTER, BYTES_A_PAPER
from digest.models import PaperQuerySet

_MIN_SLICE = 8  # a slice may take at least this fraction (1/8) of INDEX_MB, however little is left
_LETTERS = Length("title") + Length("abstract")


def max_bytes() -> int:
    """INDEX_MB in bytes."""
    return int(settings.INDEX_MB) * 1_000_000


def max_slice_bytes(shared: PaperIndex) -> int:
    """The limit of a second index beside the shared one, in bytes.

    It is what the shared index leaves of INDEX_MB, but at least an eighth of INDEX_MB.
    """
    return max(max_bytes() - shared.nbytes, max_bytes() // _MIN_SLICE, 1)


def estimated_bytes(papers: PaperQuerySet) -> int:
    """Estimated memory of an index of these papers, in bytes."""
    found = papers.aggregate(count=Count("pk"), letters=Sum(_LETTERS))
    return int(found["count"]) * BYTES_A_PAPER + int(found["letters"] or 0) * BYTES_A_LETTER


def newest_seq_beyond(papers: PaperQuerySet, most: int) -> int | None:
    """The number of the newest of these papers that, with all newer ones, exceeds `most` bytes.

    Returns None if all of them fit.
    """
    rows = papers.order_by("-seq").values_list("seq", _LETTERS)
    for seq, letters in rows.iterator():
        most -= BYTES_A_PAPER + BYTES_A_LETTER * letters
        if most < 0:
            return int(seq)
    return None


def slices(papers: Iterable[PaperText], most: int) -> Iterator[Iterator[PaperText]]:
    """The papers in their order, in slices of about `most` bytes of index each."""
    read = 0

    def number(paper: PaperText) -> int:
        nonlocal read
        read += paper.estimated_bytes
        return read // most

    return (some for _, some in groupby(papers, number))
