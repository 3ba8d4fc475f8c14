"""Forks of the runner: what they share with it, and what not."""

import gc
import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from digest.runner.child_process import ChildProcess, fork
from digest.runner.process import freeze_for_forks
from tests.support.servers import wait_until

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
SECRET = object()


@pytest.fixture(autouse=True)
def one_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    """The threads of the test's own runner hold no lock that a fork would need."""
    monkeypatch.setattr(threading, "active_count", lambda: 1)


def ended(child: ChildProcess) -> tuple[str | None, list[str]]:
    """How it ended, and its remaining lines."""
    how: list[str | None] = []
    wait_until(lambda: bool(how.append(child.exit_reason()) or how[-1]), 10)
    return how[-1], child.remaining_lines()


def run(main: Callable[[], None], folder: Path) -> tuple[str | None, list[str]]:
    return ended(fork(main, "digest-test", folder, {"FROM_THE_RUNNER": "yes"}))


def test_it_runs_in_its_folder_with_the_environment_and_the_memory_of_the_runner(
    tmp_path: Path,
) -> None:
    here, mine = os.getpid(), id(SECRET)

    def main() -> None:
        print(Path.cwd(), os.environ["FROM_THE_RUNNER"], id(SECRET) == mine)
        print(os.getppid() == here, os.getsid(0) == os.getpid())
        print(Path("/proc/self/comm").read_text().strip())
        print("wrong", file=sys.stderr)

    how, lines = run(main, tmp_path)
    assert how == "exit 0"
    assert lines == [f"{tmp_path} yes True", "True True", "digest-test", "wrong"]
    assert "FROM_THE_RUNNER" not in os.environ


@pytest.mark.parametrize(
    ("code", "how"), [(None, "exit 0"), (3, "exit 3"), ("a sentence", "exit 1")]
)
def test_its_exit_code_is_that_of_the_function(
    tmp_path: Path, code: int | str | None, how: str
) -> None:
    def main() -> None:
        sys.exit(code)

    assert run(main, tmp_path)[0] == how


def test_forks_of_a_prepared_process_collect_garbage_seldom_and_share_what_was_there(
    tmp_path: Path,
) -> None:
    def main() -> None:
        freeze_for_forks()
        held = gc.get_freeze_count()
        print(held > 10_000, gc.get_threshold()[0] >= 10_000, gc.isenabled())

    assert run(main, tmp_path)[1] == ["True True True"]


def test_an_exception_is_printed(tmp_path: Path) -> None:
    def main() -> None:
        raise ValueError("no such module")

    how, lines = run(main, tmp_path)
    assert how == "exit 1"
    assert lines[-1] == "ValueError: no such module"


def test_files_of_the_runner_are_closed(tmp_path: Path) -> None:
    with (tmp_path / "lock").open("w"):

        def main() -> None:
            for each in Path("/proc/self/fd").iterdir():
                print(each.name, each.readlink() if each.exists() else "")

        _, lines = run(main, tmp_path)
    assert not [line for line in lines if "lock" in line]
    assert {line.split()[0] for line in lines} <= {"0", "1", "2", "3"}  # 3: the listing's own


def test_the_file_that_is_kept_stays_open(tmp_path: Path) -> None:
    with (tmp_path / "before").open("w"), (tmp_path / "kept").open("w") as kept:
        with (tmp_path / "after").open("w"):

            def main() -> None:
                for each in Path("/proc/self/fd").iterdir():
                    print(each.name, each.readlink() if each.exists() else "")

            _, lines = ended(fork(main, "digest-test", tmp_path, {}, kept.fileno()))
        assert f"{kept.fileno()} {tmp_path / 'kept'}" in lines
    assert not [line for line in lines if line.endswith(("before", "after"))]


def test_the_signals_of_the_runner_mean_nothing_to_it(tmp_path: Path) -> None:
    before = signal.signal(signal.SIGTERM, lambda *_: None)
    try:
        child = fork(lambda: time.sleep(60), "digest-test", tmp_path, {})
    finally:
        signal.signal(signal.SIGTERM, before)
    # The signal may come before the new process has reset its handler.
    assert wait_until(lambda: bool(child.terminate() or child.exit_reason()), 10)


def test_random_numbers_of_two_forks_differ(tmp_path: Path) -> None:
    def main() -> None:
        import random
        import secrets

        print(random.random(), secrets.token_hex())

    assert run(main, tmp_path)[1] != run(main, tmp_path)[1]


def test_a_process_with_threads_is_not_forked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(threading, "active_count", lambda: 2)
    with pytest.raises(RuntimeError, match="digest-test cannot be forked"):
        fork(lambda: None, "digest-test", tmp_path, {})
