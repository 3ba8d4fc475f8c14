"""The row of this machine: its id, its keys and clock, its roles, and the files only it has."""

import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from digest.models import Heartbeat, Machine
from digest.monitoring import heartbeats, machines
from digest.monitoring.watchdog import Watchdog
from digest.process_facts.version import version
from subscriptions.suppression_key import CHECK_DIGITS, KeyCheck, clear_cached_key

NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
Kind = Heartbeat.Kind


@pytest.fixture(autouse=True)
def data_folder(settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    settings.DATA_DIR = tmp_path
    for name in ("INBOX_DIR", "OUTBOX_DIR", "JOURNAL_DIR"):
        setattr(settings, name, tmp_path / name)
    monkeypatch.setattr(heartbeats, "_last", {})
    return tmp_path


class TestId:
    def test_it_stays_with_the_data_folder(self, data_folder: Path) -> None:
        found = machines.machine_id(data_folder)
        assert (data_folder / "machine_id").read_text() == found
        machines.machine_id.cache_clear()
        assert machines.machine_id(data_folder) == found
        assert oct((data_folder / "machine_id").stat().st_mode & 0o777) == "0o600"

    def test_processes_that_start_together_agree(self, data_folder: Path) -> None:
        found: set[str] = set()
        path = data_folder / "machine_id"
        threads = [
            threading.Thread(target=lambda: found.add(machines._create_id(path))) for _ in range(8)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert found == {path.read_text()}
        assert [each.name for each in data_folder.iterdir()] == ["machine_id"]

    @pytest.mark.parametrize("damaged", [b"", b"\xff\xfe", b"../../etc"])
    def test_a_damaged_file_is_written_anew(self, data_folder: Path, damaged: bytes) -> None:
        path = data_folder / "machine_id"
        path.write_bytes(damaged)
        assert machines.machine_id(data_folder) == path.read_text()
        assert len(path.read_text()) == 32

    def test_without_a_folder_it_is_the_same_again(self, data_folder: Path) -> None:
        missing = data_folder / "missing"
        found = machines.machine_id(missing)
        machines.machine_id.cache_clear()
        assert machines.machine_id(missing) == found
        assert len(found) == 32
        assert found != machines.machine_id(data_folder / "other")


@pytest.mark.django_db
class TestTick:
    def test_a_heartbeat_writes_the_row(self, data_folder: Path, settings: Any) -> None:
        for name, count in (("INBOX_DIR", 3), ("OUTBOX_DIR", 2), ("JOURNAL_DIR", 1)):
            folder = data_folder / name
            folder.mkdir()
            for number in range(count):
                (folder / f"{number}.replies").touch()
            (folder / ".hidden.replies").touch()
            (folder / "done.replies").mkdir()
        (data_folder / "JOURNAL_DIR" / "1.new").touch()
        heartbeats.record_heartbeat(Kind.WORKER)
        (row,) = Machine.objects.all()
        assert row.pk == (data_folder / "machine_id").read_text()
        assert (row.inbox_files, row.outbox_files, row.journal_files) == (3, 2, 1)
        assert row.version == version()
        assert KeyCheck.objects.get().value.startswith(row.suppression_key_check)
        assert len(row.suppression_key_check) == len(row.secret_key_check) == CHECK_DIGITS
        assert row.free_bytes
        if connection.vendor == "sqlite":
            assert row.clock_offset is None
        else:
            assert row.clock_offset == pytest.approx(0, abs=60)

    def test_one_row_with_a_time_for_each_role(self) -> None:
        for kind in (Kind.WORKER, Kind.WEB):
            heartbeats.record_heartbeat(kind)
        (row,) = Machine.objects.all()
        assert row.scheduler_at is None
        assert row.roles(row.seen_at - timedelta(minutes=1)) == ["web server", "worker"]
        Machine.objects.update(worker_at=row.seen_at - timedelta(hours=1))
        row.refresh_from_db()
        assert row.roles(row.seen_at - timedelta(minutes=1)) == ["web server"]

    def test_a_web_process_beats_by_its_watchdog(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("digest.monitoring.watchdog.connections.close_all", lambda: None)
        Watchdog().beat()
        assert not Machine.objects.exists()
        Watchdog(kind=Kind.WEB).beat()
        assert Machine.objects.get().web_at
        assert Heartbeat.objects.get().kind == "web"

    def test_other_keys_have_other_check_values(self, settings: Any) -> None:
        machines.record_tick(Kind.WORKER)
        before = Machine.objects.get()
        settings.SECRET_KEY = "another" * 8
        settings.SUPPRESSION_KEY = "third" * 8
        clear_cached_key()
        machines.record_tick(Kind.WORKER)
        after = Machine.objects.get()
        clear_cached_key()
        assert after.secret_key_check != before.secret_key_check
        assert after.suppression_key_check not in ("", before.suppression_key_check)
        assert "another" not in after.secret_key_check

    def test_machines_that_are_gone_are_forgotten(self) -> None:
        now = timezone.now()
        for days in (6, 8):
            at = now - timedelta(days=days)
            Machine.objects.create(id=f"{days}", host="a", version="1", seen_at=at)
        assert Machine.objects.forget(now) == 1
        assert Machine.objects.get().pk == "6"
