"""Dates that cannot be true: one rule for every format, for what is asked, and for old rows."""

import json
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.ingest.formats import FORMATS, BadDump, Page, Record
from digest.ingest.formats.fields.plausible_dates import drop_implausible_dates, implausibility
from digest.ingest.pipeline import ReadOptions, read, read_again, receive
from digest.models import Dump

from .listing_pages import AT, RECEIVED, full_entry, page

FIXTURES = Path(__file__).resolve().parent.parent.parent / "fixtures"
DAYS = st.dates()
FAR = "2031-02-11"


def read_as(name: str, data: bytes, listed_on: date | None = None) -> Page:
    return FORMATS[name](data, RECEIVED, listed_on)


@pytest.mark.parametrize(
    ("day", "doubtful"),
    [
        (RECEIVED, False),
        (RECEIVED + timedelta(days=1), False),
        (RECEIVED + timedelta(days=2), True),
        (date(1991, 1, 1), False),
        (date(1990, 12, 31), True),
        (date.min, True),
        (date.max, True),
    ],
)
def test_the_rule(day: date, doubtful: bool) -> None:
    assert bool(implausibility(day, RECEIVED)) == doubtful


@given(st.lists(st.tuples(*[st.none() | DAYS] * 3), max_size=4), st.none() | DAYS)
def test_no_page_keeps_a_date_that_cannot_be_true(
    days: list[tuple[date | None, ...]], listed_on: date | None
) -> None:
    records = tuple(
        Record("T", published_on=published, listed_on=listed, withdrawn_on=withdrawn)
        for published, listed, withdrawn in days
    )
    found = drop_implausible_dates(Page("x", listed_on, records), RECEIVED)
    given_days = [listed_on, *(day for each in days for day in each)]
    kept = [found.listed_on]
    for before, after in zip(records, found.records, strict=True):
        kept += [after.published_on, after.listed_on, after.withdrawn_on]
        assert (before.withdrawn_on is None) == (after.withdrawn_on is None)
    assert all(day <= RECEIVED + timedelta(days=1) for day in kept if day)
    assert bool(found.notes) == (kept != given_days)


def line(**fields: str) -> bytes:
    return json.dumps({"title": "A spring", "url": "https://a.example"} | fields).encode()


FEED = b"""<rss version="2.0"><channel><title>J</title>
<pubDate>Tue, 11 Feb 2031 00:00:00 GMT</pubDate>
<item><title>A spring</title><link>https://a.example/1</link><description>Water.</description>
<pubDate>Tue, 11 Feb 2031 00:00:00 GMT</pubDate></item></channel></rss>"""
PAGES = {
    "jsonl": line(listed_on=FAR, published_on=FAR),
    "csv": f"title,abstract,listed_on,published_on\nA spring,Water.,{FAR},{FAR}\n".encode(),
    "feed": FEED,
    "hf_json": json.dumps(
        [{"paper": {"id": "2602.01001", "title": "A spring", "summary": "Water.",
                    "publishedAt": f"{FAR}T00:00:00Z", "submittedOnDailyAt": f"{FAR}T05:00:00Z"}}]
    ).encode(),
    "biorxiv": json.dumps(
        {"messages": [{"status": "ok"}],
         "collection": [{"doi": "10.1101/2026.11.18.600001", "title": "A spring", "date": FAR,
                         "version": "1", "abstract": "Water.", "authors": "A, B."}]}
    ).encode(),
}  # fmt: skip


@pytest.mark.parametrize("name", sorted(PAGES))
def test_a_date_to_come_counts_as_not_given_and_is_noted(name: str) -> None:
    found = read_as(name, PAGES[name])
    assert found.listed_on is None
    (record,) = found.records
    assert (record.listed_on, record.published_on) == (None, None)
    assert all(FAR in note and note.endswith("it counts as not given.") for note in found.notes)
    assert len(found.notes) == 2


