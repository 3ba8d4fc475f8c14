"""What became of papers that were sent: code appeared, a withdrawal, a discussion."""

from collections.abc import Iterable
from typing import Any

from django.db.models import Q

from digest.models import Digest, Paper

from .past import Past

MOST = 3
DISCUSSED = 50  # comments
_FACTS = ("withdrawn", "code", "discussed")  # the most important first
# The newest papers of that many; far below what one statement may name (SQLite: 32,766).
_LOOKED_AT = 10_000


def follow_ups(digest: Digest, past: Past, shown: Iterable[int]) -> list[dict[str, Any]]:
    """At most three facts about papers of mails that arrived, each told once.

    Papers in `shown` stand in this digest anyway. Entries without "code" and "comments" (older
    releases made them) can only tell a withdrawal.
    """
    if digest.kind != Digest.Kind.SCHEDULED or not digest.subscriber.follow_ups:
        return []
    sent = _as_sent(past, set(shown))
    told = {(each["paper"], each["fact"]) for mail in past.sent for each in mail.follow_ups}
    found = [
        {"paper": paper.pk, "fact": fact, "sent_on": sent[paper.pk]["sent_on"]}
        for paper in _changed(list(sent)[:_LOOKED_AT])
        if (fact := _fact(paper, sent[paper.pk], told))
    ]
    found.sort(key=lambda each: each["paper"])
    found.sort(key=lambda each: each["sent_on"], reverse=True)
    return sorted(found, key=lambda each: _FACTS.index(each["fact"]))[:MOST]


def _as_sent(past: Past, shown: set[int]) -> dict[int, dict[str, Any]]:
    """Paper id -> its newest entry with the day of that mail, newest first."""
    found: dict[int, dict[str, Any]] = {}
    for mail in past.sent:
        for entry in mail.entries:
            if entry["paper"] not in shown:
                found.setdefault(entry["paper"], entry | {"sent_on": mail.local_date.isoformat()})
    return found


def _changed(ids: list[int]) -> Iterable[Paper]:
    """Of these papers the ones that may have something to tell."""
    if not ids:
        return []
    news = Q(withdrawn_at__isnull=False) | ~Q(code_url="") | Q(comment_count__gte=DISCUSSED)
    papers = Paper.objects.filter(news, pk__in=ids)
    return papers.only("withdrawn_at", "code_url", "comment_count")


def _fact(paper: Paper, entry: dict[str, Any], told: set[tuple[int, str]]) -> str:
    """The most important fact that is new since the entry and not told yet; "" for none.

    Of a withdrawn paper nothing else is told.
    """
    news = _growth(paper, entry) if paper.withdrawn_at is None else ["withdrawn"]
    return next((fact for fact in news if (paper.pk, fact) not in told), "")


def _growth(paper: Paper, entry: dict[str, Any]) -> Iterable[str]:
    if entry.get("code") is False and paper.code_url:
        yield "code"
    if entry.get("comments", DISCUSSED) < DISCUSSED <= (paper.comment_count or 0):
        yield "discussed"
