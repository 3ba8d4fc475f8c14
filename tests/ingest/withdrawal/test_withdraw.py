"""A withdrawn dump: what only it listed goes, and what others list stays as they list it."""

import zipfile
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from digest import paper_index
from digest.ingest import dump_reading
from digest.ingest.corpus.corpus_counts import count_missing_papers
from digest.ingest.dry_run import dry_run
from digest.ingest.dump_lease import acquire_lease
from digest.ingest.formats import Record
from digest.ingest.pipeline import (
    ReadOptions,
    Unreadable,
    finish_unfinished,
    read,
    read_again,
    receive,
)
from digest.ingest.withdrawal import withdraw as withdrawal
from digest.ingest.withdrawal.counts import WithdrawalCounts
from digest.ingest.withdrawal.withdraw import CannotWithdraw, finish_withdrawals, undo, withdraw
from digest.models import Catalogue, Dump, Listing, Paper, SearchDocument, WordCount
from subscriptions.models import Rating, SavedPaper
from tests.ingest.formats.listing_pages import (
    AT,
    full_entry,
    make_dump,
    page,
    snapshot_line,
    store_records,
)
from tests.support import factories
from tests.support.raw import raw_bytes

pytestmark = pytest.mark.django_db
LATER = AT + timedelta(days=1)
GOOD = page(full_entry("One"), full_entry("Two"))
SENTENCE = "It was withdrawn on 22 November 2026"


@pytest.fixture(autouse=True)
def folder(settings: Any, tmp_path: Path) -> Path:
    settings.DUMPS_DIR = tmp_path / "dumps"
    return tmp_path / "dumps"


def take(data: bytes = GOOD, name: str = "page.txt", **asked: Any) -> Dump:
    return read(receive(data, name, at=AT, **asked), at=AT)


def titles() -> set[str]:
    return set(Paper.objects.values_list("title", flat=True))


class TestPapers:
    def test_of_no_other_dump_are_gone_from_everything(self) -> None:
        count_missing_papers()
        store_records("before", Record("Stays", "gauges rivers"))
        words = set(WordCount.objects.values_list("word", "papers"))
        assert ("gauge", 1) in words
        store_records("a", Record("Goes", "gauges puddles"), Record("Goes too", "puddles"))
        paper_index.recent_papers(30, AT.date())
        change = Catalogue.current().change
        done = withdraw(make_dump("a"), LATER)
        assert (done.state, done.withdrawn_at) == ("withdrawn", LATER)
        assert titles() == {"Stays"}
        assert Listing.objects.count() == SearchDocument.objects.count() == 1
        assert set(WordCount.objects.values_list("word", "papers")) == words
        assert Catalogue.current().change > change
        index, bits = paper_index.recent_papers(30, AT.date())
        assert index.ids(bits) == [Paper.objects.get().pk]
        assert WithdrawalCounts.of(done).sentence() == "2 papers are gone."

    def test_of_other_dumps_are_derived_from_those_and_keep_their_numbers(self) -> None:
        store_records("a", Record("Title", "short", arxiv_id="2501.1", comment_count=7))
        store_records("b", Record("TITLE", "long and good", arxiv_id="2501.1"))
        kept = Paper.objects.get()
        assert (kept.seq, kept.comment_count, kept.source_count) == (1, 7, 1)
        done = withdraw(make_dump("a"), LATER)
        kept.refresh_from_db()
        assert (kept.seq, kept.title, kept.comment_count) == (1, "TITLE", None)
        assert list(kept.listings.values_list("dump__name", flat=True)) == ["b"]
        assert WithdrawalCounts.of(done).kept == 1
        assert SearchDocument.objects.get().paper_id == kept.pk

    def test_that_it_alone_had_joined_are_parted_and_the_new_one_is_numbered(self) -> None:
        store_records("a", Record("Preprint", arxiv_id="2501.1"))
        store_records("b", Record("Journal", doi="10.1/x"))
        store_records("c", Record("Both", arxiv_id="2501.1", doi="10.1/x"))
        assert Paper.objects.count() == 1
        withdraw(make_dump("c"), LATER)
        assert {paper.title: paper.seq for paper in Paper.objects.all()} == {
            "Preprint": 3,
            "Journal": 4,
        }

    def test_that_readers_marked_stay_for_them_alone(self) -> None:
        person = factories.subscriber()
        store_records("a", Record("Saved", "x"), Record("Rated", "x"), Record("Other", "x"))
        now = timezone.now()
        SavedPaper.objects.create(
            subscriber=person, paper=Paper.objects.get(title="Saved"), saved_at=now
        )
        Rating.objects.create(
            subscriber=person, paper=Paper.objects.get(title="Rated"), value=1, rated_at=now
        )
        withdraw(make_dump("a"), LATER)
        assert set(Paper.objects.values_list("title", "seq", "listed_on", "unlisted_on")) == {
            ("Saved", None, None, LATER.date()),
            ("Rated", None, None, LATER.date()),
        }
        assert not SearchDocument.objects.exists()
        assert not Paper.objects.listed().exists()

    def test_of_backfill_are_gone(self) -> None:
        store_records("a", Record("Old", "x"), intent="backfill")
        withdraw(make_dump("a"), LATER)
        assert not Paper.objects.exists()


