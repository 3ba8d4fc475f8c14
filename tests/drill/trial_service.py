"""A running service with due subscribers, and the state of their mail."""

import contextlib
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tests.support import servers
from tests.support.site import ROOT, Site

from .machines import Postgres, Redis, Relay

RECOVERS_WITHIN = 150.0  # seconds, on a machine that has other things to do
# Due for twenty minutes: longer than doctor thinks that a mail may wait.
_SUBSCRIBE = """
from datetime import timedelta
from django.db import transaction
from django.utils.timezone import now
from tests.support import factories
due = now() - timedelta(minutes=20)
with transaction.atomic():
    factories.paper("On alfalfa Paper00001")
    for number in range({people}):
        factories.subscriber(
            f"p{{number}}@example.org", "alfalfa", next_due_at=due,
            send_at=due.time().replace(microsecond=0),
        )
"""
# The next morning: everybody is due again, for the date after their last, and a paper has come.
_NEXT_DAY = """
from datetime import timedelta
from django.db import transaction
from django.utils.timezone import now
from digest.models import Paper
from subscriptions.models import Subscriber
from tests.support import factories
with transaction.atomic():
    factories.paper(f"More on alfalfa Paper{{Paper.objects.count() + 1:05}}")
    due = now() + timedelta(seconds={due_in})
    Subscriber.objects.update(next_due_at=due, last_due_at=due - timedelta(days=1))
"""


@dataclass
class Row:
    """What a failure did. `seen`: the sentence of doctor that spoke of it, None where there is
    nothing to see."""

    name: str
    recovered: bool
    lost: int
    doubled: int
    seen: str | None
    seconds: float
    states: Mapping[str, int] = field(default_factory=dict)

    @property
    def passed(self) -> bool:
        return self.recovered and not self.lost and not self.doubled and self.seen != ""


