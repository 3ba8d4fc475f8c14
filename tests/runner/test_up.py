"""`manage.py up` from outside: what a user sees, and what kill -9 leaves behind (nothing)."""

import contextlib
import os
import signal
import socket
import sys
from collections import Counter
from pathlib import Path

import pytest

from digest.epochs import seen
from digest.epochs.checking import WAITING
from tests.support.servers import wait_until
from tests.support.site import Site

from .whole import WholeSite, whole_site

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform != "linux", reason="reads /proc to see what is left running"),
]
WORKERS = {f"worker-{number}" for number in (1, 2)}
EVERYTHING = {"runner", "broker", "web", *WORKERS}


def test_it_says_where_everything_is_and_stops_on_sigterm(tmp_path: Path) -> None:
    with whole_site(tmp_path / "var", WORKERS="2") as up:
        assert set(up.services()) == EVERYTHING
        password = (tmp_path / "var" / "admin-password").read_text().strip()
        assert f"http://localhost:{up.port}/outbox/" in up.output
        assert f"/admin/  user admin, password {password}" in up.output
        up.runner.terminate()
        assert up.exit_code() == 0, up.output
        assert up.lines[-1] == "Stopped."
        assert up.pids() == {}
        assert "Traceback" not in up.output


def test_ctrl_c_in_a_terminal_stops_it_without_a_traceback(tmp_path: Path) -> None:
    with whole_site(tmp_path / "var") as up:
        os.killpg(up.runner.pid, signal.SIGINT)
        assert up.exit_code() == 0, up.output
        assert up.pids() == {}
        assert "Traceback" not in up.output


def test_on_a_restored_database_it_says_that_nothing_is_sent(tmp_path: Path) -> None:
    folder = tmp_path / "var"
    site = Site(folder)
    site.run("migrate", "--verbosity=0")
    ((name,),) = site.sql("SELECT database FROM digest_databaseepoch")
    seen.note(folder, int(str(name)), seen.Progress(epoch=1, drains=9, digest=9))
    with whole_site(folder) as up:
        assert wait_until(lambda: WAITING in up.lines), up.output  # not the line of the worker
        assert site.sql("SELECT scope FROM digest_hold") == [("everything",)]


def test_a_second_one_on_the_same_folder_says_so(tmp_path: Path) -> None:
    with whole_site(tmp_path / "var") as up, WholeSite(tmp_path / "var") as second:
        assert second.exit_code() == 1
        assert f"process {up.runner.pid}, http://localhost:{up.port}/" in second.output
        assert "Traceback" not in second.output
        assert up.answers()


def test_two_folders_run_side_by_side(tmp_path: Path) -> None:
    with whole_site(tmp_path / "one") as one, whole_site(tmp_path / "two") as two:
        assert one.answers()
        assert two.answers()


