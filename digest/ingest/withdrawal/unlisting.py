"""Papers that only withdrawn dumps list: not in the index, the search or a feed, and never mailed.

Those that readers cannot have been sent are deleted at once. The others stay, unlisted, until it is
known whether they were sent; see `withdraw`.
"""

from collections.abc import Sequence
from datetime import date

from django.db.models import Exists, OuterRef

from digest.models import Paper, PaperQuerySet, SearchDocument
from digest.models.database import among
from subscriptions.models import Rating, SavedPaper


def unlist(papers: Sequence[Paper], day: date) -> None:
    """Take these papers, whose `change` is new, out of everything that finds papers, as of the day
    of the withdrawal.

    Runs inside the caller's transaction, under the catalogue's lock to its end.
    """
    rows = Paper.objects.filter(among("id", [paper.pk for paper in papers]))
    unmarked_by_readers(rows.filter(seq__isnull=True, former=[])).delete()
    SearchDocument.objects.filter(among("paper_id", [paper.pk for paper in papers])).delete()
    # A number of before would be passed over by those whose watermarks have moved on since.
    rows.update(seq=None, listed_on=None, unlisted_on=day, change=papers[0].change)


def unmarked_by_readers(papers: PaperQuerySet) -> PaperQuerySet:
    """Return those of the papers that no reader has saved or rated."""
    marks = (model.objects.filter(paper=OuterRef("pk")) for model in (SavedPaper, Rating))
    return papers.exclude(Exists(next(marks))).exclude(Exists(next(marks)))