class TestTheSameBytes:
    def test_are_answered_and_change_nothing(self, folder: Path) -> None:
        dump = withdraw(take(), LATER)
        row = Dump.objects.values().get()
        change = Catalogue.current().change
        for again in (take(), take(intent="new"), take(listed_on=date(2026, 11, 1))):
            assert again.pk == dump.pk
            assert SENTENCE in again.error
            assert (again.state, again.new, again.updated) == ("withdrawn", 0, 0)
        assert SENTENCE in dry_run(GOOD, "page.txt", at=AT, intent="new").error
        with pytest.raises(Unreadable, match=SENTENCE):
            read_again(dump, ReadOptions(intent="new"), at=LATER)
        assert finish_unfinished(LATER) == []
        assert Dump.objects.values().get() == row
        assert not Paper.objects.exists()
        assert Catalogue.current().change == change

    def test_are_not_kept_again(self, folder: Path) -> None:
        dump = withdraw(take(), LATER)
        for file in folder.rglob(dump.sha256):
            file.unlink()
        Dump.objects.update(raw_deleted_at=LATER)
        assert SENTENCE in take().error
        assert not list(folder.rglob(dump.sha256))

    def test_in_another_archive_are_left_out(self, tmp_path: Path) -> None:
        withdraw(take(), LATER)
        other = page(full_entry("Three"))
        archive = take(zip_of(tmp_path, {"a.txt": GOOD, "b.txt": other}), "all.zip")
        assert (archive.state, archive.new) == ("parsed", 1)
        assert [SENTENCE in each["reason"] for each in archive.skipped] == [True]
        assert titles() == {"Three"}

    def test_while_it_was_being_read_elsewhere(self) -> None:
        """The reader has the row from before; what it parsed is not stored."""
        dump = receive(GOOD, "page.txt", at=AT)
        withdraw(Dump.objects.get(), LATER)
        assert read(dump, at=AT).state == "withdrawn"
        assert not Paper.objects.exists()

    def test_while_they_were_parsed(self, monkeypatch: pytest.MonkeyPatch) -> None:
        dump, real = receive(GOOD, "page.txt", at=AT), dump_reading.plan_batches

        def then_withdrawn(page: Any) -> Any:
            withdrawal._mark(dump, LATER)
            return real(page)

        monkeypatch.setattr(dump_reading, "plan_batches", then_withdrawn)
        assert read(dump, at=AT).state == "withdrawing"
        assert not Paper.objects.exists()


