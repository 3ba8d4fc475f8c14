"""The papers a digest looks at: a window of listing numbers, or the last days for a sample."""

from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from typing import Any, NamedTuple

from django.db.models import Q

from digest import corpus
from digest.matching.index import PaperIndex
from digest.models import Catalogue, Digest, Dump, Paper, PaperQuerySet

SAMPLE_DAYS = 7


class Standing(NamedTuple):
    """What the index does not hold of a paper."""

    withdrawn: bool
    renumbered: bool
    code: bool
    former: tuple[int, ...]


PLAIN = Standing(withdrawn=False, renumbered=False, code=False, former=())


@dataclass
class Window:
    """Papers of (after, through] in an index; `bits` are those in question."""

    papers: PaperQuerySet
    index: PaperIndex
    bits: int
    after: int
    through: int

    @cached_property
    def standing(self) -> dict[int, Standing]:
        """Paper id -> what sets it apart; papers of which all is PLAIN are left out."""
        apart = Q(withdrawn_at__isnull=False) | Q(renumbered=True) | ~Q(code_url="")
        rows = self.papers.filter(apart).values_list(
            "pk", "withdrawn_at", "renumbered", "code_url", "former"
        )
        return {
            pk: Standing(withdrawn is not None, renumbered, bool(code), tuple(former))
            for pk, withdrawn, renumbered, code, former in rows
        }

    def leave_out(self, ids: set[int]) -> None:
        """Take papers out of `bits`; ids that are not in it are ignored."""
        held = set(self.index.ids(self.bits)) & ids
        self.bits &= ~self.index.mask(held)

    def leave_out_withdrawn(self) -> None:
        self.leave_out({pk for pk, paper in self.standing.items() if paper.withdrawn})


def window_of(digest: Digest, today: date) -> Window:
    """What this digest is about, as the papers stand now."""
    mark = digest.subscriber.confirmed_through_seq
    if digest.kind == Digest.Kind.SAMPLE:
        return _sample(mark, today)
    return between(mark, max(Catalogue.current().newest_seq, mark))


def between(after: int, through: int) -> Window:
    """The papers numbered in (after, through]."""
    index, bits = corpus.index_for(after, through)
    return Window(Paper.objects.between(after, through), index, bits, after, through)


def _sample(through: int, today: date) -> Window:
    """The last 7 days up to the watermark; the newest listing if nothing was listed in them."""
    papers = of_last_days(through, today)
    if not papers.exists():
        papers = _of_newest_listing(through)
    index, bits = corpus.whole(papers)
    return Window(papers, index, bits, 0, through)


def of_last_days(through: int, today: date) -> PaperQuerySet:
    """The numbered papers up to `through` that were listed in the last 7 days."""
    start = today - timedelta(days=SAMPLE_DAYS)
    return Paper.objects.between(0, through).listed_from(start)


def _of_newest_listing(through: int) -> PaperQuerySet:
    known = Paper.objects.between(0, through)
    dump = Dump.objects.newest_listing()
    return known.filter(listings__dump=dump) if dump else known.none()


def look_back(digest: Digest, window: Window) -> dict[str, Any]:
    """What the opening says of a sample: the 7 days, or the newest listing when they had none.

    {} for a digest that is no sample.
    """
    if digest.kind != Digest.Kind.SAMPLE:
        return {}
    quiet = not of_last_days(window.through, digest.local_date).exists()
    newest = Dump.objects.newest_listing() if quiet else None
    day = newest.listed_on if newest else None
    return {"quiet_week": quiet, "newest_day": day.isoformat() if day else None}
