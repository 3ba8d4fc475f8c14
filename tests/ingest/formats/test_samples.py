"""Real dumps, if there are any, against an independent reader."""

import re
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from digest.ingest.formats import Page, detect, hf_text
from digest.ingest.pipeline import read, receive
from digest.models import Catalogue, Paper

from .listing_pages import AT, RECEIVED, paper_values

pytestmark = pytest.mark.samples

# What a person sees at the top of each file, on the day of receipt 2026-11-21.
DAYS = {"000": date(2026, 2, 11), "001": date(2026, 8, 11), "003": date(2025, 12, 11)}
RECORDS = {"000": 47, "001": 79, "003": 52}
WITHOUT_META = {"000": 2, "001": 79, "003": 1}
MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()  # noqa: SIM905


def naive(text: str, page_year: int) -> list[dict[str, Any]]:
    """Pairs of blocks, each with the block of three meta lines that may follow."""
    blocks = text.split("\n\n")[6:]
    found: list[dict[str, Any]] = []
    for block in blocks:
        lines = block.split("\n")
        if len(lines) == 3:
            found[-1] |= naive_meta(lines, page_year)
        elif found and found[-1]["abstract"] is None:
            found[-1]["abstract"] = block
        else:
            found.append({"title": block, "abstract": None, "meta": False})
    return found


def naive_meta(lines: list[str], page_year: int) -> dict[str, Any]:
    who, dot, when = lines
    assert dot == "·"
    month, day, rest = when.split(" ", 2) if when.count(" ") > 1 else (*when.split(" "), "")
    comments = 0
    year = page_year
    if day.endswith(","):
        year = int(rest[:4])
        rest = rest[4:]
    if rest:
        comments = int(rest)
    authors = re.match(r"  • (\d+) authors$", who)
    return {
        "meta": True,
        "authors": int(authors[1]) if authors else None,
        "organization": "" if authors else who.split(" ", 1)[1],
        "day": date(year, MONTHS.index(month) + 1, int(day.rstrip(","))),
        "comments": comments,
        "inferred": "," not in when,
    }


@pytest.fixture(params=sorted(DAYS))
def dump(request: pytest.FixtureRequest, samples: Path) -> Path:
    return next((samples / "dumps").glob(f"{request.param}_*.txt"))


def parsed(path: Path) -> Page:
    data = path.read_bytes()
    assert detect(data) == "hf_text"
    return hf_text.parse(data, RECEIVED)


def test_every_field_of_every_record(dump: Path) -> None:
    read = parsed(dump)
    number = dump.name[:3]
    expected = naive(dump.read_text(), DAYS[number].year)
    assert (read.listed_on, read.skipped) == (DAYS[number], ())
    assert len(read.records) == len(expected) == RECORDS[number]
    assert sum(not each["meta"] for each in expected) == WITHOUT_META[number]
    for record, each in zip(read.records, expected, strict=True):
        assert record.title == each["title"]
        assert record.abstract == each["abstract"]
        assert record.author_count == each.get("authors")
        assert record.organization == each.get("organization", "")
        assert record.published_on == each.get("day")
        assert record.comment_count == each.get("comments")
        assert record.year_inferred == each.get("inferred", False)


def test_what_a_person_reads_there(samples: Path) -> None:
    pages = [parsed(path) for path in sorted((samples / "dumps").glob("*.txt"))]
    named = {record.organization for read in pages for record in read.records}
    assert named == {"", "FineData", "Gensyn", "Zyphra", "NVIDIA"}
    by_title = {record.title: record for record in pages[0].records}
    skip = by_title["Skip a Layer or Loop it? Test-Time Depth Adaptation of Pretrained LLMs"]
    assert (skip.author_count, skip.published_on, skip.comment_count) == (3, date(2025, 7, 10), 15)


@pytest.mark.django_db
class TestStored:
    def take_all(self, samples: Path) -> list[tuple[int, int, int]]:
        counts = []
        for path in sorted((samples / "dumps").glob("*.txt")):
            taken = read(receive(path.read_bytes(), path.name, at=AT), at=AT)
            assert taken.state == "parsed"
            counts.append((taken.new, taken.updated, taken.unchanged))
        return counts

    def test_178_records_are_142_papers_and_again_nothing(self, samples: Path) -> None:
        first = self.take_all(samples)
        assert [sum(counts) for counts in first] == [47, 79, 52]
        assert sum(new for new, _, _ in first) == Paper.objects.count() == 142
        assert Paper.objects.numbered().count() == Catalogue.current().newest_seq == 142
        before, change = paper_values(), Catalogue.current().change
        assert self.take_all(samples) == [(0, 0, 47), (0, 0, 79), (0, 0, 52)]
        assert (paper_values(), Catalogue.current().change) == (before, change)

    def test_a_written_year_beats_an_inferred_one(self, samples: Path) -> None:
        for path in sorted((samples / "dumps").glob("*.txt"), reverse=True):
            received = receive(path.read_bytes(), path.name, at=AT, listed_on=date(2024, 6, 1))
            read(received, at=AT)
        # One page says "Oct 1", the other "Oct 1, 2025".
        paper = Paper.objects.get(title__startswith="ElasWave")
        assert paper.published_on == date(2025, 10, 1)


@pytest.mark.slow
def test_cut_at_every_per_cent(dump: Path) -> None:
    data = dump.read_bytes()
    words = " ".join(data.decode().split())
    for per_cent in range(3, 101):
        read = hf_text.parse(data[: len(data) * per_cent // 100], RECEIVED)
        for record in read.records:
            assert record.title in words
            assert record.abstract in words
        assert len(read.records) >= RECORDS[dump.name[:3]] * (per_cent - 4) // 100
