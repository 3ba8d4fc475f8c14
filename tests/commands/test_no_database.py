"""Without a database, or with an empty one, every command of the program ends in a sentence."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from types import SimpleNamespace
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from pytest_django import DjangoDbBlocker

from digest.management import commands
from digest.management.base_command import DatabaseCommand
from tests.support import servers
from tests.support.databases import database_file, read_only
from tests.support.site import ROOT, Site

ARGUMENTS = {
    "explain": ["ada@example.org", "1"],
    "ingest": ["tests/fixtures/listing.txt"],
    "match": ["robot"],
    "preview": ["ada@example.org"],
    "subscribe": ["ada@example.org", "robot"],
}
OURS = [module.name for module in iter_modules(commands.__path__)]
MISSING, EMPTY = "missing/db.sqlite3", "db.sqlite3"


@pytest.fixture
def database(
    request: pytest.FixtureRequest, tmp_path: Path, django_db_blocker: DjangoDbBlocker
) -> Iterator[None]:
    """A database file of that name instead of the tests' own."""
    with database_file(tmp_path / request.param), django_db_blocker.unblock():
        yield


def message_on_stdin(monkeypatch: pytest.MonkeyPatch) -> None:
    read = iter([b"Subject: a bounce\r\n\r\n", b""])
    buffer = SimpleNamespace(read=lambda size=-1: next(read))
    monkeypatch.setattr("sys.stdin", SimpleNamespace(buffer=buffer))


@pytest.mark.parametrize("name", OURS)
def test_each_command_of_ours_is_one_that_says_it(name: str) -> None:
    assert issubclass(import_module(f"{commands.__name__}.{name}").Command, DatabaseCommand)


@pytest.mark.parametrize(
    ("database", "sentence"),
    [(MISSING, r"^The database cannot be used \(unable to open .*\): check DATABASE_URL\.$"),
     (EMPTY, r"^The database is not migrated to this program: run manage.py migrate\.$")],
    indirect=["database"],
)  # fmt: skip
@pytest.mark.parametrize("name", ["deliver", "explain", "mail_event", "papers", "why_nothing"])
@pytest.mark.usefixtures("database")
def test_the_sentence(monkeypatch: pytest.MonkeyPatch, name: str, sentence: str) -> None:
    message_on_stdin(monkeypatch)
    with pytest.raises(CommandError, match=sentence) as output:
        call_command(name, *ARGUMENTS.get(name, []))
    assert output.value.returncode == (75 if name == "mail_event" else 1)


WRITERS = {
    "ingest": ["tests/fixtures/listing.txt"],
    "mail_event": [],
    "sources": ["--new-token", "lab"],
    "subscribe": ["ada@example.org", "robot"],
}