def test_a_port_in_use_names_the_cure_and_starts_nothing(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with WholeSite(tmp_path / "var", port=port) as up:
            assert up.exit_code() == 1
            assert f"port {port} is in use" in up.output
            assert "make run" in up.output
            assert up.pids() == {}
            assert "Traceback" not in up.output


@pytest.mark.parametrize("name", ["broker", "web", "worker-1", "worker-2"])
def test_a_killed_service_comes_back(tmp_path: Path, name: str) -> None:
    with whole_site(tmp_path / "var", WORKERS="2") as up:
        before = up.services()[name]
        os.kill(before[0], signal.SIGKILL)
        assert wait_until(lambda: bool(set(up.services()[name]) - set(before)), 20), up.output
        assert wait_until(lambda: not set(up.services()[name]) & set(before), 5), up.output
        assert wait_until(up.answers, 20)
        assert f"{name:<8} | ended (signal 9); starting again in 0.5 s" in up.output


def test_clients_wait_for_the_next_web_server(tmp_path: Path) -> None:
    with whole_site(tmp_path / "var") as up:
        (web,) = up.services()["web"]
        os.kill(web, signal.SIGKILL)
        assert wait_until(lambda: web not in up.pids())
        assert up.answers(), up.output


def test_a_web_server_that_hangs_is_replaced(tmp_path: Path) -> None:
    hanging = "--timeout=2 --worker-class=tests.runner.hanging_worker.Worker"
    with whole_site(tmp_path / "var", GUNICORN_CMD_ARGS=hanging) as up:
        (tmp_path / "var" / "hang").touch()
        with contextlib.suppress(OSError):
            up.answers()
        assert wait_until(lambda: "web      | ended (exit 1)" in up.output, 20), up.output
        assert "web      | Timeout (0:00:02)!" in up.lines
        assert up.answers()


def test_kill_9_of_the_runner_leaves_nothing_and_the_next_start_works(tmp_path: Path) -> None:
    with whole_site(tmp_path / "var", WORKERS="2") as up:
        assert up.services().keys() == EVERYTHING
        up.runner.kill()
        assert wait_until(lambda: up.pids() == {}, 5), up.pids()
    with whole_site(tmp_path / "var", port=up.port) as again:
        assert "password" in again.output
        assert "set aside" not in again.output


def test_one_worker_has_the_plain_name(tmp_path: Path) -> None:
    with whole_site(tmp_path / "var", WORKERS="1") as up:
        assert up.services().keys() == EVERYTHING - WORKERS | {"worker"}
        assert len(up.services()["worker"]) == 1


def test_the_first_worker_has_the_scheduler(tmp_path: Path) -> None:
    beats = "SELECT kind FROM digest_heartbeat WHERE kind = 'scheduler'"
    with whole_site(tmp_path / "var", WORKERS="2") as up:
        (first,), (second,) = (up.services()[name] for name in sorted(WORKERS))
        assert wait_until(lambda: _threads(first) - _threads(second) == 1)
        assert wait_until(lambda: up.sql(beats) == [("scheduler",)], 30), up.output
        # Between two ticks it holds no connection to the database.
        assert wait_until(lambda: not [name for name in _files(first) if "db.sqlite3" in name])


def test_a_killed_make_takes_it_along(tmp_path: Path) -> None:
    make = ("/bin/sh", "-c", '"$@"; exit $?', "make")
    with WholeSite(tmp_path / "var", under=make, MAKELEVEL="1") as up:
        up.serving()
        up.runner.kill()
        assert wait_until(lambda: up.pids() == {}, 20), up.pids()
        assert up.lines[-1] == "Stopped."


def test_services_share_no_connection_and_the_runner_has_no_thread(tmp_path: Path) -> None:
    with whole_site(tmp_path / "var", WORKERS="2") as up:
        (runner,) = up.services()["runner"]
        for name in WORKERS:
            assert wait_until(lambda name=name: len(_sockets(up.services()[name][0])) > 0)
        assert _threads(runner) == 1
        (listening,) = _sockets(runner)
        assert [
            name for name, (pid, *_) in up.services().items() if listening in _sockets(pid)
        ] == [
            "runner",
            "web",
        ]
        assert not [name for name in _files(runner) if "db.sqlite3" in name]
        (web,) = up.services()["web"]
        assert wait_until(lambda: not [name for name in _files(web) if "db.sqlite3" in name])
        shared = Counter(
            socket_
            for pids in up.services().values()
            for pid in pids
            for socket_ in _sockets(pid) - {listening}
        )
        assert set(shared.values()) == {1}


def _threads(pid: int) -> int:
    return len(list(Path(f"/proc/{pid}/task").iterdir()))


def _files(pid: int) -> set[str]:
    return {str(each.readlink()) for each in Path(f"/proc/{pid}/fd").iterdir()}


def _sockets(pid: int) -> set[str]:
    return {name for name in _files(pid) if name.startswith("socket:")}


def test_a_data_folder_with_a_long_name(tmp_path: Path) -> None:
    long = tmp_path / ("d" * 100) / "var"
    with whole_site(long, WORKERS="2") as up:
        assert set(up.services()) == EVERYTHING
        assert not list(long.glob("broker/*.sock"))
