"""The watched folder: every file is read, explained, or left alone for a reason."""

import io
import os
import time
from pathlib import Path
from typing import IO, Any

import pytest
from django.db import OperationalError

from digest.ingest.sources import watched_folder
from digest.ingest.sources.watched_folder import ingest_inbox
from digest.models import Dump, Paper
from tests.ingest.formats.listing_pages import AT, full_entry, page

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def folder(settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    settings.DUMPS_DIR = tmp_path / "dumps"
    settings.INBOX_DIR = tmp_path / "inbox"
    monkeypatch.setattr(watched_folder, "_stuck", set())
    settings.INBOX_DIR.mkdir()
    return settings.INBOX_DIR


def drop(folder: Path, name: str, data: bytes, age: float = 10) -> Path:
    path = folder / name
    path.write_bytes(data)
    os.utime(path, (time.time() - age,) * 2)
    return path


def names(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if not path.is_dir())


def test_a_file_is_taken_and_put_away(folder: Path) -> None:
    drop(folder, "page.txt", page(full_entry("One")))
    (dump,) = ingest_inbox(AT)
    assert (dump.state, dump.name, dump.received_at) == ("parsed", "page.txt", AT)
    assert names(folder) == ["done/page.txt"]
    assert ingest_inbox(AT) == []


def test_oldest_first(folder: Path) -> None:
    drop(folder, "a.txt", page(full_entry("Younger")), age=10)
    drop(folder, "b.txt", page(full_entry("Older")), age=20)
    assert [dump.name for dump in ingest_inbox(AT)] == ["b.txt", "a.txt"]
    assert Paper.objects.get(title="Older").seq == 1


@pytest.mark.parametrize(
    ("name", "age"), [("page.txt", 1), (".page.txt", 99), ("page.txt.part", 99), ("page.tmp", 99)]
)
def test_what_is_still_being_written_stays(folder: Path, name: str, age: float) -> None:
    drop(folder, name, page(full_entry("One")), age)
    assert ingest_inbox(AT) == []
    assert names(folder) == [name]


def test_a_time_in_the_future_is_no_excuse(folder: Path) -> None:
    drop(folder, "page.txt", page(full_entry("One")), age=-3600)
    assert len(ingest_inbox(AT)) == 1


def test_the_same_name_again_gets_a_place_of_its_own(folder: Path) -> None:
    for title in ("One", "Two", "Three"):
        drop(folder, "page.txt", page(full_entry(title)))
        ingest_inbox(AT)
    assert names(folder) == ["done/page-1.txt", "done/page-2.txt", "done/page.txt"]


def test_the_same_bytes_again_are_put_away_too(folder: Path) -> None:
    for name in ("a.txt", "b.txt"):
        drop(folder, name, page(full_entry("One")))
        ingest_inbox(AT)
    assert names(folder) == ["done/a.txt", "done/b.txt"]
    assert Dump.objects.count() == 1


def test_a_bad_one_is_explained_beside_it_and_in_the_admin(folder: Path) -> None:
    drop(folder, "note.txt", b"Buy milk.")
    (dump,) = ingest_inbox(AT)
    assert names(folder) == ["failed/note.txt", "failed/note.txt.why.txt"]
    why = (folder / "failed/note.txt.why.txt").read_text()
    assert why.strip() == Dump.objects.get().error == dump.error


def test_no_files(folder: Path, tmp_path: Path) -> None:
    """Links, folders and pipes are explained; none is followed, waited for, or met again."""
    (folder / "link.txt").symlink_to("/etc/passwd")
    (folder / "dangling").symlink_to(tmp_path / "nothing")
    (folder / "folder").mkdir()
    os.mkfifo(folder / "pipe")
    for path in folder.iterdir():
        os.utime(path, (time.time() - 10,) * 2, follow_symlinks=False)
    assert ingest_inbox(AT) == []
    assert sorted(path.name for path in folder.iterdir()) == ["failed"]
    for name, word in {"link.txt": "link", "dangling": "link", "folder": "folder",
                       "pipe": "not a file"}.items():  # fmt: skip
        assert word in (folder / "failed" / f"{name}.why.txt").read_text()
    assert not Dump.objects.exists()


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_an_unreadable_file_is_explained(folder: Path) -> None:
    drop(folder, "secret.txt", b"x").chmod(0)
    assert ingest_inbox(AT) == []
    assert "Permission denied" in (folder / "failed/secret.txt.why.txt").read_text()


def test_a_file_too_large_is_explained(folder: Path, settings: Any) -> None:
    settings.MAX_DUMP_BYTES = 5
    drop(folder, "large.txt", b"123456")
    assert ingest_inbox(AT) == []
    assert "MAX_DUMP_BYTES" in (folder / "failed/large.txt.why.txt").read_text()


def test_a_busy_database_leaves_it_there(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def busy(*_: object, **__: object) -> None:
        raise OperationalError("database is locked")

    drop(folder, "page.txt", page(full_entry("One")))
    with monkeypatch.context() as patch:
        patch.setattr(watched_folder, "read", busy)
        assert ingest_inbox(AT) == []
    assert names(folder) == ["page.txt"]
    assert [dump.state for dump in ingest_inbox(AT)] == ["parsed"]


def test_written_to_while_it_was_read(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = drop(folder, "page.txt", page(full_entry("One")))
    real = watched_folder.open_regular_file

    def read_then_grow(which: Path) -> IO[bytes]:
        with real(which) as file:
            data = file.read()
        drop(folder, "page.txt", page(full_entry("One"), full_entry("Two")), age=8)
        return io.BytesIO(data)

    with monkeypatch.context() as patch:
        patch.setattr(watched_folder, "open_regular_file", read_then_grow)
        ingest_inbox(AT)
    assert path.exists()
    ingest_inbox(AT)
    assert sorted(Paper.objects.values_list("title", flat=True)) == ["One", "Two"]
    assert names(folder) == ["done/page.txt"]


def test_a_file_that_cannot_be_moved_is_not_read_for_ever(
    folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (folder / "done").write_text("in the way")
    drop(folder, "page.txt", page(full_entry("One")))
    assert len(ingest_inbox(AT)) == 1
    assert "cannot be moved" in caplog.text
    assert ingest_inbox(AT) == []


def test_no_inbox_yet(folder: Path) -> None:
    folder.rmdir()
    assert ingest_inbox(AT) == []
    assert folder.is_dir()


def test_an_inbox_that_is_no_folder(folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    folder.rmdir()
    folder.write_text("")
    assert ingest_inbox(AT) == []
    assert "cannot be made" in caplog.text
