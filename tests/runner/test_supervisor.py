"""The supervisor with small programs: order, restarts, stubborn and broken services."""

import os
import re
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from digest.runner import CannotStart
from digest.runner import supervisor as module
from digest.runner.child_process import RECYCLED
from digest.runner.service import Service
from digest.runner.supervisor import LONGEST_DELAY, STABLE_AFTER, RunningService, Supervisor
from subscriptions.links import Purpose, token


class Story:
    """A supervisor's output, and a supervisor that is asked to stop once a line is printed."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.lines: list[str] = []
        self.until: Callable[[str], bool] = lambda _: False

    def tell(self, line: str) -> None:
        self.lines.append(line)
        if self.until(line):
            os.kill(os.getpid(), signal.SIGTERM)

    def supervise(self, *services: Service, until: str = "") -> None:
        """Run the services until a line holds `until` (or, without it, until all are up)."""
        if until:
            self.until = lambda line: until in line
        with Supervisor(self.folder, os.environ, self.tell) as supervisor:
            supervisor.start(*services)
            if until:
                supervisor.run()


@pytest.fixture
def story(tmp_path: Path) -> Iterator[Story]:
    before = {name: signal.getsignal(name) for name in (signal.SIGTERM, signal.SIGINT)}
    watchdog = threading.Timer(20, os.kill, (os.getpid(), signal.SIGTERM))
    watchdog.start()
    yield Story(tmp_path)
    watchdog.cancel()
    assert {name: signal.getsignal(name) for name in before} == before


def sh(name: str, program: str, **more: object) -> Service:
    return Service(name, ("/bin/sh", "-c", program), **more)  # type: ignore[arg-type]


def polite(name: str) -> Service:
    """A service that says when it starts and when it was asked to stop."""
    program = f"trap 'echo {name} stops; exit 0' TERM; echo {name} starts; touch {name}; "
    return sh(name, program + "while :; do sleep 0.05; done", is_up=Path(name).exists)


def test_what_services_print_is_told_without_tokens_and_addresses(story: Story) -> None:
    link = token(Purpose.CONFIRM, 7)
    program = f"echo ada@example.org asks for /confirm/{link}/; echo ready; sleep 5"
    story.supervise(sh("one", program, is_up=lambda: True), until="ready")
    assert story.lines[0].endswith("<address> asks for /confirm/<token>/")


def test_services_stop_in_the_opposite_order(story: Story, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(story.folder)
    with Supervisor(story.folder, os.environ, story.tell) as supervisor:
        for name in ("one", "two", "three"):
            supervisor.start(polite(name))
    said = [line.partition("| ")[2] for line in story.lines]
    assert said == [f"{name} starts" for name in ("one", "two", "three")] + [
        f"{name} stops" for name in ("three", "two", "one")
    ]


def test_a_service_that_ends_is_started_again(story: Story) -> None:
    program = "echo turn >> turns; if [ $(wc -l < turns) = 2 ]; then echo again; exec sleep 60; fi"
    story.supervise(sh("web", program + "; kill -9 $$"), until="again")
    assert any(
        re.fullmatch(r"web      \| ended \(signal 9\); starting again in 0.5 s", line)
        for line in story.lines
    )


def test_a_process_that_asks_for_a_new_one_gets_it_at_once_and_has_not_failed(
    story: Story,
) -> None:
    story.until = lambda line: "again" in line
    program = "echo turn >> turns; if [ $(wc -l < turns) = 5 ]; then echo again; exec sleep 60; fi"
    with Supervisor(story.folder, os.environ, story.tell) as supervisor:
        supervisor.start(sh("web", f"{program}; exit {RECYCLED}"))
        supervisor.run()
        assert [kept.failures for kept in supervisor._kept] == [0]
    assert story.lines == ["web      | again"]


def test_the_wait_doubles_and_a_long_life_forgives(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = 1000.0
    monkeypatch.setattr(module.time, "monotonic", lambda: clock)
    kept = RunningService(sh("web", ""))
    assert [kept.note_failure() for _ in range(8)] == [
        0.5,
        1,
        2,
        4,
        8,
        16,
        LONGEST_DELAY,
        LONGEST_DELAY,
    ]
    kept.started, kept.up = clock, True
    assert kept.note_failure() == LONGEST_DELAY
    kept.started, kept.up = clock, True
    clock += STABLE_AFTER + 1
    assert kept.note_failure() == 0.5


@pytest.mark.slow
def test_a_standby_is_started_while_a_service_fails(story: Story) -> None:
    story.until = lambda line: "here" in line
    with Supervisor(story.folder, os.environ, story.tell) as supervisor:
        supervisor.start(sh("web", "sleep 0.3; exit 1"))
        supervisor.stand_by(sh("watch", "echo here; exec sleep 60"))
        supervisor.run()
    failures = story.lines.index("watch    | here")
    assert failures == module.STANDBY_FAILURES
    assert story.lines.count("watch    | here") == 1


def test_a_fork_is_a_service_too(story: Story, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(threading, "active_count", lambda: 1)  # without that of `story`

    def main() -> None:
        print("in a fork")
        time.sleep(60)

    story.supervise(Service("web", main), until="in a fork")
    assert story.lines == ["web      | in a fork"]


def test_after_a_signal_nothing_is_started(story: Story) -> None:
    with Supervisor(story.folder, os.environ, story.tell) as supervisor:
        os.kill(os.getpid(), signal.SIGTERM)
        supervisor.start(sh("web", "echo late; sleep 60", is_up=lambda: False))
    assert story.lines == []


@pytest.mark.slow
def test_a_service_that_never_comes_up_ends_the_start(story: Story) -> None:
    broken = sh("web", "echo no such module; exit 1", is_up=lambda: False)
    with pytest.raises(CannotStart, match="The web does not start"):
        story.supervise(sh("broker", "exec sleep 60"), broken)
    assert story.lines.count("web      | no such module") == 3


def test_a_service_that_takes_too_long_ends_the_start(story: Story) -> None:
    with (
        pytest.raises(CannotStart, match="The web does not start"),
        Supervisor(story.folder, os.environ, story.tell) as supervisor,
    ):
        supervisor.start(sh("web", "exec sleep 60", is_up=lambda: False), within=0.2)


@pytest.mark.slow
def test_what_a_service_could_not_bear_is_mended_once_it_ended(story: Story) -> None:
    bad = story.folder / "bad"
    bad.touch()

    def recover() -> str:
        bad.unlink()
        return "the bad file is gone"

    up = story.folder / "up"
    program = "if [ -e bad ]; then exit 1; fi; touch up; exec sleep 60"
    story.supervise(sh("broker", program, is_up=up.exists, recover=recover))
    assert story.lines == [
        "broker   | ended (exit 1); the bad file is gone; starting again in 0.5 s"
    ]


@pytest.mark.slow
def test_a_killed_service_has_nothing_to_mend(story: Story) -> None:
    def recover() -> str:
        raise AssertionError("kill -9 says nothing about the log")

    up = story.folder / "up"
    program = "if [ ! -e once ]; then touch once; kill -9 $$; fi; touch up; exec sleep 60"
    story.supervise(sh("broker", program, is_up=up.exists, recover=recover))


@pytest.mark.slow
def test_a_stubborn_service_is_killed_after_its_grace(story: Story) -> None:
    asked = "trap 'echo asked' TERM; echo deaf; while :; do sleep 0.1; done"
    story.supervise(sh("web", asked, grace=1), until="deaf")
    assert story.lines == ["web      | deaf", "web      | asked"]


def test_a_second_signal_cuts_the_waiting_short(story: Story) -> None:
    deaf = "trap 'echo busy' TERM; echo deaf; while :; do sleep 0.1; done"
    stubborn = sh("web", deaf, grace=3600)
    story.until = lambda line: "deaf" in line or "busy" in line
    with Supervisor(story.folder, os.environ, story.tell) as supervisor:
        supervisor.start(stubborn)
        supervisor.run()
    assert story.lines == ["web      | deaf", "web      | busy"]


def test_a_listener_is_closed_once_its_service_has_ended(
    story: Story, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(threading, "active_count", lambda: 1)  # without that of `story`

    def report(line: str) -> None:
        story.tell(f"{line} while the socket is {'open' if listener.fileno() >= 0 else 'closed'}")

    def serve() -> None:
        signal.signal(signal.SIGTERM, lambda *_: sys.exit())
        print("serving", flush=True)
        time.sleep(60)

    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        story.until = lambda line: "serving" in line
        with Supervisor(story.folder, os.environ, report) as supervisor:
            program = "trap 'echo stops; exit 0' TERM; while :; do sleep 0.05; done"
            supervisor.start(sh("worker", program))
            supervisor.start(Service("web", serve, listener=listener))
            supervisor.run()
    assert story.lines == [
        "web      | serving while the socket is open",
        "worker   | stops while the socket is closed",
    ]


def test_a_reader_that_left_ends_the_run(story: Story) -> None:
    def tell(_line: str) -> None:
        raise BrokenPipeError

    with Supervisor(story.folder, os.environ, tell) as supervisor:
        supervisor.start(sh("web", "while :; do echo talk; sleep 0.05; done"))
        supervisor.run()


@pytest.mark.slow
def test_a_closed_output_is_not_polled_on(story: Story) -> None:
    program = "exec >&- 2>&-; sleep 0.5; touch up; exec sleep 60"
    with Supervisor(story.folder, os.environ, story.tell) as supervisor:
        supervisor.start(sh("web", program, is_up=(story.folder / "up").exists))
        assert [key.data for key in supervisor._selector.get_map().values()] == [None]


def test_noise_is_not_shown(story: Story) -> None:
    story.supervise(
        sh("broker", "echo hum; echo done; exec sleep 9", hidden_output=("hum",)), until="done"
    )
    assert story.lines == ["broker   | done"]
