"""Slots that the processes of one machine share."""

import subprocess
import sys
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from digest.limits.bodies import BodyRefused
from digest.limits.machine_slots import machine_slot

HOLDER = (
    "import fcntl, signal, sys\n"
    "file = open(sys.argv[1])\n"
    "fcntl.flock(file, fcntl.LOCK_EX)\n"
    "print('held', flush=True)\n"
    "signal.pause()\n"
)


@pytest.fixture(autouse=True)
def folder(settings: Any, tmp_path: Path) -> Path:
    settings.DATA_DIR = tmp_path
    return tmp_path / "slots"


def is_free(name: str = "library", count: int = 1) -> bool:
    try:
        with machine_slot(name, count):
            return True
    except BodyRefused:
        return False


def test_so_many_threads_hold_one_and_no_more() -> None:
    with machine_slot("library", 2), machine_slot("library", 2):
        found: list[bool] = []
        thread = Thread(target=lambda: found.append(is_free(count=2)))
        thread.start()
        thread.join()
        assert found == [False]
        assert is_free("other", 2)
    assert is_free(count=2)


def test_without_a_free_slot_it_says_when_to_try_again() -> None:
    with (
        machine_slot("library", 1),
        pytest.raises(BodyRefused, match="Try again in 10 seconds") as refused,
        machine_slot("library", 1),
    ):
        pass
    assert refused.value.status == 503


def test_a_slot_is_free_again_after_an_error() -> None:
    with pytest.raises(ZeroDivisionError), machine_slot("library", 1):
        raise ZeroDivisionError
    assert is_free()


def test_other_processes_share_them_and_the_kernel_frees_them(folder: Path) -> None:
    assert is_free()
    command = (sys.executable, "-c", HOLDER, str(folder / "library-0"))
    with subprocess.Popen(command, stdout=subprocess.PIPE) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == b"held\n"
        assert not is_free()
        other.kill()
        other.wait()
    assert is_free()
    assert [path.stat().st_size for path in folder.iterdir()] == [0]
