"""The broker drops in the middle of a task: the worker goes on, and nothing is lost or doubled."""

import contextlib
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from kombu import Connection
from redis.exceptions import ConnectionError as ConnectionLost

from digest.celery import app

from .support.servers import free_port, listens, redis_program, wait_until
from .support.sink import Sink
from .support.site import ROOT, Site

WORKERS = {
    "manage.py up": ["-m", "digest.runner.worker.solo_worker"],
    "celery worker": ["-m", "celery", "-A", "digest", "worker"],
}
DROPS = 2
_SUBSCRIBE = """
from django.utils.timezone import now
from digest import tasks
from tests.support import factories
factories.subscriber("p{number}@example.org", "alfalfa", next_due_at=now())
tasks.plan.apply_async()
"""


class Relay:
    """The sink's answer to the dot, which waits until it is let go."""

    def __init__(self) -> None:
        self.asked, self._go_on = threading.Event(), threading.Event()

    def answer(self) -> str:
        self.asked.set()
        self._go_on.wait(60)
        self._go_on.clear()
        return "250 2.0.0 taken"

    def go_on(self) -> None:
        self.asked.clear()
        self._go_on.set()


@contextlib.contextmanager
def redis_on(port: int, folder: Path, program: str) -> Iterator[subprocess.Popen[bytes]]:
    """A server that forgets everything when it ends; killed at the latest with the block."""
    server = subprocess.Popen(
        [program, "--port", str(port), "--bind", "127.0.0.1", "--dir", str(folder), "--save", ""],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
    )
    try:
        assert wait_until(lambda: listens(port))
        yield server
    finally:
        server.kill()
        server.wait()


@pytest.mark.slow
@pytest.mark.redis
@pytest.mark.parametrize("name", WORKERS)
def test_a_worker_survives_its_broker_twice_in_mid_task(tmp_path: Path, name: str) -> None:
    if (program := redis_program()) is None:
        pytest.skip("redis-server is missing: apt-get install redis-server")
    port, relay, log = free_port(), Relay(), tmp_path / "worker" / "log"
    log.parent.mkdir()
    with Sink(dot=[relay.answer] * DROPS) as sink:
        site = Site(
            tmp_path / "var",
            EMAIL_URL=f"smtp://127.0.0.1:{sink.port}",
            REDIS_URL=f"redis://127.0.0.1:{port}/0",
        )
        site.run("migrate", "--verbosity=0")
        site.run(
            "shell", "-c", "from tests.support import factories; factories.paper('On alfalfa')"
        )
        with _worker(site, WORKERS[name], log) as worker:
            for number in range(DROPS):
                with redis_on(port, tmp_path, program):
                    site.run("shell", "-c", _SUBSCRIBE.format(number=number))
                    assert wait_until(relay.asked.is_set), log.read_text()
                # The broker is gone now, and the mail's answer not there yet. A worker that runs
                # the task in its main process notices after it.
                if name == "manage.py up":
                    relay.go_on()
                lost = f"lost the broker {number + 1} times"
                assert wait_until(lambda n=number: _losses(log) > n), lost + log.read_text()
                if name != "manage.py up":
                    relay.go_on()
            with redis_on(port, tmp_path, program):
                site.run("shell", "-c", _SUBSCRIBE.format(number=DROPS))
                assert wait_until(lambda: len(sink.accepted) > DROPS), log.read_text()
            assert worker.poll() is None, log.read_text()
        taken = Counter(recipient for recipient, _ in sink.accepted)
        assert taken == {f"p{number}@example.org": 1 for number in range(DROPS + 1)}
        assert "hostname" not in log.read_text()


@contextlib.contextmanager
def _worker(site: Site, command: list[str], log: Path) -> Iterator[subprocess.Popen[bytes]]:
    with log.open("w") as output:
        worker = subprocess.Popen(
            [sys.executable, *command],
            cwd=ROOT,
            env=site.environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
        )
    try:
        yield worker
    finally:
        worker.terminate()
        try:
            worker.wait(30)
        except subprocess.TimeoutExpired:
            worker.kill()
            worker.wait()


def _losses(log: Path) -> int:
    return log.read_text().count("Connection to broker lost")


@pytest.mark.parametrize("url", ["redis://127.0.0.1:1/0", "redis+socket:///nowhere/broker.sock"])
def test_a_channel_of_a_connection_given_up_fails_as_a_lost_connection(url: str) -> None:
    assert app.conf.task_acks_late  # or no message would be open while its task runs
    connection = Connection(url)
    transport = connection.transport
    channel = transport.Channel.__new__(transport.Channel)  # a whole one asks the server
    channel.connection = transport
    transport.client = None  # what Connection.collect() does
    with pytest.raises(ConnectionLost):
        channel.QoS(channel).ack("tag")
    with pytest.raises(ConnectionLost):
        channel.QoS(channel).restore_unacked()
    assert ConnectionLost in connection.connection_errors
