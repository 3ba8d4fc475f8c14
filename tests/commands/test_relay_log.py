"""manage.py relay_log: a log in, a sentence out."""

import io
from types import SimpleNamespace

import pytest
from django.core.management import call_command

from digest.management.commands import relay_log
from digest.rendering.digest_headers import message_id_of
from tests.mail_events.test_postfix_log import took, unanswered_letter
from tests.support.reports import NO_ANSWER, digest_after

pytestmark = pytest.mark.django_db


def run(monkeypatch: pytest.MonkeyPatch, log: bytes) -> str:
    out = io.StringIO()
    monkeypatch.setattr("sys.stdin", SimpleNamespace(buffer=io.BytesIO(log)))
    call_command("relay_log", stdout=out)
    return out.getvalue()


def test_it_says_what_it_found(monkeypatch: pytest.MonkeyPatch) -> None:
    log = b"".join(took(message_id_of(digest_after(NO_ANSWER))))
    unanswered_letter()
    assert (
        run(monkeypatch, log)
        == "2 mails had no reply; the log shows that 1 of them were delivered.\n"
    )
    assert (
        run(monkeypatch, log)
        == "1 mail had no reply; the log shows that 0 of them were delivered.\n"
    )


def test_nothing_at_all(monkeypatch: pytest.MonkeyPatch) -> None:
    assert (
        run(monkeypatch, b"")
        == "0 mails had no reply; the log shows that 0 of them were delivered.\n"
    )


def test_what_is_no_text(monkeypatch: pytest.MonkeyPatch) -> None:
    log = b"".join(took(message_id_of(digest_after(NO_ANSWER))))
    monkeypatch.setattr(relay_log, "LONGEST", max(map(len, log.splitlines(keepends=True))))
    noise = bytes(range(256)) * 100
    output = run(monkeypatch, noise + b"\n" + log.replace(b"\n", b"\n\xff\x00" + noise + b"\n"))
    assert output == "1 mail had no reply; the log shows that 1 of them were delivered.\n"
