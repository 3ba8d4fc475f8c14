"""Large files read entry by entry: the same papers as read whole, with records on disk."""

import gzip
import io
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from digest.ingest import dump_reading, spool, staging
from digest.ingest.dry_run import dry_run
from digest.ingest.formats import FORMATS, PageStream, Record, Skipped
from digest.ingest.pipeline import read, receive
from digest.ingest.sanity_checks import NO_LIMITS
from digest.ingest.spool import CannotKeep
from digest.ingest.staging.staged_records import StagedRecords
from digest.models import Dump, Listing, Paper

from .formats.listing_pages import AT, RECEIVED, paper_values
from .formats.test_pubmed import SET

PADDING = b"<!--" + b" " * (1 << 17) + b"-->"
RECORD = Record("A title", "Ümlaut 𝒳", ("Ada", "Bo"), published_on=date(2026, 1, 2), upvotes=0)


@pytest.fixture(autouse=True)
def every_file_is_large(settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.DATA_DIR, settings.DUMPS_DIR = tmp_path, tmp_path / "dumps"
    monkeypatch.setattr(dump_reading, "_READ_WHOLE", 100)


@pytest.fixture
def whole(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The sizes of what was read whole."""
    sizes: list[int] = []
    parsed = dump_reading._parsed

    def noted(dump: Dump, data: bytes) -> Any:
        sizes.append(len(data))
        return parsed(dump, data)

    monkeypatch.setattr(dump_reading, "_parsed", noted)
    return sizes


def take(data: bytes, **options: Any) -> Dump:
    return read(receive(data, "set.xml", at=AT, **options), at=AT)


def article(title: str, year: int = 2026) -> str:
    day = f"<ArticleDate><Year>{year}</Year><Month>1</Month><Day>2</Day></ArticleDate>"
    return (
        f"<PubmedArticle><MedlineCitation><Article><ArticleTitle>{title}</ArticleTitle>{day}"
        "</Article></MedlineCitation></PubmedArticle>"
    )


def open_files() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


def articles(*found: str) -> bytes:
    return f"<PubmedArticleSet>{''.join(found)}</PubmedArticleSet>".encode()


@pytest.mark.django_db
class TestRead:
    @pytest.mark.parametrize("pack", [bytes, gzip.compress])
    def test_the_same_papers_as_read_whole(self, whole: list[int], pack: Any) -> None:
        taken = take(pack(SET))
        assert whole == []
        page = FORMATS["pubmed"](SET, RECEIVED, None)
        assert (taken.state, taken.format, taken.new) == ("parsed", "pubmed", len(page.records))
        assert [each["reason"] for each in taken.skipped] == [each.reason for each in page.skipped]
        titles = Listing.objects.order_by("position").values_list("record__title", flat=True)
        assert list(titles) == [record.title for record in page.records]
        before = paper_values()
        assert take(SET + b"\n").unchanged == 4
        assert paper_values() == before

    def test_small_files_and_other_formats_are_read_whole(
        self, whole: list[int], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        feed = b"<rss version='2.0'><channel>" + b"<item><title>T</title></item>" * 9
        take(feed + b"</channel></rss>")
        monkeypatch.setattr(dump_reading, "_READ_WHOLE", len(SET))
        take(SET)
        assert whole == [len(feed) + len("</channel></rss>"), len(SET)]

    def test_its_format_and_day_may_be_given(self, whole: list[int]) -> None:
        taken = take(SET, format="pubmed", listed_on=date(2026, 11, 20))
        assert (whole, taken.listed_on) == ([], date(2026, 11, 20))
        assert set(Paper.objects.values_list("listed_on", flat=True)) == {date(2026, 11, 20)}

    def test_too_many_new_wait_and_are_taken_later(self, settings: Any) -> None:
        settings.NEW_PAPERS_LIMIT = 3
        assert take(SET).state == "waiting"
        assert not Paper.objects.exists()
        assert take(SET, intent="new").new == 4

    def test_dry(self, whole: list[int]) -> None:
        answer = dry_run(io.BytesIO(SET), "set.xml", at=AT)
        assert (answer.state, answer.new, whole) == ("parsed", 4, [])
        assert not Paper.objects.exists()
        assert not Dump.objects.exists()

    def test_implausible_dates_are_dropped_and_named(self) -> None:
        taken = take(articles(article("One", 2098), article("Two"), article("Three", 2099)))
        (note,) = taken.notes
        assert note.startswith("2 papers have a date that cannot be true, the first: “One” would")
        assert note.endswith("on 2098-01-02, which is a day that has not come: it counts as not "
                             "given.")  # fmt: skip
        assert Paper.objects.get(title="Two").published_on == date(2026, 1, 2)
        assert Paper.objects.get(title="One").published_on is None


@pytest.mark.django_db
class TestRefused:
    def refused(self, data: bytes, **options: Any) -> str:
        taken = take(data, **options)
        assert (taken.state, Paper.objects.count()) == ("quarantined", 0)
        return taken.error

    def test_damaged_it_is_read_whole_if_that_fits_memory(
        self, whole: list[int], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        cut = SET[:-30]
        assert "cut off" in self.refused(cut)
        assert whole == [len(cut)]
        monkeypatch.setattr(dump_reading, "_MENDED_WHOLE", len(cut) - 2)
        assert "cut off" in self.refused(cut[:-1])
        assert whole == [len(cut)]
        assert "cut off" in self.refused(gzip.compress(cut[:-1]))

    def test_over_the_limit_before_its_end_is_read(self, settings: Any, whole: list[int]) -> None:
        settings.MAX_DUMP_RECORDS = 3
        error = self.refused(articles(*map(article, "ABCD")) + PADDING + b"and no end")
        assert "It contains at least 4 records; the limit is 3" in error
        assert whole == []

    def test_most_of_it_unreadable(self, whole: list[int]) -> None:
        error = self.refused(articles(article("A"), article(""), article("")))
        assert "Most entries cannot be read (2 of 3)" in error
        assert whole == []

    def test_unpacked_larger_than_is_allowed(self, settings: Any) -> None:
        settings.MAX_DUMP_BYTES = 2000
        assert "the limit is 2,000." in self.refused(gzip.compress(SET))

    def test_no_file_descriptor_is_left_open(self) -> None:
        before = open_files()
        take(SET)
        take(articles(article("A"), article(""), article("")))
        assert open_files() == before
        assert [path for path in spool.drafts_folder().rglob("*") if path.suffix] == []


def staged(*results: Record | Skipped) -> Any:
    stream = PageStream("pubmed", None, iter(results), "Again.")
    return staging.staged_page(stream, RECEIVED, NO_LIMITS)


def test_entries_that_were_left_out_are_counted_past_a_thousand() -> None:
    left_out = [Skipped(f"PMID {number}", "deleted at its source") for number in range(1003)]
    with staged(*left_out, RECORD) as page:
        assert len(page.skipped) == 1001
        assert page.skipped[999].entry == "PMID 999"
        assert page.skipped[-1].entry == "and 3 more"
        assert list(page.records) == [RECORD]


def test_a_full_disk_is_no_fault_of_the_file() -> None:
    class Full(io.BytesIO):
        def write(self, data: Any, /) -> int:
            raise OSError(28, "No space left on device")

    def full() -> Iterator[io.BytesIO]:
        yield Full()

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(staging, "temporary_file", lambda: staging.contextmanager(full)())
        with pytest.raises(CannotKeep, match="no space left"), staged(RECORD):
            pass


def test_staged_records_are_a_sequence() -> None:
    records = StagedRecords(io.BytesIO())
    for number in range(5):
        records.append(Record(f"Title {number}", "é\n\n𝒳"))
    assert [each.title[-1] for each in records] == list("01234")
    assert (records[3], records[-1]) == (Record("Title 3", "é\n\n𝒳"), records[4])
    assert records[1:3] == [records[1], records[2]]
    assert len(records) == 5
    with pytest.raises(IndexError):
        records[5]
