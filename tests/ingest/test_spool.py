"""Bytes on their way in: copied and hashed a block at a time, whatever their size."""

import hashlib
import io
import os
import time
from pathlib import Path
from typing import Any

import pytest

from digest.ingest import raw_storage, spool
from digest.ingest.spool import CannotKeep, Spooled, TooLarge, Unreadable, spooled

DATA = b"Papers\n" * 1000


@pytest.fixture(autouse=True)
def folder(settings: Any, tmp_path: Path) -> Path:
    settings.DUMPS_DIR = tmp_path / "dumps"
    settings.RAW_BYTES_IN_DATABASE = False
    return settings.DUMPS_DIR


def keep(data: Any) -> Spooled:
    with spooled(data, raw_storage.is_stored) as raw:
        raw_storage.store(raw)
    return raw


def files(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


@pytest.mark.parametrize("wrapped", [bytes, io.BytesIO])
@pytest.mark.parametrize("data", [b"", b"x", DATA, DATA * 400])
def test_bytes_and_streams_alike(folder: Path, data: bytes, wrapped: Any) -> None:
    kept = keep(wrapped(data))
    sha256 = hashlib.sha256(data).hexdigest()
    assert (kept.sha256, kept.size) == (sha256, len(data))
    assert files(folder) == [f"{sha256[:2]}/{sha256}"]
    assert (folder / sha256[:2] / sha256).read_bytes() == data
    again = keep(wrapped(data))
    assert (again.sha256, again.size, again.draft) == (sha256, len(data), None)
    assert len(files(folder)) == 1


def test_a_large_file_is_refused_before_it_fills_the_disk(folder: Path, settings: Any) -> None:
    settings.MAX_DUMP_BYTES = 3 << 20

    class Endless(io.RawIOBase):
        read_so_far = 0

        def read(self, size: int = -1) -> bytes:
            self.read_so_far += size
            return b"word " * (size // 5)

    endless = Endless()
    with pytest.raises(TooLarge, match="MAX_DUMP_BYTES"):
        keep(endless)
    assert endless.read_so_far <= 8 << 20
    assert files(folder) == []


def test_a_stream_that_breaks_is_not_the_fault_of_the_disk(folder: Path) -> None:
    class Broken(io.RawIOBase):
        def read(self, size: int = -1) -> bytes:
            raise OSError(5, "Input/output error")

    with pytest.raises(Unreadable, match="Input/output error"):
        keep(Broken())
    assert files(folder) == []


def test_a_folder_that_cannot_be(folder: Path) -> None:
    folder.write_text("in the way")
    with pytest.raises(CannotKeep, match="cannot be kept"):
        keep(DATA)


@pytest.mark.real_clock
def test_drafts_that_a_crash_left_go_after_a_day(folder: Path) -> None:
    folder.mkdir()
    old, young = folder / ".draft-old", folder / ".draft-young"
    for draft in (old, young):
        draft.write_bytes(b"half")
    os.utime(old, (time.time() - spool._DRAFTS_LAST_SECONDS - 1,) * 2)
    keep(DATA)
    assert young.exists()
    assert not old.exists()
