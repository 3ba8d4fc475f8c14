"""The private broker on its socket: stale sockets, cut and spoilt logs, where the socket goes."""

import os
import socket
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import redis

from digest.environment import broker_socket
from digest.runner import CannotStart
from digest.runner import broker as module
from digest.runner.broker import LOG_FOLDER, broker_service, find_program, responds
from digest.runner.supervisor import Supervisor
from tests.support.servers import redis_program


@contextmanager
def running(folder: Path, output: list[str] | None = None) -> Iterator[redis.Redis]:
    """A broker in that folder, and a client of it."""
    lines = output if output is not None else []
    with Supervisor(folder, os.environ, lines.append) as supervisor:
        supervisor.start(broker_service(folder / "broker.sock", folder), within=20)
        with redis.Redis(unix_socket_path=str(folder / "broker.sock")) as client:
            yield client


def log_of(folder: Path) -> Path:
    """The part of the log that grows."""
    return next((folder / LOG_FOLDER).glob("*.incr.aof"))


def test_no_broker_answers_where_there_is_none(tmp_path: Path) -> None:
    assert not responds(tmp_path / "broker.sock")
    with socket.socket(socket.AF_UNIX) as stale:
        stale.bind(str(tmp_path / "broker.sock"))
    assert not responds(tmp_path / "broker.sock")


@pytest.mark.redis
def test_without_a_wheel_that_fits_the_installed_server_is_used(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "_from_wheel", lambda: None)
    if (installed := redis_program()) is None:
        with pytest.raises(CannotStart, match="apt-get install redis-server"):
            find_program()
    else:
        assert find_program() == installed


def test_a_program_that_does_not_run_here_is_passed_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "valkey-server").write_bytes(b"\x7fELF of another machine")
    (tmp_path / "valkey-server").chmod(0o755)
    monkeypatch.setattr(module, "_from_wheel", lambda: str(tmp_path / "valkey-server"))
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(CannotStart, match="or set REDIS_URL"):
        find_program()


def test_a_long_data_folder_gets_a_short_private_socket() -> None:
    long = Path("/tmp") / ("deep/" * 40)
    found = broker_socket(long)
    assert len(os.fsencode(found)) < 108
    assert found.is_relative_to(tempfile.gettempdir())
    assert str(os.getuid()) in str(found)
    assert broker_socket(long) == found != broker_socket(long / "other")


@pytest.mark.slow
def test_nobody_else_can_reach_it_and_it_has_no_port(tmp_path: Path) -> None:
    with running(tmp_path) as client:
        assert (tmp_path / "broker.sock").stat().st_mode & 0o777 == 0o700
        assert client.config_get("port") == {"port": "0"}
        assert client.config_get("appendonly") == {"appendonly": "yes"}


@pytest.mark.slow
def test_what_was_queued_survives_kill_9_and_a_stale_socket(tmp_path: Path) -> None:
    output: list[str] = []
    with running(tmp_path, output) as client:
        client.rpush("queue", "wake up")
        os.kill(client.info("server")["process_id"], 9)
    assert (tmp_path / "broker.sock").exists()
    with running(tmp_path, output) as client:
        assert client.lrange("queue", 0, -1) == [b"wake up"]
    assert [line for line in output if "could not be read" in line] == []


@pytest.mark.slow
def test_a_log_cut_short_does_not_stop_the_start(tmp_path: Path) -> None:
    with running(tmp_path) as client:
        client.rpush("queue", "one", "two")
        client.rpush("queue", "three")
    log = log_of(tmp_path)
    log.write_bytes(log.read_bytes()[:-5])
    with running(tmp_path) as client:
        assert client.lrange("queue", 0, -1) == [b"one", b"two"]


@pytest.mark.slow
def test_a_log_that_cannot_be_read_is_set_aside(tmp_path: Path) -> None:
    for _ in range(2):
        with running(tmp_path) as client:
            client.rpush("queue", "one")
        log = log_of(tmp_path)
        log.write_bytes(b"spoilt\r\n" + log.read_bytes())
        output: list[str] = []
        with running(tmp_path, output) as client:
            assert client.lrange("queue", 0, -1) == []
        assert any("set aside as" in line for line in output)
        assert (tmp_path / f"{LOG_FOLDER}.unreadable").is_dir()
