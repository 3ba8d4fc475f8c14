"""Papers similar to one, among those of the shared index."""

from digest import paper_index
from digest.matching import similarity
from digest.matching.text.readable import readable
from digest.models import Paper
from subscriptions.links import address

from .facts import Named

MOST = 5
_SPARE = 3  # found besides: some may have been withdrawn since
_READ = 20_000  # characters of the abstract


def similar_to(paper: Paper) -> tuple[Named, ...]:
    """Return at most five papers, the most similar first; none where this process has no index
    yet, which takes longer to build than a page may. Takes a query at most, and 20 ms for 10,000
    papers (`similar_papers`); kept until papers change."""
    index = paper_index.built_index()
    if index is None:
        return ()
    known = index.cache.similar
    ids = known.get(paper.pk)
    if ids is None:
        text = paper.abstract[:_READ]
        found = similarity.similar_papers(
            index, paper.title, text, besides=paper.pk, most=MOST + _SPARE
        )
        ids = known.keep(paper.pk, tuple(found))
    rows = Paper.objects.in_bulk(ids) if ids else {}
    there = [rows[pk] for pk in ids if pk in rows and rows[pk].withdrawn_at is None]
    return tuple(
        Named(readable(each.title).text.strip(), address("paper", each.pk)) for each in there[:MOST]
    )
