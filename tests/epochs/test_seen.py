"""The file of what a machine has seen of its databases."""

import stat
from pathlib import Path
from threading import Thread

import pytest

from digest.epochs import seen
from digest.epochs.seen import Progress


def test_what_was_noted_is_read(tmp_path: Path) -> None:
    assert seen.read(tmp_path).get(7) is None
    seen.note(tmp_path, 7, Progress(1, 2, 3))
    seen.note(tmp_path, 8, Progress(4, 5, 6))
    assert seen.read(tmp_path).get(7) == Progress(1, 2, 3)
    assert seen.read(tmp_path).get(8) == Progress(4, 5, 6)
    assert stat.S_IMODE((tmp_path / seen.NAME).stat().st_mode) == 0o600


def test_it_never_goes_back(tmp_path: Path) -> None:
    for each in (Progress(1, 9, 50), Progress(1, 8, 60), Progress(1, 10, 1)):
        seen.note(tmp_path, 7, each)
    assert seen.read(tmp_path).get(7) == Progress(1, 10, 60)
    seen.note(tmp_path, 7, Progress(2, 3, 4))
    seen.note(tmp_path, 7, Progress(1, 99, 99))
    assert seen.read(tmp_path).get(7) == Progress(2, 3, 4)


def test_many_at_once_lose_nothing(tmp_path: Path) -> None:
    threads = [
        Thread(target=seen.note, args=(tmp_path, number % 3, Progress(1, number, number)))
        for number in range(24)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [seen.read(tmp_path).get(each) for each in range(3)] == [
        Progress(1, 21, 21),
        Progress(1, 22, 22),
        Progress(1, 23, 23),
    ]


def test_a_new_database_pushes_out_the_one_that_was_used_longest_ago(tmp_path: Path) -> None:
    for number in range(8):
        seen.note(tmp_path, number, Progress(1, 1, 1))
    seen.note(tmp_path, 0, Progress(1, 2, 1))
    seen.note(tmp_path, 8, Progress(1, 1, 1))
    assert seen.read(tmp_path).get(0) == Progress(1, 2, 1)
    assert seen.read(tmp_path).get(1) is None


@pytest.mark.parametrize("text", ["", "{", "[]", '{"7": {}}', '{"7": {"epoch": "x"}}'])
def test_a_damaged_file_says_so_and_is_replaced(tmp_path: Path, text: str) -> None:
    (tmp_path / seen.NAME).write_text(text)
    with pytest.raises(ValueError, match="is damaged"):
        seen.read(tmp_path).get(7)
    seen.note(tmp_path, 7, Progress(1, 2, 3))
    assert seen.read(tmp_path).get(7) == Progress(1, 2, 3)


@pytest.mark.parametrize(
    ("found", "behind"),
    [
        (Progress(2, 5, 9), False),
        (Progress(2, 4, 9), True),
        (Progress(2, 5, 8), True),
        (Progress(1, 9, 99), True),
        (Progress(3, 0, 0), False),
    ],
)
def test_a_database_is_behind(found: Progress, behind: bool) -> None:
    assert found.is_behind(Progress(2, 5, 9)) is behind
