"""Explain why a subscriber got a paper, or why not."""

import json
from typing import TypedDict

from django.core.management.base import CommandError, CommandParser

from digest.management.base_command import DatabaseCommand
from digest.matching.explain import Explanation, explain
from digest.models import Digest, Paper, State
from digest.operators.read_log import READ
from digest.paper_texts import paper_text
from digest.rendering.digest_summary import counted
from digest.selection.contents import keywords_of
from subscriptions.models import Subscriber


class KeywordReason(TypedDict):
    """One keyword and a paper; `where` has [field, start, end] for each range that was hit."""

    keyword: str
    meaning: str
    hit: bool
    text: str
    where: list[list[str | int]]


class Answer(TypedDict):
    """Why a subscriber got a paper or not; `sent_on` is the date of the digest it was in."""

    seq: int | None
    title: str
    status: str
    sent_on: str | None
    selected: bool
    text: str
    reasons: list[KeywordReason]


class Command(DatabaseCommand):
    help = (
        "Explain why a subscriber gets a paper, or what comes closest, keyword by keyword. "
        "PAPER is a listing number, an arXiv id, or words of the title."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("email", metavar="EMAIL")
        parser.add_argument("paper", metavar="PAPER")
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *, email: str, paper: str, json: bool, **options: object) -> None:
        subscriber = Subscriber.objects.by_email(email).first()
        if subscriber is None:
            raise CommandError("Nobody with this address has signed up.")
        found = _paper(paper)
        self.log_act("Read why a paper is sent or not.", subscriber, flag=READ)
        answer = _answer(subscriber, found)
        self.stdout.write(as_json(answer) if json else as_text(answer))


def _paper(name: str) -> Paper:
    """The paper of that number, arXiv id or title.

    Raises CommandError if there is none or more than one.
    """
    if name.isascii() and name.isdigit():
        found = list(Paper.objects.filter(seq=int(name[:18])))
    else:
        by_id = Paper.objects.filter(arxiv_id=name.removeprefix("arXiv:"))
        found = list(by_id or Paper.objects.filter(title__icontains=name)[:6])
    if not found:
        raise CommandError(
            "No such paper. Give its listing number, arXiv id or words of its title."
        )
    if len(found) > 1:
        titles = "".join(f"\n  {paper.seq or '-'}  {paper.title}" for paper in found)
        raise CommandError(f"Several papers match. Give the listing number of one:{titles}")
    return found[0]


def _answer(subscriber: Subscriber, paper: Paper) -> Answer:
    sent = _sent(subscriber, paper)
    # A sent paper is explained as of the time it was sent: the watermark has passed it since.
    after = None if sent else subscriber.confirmed_through_seq
    found = explain(paper_text(paper), keywords_of(subscriber), after=after)
    return {
        "seq": paper.seq,
        "title": paper.title,
        "status": subscriber.status,
        "sent_on": sent.local_date.isoformat() if sent else None,
        "selected": found.selected,
        "text": _text(subscriber, paper, sent, found),
        "reasons": _reasons(found),
    }


def _text(subscriber: Subscriber, paper: Paper, sent: Digest | None, found: Explanation) -> str:
    """The sentence about the keywords, and about trending papers where they matter."""
    entries = sent.entries if sent else []
    if any(entry.paper == paper.pk and not entry.keywords for entry in entries):
        return f"trending, {paper.popularity}"
    left_out = any(each.hit and each.keyword.excludes for each in found.reasons)
    to_come = paper.seq is not None and paper.seq > subscriber.confirmed_through_seq
    may_trend = subscriber.trending_top and to_come and not (left_out or paper.withdrawn_at)
    if may_trend and not (sent or found.selected):
        top = counted(subscriber.trending_top, "trending paper")
        return f"{found.text}; it is sent if it is among the {top}"
    return found.text


def _sent(subscriber: Subscriber, paper: Paper) -> Digest | None:
    sent = subscriber.digests.filter(state=State.SENT).order_by("-local_date")
    return next((d for d in sent if any(e.paper == paper.pk for e in d.entries)), None)


def _reasons(found: Explanation) -> list[KeywordReason]:
    return [
        {
            "keyword": reason.keyword.text,
            "meaning": reason.keyword.meaning(),
            "hit": reason.hit,
            "text": reason.text,
            "where": [list(span) for span in reason.spans],
        }
        for reason in found.reasons
    ]


def as_json(answer: Answer) -> str:
    return json.dumps(answer, ensure_ascii=False)


def as_text(answer: Answer) -> str:
    """The verdict, then a line a keyword."""
    if answer["sent_on"]:
        verdict = f"Sent on {answer['sent_on']}"
    else:
        verdict = "Will be sent" if answer["selected"] else "Not sent"
    if answer["status"] != Subscriber.Status.ACTIVE:
        verdict += f" (the subscriber is {answer['status']})"
    lines = [f"  {'+' if r['hit'] else '-'} {r['keyword']}: {r['text']}" for r in answer["reasons"]]
    return "\n".join([f"{answer['title']}\n{verdict}: {answer['text']}", *lines])
