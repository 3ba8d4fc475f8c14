"""What withdrawing a dump would do, counted before it is done."""

import time
from dataclasses import dataclass

from django.db.models import Exists, OuterRef, QuerySet

from digest.models import Dump, Listing, Paper

from .sent_papers import DAY_BEFORE, sent_papers, unsent_digests_with
from .unlisting import unmarked_by_readers
from .withdraw import rows_of_file

_SECONDS = 5.0  # for looking at digests


@dataclass(frozen=True, slots=True)
class Effects:
    """files: the files of an archive, or the parts of a file, that go with it; papers: those that
    it lists; only_here: those that no other dump lists; marked: those of them that readers saved
    or rated; sent: those of them that were sent, in so many `mails`; unsent: digests that are
    composed anew. `is_partial`: there are more digests than could be looked at.
    """

    files: int
    papers: int
    only_here: int
    marked: int
    sent: int
    mails: int
    unsent: int
    is_partial: bool

    @property
    def kept(self) -> int:
        """Papers that other dumps list too."""
        return self.papers - self.only_here


def effects(dump: Dump) -> Effects:
    """Return what withdrawing the file of a dump would do now."""
    rows = rows_of_file(dump)
    papers = Paper.objects.filter(Exists(_listings().filter(dump__in=rows.values("pk"))))
    others = _listings().filter(dump__withdrawn_at__isnull=True).exclude(dump__in=rows.values("pk"))
    only_here = papers.exclude(Exists(others))
    ids = dict.fromkeys(only_here.filter(seq__isnull=False).values_list("pk", flat=True))
    until = time.monotonic() + _SECONDS
    first = rows.order_by("received_at").values_list("received_at", flat=True)[0]
    found = sent_papers(ids.keys(), first.date() - DAY_BEFORE, until=until)
    unsent = sum(1 for _ in unsent_digests_with(ids.keys(), until=until)) if ids else 0
    count = only_here.count()
    return Effects(
        files=rows.count(),
        papers=papers.count(),
        only_here=count,
        marked=count - unmarked_by_readers(only_here).count(),
        sent=len(found.by_paper),
        mails=found.mails,
        unsent=unsent,
        is_partial=found.is_partial or time.monotonic() > until,
    )


def _listings() -> QuerySet[Listing]:
    return Listing.objects.filter(paper=OuterRef("pk"))


def sentences(found: Effects) -> list[str]:
    """Return the effects in sentences."""
    said = [f"{_count(found.only_here - found.sent, 'paper')} that only this dump lists will go."]
    if found.kept:
        said.append(
            f"{_count(found.kept, 'paper')} that other dumps list too will stay, as those list "
            "them, and keep their numbers."
        )
    at_least = "At least " if found.is_partial else ""
    if found.sent:
        said.append(
            f"{at_least}{_count(found.sent, 'paper')} had been sent, in "
            f"{_count(found.mails, 'e-mail')}. Their pages will stay and say that they were "
            "withdrawn; nobody else will be sent them."
        )
    if found.unsent:
        said.append(
            f"{at_least}{_count(found.unsent, 'digest')} not sent yet will be composed anew."
        )
    if found.marked:
        said.append(
            f"{_count(found.marked, 'paper')} that readers saved or rated will stay for them."
        )
    if found.files > 1:
        said.append(f"It consists of {found.files:,} parts or files. All of them are withdrawn.")
    return said


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