def test_it_is_not_withdrawn_while_another_process_reads_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(withdrawal, "_PATIENCE", 0)
    dump = take()
    with acquire_lease(dump.sha256), pytest.raises(CannotWithdraw, match="Another process"):
        withdraw(dump, LATER)
    assert Paper.objects.count() == 2


@pytest.mark.parametrize("fails_at", [0, 1, 2, 3])
def test_what_was_cut_short_goes_on(monkeypatch: pytest.MonkeyPatch, fails_at: int) -> None:
    monkeypatch.setattr(withdrawal, "_BATCH", 1)
    store_records("a", *(Record(f"Paper {number}", "x") for number in range(3)))
    store_records("b", Record("Paper 1", "x"))
    calls, real = iter(range(9)), withdrawal.rederive

    def failing(listings: Any) -> Any:
        if next(calls) == fails_at:
            raise OSError("power cut")
        return real(listings)

    monkeypatch.setattr(withdrawal, "rederive", failing)
    if fails_at < 3:
        with pytest.raises(OSError, match="power cut"):
            withdraw(make_dump("a"), LATER)
        assert make_dump("a").state == "withdrawing"
        finish_withdrawals(60)
    else:
        withdraw(make_dump("a"), LATER)
    assert titles() == {"Paper 1"}
    done = make_dump("a")
    assert (done.state, WithdrawalCounts.of(done).gone, WithdrawalCounts.of(done).kept) == (
        "withdrawn",
        2,
        1,
    )


def test_what_is_ingested_meanwhile_ignores_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """Between two batches another dump touches papers that are still to be dealt with."""
    store_records("a", Record("Title", "abstract", arxiv_id="2501.1", comment_count=3))
    withdraw(make_dump("a"), LATER, seconds=-1)
    Dump.objects.update(state="withdrawing")
    store_records("b", Record("Another", arxiv_id="2501.1"))
    paper = Paper.objects.get()
    assert (paper.title, paper.abstract, paper.comment_count) == ("Another", "", None)
    finish_withdrawals(60)
    assert titles() == {"Another"}


def test_no_time_left_is_left_to_the_next_tick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(withdrawal, "_BATCH", 1)
    dump = take()
    assert withdraw(dump, LATER, seconds=-1).state == "withdrawing"
    assert set(Paper.objects.listed().values_list("title", flat=True)) == {"Two"}
    finish_withdrawals(60)
    assert not Paper.objects.exists()


def test_all_parts_of_a_bulk_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("digest.ingest.bulk_files.PART_LINES", 2)
    data = b"".join(map(snapshot_line, range(5)))
    dump = take(data, "snapshot.json")
    assert (Dump.objects.count(), Paper.objects.count()) == (3, 5)
    withdraw(Dump.objects.get(part=1), LATER)
    assert set(Dump.objects.values_list("state", flat=True)) == {"withdrawn"}
    assert not Paper.objects.exists()
    assert SENTENCE in take(data, "snapshot.json").error
    assert read(undo(dump), at=LATER).papers == Paper.objects.count() == 5


def test_an_archive_with_its_files(tmp_path: Path) -> None:
    alone = page(full_entry("Alone"))
    take(alone, "alone.txt")
    data = zip_of(tmp_path, {"a.txt": GOOD, "alone.txt": alone})
    archive = take(data, "all.zip")
    withdraw(archive, LATER)
    assert titles() == {"Alone"}
    assert SENTENCE in take(data, "all.zip").error
    assert SENTENCE in take(GOOD, "one of them.txt").error
    read(undo(archive), at=LATER)
    assert titles() == {"Alone", "One", "Two"}
    assert not Dump.objects.filter(withdrawn_at__isnull=False).exists()


def zip_of(folder: Path, files: dict[str, bytes]) -> bytes:
    path = folder / "made.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return path.read_bytes()


def test_the_raw_bytes_stay_for_an_undo() -> None:
    assert raw_bytes(withdraw(take(), LATER)) == GOOD