@pytest.mark.parametrize("name", sorted(PAGES))
def test_the_day_that_is_given_counts_instead(name: str) -> None:
    assert read_as(name, PAGES[name], date(2026, 11, 19)).listed_on == date(2026, 11, 19)


def test_the_day_of_an_answer_to_come() -> None:
    data = (FIXTURES / "arxiv_atom" / "answer.xml").read_bytes()
    found = FORMATS["arxiv_atom"](data, date(2003, 10, 1), None)
    assert found.listed_on is None
    assert found.records
    assert "counts as not given" in found.notes[0]


def test_one_post_of_the_future_does_not_hide_the_day_of_the_others() -> None:
    answer = json.loads(PAGES["biorxiv"])
    answer["collection"].append(answer["collection"][0] | {"title": "B", "date": "2026-11-20"})
    assert read_as("biorxiv", json.dumps(answer).encode()).listed_on == date(2026, 11, 20)


@pytest.mark.parametrize("day", ["Feb 11, 2031", "Feb 11, 1987", "Nov 23, 2026"])
def test_a_page_that_must_have_a_day_is_refused_with_the_day_it_shows(day: str) -> None:
    with pytest.raises(BadDump, match=r"is dated .* --listed-on"):
        read_as("hf_text", page(full_entry("One"), day=day))


def test_a_mail_that_must_have_a_day_is_refused_with_the_day_it_shows() -> None:
    mail = (
        b"Date: Tue, 11 Feb 2031 00:00:00 +0000\nSubject: cs daily\n\n"
        b"\\\\\narXiv:2602.01001\nTitle: A spring\n\\\\\n  Water.\n\\\\\n"
    )
    with pytest.raises(BadDump, match="is dated 2031-02-11, which is a day that has not come"):
        read_as("arxiv_mail", mail)


def test_journals_are_older_than_listings() -> None:
    (record,) = read_as("jsonl", line(published_on="1905-06-30")).records
    assert record.published_on == date(1905, 6, 30)
    (record,) = read_as("jsonl", line(published_on="0001-01-01")).records
    assert record.published_on is None


@pytest.mark.django_db
class TestDumps:
    @pytest.fixture(autouse=True)
    def folder(self, settings: Any, tmp_path: Path) -> None:
        settings.DUMPS_DIR = tmp_path

    def test_the_row_has_the_notes(self) -> None:
        dump = read(receive(PAGES["feed"], "feed.xml", at=AT), at=AT)
        assert (dump.state, dump.listed_on, dump.new) == ("parsed", None, 1)
        assert FAR in Dump.objects.get().notes[0]

    @pytest.mark.parametrize("day", [date(2031, 2, 11), date(1990, 1, 1), date(2026, 11, 23)])
    def test_what_is_asked_is_doubted_too(self, day: date) -> None:
        with pytest.raises(ValueError, match=str(day)):
            receive(PAGES["feed"], "feed.xml", listed_on=day, at=AT)
        assert not Dump.objects.exists()

    def test_an_old_row_with_such_a_day_is_read_again_without_it(self) -> None:
        dump = read(receive(PAGES["feed"], "feed.xml", at=AT), at=AT)
        Dump.objects.update(listed_on=date(2031, 2, 11))
        dump.refresh_from_db()
        options = ReadOptions("feed", listed_on=dump.listed_on, intent="new")
        assert read_again(dump, options, at=AT).listed_on is None

    def test_an_old_row_with_such_a_day_is_not_the_newest_listing(self) -> None:
        for day in (date(2026, 11, 20), date(2026, 11, 22), date(2031, 2, 11)):
            Dump.objects.create(
                sha256=f"{day:%Y%m%d}".ljust(64, "0"), name=str(day), received_at=AT,
                listed_on=day, state="parsed", papers=1,
            )  # fmt: skip
        newest = Dump.objects.newest_listing()
        assert newest is not None
        assert newest.listed_on == date(2026, 11, 22)
