"""The machines: database, broker, relay, and hosts with workers, each with a network of its own."""

import contextlib
import json
import os
import secrets
import signal
import subprocess
import sys
import tempfile
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path

import psycopg

from digest.runner.broker import find_program
from digest.runner.process import die_with_parent
from digest.simulation import process_costs
from tests.support import servers
from tests.support.site import ROOT, Site

from .network import Network, missing

DATABASE, BROKER, RELAY = "database", "broker", "relay"
_PORTS = {DATABASE: 5432, BROKER: 6379, RELAY: 2525}
_OPEN = {"planned", "leased", "sending"}


class Machines:
    """Servers that run, `hosts` machines for workers, and `people` subscribers."""

    def __init__(self, network: Network, folder: Path, hosts: Sequence[str], people: int) -> None:
        self.network, self.folder, self.hosts, self.people = network, folder, hosts, people
        self.days = 0
        self.record = folder / "relay.jsonl"
        self._pids: dict[str, int] = {}
        self._secrets = {
            "SECRET_KEY": secrets.token_urlsafe(50),
            "SUPPRESSION_KEY": secrets.token_urlsafe(50),
        }

    @property
    def database_url(self) -> str:
        return f"postgres://postgres@{self._listens_at(DATABASE)}/postgres"

    def _listens_at(self, name: str) -> str:
        return f"{self.network.address(name)}:{_PORTS[name]}"

    def site(self, host: str) -> Site:
        """The program with the settings of this machine, whose data folder is its own."""
        return Site(
            self.folder / host,
            DATABASE_URL=self.database_url,
            REDIS_URL=f"redis://{self._listens_at(BROKER)}/0",
            EMAIL_URL=f"smtp://{self._listens_at(RELAY)}#connections=4",
            AUTOMATIC_HOLD="none",
            DJANGO_SETTINGS_MODULE="digest.settings",
            **self._secrets,
        )

    @contextlib.contextmanager
    def process(
        self, machine: str, *command: str, answers: bool = False
    ) -> Iterator["subprocess.Popen[str]"]:
        """A program on that machine, for the block. With `answers` its output can be read, else it
        goes into a log."""
        parent = os.getpid()
        with (self.folder / f"{machine}.log").open("ab") as log, self.network.inside(machine):
            process = subprocess.Popen(
                command,
                cwd=ROOT,
                env=self.site(machine).environment,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE if answers else log,
                stderr=log,
                text=True,
                start_new_session=True,
                preexec_fn=lambda: die_with_parent(parent),
            )
        try:
            yield process
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.communicate()

    @contextlib.contextmanager
    def servers(self, programs: Path) -> Iterator[None]:
        """Database, broker and relay, for the block."""
        redis = (find_program(), "--bind", self.network.address(BROKER), "--port",
                 str(_PORTS[BROKER]), "--save", "", "--dir", str(self.folder),
                 "--protected-mode", "no")  # fmt: skip
        relay = (sys.executable, "-m", "tests.hosts.relay", self.network.address(RELAY),
                 str(_PORTS[RELAY]), str(self.record))  # fmt: skip
        with contextlib.ExitStack() as stack:
            stack.enter_context(self._postgres(programs))
            for name, command in ((BROKER, redis), (RELAY, relay)):
                self._pids[name] = stack.enter_context(self.process(name, *command)).pid
                self._wait_for(name)
            yield

    @contextlib.contextmanager
    def _postgres(self, programs: Path) -> Iterator[None]:
        user = servers._unprivileged()
        options = ("listen_addresses=*", f"port={_PORTS[DATABASE]}", "unix_socket_directories=",
                   "fsync=off", "synchronous_commit=on", "max_connections=100")  # fmt: skip
        settings = [part for option in options for part in ("-c", option)]
        with servers.new_folder(user) as folder:
            data = folder / "data"
            make = ["-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-locale", "--no-sync"]
            servers._run([programs / "initdb", "-D", data, *make], user, folder)
            with (data / "pg_hba.conf").open("a") as file:
                file.write("host all all samenet trust\n")
            with contextlib.ExitStack() as stack:
                with self.network.inside(DATABASE):
                    stack.enter_context(
                        servers.running(
                            [programs / "postgres", "-D", data, *settings],
                            user,
                            folder,
                            signal.SIGINT,
                            lambda: servers._connects(self.database_url),
                        )
                    )
                self._pids[DATABASE] = int((data / "postmaster.pid").read_text().split()[0])
                yield

    def _wait_for(self, name: str) -> None:
        def is_up() -> bool:
            with self.network.inside(name), contextlib.suppress(OSError):
                address = (self.network.address(name), _PORTS[name])
                servers.socket.create_connection(address, timeout=1).close()
                return True
            return False

        assert servers.wait_until(is_up), (self.folder / f"{name}.log").read_text()

    def processor(self, name: str) -> float:
        """Seconds of the processor that this server has used."""
        return process_costs.processor(self._pids[name])

    def run_people(self, *arguments: str) -> None:
        """`python -m tests.hosts.people`, beside the machines."""
        with self.network.beside():
            subprocess.run(
                [sys.executable, "-m", "tests.hosts.people", *arguments],
                cwd=ROOT,
                env=self.site("beside").environment,
                check=True,
            )
        self.days += arguments[0] != "subscribe"

    def subscribe(self) -> None:
        with self.network.beside():
            self.site("beside").run("migrate", "--verbosity=0")
        self.run_people("subscribe", str(self.people))

    def sql(self, statement: str) -> list[tuple[object, ...]]:
        """Rows of a statement, on the database's own machine: its link may be down."""
        with (
            self.network.inside(DATABASE),
            psycopg.connect(self.database_url, autocommit=True) as connection,
        ):
            cursor = connection.execute(statement.encode())
            return cursor.fetchall() if cursor.description else []

    def states(self) -> Counter[str]:
        return Counter(str(state) for (state,) in self.sql("SELECT state FROM digest_digest"))

    def is_over(self) -> bool:
        """Whether everybody's digest of every day has ended."""
        states = self.states()
        return states.total() >= self.people * self.days and not _OPEN & set(states)

    def mails(self) -> list[dict[str, object]]:
        """What the relay took. (Its last line may be half written.)"""
        text = self.record.read_text() if self.record.exists() else ""
        return [json.loads(line) for line in text[: text.rfind("\n") + 1].splitlines()]

    def accepted(self) -> int:
        """How many mails the relay took."""
        return self.record.read_bytes().count(b"\n") if self.record.exists() else 0

    def doubled(self) -> int:
        times = Counter(mail["accepted"] for mail in self.mails())
        return sum(number - 1 for number in times.values())

    def lost(self) -> int:
        """Papers in no mail that was taken and in no window to come, counted by person (L2)."""
        got: dict[object, set[object]] = defaultdict(set)
        for mail in self.mails():
            got[mail["to"]].update(mail["papers"])  # type: ignore[call-overload]
        people = self.sql("SELECT email_key, confirmed_through_seq FROM subscriptions_subscriber")
        return sum(
            number not in got[key] and number <= int(str(through))
            for key, through in people
            for number in range(1, self.days + 1)
        )


@contextlib.contextmanager
def machines(hosts: int, people: int) -> Iterator[Machines]:
    """All of it, for the block. LookupError, with a sentence, where something is missing."""
    if why := missing():
        raise LookupError(why)
    if (programs := servers.postgres_programs()) is None:
        raise LookupError("PostgreSQL's server programs are missing: apt-get install postgresql")
    names = [f"host{number}" for number in range(1, hosts + 1)]
    with (
        tempfile.TemporaryDirectory(prefix="paper-digest-hosts-") as folder,
        Network([DATABASE, BROKER, RELAY, *names]) as network,
    ):
        found = Machines(network, Path(folder), names, people)
        with found.servers(programs):
            found.subscribe()
            yield found
