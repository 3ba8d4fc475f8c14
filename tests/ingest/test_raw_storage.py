"""Raw bytes in a folder or in the database: all of them or none, never whole in memory."""

import io
import tracemalloc
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import OperationalError, transaction

from digest.ingest import dump_rows, missing_bytes, raw_storage
from digest.ingest.dump_lease import DumpLease, LeaseLost, acquire_lease
from digest.ingest.pipeline import finish_unfinished, read, receive
from digest.ingest.raw_storage import FolderStorage, MissingBytes
from digest.ingest.spool import BLOCK, spooled
from digest.models import Dump, Paper, RawChunk
from digest.monitoring import checks
from tests.support.raw import raw_bytes

from .formats.listing_pages import AT, full_entry, page

pytestmark = pytest.mark.django_db
GOOD = page(full_entry("One"), full_entry("Two"))
LONG = b"0123456789abcdef" * (BLOCK // 16) + b"tail"  # a MB and a bit


@pytest.fixture(autouse=True)
def folder(settings: Any, tmp_path: Path) -> Path:
    settings.DUMPS_DIR = tmp_path / "dumps"
    return settings.DUMPS_DIR


@pytest.fixture(params=["folder", "database"])
def place(request: pytest.FixtureRequest, settings: Any) -> str:
    settings.RAW_BYTES_IN_DATABASE = request.param == "database"
    return request.param


@pytest.fixture
def in_database(settings: Any) -> None:
    settings.RAW_BYTES_IN_DATABASE = True


def files(folder: Path) -> list[str]:
    return [path.name for path in folder.rglob("*") if path.is_file()]


@pytest.mark.usefixtures("place")
@pytest.mark.parametrize("data", [b"", b"x", LONG])
def test_what_is_stored_is_read(data: bytes) -> None:
    dump = receive(io.BytesIO(data), "x", at=AT)
    assert raw_bytes(dump) == data
    assert raw_storage.exists(dump.sha256, len(data))
    assert raw_storage.delete(dump.sha256)
    assert not raw_storage.delete(dump.sha256)
    assert not raw_storage.exists(dump.sha256)
    with pytest.raises(MissingBytes):
        raw_storage.open(dump.sha256)


@pytest.mark.usefixtures("in_database")
class TestDatabase:
    def test_rows_of_a_megabyte_and_no_file(self, folder: Path) -> None:
        receive(LONG, "x", at=AT)
        sizes = [len(chunk.data) for chunk in RawChunk.objects.order_by("position")]
        assert sizes == [BLOCK, 4]
        assert files(folder) == []

    def test_with_the_row_or_not_at_all(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def broken(*_: object) -> None:
            raise OperationalError("the connection is gone")

        monkeypatch.setattr(dump_rows, "find_or_create", broken)
        with pytest.raises(OperationalError):
            receive(GOOD, "x", at=AT)
        assert not RawChunk.objects.exists()

    def test_the_same_bytes_twice(self) -> None:
        first = receive(GOOD, "x", at=AT)
        assert receive(GOOD, "y", at=AT) == first
        assert RawChunk.objects.count() == 1

    def test_a_lost_or_changed_chunk_is_noticed(self) -> None:
        dump = receive(LONG, "x", at=AT)
        RawChunk.objects.filter(position=1).update(data=b"liat")
        with pytest.raises(MissingBytes):
            raw_storage.open(dump.sha256)
        RawChunk.objects.filter(position=1).delete()
        with pytest.raises(MissingBytes):
            raw_storage.open(dump.sha256)

    def test_memory_is_bounded(self) -> None:
        data = LONG * 16
        dump = receive(io.BytesIO(data), "x", at=AT)
        del data
        tracemalloc.start()
        try:
            with raw_storage.open(dump.sha256) as file:
                assert sum(len(block) for block in iter(lambda: file.read(BLOCK), b"")) > 16 << 20
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
        assert peak < 6 << 20


class TestUpgrade:
    """A site on PostgreSQL kept its files in a folder before."""

    @pytest.fixture
    def dump(self, settings: Any, folder: Path) -> Dump:
        settings.RAW_BYTES_IN_DATABASE = False
        dump = receive(GOOD, "page.txt", at=AT)
        settings.RAW_BYTES_IN_DATABASE = True
        return dump

    @pytest.mark.django_db(transaction=True)
    def test_a_file_is_read_and_moved(self, dump: Dump, folder: Path) -> None:
        assert read(dump, at=AT).state == "parsed"
        assert files(folder) == []
        assert raw_bytes(dump) == GOOD

    def test_it_stays_until_its_move_is_committed(self, dump: Dump, folder: Path) -> None:
        with transaction.atomic():
            assert raw_bytes(dump) == GOOD
            assert files(folder) == [dump.sha256]
            transaction.set_rollback(True)
        assert not RawChunk.objects.exists()
        assert raw_bytes(dump) == GOOD

    def test_a_file_cut_off_is_not_taken_for_it(self, dump: Dump) -> None:
        FolderStorage().path(dump.sha256).write_bytes(GOOD[:10])
        with pytest.raises(MissingBytes):
            raw_storage.open(dump.sha256)
        assert read(receive(GOOD, "page.txt", at=AT), at=AT).state == "parsed"

    def test_it_is_deleted_in_both(self, dump: Dump, folder: Path) -> None:
        assert raw_storage.delete(dump.sha256)
        assert files(folder) == []


def test_a_file_cut_off_is_written_anew(settings: Any, folder: Path) -> None:
    settings.RAW_BYTES_IN_DATABASE = False
    dump = receive(GOOD, "page.txt", at=AT)
    FolderStorage().path(dump.sha256).write_bytes(GOOD[:10])
    assert read(receive(GOOD, "page.txt", at=AT), at=AT).state == "parsed"
    assert files(folder) == [dump.sha256]


@pytest.mark.usefixtures("place")
class TestMissing:
    @pytest.fixture
    def dump(self, place: str) -> Dump:
        dump = receive(GOOD, "page.txt", at=AT)
        raw_storage.delete(dump.sha256)
        return dump

    def test_looked_for_again_with_growing_waits(self, dump: Dump) -> None:
        seen, at, end = [], AT, AT + timedelta(hours=4)
        while at < end:
            finish_unfinished(at)
            row = Dump.objects.get()
            assert (row.state, row.missing_since) == ("received", AT)
            assert finish_unfinished(row.not_before - timedelta(seconds=1)) == []
            seen.append((row.not_before - at) / timedelta(minutes=1))
            at = row.not_before
        assert seen == [1, 1, 2, 4, 8, 16, 32, 60, 60, 60]

    def test_given_up_after_a_day(self, dump: Dump) -> None:
        finish_unfinished(AT)
        finish_unfinished(AT + timedelta(hours=24) - timedelta(seconds=1))
        assert Dump.objects.get().state == "received"
        late = Dump.objects.get().not_before
        finish_unfinished(late)
        row = Dump.objects.get()
        assert row.state == "quarantined"
        assert row.error.startswith("Its bytes are gone.")
        assert "submit the same file again" in row.error
        assert finish_unfinished(late + timedelta(days=1)) == []

    def test_named_by_the_doctor_at_once(self, dump: Dump) -> None:
        finish_unfinished(AT)
        (sentence,) = checks.check_dumps(AT)
        assert sentence.startswith("1 dumps cannot be read. The first is “page.txt”: Its bytes are")

    def test_back_in_time(self, dump: Dump) -> None:
        finish_unfinished(AT)
        assert receive(GOOD, "again.txt", at=AT).not_before is None
        assert [each.state for each in finish_unfinished(AT)] == ["parsed"]
        row = Dump.objects.get()
        assert (row.missing_since, row.not_before, row.error) == (None, None, "")

    def test_the_disk_is_mounted_again(self, dump: Dump) -> None:
        finish_unfinished(AT)
        with spooled(GOOD, raw_storage.is_stored) as raw:
            raw_storage.store(raw)
        row = Dump.objects.get()
        with acquire_lease(dump.sha256) as lease, pytest.raises(LeaseLost):
            missing_bytes.clear_missing(
                row, DumpLease(dump.sha256, lease.fence - 1 if lease else 0)
            )
        assert [each.state for each in finish_unfinished(row.not_before)] == ["parsed"]
        row.refresh_from_db()
        assert (row.missing_since, row.not_before, row.error) == (None, None, "")

    def test_handed_in_again_after_that(self, dump: Dump) -> None:
        Dump.objects.update(missing_since=AT - timedelta(days=2))
        finish_unfinished(AT)
        assert Dump.objects.get().state == "quarantined"
        assert read(receive(GOOD, "again.txt", at=AT), at=AT).state == "parsed"
        assert Dump.objects.get().missing_since is None
        assert Paper.objects.count() == 2


def test_a_dump_of_another_machine(settings: Any, tmp_path: Path) -> None:
    """Each machine has a folder of its own; the database is what they share."""
    settings.RAW_BYTES_IN_DATABASE = True
    receive(GOOD, "page.txt", at=AT)
    settings.DUMPS_DIR = tmp_path / "another machine" / "dumps"
    assert [dump.state for dump in finish_unfinished(AT)] == ["parsed"]
