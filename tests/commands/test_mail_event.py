"""manage.py mail_event: a message in, a sentence out."""

import io
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.core.management import CommandError, call_command
from django.db import OperationalError
from django.utils import timezone

from digest.management import command_line
from digest.management.commands import mail_event
from digest.models import Digest, MailEvent
from subscriptions.digest_links import list_unsubscribe
from subscriptions.models import Subscriber
from tests.support import factories
from tests.support.returned_mails import VERP_SENDER, about, bounce_address, message
from tests.support.site import ROOT, Site

pytestmark = pytest.mark.django_db


@pytest.fixture
def digest(settings: Any) -> Digest:
    settings.VERP_SENDER = VERP_SENDER
    at = timezone.now()
    return Digest.objects.create(
        subscriber=factories.subscriber("ada@example.org"), local_date=at.date(), not_before=at,
        expires_at=at, state="sent",
    )  # fmt: skip


def run(monkeypatch: pytest.MonkeyPatch, raw: bytes, *arguments: str) -> str:
    out = io.StringIO()
    monkeypatch.setattr("sys.stdin", SimpleNamespace(buffer=io.BytesIO(raw)))
    call_command("mail_event", *arguments, stdout=out)
    return out.getvalue()


def test_a_bounce(digest: Digest, monkeypatch: pytest.MonkeyPatch) -> None:
    raw = about(digest, "hard")
    assert run(monkeypatch, raw) == "bounce: no such address.\n"
    assert run(monkeypatch, raw) == "Already known: bounce: no such address.\n"
    assert Subscriber.objects.get().status == "bouncing"


def test_the_envelopes_recipient(digest: Digest, monkeypatch: pytest.MonkeyPatch) -> None:
    raw = message("hard", bounce="postmaster@example.org")
    assert "ignored: not about one of our e-mails" in run(monkeypatch, raw)
    output = run(monkeypatch, raw + b"\n", "--recipient", bounce_address(digest))
    assert output == "bounce: no such address.\n"


