"""manage.py mail_event: a message in, a sentence out."""

import io
from types import SimpleNamespace
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from digest.delivery.leaving import list_unsubscribe
from digest.management.commands import mail_event
from digest.models import Digest
from subscriptions.models import Subscriber
from tests import make
from tests.delivery.returned import VERP_SENDER, about, bounce_address, message

pytestmark = pytest.mark.django_db


@pytest.fixture
def digest(settings: Any) -> Digest:
    settings.VERP_SENDER = VERP_SENDER
    at = timezone.now()
    return Digest.objects.create(
        subscriber=make.subscriber("ada@example.org"), local_date=at.date(), not_before=at,
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
    assert run(monkeypatch, raw) == "Known already: bounce: no such address.\n"
    assert Subscriber.objects.get().status == "bouncing"


def test_the_envelopes_recipient(digest: Digest, monkeypatch: pytest.MonkeyPatch) -> None:
    raw = message("hard", bounce="postmaster@example.org")
    assert "ignored: about no mail of ours" in run(monkeypatch, raw)
    told = run(monkeypatch, raw + b"\n", "--recipient", bounce_address(digest))
    assert told == "bounce: no such address.\n"


def test_nothing_at_all(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(CommandError, match="give one on the standard input"):
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
    with pytest.raises(CommandError, match="ZeroDivisionError") as told:
        run(monkeypatch, b"x")
    assert told.value.returncode == 75
