"""Bulk files: in parts, each whole or not at all; a restart goes on where the last one ended."""

import io
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from django.db import OperationalError
from hypothesis import given
from hypothesis import strategies as st

from digest.ingest import bulk_files, bulk_parts, raw_storage
from digest.ingest.dry_run import dry_run
from digest.ingest.dump_lease import acquire_lease
from digest.ingest.pipeline import ReadOptions, finish_unfinished, read, read_again, receive
from digest.ingest.sanity_checks import NO_LIMITS, checked_part_sizes
from digest.ingest.sources.watched_folder import ingest_inbox
from digest.models import Catalogue, Dump, Listing, Paper

from .formats.listing_pages import AT, full_entry, page, paper_values, snapshot_line
from .sources.test_watched_folder import drop, names

DATA = b"".join(map(snapshot_line, range(8)))  # three parts: 3, 3 and 2 lines
OPTIONS = ReadOptions()


@pytest.fixture(autouse=True)
def small_parts(settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.DUMPS_DIR = tmp_path / "dumps"
    settings.INBOX_DIR = tmp_path / "inbox"
    monkeypatch.setattr(bulk_files, "PART_LINES", 3)
    monkeypatch.setattr(bulk_parts, "_FREE_SECONDS", 0)


def take(data: bytes = DATA, **asked: Any) -> Dump:
    return read(receive(io.BytesIO(data), "snapshot.json", at=AT, **asked), at=AT)


def states() -> list[str]:
    return list(Dump.objects.order_by("part").values_list("state", flat=True))


class TestCutting:
    @given(st.lists(st.binary(max_size=5).map(lambda line: line.replace(b"\n", b" ") + b"\n")))
    def test_together_they_are_the_file(self, lines: list[bytes]) -> None:
        data = b"".join(lines)
        found = list(bulk_files.iter_parts(io.BytesIO(data)))
        assert b"".join(found) == data
        filled = [sum(bool(line.strip()) for line in part.split(b"\n")) for part in found]
        assert filled[:-1] == [3] * (len(found) - 1)
        assert checked_part_sizes(io.BytesIO(data), NO_LIMITS) == list(map(len, found))

    def test_a_file_without_line_ends_is_not_held_whole(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(bulk_files, "_LONGEST_LINE", 10)
        monkeypatch.setattr(bulk_files, "_LARGEST_PART", 25)
        assert checked_part_sizes(io.BytesIO(b"x" * 95), NO_LIMITS) == [30, 30, 30, 5]

    def test_only_files_of_a_paper_a_line(self) -> None:
        assert bulk_files.bulk_format(DATA) == "arxiv_jsonl"
        assert bulk_files.bulk_format(page(full_entry("One"))) == ""
        assert bulk_files.bulk_format(b"") == ""
        assert bulk_files.bulk_format(DATA, "hf_text") == ""


@pytest.mark.django_db
class TestParts:
    def test_each_part_is_a_dump(self) -> None:
        dump = take()
        assert (dump.state, dump.papers, dump.new, dump.size) == ("parsed", 8, 8, len(DATA))
        rows = Dump.objects.order_by("part").values_list("part", "total_parts", "papers", "intent")
        assert list(rows) == [(0, 3, 3, "backfill"), (1, 3, 3, "backfill"), (2, 3, 2, "backfill")]
        assert sum(Dump.objects.values_list("size", flat=True)) == len(DATA)
        assert str(Dump.objects.get(part=1)) == "snapshot.json, part 2 of 3"
        assert Paper.objects.count() == 8
        assert Catalogue.current().newest_seq == 0

    def test_the_same_again_is_nothing_new(self) -> None:
        take()
        change = Catalogue.current().change
        dump = take()
        assert (dump.state, dump.new, dump.updated, dump.unchanged) == ("parsed", 0, 0, 8)
        assert (Catalogue.current().change, Dump.objects.count()) == (change, 3)

    def test_nobody_is_mailed_an_archive(self) -> None:
        dump = take(intent="new")
        assert (dump.state, Paper.objects.count()) == ("quarantined", 0)
        assert "always backfill" in dump.error
        assert take(intent="backfill").new == 8

    def test_a_short_snapshot_is_backfill_too(self) -> None:
        dump = take(snapshot_line(1))
        assert (dump.state, dump.total_parts, dump.intent) == ("parsed", 1, "backfill")
        assert Catalogue.current().newest_seq == 0
        assert take(snapshot_line(2), intent="new").state == "quarantined"

    def test_over_the_limit_of_other_dumps(self, settings: Any) -> None:
        settings.MAX_DUMP_BYTES = 100
        assert take().papers == 8

    def test_a_restart_goes_on_at_the_first_part_that_is_missing(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        real, read_parts = bulk_parts.parse_and_store, []

        def dies_at_the_second(dump: Dump, *given: Any) -> Dump:
            read_parts.append(dump.part)
            if read_parts == [0, 1]:
                raise OperationalError("database is locked")
            return real(dump, *given)

        monkeypatch.setattr(bulk_parts, "parse_and_store", dies_at_the_second)
        with pytest.raises(OperationalError):
            take()
        assert states() == ["parsed", "received", "received"]
        assert Paper.objects.count() == 3
        assert [dump.state for dump in finish_unfinished(AT)] == ["parsed"]
        assert read_parts == [0, 1, 1, 2]
        assert Paper.objects.count() == 8

    def test_a_tick_ends_in_time_and_the_next_goes_on(self) -> None:
        dump = receive(DATA, "snapshot.json", at=AT)
        assert read(dump, at=AT, seconds=0).state == "received"
        assert states() == ["received"] * 3
        news = receive(page(full_entry("One")), "page.txt", at=AT)
        (first, second) = finish_unfinished(AT)
        assert (first.pk, second.papers) == (news.pk, 8)  # news does not wait for bulk

    def test_a_part_that_cannot_be_read_stands_alone(self) -> None:
        lines = DATA.splitlines(keepends=True)
        lines[3:6] = [b"{ no json\n"] * 3
        dump = take(b"".join(lines))
        assert states() == ["parsed", "quarantined", "parsed"]
        assert (dump.state, Paper.objects.count()) == ("quarantined", 5)
        assert "1 of 3 parts" in dump.error
        assert "part 2" in dump.error
        assert read_again(Dump.objects.get(part=1), OPTIONS, at=AT).state == "quarantined"

    def test_a_bad_line_is_named(self) -> None:
        lines = DATA.splitlines(keepends=True)
        lines[4] = b'{"id": "1501.00004"}\n'
        dump = take(b"".join(lines))
        assert (dump.state, dump.papers, len(dump.skipped)) == ("parsed", 7, 1)

    def test_two_readers_do_not_do_the_work_twice(self) -> None:
        dump = receive(DATA, "snapshot.json", at=AT)
        with acquire_lease(dump.sha256):
            busy = read(dump, at=AT, seconds=9)
        assert (busy.state, Paper.objects.count()) == ("received", 0)
        assert "Another process" in busy.error
        assert read(dump, at=AT).state == "parsed"

    def test_missing_bytes(self) -> None:
        dump = receive(DATA, "snapshot.json", at=AT)
        read(dump, at=AT, seconds=0)
        raw_storage.delete(dump.sha256)
        (answer,) = finish_unfinished(AT)
        assert "missing" in answer.error
        assert finish_unfinished(AT) == []
        assert list(Dump.objects.missing()) == [dump]
        assert take().papers == 8
        assert not Dump.objects.missing().exists()

    def test_a_rehearsal_keeps_nothing(self) -> None:
        dump = dry_run(DATA, "snapshot.json", at=AT)
        assert (dump.state, dump.papers, dump.new) == ("parsed", 8, 8)
        assert not Dump.objects.exists()
        take()
        assert dry_run(io.BytesIO(DATA), "snapshot.json", at=AT).unchanged == 8

    def test_from_the_inbox(self, settings: Any) -> None:
        settings.INBOX_DIR.mkdir()
        drop(settings.INBOX_DIR, "snapshot.json", DATA)
        (dump,) = ingest_inbox(AT)
        assert (dump.papers, names(settings.INBOX_DIR)) == (8, ["done/snapshot.json"])

    def test_in_any_order_with_other_dumps(self) -> None:
        """A part ranks by its place: of two lines of one paper the later counts, in any order."""
        lines = [*map(snapshot_line, range(4)), snapshot_line(1, title="Renamed")]
        take(b"".join(lines))
        before = paper_values()
        assert Paper.objects.get(arxiv_id="1501.00001").title == "Renamed"
        Paper.objects.all().delete()
        Dump.objects.update(state="received")
        Dump.objects.order_by("-part").first()
        for part in Dump.objects.order_by("-part"):
            Dump.objects.exclude(pk=part.pk).filter(state="received").update(state="waiting")
            finish_unfinished(AT)
            Dump.objects.filter(state="waiting").update(state="received")
        assert paper_values() == before
        assert Listing.objects.count() == 5

    def test_the_day_may_be_given(self) -> None:
        take(listed_on=date(2026, 11, 1))
        assert set(Dump.objects.values_list("listed_on", flat=True)) == {date(2026, 11, 1)}
