"""Bytes into a Dump: kept, then read whole or not at all."""

import io
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import DataError, OperationalError, transaction

from digest.ingest import dump_reading, raw_storage
from digest.ingest.dry_run import dry_run
from digest.ingest.pipeline import (
    CannotKeep,
    ReadOptions,
    finish_unfinished,
    read,
    read_again,
    receive,
)
from digest.models import Catalogue, Dump, Listing, Paper
from tests.support.raw import raw_bytes

from .formats.listing_pages import AT, entry, full_entry, page

pytestmark = pytest.mark.django_db
GOOD = page(full_entry("One"), full_entry("Two"))


@pytest.fixture(autouse=True)
def folder(settings: Any, tmp_path: Path) -> Path:
    settings.DUMPS_DIR = tmp_path / "dumps"
    return tmp_path / "dumps"


def take(data: bytes = GOOD, name: str = "page.txt", **asked: Any) -> Dump:
    return read(receive(data, name, at=AT, **asked), at=AT)


def counts(dump: Dump) -> tuple[int, int, int, int]:
    return dump.papers, dump.new, dump.updated, dump.unchanged


def test_a_good_dump() -> None:
    dump = take()
    assert (dump.state, dump.format, dump.listed_on) == ("parsed", "hf_text", date(2026, 11, 20))
    assert counts(dump) == (2, 2, 0, 0)
    assert (dump.error, dump.skipped, dump.size) == ("", [], len(GOOD))
    assert raw_bytes(dump) == GOOD
    row = Dump.objects.get()
    assert (row.state, counts(row)) == ("parsed", (2, 2, 0, 0))


def test_the_same_bytes_again_change_nothing_but_the_answer() -> None:
    take()
    again = receive(GOOD, "copy.txt", at=AT + timedelta(days=400))
    assert counts(read(again, at=AT)) == (2, 0, 0, 2)
    row = Dump.objects.get()
    assert (row.name, row.received_at, counts(row)) == ("page.txt", AT, (2, 2, 0, 0))
    assert Catalogue.current().change == 1


def test_received_is_not_read_yet() -> None:
    dump = receive(GOOD, "page.txt", at=AT)
    assert (dump.state, Paper.objects.count()) == ("received", 0)
    assert [done.state for done in finish_unfinished(AT)] == ["parsed"]
    assert finish_unfinished(AT) == []
    assert Paper.objects.count() == 2


def test_skipped_entries_are_named() -> None:
    dump = take(page(full_entry("One"), full_entry("Two"), "Three: A Title"))
    assert dump.state == "parsed"
    assert dump.skipped == [{"entry": "Three: A Title", "reason": "it has no abstract"}]