class TrialService:
    """One service, its people and servers; `people` of them are due from the start."""

    def __init__(
        self, folder: Path, relay: Relay, redis: Redis, postgres: Postgres | None, settings: object
    ) -> None:
        self.folder, self.relay, self.redis, self.postgres = folder, relay, redis, postgres
        given = {
            "EMAIL_URL": f"smtp://127.0.0.1:{relay.port}#connections=4",
            "REDIS_URL": f"redis://127.0.0.1:{redis.port}/0",
            "DATABASE_URL": postgres.url if postgres else "",
        } | (settings if isinstance(settings, dict) else {})
        self.site = Site(folder, **given)
        self.people, self.days = 0, 1
        self._service: subprocess.Popen[bytes] | None = None

    def subscribe_people(self, people: int) -> None:
        self.site.run("migrate", "--verbosity=0")
        self.run_code(_SUBSCRIBE.format(people=people))
        self.people = people

    def next_day(self, due_in: int = -1200) -> None:
        self.run_code(_NEXT_DAY.format(due_in=due_in))
        self.days += 1

    def run_code(self, code: str) -> None:
        self.site.run("shell", "--no-imports", "-c", code)

    @contextlib.contextmanager
    def working(self) -> Iterator[None]:
        """Worker and scheduler under the supervisor, for the block."""
        self._start()
        try:
            yield
        finally:
            self._stop()

    @contextlib.contextmanager
    def stopped(self) -> Iterator[None]:
        """Nothing is running in the block."""
        self._stop()
        yield
        self._start()

    def _start(self) -> None:
        with (self.folder.parent / "service.log").open("ab") as log:
            self._service = subprocess.Popen(
                [sys.executable, "-m", "tests.drill.supervised"],
                cwd=ROOT,
                env=self.site.environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def _stop(self) -> None:
        assert self._service
        self._service.send_signal(signal.SIGTERM)
        try:
            self._service.wait(30)
        except subprocess.TimeoutExpired:
            self._service.kill()  # what it started dies with it
            self._service.wait()

    def workers(self) -> tuple[list[int], list[int]]:
        """The pids of the worker and of its pool."""
        assert self._service
        mains = [pid for pid in _children(self._service.pid) if b"worker" in _command(pid)]
        return mains, [pid for main in mains for pid in _children(main)]

    def sql(self, statement: str) -> list[tuple[object, ...]]:
        return self.postgres.sql(statement) if self.postgres else self.site.sql(statement)

    def doctor(self) -> list[str]:
        """Its sentences, whatever its exit code."""
        done = subprocess.run(
            [sys.executable, "-m", "tests.drill.manage", "doctor", "--json"],
            cwd=ROOT,
            env=self.site.environment,
            capture_output=True,
            text=True,
            timeout=120,
        )
        lines = done.stdout.splitlines()
        if not lines or not lines[-1].startswith("{"):
            return [(done.stderr.strip() or done.stdout.strip())[-300:]]
        answer = json.loads(lines[-1])
        assert answer["ok"] == (done.returncode == 0)
        return [sentence for sentences in answer["checks"].values() for sentence in sentences]

    def seen(self, pattern: str) -> str:
        """The sentence of doctor that fits, "" where none does."""
        return next((each for each in self.doctor() if re.search(pattern, each)), "")

    def states(self) -> Counter[str]:
        return Counter(str(state) for (state,) in self.sql("SELECT state FROM digest_digest"))

    def is_over(self) -> bool:
        """Whether everybody's digest has ended."""
        with contextlib.suppress(Exception):  # while the database recovers
            states = self.states()
            return states.total() >= self.people * self.days and not _OPEN & set(states)
        return False

    def accepted(self) -> list[tuple[str, bytes]]:
        return [*self.relay.accepted, *_outbox(self.folder / "outbox")]

    def everybody_has_mail(self) -> bool:
        return len({recipient for recipient, _ in self.accepted()}) == self.people

    def doubled(self) -> int:
        """Mails that were taken more than once."""
        times = Counter(_message_id(body) for _, body in self.accepted())
        return sum(number - 1 for number in times.values())

    def lost(self) -> int:
        """Papers that somebody wants, in no mail that was taken and in no window to come (L2)."""
        got: dict[str, set[int]] = defaultdict(set)
        for recipient, body in self.accepted():
            found = re.findall(rb"Paper(\d{5})", body.replace(b"=\r\n", b""))
            got[recipient].update(map(int, found))
        papers = [(int(str(title)[-5:]), int(str(seq))) for title, seq in self.sql(
            "SELECT title, seq FROM digest_paper WHERE title LIKE '%alfalfa Paper%'"
        )]  # fmt: skip
        people = self.sql("SELECT email_key, confirmed_through_seq FROM subscriptions_subscriber")
        return sum(
            number not in got[str(key)] and seq <= int(str(through))
            for key, through in people
            for number, seq in papers
        )

    def recovers(self, also: Callable[[], bool] = lambda: True) -> bool:
        return servers.wait_until(lambda: self.is_over() and also(), RECOVERS_WITHIN)

    def row(self, name: str, recovered: bool, seen: str | None, began: float) -> Row:
        return Row(name, recovered, self.lost(), self.doubled(), seen,
                   time.monotonic() - began, self.states())  # fmt: skip


_OPEN = {"planned", "leased", "sending"}


@contextlib.contextmanager
def trial_service(
    *, people: int, database: str = "sqlite", settings: dict[str, str] | None = None,
    prepare: Callable[[Path], contextlib.AbstractContextManager[None]] | None = None,
) -> Iterator[TrialService]:  # fmt: skip
    """A service of its own, for the block; `prepare` is given its data folder before anything
    else. LookupError where something that it needs is missing."""
    with contextlib.ExitStack() as stack:
        name = stack.enter_context(
            tempfile.TemporaryDirectory(prefix="paper-digest-drill-", ignore_cleanup_errors=True)
        )
        folder = Path(name) / "var"
        folder.mkdir()
        if prepare:
            stack.enter_context(prepare(folder))
        postgres = None
        if database == "postgresql":
            if (programs := servers.postgres_programs()) is None:
                raise LookupError("PostgreSQL's server programs are missing")
            postgres = stack.enter_context(Postgres(programs))
        relay, redis = Relay(), Redis(Path(name))
        stack.enter_context(relay)
        stack.enter_context(redis)
        set_up = TrialService(folder, relay, redis, postgres, settings)
        set_up.subscribe_people(people)
        stack.enter_context(set_up.working())
        yield set_up


def _message_id(mail: bytes) -> bytes:
    found = re.search(rb"^Message-ID: (\S+)", mail.replace(b"=\r\n", b""), re.M | re.I)
    return found[1] if found else mail


def _outbox(folder: Path) -> list[tuple[str, bytes]]:
    mails = [path.read_bytes() for path in folder.glob("[!.]*.eml")]
    to = (re.search(rb"^To: .*?([^\s<]+@[^\s>]+)", mail, re.M) for mail in mails)
    return [(found[1].decode(), mail) for found, mail in zip(to, mails, strict=True) if found]


def _children(pid: int) -> list[int]:
    with contextlib.suppress(OSError):
        threads = Path(f"/proc/{pid}/task").iterdir()
        return [int(each) for task in threads for each in (task / "children").read_text().split()]
    return []


def _command(pid: int) -> bytes:
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    return b""


def kill(pid: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)
