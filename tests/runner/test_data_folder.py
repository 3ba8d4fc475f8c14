"""The data folder is locked by one runner; the socket's folder belongs to one user."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from digest.runner import CannotStart
from digest.runner.data_folder import lock_data_folder, make_private_folder

HOLDER = """
import sys, time
from pathlib import Path
from digest.runner.data_folder import lock_data_folder
with lock_data_folder(Path(sys.argv[1]), "process 7, http://localhost:8000/"):
    print("held", flush=True)
    time.sleep(60)
"""


def test_a_second_runner_is_told_who_has_the_folder(tmp_path: Path) -> None:
    output = pytest.raises(CannotStart, match=r"is already running on .*: process 7, http")
    with lock_data_folder(tmp_path, "process 7, http://localhost:8000/"), output:
        lock_data_folder(tmp_path, "me").__enter__()
    with lock_data_folder(tmp_path, "me"):
        assert (tmp_path / "up.lock").read_text() == "me"


def test_a_shorter_note_leaves_nothing_of_the_longer_one(tmp_path: Path) -> None:
    for note in ("a rather long note", "short"):
        with lock_data_folder(tmp_path, note):
            assert (tmp_path / "up.lock").read_text() == note


@pytest.mark.real_clock
def test_kill_9_frees_the_folder(tmp_path: Path) -> None:
    holder = subprocess.Popen([sys.executable, "-c", HOLDER, tmp_path], stdout=subprocess.PIPE)
    assert holder.stdout is not None
    with holder:
        assert holder.stdout.readline() == b"held\n"
        with pytest.raises(CannotStart):
            lock_data_folder(tmp_path, "me").__enter__()
        holder.send_signal(signal.SIGKILL)
    with lock_data_folder(tmp_path, "me"):
        pass


def test_a_folder_that_cannot_be_made_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(CannotStart, match="set DATA_DIR to a writable folder"):
        lock_data_folder(tmp_path / "file" / "var", "me").__enter__()


def test_the_private_folder_is_private_whatever_the_umask(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        make_private_folder(tmp_path / "new" / "broker")
    finally:
        os.umask(before)
    assert (tmp_path / "new" / "broker").stat().st_mode & 0o777 == 0o700
    make_private_folder(tmp_path / "new" / "broker")


@pytest.mark.parametrize("mode", [0o755, 0o770, 0o701])
def test_a_folder_others_can_enter_is_refused_with_the_cure(tmp_path: Path, mode: int) -> None:
    folder = tmp_path / "broker"
    folder.mkdir()
    folder.chmod(mode)
    with pytest.raises(CannotStart, match=f"chmod 700 {folder}"):
        make_private_folder(folder)


def test_a_link_or_a_file_in_its_place_is_refused(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir(mode=0o700)
    (tmp_path / "link").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "file").write_text("")
    for name in ("link", "file"):
        with pytest.raises(CannotStart, match="does not belong to you"):
            make_private_folder(tmp_path / name)


def test_somebody_elses_folder_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "broker"
    folder.mkdir(mode=0o700)
    owner = os.getuid()
    monkeypatch.setattr(os, "getuid", lambda: owner + 1)
    with pytest.raises(CannotStart, match="does not belong to you"):
        make_private_folder(folder)
