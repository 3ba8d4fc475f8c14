"""Without a database, or with an empty one, every command of ours ends in a sentence."""

import os
import subprocess
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from types import SimpleNamespace

import pytest
from django.core.management import CommandError, call_command
from django.db import connections
from django.db.utils import load_backend
from pytest_django import DjangoDbBlocker

from digest.management import commands
from digest.management.own import OwnCommand
from tests.site import ROOT, Site

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
    own = connections["default"]
    told = {**own.settings_dict, "OPTIONS": {}, "NAME": tmp_path / request.param}
    sqlite = load_backend("django.db.backends.sqlite3")
    connections["default"] = sqlite.DatabaseWrapper(told, "default")
    with django_db_blocker.unblock():
        yield
        connections["default"].close()
    connections["default"] = own


def message_on_stdin(monkeypatch: pytest.MonkeyPatch) -> None:
    read = iter([b"Subject: a bounce\r\n\r\n", b""])
    buffer = SimpleNamespace(read=lambda size=-1: next(read))
    monkeypatch.setattr("sys.stdin", SimpleNamespace(buffer=buffer))


@pytest.mark.parametrize("name", OURS)
def test_each_command_of_ours_is_one_that_says_it(name: str) -> None:
    assert issubclass(import_module(f"{commands.__name__}.{name}").Command, OwnCommand)


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
    with pytest.raises(CommandError, match=sentence) as told:
        call_command(name, *ARGUMENTS.get(name, []))
    assert told.value.returncode == (75 if name == "mail_event" else 1)


@pytest.mark.slow
def test_a_mail_server_is_told_to_keep_the_message(tmp_path: Path) -> None:
    site = Site(tmp_path, DATABASE_URL="postgres://ada:secret@127.0.0.1:1/none")
    ended = subprocess.run(
        [sys.executable, "manage.py", "mail_event"], input=b"Subject: a bounce\r\n\r\n",
        cwd=ROOT, env=site.environment, capture_output=True,
    )  # fmt: skip
    assert ended.returncode == os.EX_TEMPFAIL
    (told,) = ended.stderr.decode().splitlines()
    assert "refused" in told
    assert told.endswith("check DATABASE_URL.")
    assert "secret" not in told
