"""What pages that explain a paper share: its keywords' reasons, and where to highlight them."""

from collections.abc import Sequence
from datetime import timedelta

from django.db.models import QuerySet

from digest.matching.explain import Explanation, Reason, explain
from digest.models import Digest, DigestEntry, Paper
from digest.paper_texts import paper_text
from digest.rendering.paper_card import address_of, pieces
from digest.selection.active_keywords import keywords_that_hit
from digest.selection.contents import keywords_of
from subscriptions.models import Subscriber

REMEMBERED = timedelta(days=90)


def explain_paper(subscriber: Subscriber, paper: Paper, entry: DigestEntry | None) -> Explanation:
    """Explain by the keywords that selected the paper, else by the subscriber's present ones."""
    keywords = keywords_that_hit(entry) if entry else keywords_of(subscriber)
    return explain(paper_text(paper), keywords)


def highlighted(paper: Paper, explained: Explanation) -> dict[str, object]:
    """Return what a template needs to show the paper with its hits: `title`, `abstract` and `url`,
    and the `reasons`, hits first."""
    telling = (each for each in explained.reasons if each.hit or not each.keyword.excludes)
    reasons = sorted(telling, key=lambda reason: not reason.hit)
    return {
        "paper": paper,
        "url": address_of(paper),
        "title": pieces(paper.title, _spans(reasons, "title")),
        "abstract": pieces(paper.abstract, _spans(reasons, "abstract")),
        "reasons": reasons,
    }


def _spans(reasons: Sequence[Reason], field: str) -> list[tuple[int, int]]:
    """Return the spans to highlight; those of exclusions are not."""
    hits = (reason for reason in reasons if reason.hit and not reason.keyword.excludes)
    return [(span.start, span.end) for hit in hits for span in hit.spans if span.field == field]


def related_in(paper: Paper, digests: QuerySet[Digest]) -> Digest | None:
    """Return the newest of these digests that showed the paper as a neighbour."""
    ids = {paper.pk, *paper.former}
    rows = digests.only("pk", "local_date", "facts").order_by("-local_date", "-pk")
    shown = (row for row in rows if any(each.paper in ids for each in row.facts.neighbours))
    return next(shown, None)


def digests_with(paper: Paper, digests: QuerySet[Digest]) -> list[Digest]:
    """Return those of these digests that have the paper, under an earlier id too; newest first."""
    ids = {paper.pk, *paper.former}
    names = ("pk", "kind", "local_date", "state", "sent_at", "entries", "composed_at", "reply_text")
    rows = digests.only(*names).order_by("-local_date", "-pk")
    return [row for row in rows if not ids.isdisjoint(entry.paper for entry in row.entries)]
