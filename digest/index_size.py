"""What indexes of papers may weigh: INDEX_MB, for all that a process holds at a time."""

from collections.abc import Iterable, Iterator
from itertools import groupby

from django.conf import settings
from django.db.models import Count, Sum
from django.db.models.functions import Length

from digest.matching.index import PaperIndex, PaperText
from digest.matching.index.stored_papers import BYTES_A_LETTER, BYTES_A_PAPER
from digest.models import PaperQuerySet

_LEAST_SHARE = 8  # of INDEX_MB: the least that a slice may weigh, where little is left
_LETTERS = Length("title") + Length("abstract")


def max_bytes() -> int:
    """INDEX_MB in bytes."""
    return int(settings.INDEX_MB) * 1_000_000


def max_slice_bytes(shared: PaperIndex) -> int:
    """What a second index may weigh beside the shared one, in bytes: what that leaves of
    INDEX_MB, and an eighth of INDEX_MB at least."""
    return max(max_bytes() - shared.nbytes, max_bytes() // _LEAST_SHARE, 1)


def estimated_bytes(papers: PaperQuerySet) -> int:
    """What an index of these papers weighs, in bytes; about."""
    found = papers.aggregate(count=Count("pk"), letters=Sum(_LETTERS))
    return int(found["count"]) * BYTES_A_PAPER + int(found["letters"] or 0) * BYTES_A_LETTER


def newest_seq_beyond(papers: PaperQuerySet, most: int) -> int | None:
    """The number of the newest of these numbered papers that, with all newer ones, no longer fits
    in `most` bytes; None where all fit."""
    rows = papers.order_by("-seq").values_list("seq", _LETTERS)
    for seq, letters in rows.iterator():
        most -= BYTES_A_PAPER + BYTES_A_LETTER * letters
        if most < 0:
            return int(seq)
    return None


def slices(papers: Iterable[PaperText], most: int) -> Iterator[Iterator[PaperText]]:
    """The papers in their order, cut where what was read weighs another `most` bytes."""
    read = 0

    def number(paper: PaperText) -> int:
        nonlocal read
        read += paper.estimated_bytes
        return read // most

    return (some for _, some in groupby(papers, number))