@pytest.mark.django_db
@pytest.mark.parametrize("name", sorted(WRITERS))
def test_one_that_can_only_be_read(
    name: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    message_on_stdin(monkeypatch)
    with read_only(), pytest.raises((CommandError, SystemExit)) as output:
        call_command(name, *WRITERS[name])
    if isinstance(output.value, CommandError):
        assert re.fullmatch(
            r"The database cannot be used \(.*read-?only.*\): check DATABASE_URL\.",
            str(output.value),
        )
        assert output.value.returncode == (75 if name == "mail_event" else 1)
    else:
        assert (name, output.value.code) == ("ingest", 1)
        assert "The database cannot store it" in capsys.readouterr().out


# Of every command, also those of Django: the exit code and what it says, without a traceback.
@pytest.mark.slow
class TestProcesses:
    def run(self, site: Site, command: str, **how: Any) -> tuple[int, str]:
        ended = subprocess.run(
            [sys.executable, "manage.py", *command.split()], cwd=ROOT, env=site.environment,
            capture_output=True, text=True, timeout=60, **how,
        )  # fmt: skip
        return ended.returncode, ended.stderr

    @pytest.mark.parametrize(
        ("command", "code"),
        [("migrate", 1), ("clearsessions", 1), ("createsuperuser --noinput --username=ada "
          "--email=ada@example.org", 1), ("mail_event", 75), ("papers", 1), ("showmigrations", 1)],
    )  # fmt: skip
    def test_without_a_database(self, tmp_path: Path, command: str, code: int) -> None:
        site = Site(tmp_path, DATABASE_URL="postgres://ada:secret@127.0.0.1:1/none")
        ended, output = self.run(site, command, input="Subject: a bounce\r\n\r\n")
        assert ended == code, output
        assert output.splitlines()[-1].endswith("check DATABASE_URL.")
        assert "Traceback" not in output
        assert "secret" not in output

    @pytest.mark.postgres
    @pytest.mark.parametrize(
        ("command", "code"), [("migrate", 1), ("mail_event", 75), ("subscribe a@example.org", 1)]
    )
    def test_of_a_standby(self, tmp_path: Path, postgres: str, command: str, code: int) -> None:
        url = servers.new_database(postgres, tmp_path.name)
        site = Site(tmp_path / "var", DATABASE_URL=url)
        if command != "migrate":
            site.run("migrate", "--verbosity=0")
        site.sql(f'ALTER DATABASE "{tmp_path.name}" SET default_transaction_read_only = on')
        ended, output = self.run(site, command, input="Subject: a bounce\r\n\r\n")
        assert ended == code, output
        assert "read-only transaction" in output.splitlines()[-1]
        assert "Traceback" not in output
        if command == "mail_event":
            found = json.loads(site.start("doctor", "--json").communicate(timeout=60)[0])
            assert "is read-only" in found["checks"]["database"][0]
            print_it = (
                "from digest.web.probes import PROBES; print(PROBES['/readyz'](None).status_code)"
            )
            assert site.run("shell", "-v0", "-c", print_it) == "503\n"

    @pytest.mark.postgres
    def test_doctor_names_postgresql_without_autovacuum(
        self, tmp_path: Path, postgres: str
    ) -> None:
        url = servers.new_database(postgres, tmp_path.name)
        site = Site(tmp_path / "var", DATABASE_URL=url)
        site.run("migrate", "--verbosity=0")

        def found() -> list[str]:
            output = site.start("doctor", "--json").communicate(timeout=60)[0]
            return list(json.loads(output)["checks"]["autovacuum"])

        assert found() == []
        # A database can have this setting, a server both.
        site.sql(f'ALTER DATABASE "{tmp_path.name}" SET track_counts = off')
        [sentence] = found()
        assert sentence.startswith("PostgreSQL's autovacuum is off, so tables grow")

    def test_a_bad_setting_does_not_bounce_a_bounce(self, tmp_path: Path) -> None:
        site = Site(tmp_path, PORT="no number")
        assert self.run(site, "mail_event")[0] == 75
        ended, output = self.run(site, "papers")
        assert (ended, output.count("\n")) == (1, 1)
        assert output.startswith("PORT=")

    def test_nor_does_a_key_that_cannot_be_read(self, tmp_path: Path) -> None:
        site = Site(tmp_path, SECRET_KEY="")
        (tmp_path / "secret_key").write_bytes(b"\xff" * 40)
        ended, output = self.run(site, "mail_event", input="Subject: a bounce\r\n\r\n")
        assert (ended, output.count("\n")) == (75, 1), output
        assert output.startswith(f"{tmp_path / 'secret_key'} cannot be read")

    @pytest.mark.parametrize("closed", [0, 1])
    def test_nor_does_a_closed_stream(self, tmp_path: Path, closed: int) -> None:
        site = Site(tmp_path)
        site.run("migrate", "--verbosity=0")
        shell = f"exec {sys.executable} manage.py mail_event {'<>'[closed]}&-"
        ended = subprocess.run(
            shell, shell=True, cwd=ROOT, env=site.environment, input="Subject: a\r\n\r\n",
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, timeout=60,
        )  # fmt: skip
        assert (ended.returncode, "Traceback" in ended.stderr) == (1 - closed, False)
        assert site.sql("SELECT count(*) FROM digest_mailevent") == [(closed,)]

    @pytest.mark.parametrize("command", ["papers --json", "help", "papers --help", "diffsettings"])
    def test_a_reader_that_has_seen_enough(self, tmp_path: Path, command: str) -> None:
        site = Site(tmp_path)
        site.run("migrate", "--verbosity=0")
        site.run("demo")
        process = subprocess.Popen(
            [sys.executable, "manage.py", *command.split()],
            cwd=ROOT, env=site.environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip
        assert process.stdout
        process.stdout.close()
        _, output = process.communicate(timeout=60)
        assert (process.returncode, output) == (141, b"")

    def test_what_is_recorded_stays_so_when_nobody_reads_the_sentence(self, tmp_path: Path) -> None:
        site = Site(tmp_path)
        site.run("migrate", "--verbosity=0")
        process = subprocess.Popen(
            [sys.executable, "manage.py", "mail_event"], cwd=ROOT, env=site.environment,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip
        assert process.stdout
        process.stdout.close()
        process.communicate(b"Subject: a bounce\r\n\r\n", timeout=60)
        assert process.returncode == 0
        assert site.sql("SELECT count(*) FROM digest_mailevent") == [(1,)]


@pytest.mark.slow
def test_a_mail_server_is_told_to_keep_the_message(tmp_path: Path) -> None:
    site = Site(tmp_path, DATABASE_URL="postgres://ada:secret@127.0.0.1:1/none")
    ended = subprocess.run(
        [sys.executable, "manage.py", "mail_event"], input=b"Subject: a bounce\r\n\r\n",
        cwd=ROOT, env=site.environment, capture_output=True,
    )  # fmt: skip
    assert ended.returncode == os.EX_TEMPFAIL
    (output,) = ended.stderr.decode().splitlines()
    assert "refused" in output
    assert output.endswith("check DATABASE_URL.")
    assert "secret" not in output
