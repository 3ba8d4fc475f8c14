"""The echo under the form: what each keyword means, and what it would have brought."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from digest import corpus
from digest.limits.requests import count_request
from digest.matching.index import PaperIndex
from digest.matching.keywords import (
    MOST_KEYWORDS,
    Keyword,
    KeywordError,
    parse,
    parse_list,
    split_list,
)
from digest.matching.rank import rank
from digest.matching.suggest import hint
from subscriptions.forms import TEXT_LIMIT

DAYS = 30
MANY_A_DAY = 30
SAMPLES = 3
LOOKED_AT = 40  # the newest hits, of which the best are shown


@dataclass(frozen=True, slots=True)
class Line:
    """One keyword of the echo. `count` papers of the last 30 days hit; `anywhere` do when its
    words may stand apart (None: the same question). `meant` is the likely spelling of one without
    any hit, `beside` are keywords that go with it."""

    text: str
    meaning: str = ""
    notes: tuple[str, ...] = ()
    error: str = ""
    excludes: bool = False
    count: int = 0
    samples: tuple[str, ...] = ()
    anywhere: int | None = None
    meant: str | None = None
    beside: tuple[str, ...] = ()

    @property
    def too_many(self) -> bool:
        return not self.excludes and self.count > MANY_A_DAY * DAYS


@require_safe
def echo(request: HttpRequest) -> HttpResponse:
    """The part of the page that htmx puts under the keywords."""
    texts = split_list(request.GET.get("keywords", "")[:TEXT_LIMIT])
    count_request(request, "keywords", cost=min(len(texts), MOST_KEYWORDS) or 1)
    today = timezone.now().date()
    index, within = corpus.recent(DAYS, today)
    lines = _lines(texts[:MOST_KEYWORDS], index, within, today)
    together = _together(texts, index, within)
    context = {
        "lines": lines,
        "days": DAYS,
        "read": within.bit_count(),
        "together": together,
        "pace": pace(together or 0, DAYS),
        "too_many": len(texts) > MOST_KEYWORDS,
    }
    return render(request, "digest/echo.html", context)


def _lines(texts: list[str], index: PaperIndex, within: int, today: date) -> list[Line]:
    """What is in the list already is not suggested."""
    typed = {text.casefold() for text in texts}
    found = [line(text, index, within, today) for text in texts]
    return [
        replace(one, beside=tuple(word for word in one.beside if word not in typed))
        for one in found
    ]


def line(text: str, index: PaperIndex, within: int, today: date) -> Line:
    """The echo of one keyword, or the sentence that says why it cannot be used."""
    try:
        keyword = parse(text)
    except KeywordError as wrong:
        return Line(text, error=wrong.message)
    bits = index.evaluate(keyword) & within
    hints = None if keyword.excludes else hint(index, keyword)
    return Line(
        text,
        meaning=keyword.meaning(),
        notes=keyword.notes,
        excludes=keyword.excludes,
        count=bits.bit_count(),
        samples=() if keyword.excludes else _samples(index, keyword, bits, today),
        anywhere=_anywhere(text, keyword, index, within),
        meant=hints.meant if hints else None,
        beside=hints.beside if hints else (),
    )


def pace(count: int, days: int) -> str:
    """How often that is, in the longest unit that makes it a whole number above one."""
    for name, length in (("day", 1), ("week", 7), ("month", 30)):
        times = round(count * length / days)
        if times > 1:
            return f"about {times} a {name}"
        if times == 1:
            return f"about one a {name}"
    return "less than one a month"


def _samples(index: PaperIndex, keyword: Keyword, bits: int, today: date) -> tuple[str, ...]:
    hits = dict.fromkeys(index.ids(bits)[-LOOKED_AT:], (keyword,))
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
        keywords = parse_list(texts, may_ask_nothing=not texts)
    except KeywordError:
        return None
    wanted = unwanted = 0
    for keyword in keywords:
        if keyword.excludes:
            unwanted |= index.evaluate(keyword)
        else:
            wanted |= index.evaluate(keyword)
    return (wanted & ~unwanted & within).bit_count()
