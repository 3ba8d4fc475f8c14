"""Evaluate keywords from the command line."""

import json
import sys
from collections.abc import Iterable
from typing import TypedDict

from django.core.management.base import CommandError, CommandParser
from django.utils import timezone

from digest import paper_index
from digest.expansions.resolving import wordings_of
from digest.management.base_command import DatabaseCommand
from digest.matching.index import PaperText
from digest.matching.index.highlighting import hit_spans
from digest.matching.query import Keyword, KeywordError, expanded, parse
from digest.matching.ranking import rank
from digest.matching.sliced_index import IndexView
from digest.matching.suggestions import corrected_spelling
from digest.models import Paper
from digest.paper_texts import paper_text


class Hit(TypedDict):
    """A paper; `where` has [field, start, end] for each range of characters that was hit."""

    seq: int | None
    title: str
    score: float
    where: list[list[str | int]]


class Answer(TypedDict):
    """What one keyword hits: the number of papers, and the best of them."""

    keyword: str
    meaning: str
    count: int
    papers: list[Hit]


class Command(DatabaseCommand):
    help = (
        "Show what each keyword means and which papers it matches, best first. With - the "
        "keywords are read from standard input, one per line. Write -- before a keyword that "
        "starts with a minus: -- -survey."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("keywords", metavar="KEYWORD", nargs="+")
        parser.add_argument(
            "--since", metavar="SEQ", type=int, help="only papers numbered after SEQ"
        )
        parser.add_argument(
            "--limit",
            metavar="N",
            type=int,
            default=10,
            help="papers to show per keyword (default 10)",
        )
        parser.add_argument(
            "--json", action="store_true", help="one JSON object per keyword and line"
        )

    def handle(
        self, *, keywords: list[str], since: int | None, limit: int, json: bool, **options: object
    ) -> None:
        papers = Paper.objects.listed()
        papers = papers if since is None else papers.filter(seq__gt=since)
        usable, bad = [], 0
        for text in _texts(keywords):
            try:
                usable.append(parse(text))
            except KeywordError as wrong:
                bad += 1
                self.stderr.write(f"{text}: {wrong.message}")
        found = wordings_of(usable)
        usable = [expanded(one, each.usual) for one, each in zip(usable, found, strict=True)]
        view = paper_index.view_of(papers, usable)
        for keyword in usable:
            answer = _answer(view, keyword, limit)
            notes = () if json else _notes(keyword, answer["count"])
            self.stdout.write(as_json(answer) if json else as_text(answer, notes))
        if bad:
            raise CommandError(f"{bad} of the keywords cannot be used.")


def _texts(given: list[str]) -> Iterable[str]:
    """The keywords; `-` stands for the lines of standard input."""
    for text in given:
        if text == "-":
            yield from (line.strip() for line in sys.stdin if line.strip())
        else:
            yield text


def _answer(view: IndexView, keyword: Keyword, limit: int) -> Answer:
    found = view.ids(view.evaluate(keyword))
    best = rank(view, dict.fromkeys(found, (keyword,)), today=timezone.now().date())
    shown = best[: max(limit, 0)]
    papers = Paper.objects.in_bulk([match.paper_id for match in shown])
    return {
        "keyword": keyword.text,
        "meaning": keyword.meaning(),
        "count": len(found),
        "papers": [
            _hit(paper_text(papers[match.paper_id]), keyword, match.score) for match in shown
        ],
    }


def _notes(keyword: Keyword, count: int) -> list[str]:
    """The notes of a keyword, and the likely spelling of one without any hit."""
    read = [f"read as {keyword.translation}"] if keyword.translation else []
    if count:
        return [*read, *keyword.notes]
    index, _ = paper_index.recent_papers(0, timezone.now().date())
    meant = corrected_spelling(index, keyword)
    return [*read, *keyword.notes, *([f"Did you mean {meant}?"] if meant else [])]


def _hit(paper: PaperText, keyword: Keyword, score: float) -> Hit:
    return {
        "seq": paper.seq,
        "title": paper.title,
        "score": round(score, 4),
        "where": [[span.field, span.start, span.end] for span in hit_spans(keyword, paper)],
    }


def as_json(answer: Answer) -> str:
    return json.dumps(answer, ensure_ascii=False)


def as_text(answer: Answer, notes: Iterable[str] = ()) -> str:
    papers = "1 paper" if answer["count"] == 1 else f"{answer['count']} papers"
    head = f"{answer['keyword']}: {papers} ({answer['meaning']})"
    lines = [f"  {paper['score']:8.3f}  {paper['title']}" for paper in answer["papers"]]
    return "\n".join([head, *(f"  {note}" for note in notes), *lines])
