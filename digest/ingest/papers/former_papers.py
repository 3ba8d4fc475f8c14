"""Numbered papers that prove to be one, and what of them an operator parts again.

Readers may have been sent either. The paper keeps the ids of all (`Paper.former`), and by what
names each was known (`FormerName`), so that who was sent one of them is not sent it as a new paper.
"""

from collections.abc import Iterable, Sequence

from digest.models import FormerName, Listing, Paper


def take_over(rows: Sequence[Paper], known: Iterable[Listing]) -> bool:
    """Note on the first row the other papers that readers may have been sent and that it takes
    over, and return whether any of them is numbered. `known`: the stored listings, which are still
    under the papers of before.
    """
    others = [row for row in rows[1:] if row.seq is not None or row.unlisted_on is not None]
    if not others:
        return False
    first = rows[0]
    former = {*first.former, *(row.pk for row in others)}
    first.former = sorted(former.union(*(row.former for row in others)))
    ids = {row.pk for row in (first, *others)}
    names = {(each.paper_id, _name(each)) for each in known if each.paper_id in ids}
    FormerName.objects.filter(paper__in=others).update(paper=first)
    FormerName.objects.bulk_create(
        FormerName(paper=first, former_id=pk, name=name) for pk, name in sorted(names)
    )
    return any(row.seq is not None for row in others)


def give_back(paper: Paper, listings: Iterable[Listing], rows: Iterable[Paper]) -> None:
    """Give a paper that is new because its listings have left these rows the ids under which it was
    sent before it was part of them.
    """
    by_id = {row.pk: row for row in rows}
    if not by_id:
        return
    names = {_name(listing) for listing in listings}
    for each in FormerName.objects.filter(paper__in=by_id).order_by("pk"):
        if each.name in names:
            paper.former = sorted({*paper.former, each.former_id})
            row = by_id[each.paper_id]
            row.former = [pk for pk in row.former if pk != each.former_id]


def _name(listing: Listing) -> str:
    return listing.arxiv_id or listing.doi or listing.title_key
