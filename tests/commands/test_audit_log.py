"""Every command that changes something, or shows personal data, leaves one entry in the audit
log: a table of all commands."""

import io
import os
import pwd
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from django.contrib.admin.models import DELETION, LogEntry
from django.core.management import CommandError, call_command
from django.utils import timezone

from digest.management import commands
from digest.management.commands import up
from digest.models import Digest, Hold, MailEvent, PushToken, Source
from digest.operators.read_log import READ
from digest.rendering.digest_headers import message_id_of
from subscriptions.models import Subscriber
from tests.mail_events.test_postfix_log import took
from tests.support import factories
from tests.support.factories import MORNING
from tests.support.reports import NO_ANSWER, digest_after
from tests.web.pages import dump

pytestmark = pytest.mark.django_db
LISTING = Path(__file__).parents[1] / "fixtures" / "listing.txt"

# command -> arguments of acts and readings, each one entry
ACTS: dict[str, list[list[str]]] = {
    "clock": [["--trust"], ["--put-right", "--trust"]],
    "deliver": [["--at", MORNING.isoformat()]],
    "demo": [[]],
    "erase_person": [["ada@example.org", "--yes"], ["nobody@example.org", "--yes"]],
    "explain": [["ada@example.org", "1"]],
    "export_person": [["ada@example.org"]],
    "export_subscribers": [[]],
    "fetch": [["Folder"]],
    "import_subscribers": [["FILE"], ["FILE", "--consent", "a form", "--consent-on", "2026-11-01"]],
    "ingest": [["FILE"], ["FILE", "FILE"]],
    "mail_event": [["--batch", "FILE"]],
    "preview": [["ada@example.org"]],
    "prune": [[]],
    "relay_log": [[]],
    "sources": [
        ["--ready-made"],
        ["--enable", "Folder"],
        ["--disable", "Folder"],
        ["--new-token", "lab", "--source", "Push"],
        ["--revoke-token", "old"],
    ],
    "subscribe": [["bob@example.org", "robot"], ["bob@example.org", "robot", "--confirmed"]],
    "suppression_key": [["--show"], ["--adopt"]],
    "withdraw": [["FILE", "--yes"]],
}
# command -> arguments that change nothing
NO_ACTS: dict[str, list[list[str]]] = {
    "clock": [[]],
    "deliver": [["--at", MORNING.isoformat(), "--dry-run"], ["--at", "2026-01-01"]],
    "doctor": [[]],  # with --mail it is a timer's
    "fetch": [[]],
    "import_subscribers": [["FILE", "--dry-run"], ["/nowhere"]],
    "ingest": [["FILE", "--dry-run"], ["/nowhere"]],
    "keywords": [[]],
    "match": [["robot"]],
    "papers": [[]],
    "prune": [["--dry-run"]],
    "sources": [[], ["--enable", "nothing"], ["--revoke-token", "nothing"]],
    "subscribe": [["no address", "robot"]],
    "suppression_key": [[]],
    "why_nothing": [[]],
    "withdraw": [["FILE", "--dry-run"], ["999", "--yes"]],
}
# With tests of their own, here or in tests/backup; a simulation has a database of its own.
BY_HAND = {"up", "backup", "restore", "resume", "simulate"}


def names() -> set[str]:
    folder = Path(commands.__path__[0])
    return {path.stem for path in folder.glob("*.py")} - {"__init__"}


@pytest.fixture
def site(settings: Any, tmp_path: Path) -> None:
    """Folders of the test's own, and rows for all of the commands."""
    settings.DATA_DIR = tmp_path
    settings.OUTBOX_DIR = tmp_path / "outbox"
    settings.DUMPS_DIR = tmp_path / "dumps"
    settings.INBOX_DIR = tmp_path / "inbox"
    (tmp_path / "papers").mkdir()
    factories.subscriber("ada@example.org", "robot")
    factories.paper("A robot")
    later = timezone.now() + timedelta(days=1)
    Source.objects.create(
        name="Folder", kind="folder", folder=str(tmp_path / "papers"), every_minutes=60,
        enabled=True, next_run_at=later, enabled_at=later,
    )  # fmt: skip
    push = Source.objects.create(name="Push", kind="push")
    PushToken.objects.create(name="old", source=push, sha256="0" * 64)


def expire() -> None:
    """Something for `prune`."""
    MailEvent.objects.create(
        kind="old", provider="mail", event_id="1", sha256="0" * 64,
        at=timezone.now() - timedelta(days=400),
    )  # fmt: skip


