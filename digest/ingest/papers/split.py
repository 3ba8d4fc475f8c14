"""Undoing a wrong join: an operator says which listings are another paper.

The decision is kept on the listings (`apart`) and holds at every later derivation; a dump that is
read again keeps it for the entries whose names stay the same.
"""

import uuid
from collections.abc import Collection

from django.db import transaction

from digest.models import Catalogue, Listing, Paper

from .dedupe import NO_VERSION, PaperKeys
from .related_listings import find_related
from .upsert import rederive


class CannotSplit(ValueError):
    """The choice does not make two papers, or there is nothing to undo; the message says why."""


def split(paper: Paper, chosen: Collection[int]) -> Paper:
    """Make the chosen listings (their ids) of a paper another paper, and return that.

    The side with the paper's strongest name stays findable by it: later listings join that side.
    Readers get the new paper as a new one if the old one had a number. Raises CannotSplit.
    """
    with transaction.atomic():
        Catalogue.lock()
        listings = list(paper.listings.all())
        out = [listing for listing in listings if listing.pk in set(chosen)]
        rest = [listing for listing in listings if listing.pk not in set(chosen)]
        if not out:
            raise CannotSplit("Choose the listings that are a different paper.")
        if not rest:
            raise CannotSplit(
                "These are all its listings. Leave out those that belong to this paper."
            )
        if not _part_versions(out, rest):
            # Only one side is marked: an earlier split of the other side stays as it is.
            _mark(_weaker(out, rest), uuid.uuid4().hex)
        rederive([*rest, *out])  # if the sides are equal, the first keeps the row
        return Paper.objects.get(listings__pk=out[0].pk)


def rejoin(paper: Paper) -> Paper:
    """Undo the split that made this paper: its listings join by their names again.

    Returns the paper they are now part of. Raises CannotSplit if it was not split off.
    """
    with transaction.atomic():
        Catalogue.lock()
        listings = list(paper.listings.exclude(apart=""))
        if not listings:
            raise CannotSplit("This paper was not split off from another.")
        _mark(listings, "")
        rederive(listings)
        return Paper.objects.get(listings__pk=listings[0].pk)


def _part_versions(out: list[Listing], rest: list[Listing]) -> bool:
    """Say of one side that it is no version of another paper, and return whether that parts the
    two: it does if title and authors alone join them. Later listings then join their own side.
    """
    if any(listing.apart for listing in (*out, *rest)):
        return False
    weaker = _weaker(out, rest)
    for side in (weaker, rest if weaker is out else out):
        if not any(listing.arxiv_id or listing.doi for listing in side):
            return False
        _mark(side, f"{NO_VERSION}{uuid.uuid4().hex[:30]}")
        keys = PaperKeys(find_related([*out, *rest]))
        one, other = ({keys.of(listing) for listing in some} for some in (out, rest))
        if len(one) == len(other) == 1 and one != other:
            return True
        _mark(side, "")
    return False


def _weaker(out: list[Listing], rest: list[Listing]) -> list[Listing]:
    """Return the side to split off: the one without the name that the paper is known by, else
    `out`.
    """
    for name in ("arxiv_id", "doi"):
        there, here = _any_says(out, name), _any_says(rest, name)
        if there != here:
            return rest if there else out
    return out


def _any_says(listings: list[Listing], name: str) -> bool:
    return any(getattr(listing, name) and not listing.apart for listing in listings)


def _mark(listings: list[Listing], apart: str) -> None:
    Listing.objects.filter(pk__in=[listing.pk for listing in listings]).update(apart=apart)
    for listing in listings:
        listing.apart = apart
