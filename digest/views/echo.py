"""The echo under the form: what each keyword means, and what it would have brought."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from digest import corpus
from digest.matching.index import PaperIndex
from digest.matching.keywords import (
    MOST_KEYWORDS,
    Keyword,
    KeywordError,
    parse,
    parse_list,
    split_list,
)
from digest.matching.rank import rank, select
from subscriptions.forms import TEXT_LIMIT

DAYS = 30
MANY_A_DAY = 30
SAMPLES = 3


@dataclass(frozen=True, slots=True)
class Line:
    """One keyword of the echo. `count` papers of the last 30 days hit; `anywhere` do when its
    words may stand apart (None: the same question)."""

    text: str
    meaning: str = ""
    notes: tuple[str, ...] = ()
    error: str = ""
    excludes: bool = False
    count: int = 0
    samples: tuple[str, ...] = ()
    anywhere: int | None = None

    @property
    def too_many(self) -> bool:
        return not self.excludes and self.count > MANY_A_DAY * DAYS


@require_safe
def echo(request: HttpRequest) -> HttpResponse:
    """The part of the page that htmx puts under the keywords."""
    texts = split_list(request.GET.get("keywords", "")[:TEXT_LIMIT])
    today = timezone.now().date()
    index, within = corpus.recent(DAYS, today)
    lines = [line(text, index, within, today) for text in texts[:MOST_KEYWORDS]]
    together = _together(texts, index, within)
    context = {
        "lines": lines,
        "days": DAYS,
        "read": within.bit_count(),
        "together": together,
        "a_day": None if together is None else round(together / DAYS, 1),
        "too_many": len(texts) > MOST_KEYWORDS,
    }
    return render(request, "digest/echo.html", context)


def line(text: str, index: PaperIndex, within: int, today: date) -> Line:
    """The echo of one keyword, or the sentence that says why it cannot be used."""
    try:
        keyword = parse(text)
    except KeywordError as wrong:
        return Line(text, error=wrong.message)
    bits = index.evaluate(keyword) & within
    return Line(
        text,
        meaning=keyword.meaning(),
        notes=keyword.notes,
        excludes=keyword.excludes,
        count=bits.bit_count(),
        samples=() if keyword.excludes else _samples(index, keyword, bits, today),
        anywhere=_anywhere(text, keyword, index, within),
    )


def _samples(index: PaperIndex, keyword: Keyword, bits: int, today: date) -> tuple[str, ...]:
    hits = dict.fromkeys(index.ids(bits), (keyword,))
    best = rank(index, hits, today=today)[:SAMPLES]
    return tuple(index.paper(match.paper_id).title for match in best)


def _anywhere(text: str, keyword: Keyword, index: PaperIndex, within: int) -> int | None:
    """How many papers hold all the words of a plain phrase, wherever they stand."""
    words = text.split()
    if len(words) < 2 or keyword.excludes or not all(word.isalnum() for word in words):
        return None
    try:
        apart = parse(" AND ".join(words))
    except KeywordError:
        return None
    if apart.canonical == keyword.canonical:
        return None
    return (index.evaluate(apart) & within).bit_count()


def _together(texts: Sequence[str], index: PaperIndex, within: int) -> int | None:
    """How many papers the whole list hits, each once, exclusions applied; None: unusable."""
    try:
        return len(select(index, parse_list(texts, may_be_empty=True), within)) if texts else None
    except KeywordError:
        return None
