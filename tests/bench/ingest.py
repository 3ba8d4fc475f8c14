"""How fast dumps are read: text listings and a whole page in HTML; nothing is stored."""

import contextlib
import html
import json
import os
import time
from collections.abc import Callable
from datetime import date
from functools import partial
from pathlib import Path
from typing import TypeVar

from digest.ingest.formats import FORMATS, BadDump, detect

from .corpus import papers
from .table import publish, table, verdict

SAMPLES = Path(os.environ.get("PAPER_SAMPLES") or Path(__file__).parents[3] / "shared" / "data")
RECEIVED = date(2026, 11, 21)
PAPERS, CARDS = 20_000, 13
PAPERS_A_SECOND, HTML_MS, GROWTH = 20_000, 150, 2.6
_FEED = (
    b"<rss version='2.0'><channel><item><title>T</title><description>%s</description></item>"
    b"</channel></rss>"
)
_CARD = b"<article><h3>"
_MAIL = b"Submissions to:\n\\\\\narXiv:2611.00017\nTitle: T\nAuthors: %s\n\\\\\nx\n\\\\\n"
Answer = TypeVar("Answer")


def listing(count: int) -> bytes:
    """A text listing of that many papers of the usual length."""
    lines = ["Daily Papers", "", "Nov 20", ""]
    for number, paper in enumerate(papers(count)):
        title, abstract = f"{paper.title} {number}", paper.abstract
        lines += [title, "", abstract, "", f"  • {1 + number % 9} authors", "·", "Nov 18 3", ""]
    return "\n".join(lines).encode()


def html_page(size: int = 223_000) -> bytes:
    """A listing's page of that size: papers as data, the rest mark-up."""
    entries = [
        {"paper": {"id": f"2511.{number:05}", "title": paper.title, "summary": paper.abstract,
                   "authors": [{"name": f"Ada Author {place}"} for place in range(60)]}}
        for number, paper in enumerate(papers(CARDS), 1)
    ]  # fmt: skip
    data = html.escape(json.dumps({"date": "2025-11-20", "dailyPapers": entries}))
    head = f'<!doctype html><html><body><div data-target="DailyPapers" data-props="{data}">'
    mark_up = '<div class="flex w-full"><svg><path d="M5.19 2.67"></path></svg> words</div>\n'
    return (head + mark_up * ((size - len(head)) // len(mark_up)) + "</div></body>").encode()


def run() -> None:
    """The table."""
    whole = listing(PAPERS)
    rows = [_text_row("one listing", whole, PAPERS), _detect_row(whole), _html_row(html_page())]
    for path in sorted(SAMPLES.glob("dumps/*.txt")):
        data = path.read_bytes()
        rows.append(_text_row(f"the sample {path.name[:3]}", data, 0))
    for path in sorted(SAMPLES.glob("hf_html/*.html")):
        rows.append(_html_row(path.read_bytes(), f", the sample {path.stem}"))
    rows += _growth_rows()
    head = ["work", "measured", "must"]
    publish("ingest", table("Reading dumps: processor time, the best of five", head, rows))


def _text_row(name: str, data: bytes, expected: int) -> list[object]:
    page, seconds = _best(lambda: FORMATS["hf_text"](data, RECEIVED, None))
    count = len(page.records)
    if not count or (expected and count != expected):
        raise AssertionError(f"{name}: {count} papers were read.")
    rate = count / seconds
    return [
        f"parse text, {count:,} papers ({name}), papers a second",
        f"{rate:,.0f}",
        verdict(rate, PAPERS_A_SECOND, at_least=True),
    ]


def _html_row(data: bytes, name: str = "") -> list[object]:
    page, seconds = _best(lambda: FORMATS["hf_html"](data, RECEIVED, None))
    if len(page.records) != CARDS:
        raise AssertionError(f"{len(page.records)} papers were read instead of {CARDS}.")
    return [
        f"parse an HTML listing of {len(data) / 1000:.0f} kB{name}, ms",
        f"{seconds * 1000:.1f}",
        verdict(seconds * 1000, HTML_MS, at_least=False),
    ]


def _detect_row(data: bytes) -> list[object]:
    name, seconds = _best(lambda: detect(data))
    if name != "hf_text":
        raise AssertionError(f"The listing was taken for {name}.")
    return [
        f"recognise the format of its {len(data) / 1e6:.0f} MB, ms",
        f"{seconds * 1000:.1f}",
        "",
    ]


def _growth_rows() -> list[list[object]]:
    """Twice the file, twice the time, even where the file is made to cost more."""
    text = b"Daily Papers\n\nFeb 11\n"
    made: dict[str, tuple[str, Callable[[int], bytes]]] = {
        "papers": ("hf_text", lambda count: listing(40 * count)),
        "nothing but titles": ("hf_text", lambda count: text + b"a\n\n" * 500 * count),
        "mark-up that never ends": ("feed", lambda count: _FEED % (b"&lt;a b=c" * 200 * count)),
        "cards within cards": ("hf_html", lambda count: b"<html>/papers/" + _CARD * 40 * count),
        "parentheses": ("arxiv_mail", lambda count: _MAIL % (b"(" * 20_000 * count)),
    }
    rows: list[list[object]] = []
    for label, (name, make) in made.items():
        times = [_best(partial(_end, name, make(count)))[1] for count in (100, 200)]
        ratio = times[1] / max(times[0], 1e-4)
        limit = verdict(ratio, GROWTH, at_least=False)
        rows.append([f"twice as much, times the time: {label}", f"{ratio:.2f}", limit])
    return rows


def _end(name: str, data: bytes) -> None:
    with contextlib.suppress(BadDump):
        FORMATS[name](data, RECEIVED, None)


def _best(call: Callable[[], Answer]) -> tuple[Answer, float]:
    """What it returns, and the shortest of five times."""
    times = []
    for _ in range(5):
        started = time.process_time()
        answer = call()
        times.append(time.process_time() - started)
    return answer, min(times)