def run(name: str, *arguments: str) -> None:
    with suppress(CommandError, SystemExit):
        call_command(name, *arguments, stdout=io.StringIO(), stderr=io.StringIO())


def prepare(name: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> str:
    """Make what the command needs besides; return a file for it."""
    raw = b""
    if name == "prune":
        Digest.objects.all().delete()
        LogEntry.objects.all().delete()
        expire()
    if name == "relay_log":
        Subscriber.objects.all().delete()
        raw = b"".join(took(message_id_of(digest_after(NO_ANSWER))))
    monkeypatch.setattr("sys.stdin", SimpleNamespace(buffer=io.BytesIO(raw)))
    if name == "mail_event":
        path = tmp_path / "bounce.eml"
        path.write_bytes(b"From: a@example.org\n\nHello\n")
        return str(path)
    if name == "import_subscribers":
        path = tmp_path / "people.csv"
        path.write_text("email,keywords\nbob@example.org,robot\n")
        return str(path)
    if name == "withdraw":
        return str(dump(MORNING.date()).pk)
    return str(LISTING)


def cases(table: dict[str, list[list[str]]]) -> list[tuple[str, list[str]]]:
    return [(name, arguments) for name, several in table.items() for arguments in several]


def test_every_command_is_in_the_table() -> None:
    assert names() == ACTS.keys() | NO_ACTS.keys() | BY_HAND


@pytest.mark.usefixtures("site")
@pytest.mark.parametrize(("name", "arguments"), cases(ACTS))
def test_an_act_leaves_one_entry(
    name: str, arguments: list[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    file = prepare(name, monkeypatch, tmp_path)
    run(name, *(file if each == "FILE" else each for each in arguments))
    entry = LogEntry.objects.get()
    system_user = pwd.getpwuid(os.getuid()).pw_name
    assert entry.user.get_username() == f"command line ({system_user})"
    assert entry.change_message.startswith(f"manage.py {name}: ")
    assert entry.object_repr != "-"
    assert "@" not in f"{entry.object_repr}{entry.change_message}"
    readings = ("explain", "export_person", "export_subscribers", "preview")
    is_reading = name in readings or "--show" in arguments
    assert (entry.action_flag == READ) == is_reading


@pytest.mark.usefixtures("site")
@pytest.mark.parametrize(("name", "arguments"), cases(NO_ACTS))
def test_what_changes_nothing_leaves_none(
    name: str, arguments: list[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    file = prepare(
        name if name in ("import_subscribers", "withdraw") else "", monkeypatch, tmp_path
    )
    run(name, *(file if each == "FILE" else each for each in arguments))
    assert not LogEntry.objects.exists()


@pytest.mark.usefixtures("site")
def test_resuming_after_a_restore() -> None:
    run("resume", "--from-now")  # nothing waits
    assert not LogEntry.objects.exists()
    run("resume", "--restored")
    run("resume", "--from-now")
    assert [entry.change_message for entry in LogEntry.objects.order_by("pk")] == [
        "manage.py resume: Said that it was restored.",
        "manage.py resume: Resumed from now.",
    ]


@pytest.mark.usefixtures("site")
def test_undoing_a_withdrawal_leaves_one_more() -> None:
    number = str(dump(MORNING.date()).pk)
    run("withdraw", number, "--yes")
    run("withdraw", number, "--undo")
    assert LogEntry.objects.count() == 2


@pytest.mark.usefixtures("site")
def test_a_timer_that_finds_nothing_leaves_none() -> None:
    run("deliver", "--at", MORNING.isoformat())
    run("deliver", "--at", MORNING.isoformat())
    assert LogEntry.objects.count() == 1


@pytest.mark.usefixtures("site")
def test_the_sample_is_loaded_once() -> None:
    run("demo")
    run("demo")
    assert LogEntry.objects.count() == 1


@pytest.mark.usefixtures("site")
def test_an_erasure_names_nobody() -> None:
    person = Subscriber.objects.get()
    run("preview", "ada@example.org")
    run("erase_person", "ada@example.org", "--yes")
    entry = LogEntry.objects.get(action_flag=DELETION)
    assert (entry.object_id, entry.object_repr) == (None, "(erased)")
    of_before = LogEntry.objects.get(object_id=str(person.pk))
    assert of_before.object_repr == "(erased)"


def test_the_first_operator_is_logged_once(
    settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.DATA_DIR = tmp_path
    for _ in range(2):
        assert up.first_operator()
    entry = LogEntry.objects.get()
    assert (entry.object_repr, entry.change_message) == (
        "admin", "manage.py up: Created the first operator.",
    )  # fmt: skip
    assert not Hold.objects.exists()