def test_nothing_at_all(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(CommandError, match="Pass one on standard input"):
        run(monkeypatch, b"\n")


def test_what_is_too_long_is_cut(digest: Digest, monkeypatch: pytest.MonkeyPatch) -> None:
    raw = about(digest, "hard")
    monkeypatch.setattr(mail_event, "MOST_BYTES", len(raw))
    assert run(monkeypatch, raw + b"x" * 1000) == "bounce: no such address.\n"


def test_without_its_setting_a_bounce_cannot_be_told(
    settings: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    settings.VERP_SENDER = ""
    assert "ignored" in run(monkeypatch, message("hard", bounce="bounces@example.org"))
    assert "VERP_SENDER is not set" in capsys.readouterr().err


def test_without_it_people_may_leave_by_mail(
    digest: Digest, settings: Any, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    mailto = list_unsubscribe(digest, "https://example.org").rpartition("subject=")[2]
    settings.VERP_SENDER = ""
    raw = f"Subject: {mailto.rstrip('>').replace('%20', ' ')}\r\n\r\n".encode()
    assert run(monkeypatch, raw) == "unsubscribed.\n"
    assert capsys.readouterr().err == ""
    assert Subscriber.objects.get().status == "unsubscribed"


def test_where_the_program_fails_the_mail_server_keeps_it(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(mail_event, "record_message", fail)
    with pytest.raises(CommandError, match="ZeroDivisionError") as output:
        run(monkeypatch, b"x")
    assert output.value.returncode == 75


def test_where_a_setting_is_at_fault_its_sentence_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise ImproperlyConfigured("The key cannot be read.")

    monkeypatch.setattr(mail_event, "record_message", fail)
    with pytest.raises(CommandError, match=r"^The key cannot be read\.$") as output:
        run(monkeypatch, b"x")
    assert output.value.returncode == 75


def test_a_usage_error_keeps_the_message(capsys: pytest.CaptureFixture[str]) -> None:
    for command, code in (("mail_event", 75), ("papers", 2)):
        with pytest.raises(SystemExit) as ended:
            command_line.run(["manage.py", command, "--bogus"])
        assert ended.value.code == code
        assert "unrecognized arguments: --bogus" in capsys.readouterr().err


def test_a_fault_of_the_program_keeps_the_message(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(_: object) -> None:
        raise ModuleNotFoundError("celery")

    monkeypatch.setattr(command_line, "execute_from_command_line", fail)
    with pytest.raises(SystemExit) as ended:
        command_line.run(["manage.py", "mail_event"])
    assert ended.value.code == 75
    assert "ModuleNotFoundError: celery" in capsys.readouterr().err
    with pytest.raises(ModuleNotFoundError):
        command_line.run(["manage.py", "papers"])


def test_streams_that_are_closed_are_empty(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("stdin", "stdout", "stderr"):
        monkeypatch.setattr(sys, name, None)
    command_line.open_missing_streams()
    with sys.stdin, sys.stdout, sys.stderr:
        assert sys.stdin.buffer.read() == b""
        print("nothing")


class TestBatch:
    @pytest.fixture
    def files(self, digest: Digest, tmp_path: Path) -> Path:
        """One message, an mbox of two, one of them empty, a Maildir and what is no message."""
        folder = tmp_path / "returned"
        (folder / "maildir" / "cur").mkdir(parents=True)
        (folder / "one.eml").write_bytes(about(digest, "hard"))
        (folder / "maildir" / "cur" / "1").write_bytes(about(digest, "hard") + b"\n")
        mbox = b"From a\nSubject: holidays\n\n>From there\n\nFrom b\n" + about(digest, "hard")
        (folder / "mbox").write_bytes(mbox)
        (folder / "noise").write_bytes(b"\0\xff" * 100)
        return folder

    def test_each_by_itself(self, files: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        output = run(monkeypatch, b"", "--batch", str(files), str(files / "maildir"))
        bounce = "bounce: no such address."
        assert output.splitlines() == [
            "mbox 1: ignored: not about one of our e-mails.",
            f"mbox 2: {bounce}",
            "noise: ignored: not about one of our e-mails.",
            f"one.eml: Already known: {bounce}",
            f"1: {bounce}",
        ]

    def test_from_a_pipe(self, files: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        output = run(monkeypatch, (files / "mbox").read_bytes(), "--batch", "-")
        assert [line.partition(":")[0] for line in output.splitlines()] == [
            "standard input 1", "standard input 2",
        ]  # fmt: skip
        assert MailEvent.objects.count() == 2

    def test_a_failure_stops_nothing_and_is_tried_again(
        self, files: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        failures = iter([OperationalError("the disk is full"), None, ZeroDivisionError(), None])
        real = mail_event.record_message

        def fails_at_times(raw: bytes, at: Any) -> Any:
            if wrong := next(failures):
                raise wrong
            return real(raw, at)

        monkeypatch.setattr(mail_event, "record_message", fails_at_times)
        with pytest.raises(CommandError, match=r"^2 messages were not recorded") as output:
            run(monkeypatch, b"", "--batch", str(files))
        assert output.value.returncode == 75
        first, second = capsys.readouterr().err.splitlines()
        assert first.startswith("mbox 1: The database cannot be used (the disk is full)")
        assert second.startswith("noise: The program failed on it (ZeroDivisionError)")
        assert MailEvent.objects.count() == 1

    def test_a_file_that_is_not_there(
        self, files: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        with pytest.raises(SystemExit) as ended:
            run(monkeypatch, b"", "--batch", str(files / "nowhere"), str(files / "one.eml"))
        assert ended.value.code == 1
        assert capsys.readouterr().err == (
            f"{files / 'nowhere'} cannot be read (No such file or directory).\n"
        )
        assert MailEvent.objects.count() == 1


# What one message needs not, and takes tenths of a second to import.
HEAVY = (
    "bs4", "celery", "digest.admin", "digest.paper_index", "digest.ingest", "digest.matching.query",
    "digest.urls", "digest.views", "lark", "lxml", "redis",
)  # fmt: skip
_ONE = """
import io, sys
sys.stdin = io.TextIOWrapper(io.BytesIO(b"Subject: a bounce\\r\\n\\r\\n"))
sys.argv = ["manage.py", "mail_event"]
import manage
try:
    manage.main()
finally:
    print("loaded:", *sys.modules)
"""


@pytest.mark.slow
def test_it_loads_only_what_it_needs(tmp_path: Path) -> None:
    site = Site(tmp_path)
    site.run("migrate", "--verbosity=0")
    done = subprocess.run(
        [sys.executable, "-c", _ONE], cwd=ROOT, env=site.environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    output, _, loaded = done.stdout.partition("loaded:")
    assert "ignored: not about one of our e-mails" in output
    found = set(loaded.split())
    assert "digest.mail_events.recording" in found
    assert found & set(HEAVY) == set()