class TestQuarantine:
    def test_bytes_are_kept_and_nothing_stored(self) -> None:
        dump = take(b"just a note", "note.txt")
        assert dump.state == "quarantined"
        assert "a text that begins “just a note”" in dump.error
        assert raw_bytes(dump) == b"just a note"
        assert not Listing.objects.exists()
        assert Dump.objects.get().error == dump.error

    def test_read_again_when_it_comes_again(self) -> None:
        headless = ("Daily Papers\n\n" + full_entry("One")).encode()
        assert "--listed-on" in take(headless).error
        dump = take(headless, listed_on=date(2026, 11, 3))
        assert (dump.state, dump.error, dump.listed_on) == ("parsed", "", date(2026, 11, 3))

    def test_a_fault_of_the_reader_is_told_and_not_tried_for_ever(
        self, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
    ) -> None:
        def broken(*_: object) -> None:
            raise ZeroDivisionError

        monkeypatch.setattr(dump_reading, "FORMATS", {"hf_text": broken})
        dump = take()
        assert dump.state == "quarantined"
        assert "ZeroDivisionError" in dump.error
        assert "ZeroDivisionError" in caplog.text
        assert finish_unfinished(AT) == []

    def test_what_the_database_refuses(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def refused(*_: object) -> None:
            raise DataError("value too long")

        monkeypatch.setattr(dump_reading, "upsert", refused)
        assert "value too long" in take().error


class TestTrouble:
    def test_a_failing_database_leaves_it_for_the_next_try(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def busy(*_: object) -> None:
            raise OperationalError("database is locked")

        with monkeypatch.context() as patch:
            patch.setattr(dump_reading, "upsert", busy)
            with pytest.raises(OperationalError):
                take()
            assert finish_unfinished(AT) == []
        assert Dump.objects.get().state == "received"
        assert [dump.state for dump in finish_unfinished(AT)] == ["parsed"]

    def test_a_folder_that_cannot_be_written(self, folder: Path) -> None:
        folder.write_text("in the way")
        with pytest.raises(CannotKeep, match="cannot be kept"):
            take()
        assert not Dump.objects.exists()

    def test_deleted_while_it_was_read(self) -> None:
        dump = receive(GOOD, "page.txt", at=AT)
        Dump.objects.all().delete()
        assert "deleted" in read(dump, at=AT).error

    def test_somebody_else_was_faster(self) -> None:
        slow = receive(GOOD, "page.txt", at=AT)
        take()
        assert counts(read(slow, at=AT)) == (2, 2, 0, 0)
        assert Listing.objects.count() == 2


class TestAskedAgain:
    def test_another_day_is_read_again(self) -> None:
        take()
        dump = take(listed_on=date(2026, 11, 5))
        assert counts(dump) == (2, 0, 2, 0)
        assert set(Paper.objects.values_list("listed_on", flat=True)) == {date(2026, 11, 5)}
        assert counts(take()) == (2, 0, 0, 2)
        assert Dump.objects.get().listed_on == date(2026, 11, 5)

    def test_the_format_it_has_is_no_reason(self) -> None:
        take()
        assert counts(take(format="hf_text")) == (2, 0, 0, 2)
        assert Catalogue.current().change == 1

    def test_backfill_turned_new(self) -> None:
        assert counts(take(intent="backfill")) == (2, 2, 0, 0)
        assert Catalogue.current().newest_seq == 0
        assert counts(take(intent="new")) == (2, 0, 2, 0)
        assert Catalogue.current().newest_seq == 2

    def test_an_unknown_format(self) -> None:
        with pytest.raises(ValueError, match=r"Choose one of auto, .*hf_text"):
            take(format="parchment")


class TestWaiting:
    @pytest.fixture(autouse=True)
    def limit(self, settings: Any) -> None:
        settings.NEW_PAPERS_LIMIT = 1

    @pytest.mark.parametrize(("intent", "newest"), [("new", 2), ("backfill", 0)])
    def test_an_operator_says_what_it_is(self, intent: str, newest: int) -> None:
        dump = take()
        assert (dump.state, Paper.objects.count()) == ("waiting", 0)
        assert "2 new papers" in dump.error
        assert "--backfill" in dump.error
        assert finish_unfinished(AT) == []
        assert take().state == "waiting"
        assert counts(take(intent=intent)) == (2, 2, 0, 0)
        assert (Catalogue.current().newest_seq, Dump.objects.get().error) == (newest, "")

    def test_said_in_the_admin(self) -> None:
        dump = take()
        dump.intent = Dump.Intent.NEW
        dump.save()
        assert read(dump, at=AT).state == "parsed"


class TestRehearsal:
    def test_keeps_nothing(self, folder: Path) -> None:
        dump = dry_run(GOOD, "page.txt", at=AT)
        assert (dump.state, counts(dump)) == ("parsed", (2, 2, 0, 0))
        assert not folder.exists()
        assert not any(noun.objects.exists() for noun in (Dump, Paper, Listing))
        assert Catalogue.current().newest_seq == 0

    def test_says_what_is_known_already(self) -> None:
        take()
        assert counts(dry_run(GOOD, "page.txt", at=AT)) == (2, 0, 0, 2)
        more = page(full_entry("One", authors=4), entry("Three"), day="Nov 21")
        assert counts(dry_run(more, "more.txt", at=AT)) == (2, 1, 1, 0)
        assert counts(dry_run(GOOD, "page.txt", at=AT, listed_on=date(2026, 1, 1)))[2] == 2
        assert Dump.objects.get().state == "parsed"

    def test_a_bad_one(self) -> None:
        assert dry_run(b"no", "no.txt", at=AT).state == "quarantined"
        assert not Dump.objects.exists()


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("a/b/page.txt", "page.txt"),
        ("../../etc/passwd", "passwd"),
        ("x" * 400, "x" * 255),
        ("tab\there\x00\x1b[2J", "tab�here��[2J"),
        ("caf\udce9", "caf�"),
        ("", "unnamed"),
    ],
)
def test_names(name: str, kept: str) -> None:
    assert receive(GOOD, name, at=AT).name == kept


def test_all_or_nothing_inside_another_transaction() -> None:
    with transaction.atomic():
        take()
        transaction.set_rollback(True)
    assert not Paper.objects.exists()


class TestReadAgainInVain:
    """What was parsed stays so: nobody sees “quarantined” beside listings that count."""

    def test_with_a_format_it_does_not_have(self) -> None:
        before = take()
        dump = take(format="hf_json")
        assert (dump.state, counts(dump)) == ("parsed", (2, 0, 0, 2))
        assert "stays as it was" in dump.error
        row = Dump.objects.get()
        assert (row.state, row.format, row.error) == ("parsed", "hf_text", "")
        assert counts(row) == counts(before)
        assert Listing.objects.count() == Paper.objects.count() == 2

    def test_a_wish_that_a_crash_cut_short_changes_nothing(self) -> None:
        take()
        receive(GOOD, "page.txt", at=AT, listed_on=date(2026, 1, 1))
        row = Dump.objects.get()
        assert (row.state, row.listed_on) == ("parsed", date(2026, 11, 20))
        assert finish_unfinished(AT) == []

    def test_lost_bytes(self) -> None:
        dump = take()
        raw_storage.delete(dump.sha256)
        options = ReadOptions(listed_on=date(2026, 1, 1))
        found = read_again(dump, options, at=AT)
        assert (found.state, Dump.objects.get().state) == ("parsed", "parsed")
        assert "missing" in found.error
        assert "stays as it was" in found.error


def test_a_stream_is_as_good_as_bytes() -> None:
    dump = read(receive(io.BytesIO(GOOD), "page.txt", at=AT), at=AT)
    assert counts(dump) == (2, 2, 0, 0)
    assert counts(take()) == (2, 0, 0, 2)
    assert Dump.objects.get().size == len(GOOD)
