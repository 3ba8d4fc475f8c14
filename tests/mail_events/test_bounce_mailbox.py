"""The mailbox of bounces: every message once, and seen only when it is recorded."""

from typing import Any
from urllib.parse import quote

import pytest
from django.db import OperationalError

from digest import tasks
from digest.mail.inbound.imap import ImapMailbox
from digest.mail_events import bounce_mailbox, recording
from digest.mail_events.bounce_mailbox import CannotRead, read_mailbox
from digest.mail_events.recording import record_message
from digest.models import Digest, MailEvent, Run
from subscriptions.models import Subscriber
from tests.support import factories
from tests.support.factories import MORNING
from tests.support.imap_server import PASSWORD, USER, Box
from tests.support.returned_mails import VERP_SENDER, about, message

pytestmark = pytest.mark.django_db


@pytest.fixture
def box(box: Box, settings: Any) -> Box:
    settings.VERP_SENDER = VERP_SENDER
    settings.BOUNCE_MAILBOX = at(box)
    return box


def at(box: Box, password: str = PASSWORD) -> ImapMailbox:
    found = ImapMailbox.from_url(f"imaps://{USER}:{quote(password, safe='')}@localhost:{box.port}")
    assert found is not None
    return found


def bounced() -> bytes:
    """A hard bounce of somebody's digest of that morning."""
    person = factories.subscriber("ada@example.org")
    digest = Digest.objects.create(
        subscriber=person, local_date=MORNING.date(), not_before=MORNING, expires_at=MORNING,
        state="sent",
    )  # fmt: skip
    return about(digest, "hard")


def test_each_message_is_recorded_once(box: Box) -> None:
    box.put(bounced(), message("hard", bounce="x@example.org"), b"")
    assert read_mailbox(at(box), lambda: MORNING) == {"bounce_hard": 1, "forged": 2}
    assert Subscriber.objects.get().status == "bouncing"
    assert box.seen == {1, 2, 3}
    assert read_mailbox(at(box), lambda: MORNING) == {}


def test_what_could_not_be_recorded_stays_unseen(box: Box, monkeypatch: pytest.MonkeyPatch) -> None:
    box.put(bounced())

    def fail(*arguments: object) -> None:
        raise RuntimeError

    with monkeypatch.context() as broken:
        broken.setattr(bounce_mailbox, "record_message", fail)
        assert read_mailbox(at(box), lambda: MORNING) == {}
    assert box.seen == set()
    assert read_mailbox(at(box), lambda: MORNING) == {"bounce_hard": 1}


def test_one_bad_message_does_not_stop_the_others(
    box: Box, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The server refuses one, one is gone, one is poison, and over one the program fails."""
    poison = b"Subject: x\n" + b'Content-Type: multipart/mixed; boundary="a"\n\n--a\n' * 2000
    box.put(b"refused", b"gone", poison, b"fails", bounced())
    box.refused, box.gone = {1}, {2}
    real = bounce_mailbox.record_message

    def fail(message: bytes, *rest: Any) -> Any:
        if message == b"fails":
            raise ZeroDivisionError
        return real(message, *rest)

    monkeypatch.setattr(bounce_mailbox, "record_message", fail)
    counts = read_mailbox(at(box), lambda: MORNING)
    assert counts == {"forged": 1, "bounce_hard": 1}
    assert box.seen == {2, 3, 5}


def test_a_message_that_cannot_be_read_is_recorded_as_unread(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fail(*_: object) -> None:
        raise UnicodeEncodeError("utf-8", "\ud800", 0, 1, "surrogates")

    monkeypatch.setattr(recording, "read_message", fail)
    assert record_message(b"x", MORNING).event.kind == "unread"
    assert not record_message(b"x", MORNING).is_new


def test_a_database_that_fails_leaves_a_message_to_be_read_again(
    box: Box, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise OperationalError

    box.put(bounced())
    with monkeypatch.context() as broken:
        broken.setattr(recording, "mail_of", fail)
        with pytest.raises(OperationalError):
            read_mailbox(at(box), lambda: MORNING)
    assert box.seen == set()
    assert read_mailbox(at(box), lambda: MORNING) == {"bounce_hard": 1}


def test_read_but_not_marked_it_is_the_same_event(box: Box) -> None:
    box.put(bounced())
    read_mailbox(at(box), lambda: MORNING)
    box.seen.clear()
    read_mailbox(at(box), lambda: MORNING)
    assert MailEvent.objects.count() == 1


def test_a_long_message_is_cut_behind_its_report(box: Box, monkeypatch: pytest.MonkeyPatch) -> None:
    report = bounced()
    monkeypatch.setattr(bounce_mailbox, "MOST_BYTES", len(report))
    box.put(report + b"x" * 100_000)
    assert read_mailbox(at(box), lambda: MORNING) == {"bounce_hard": 1}


def test_the_task_notes_that_it_ran(box: Box) -> None:
    box.put(b"Subject: hello\r\n\r\n")
    tasks.bounces()
    assert MailEvent.objects.get().kind == "forged"
    assert Run.objects.get().task == "bounces"


def test_a_wrong_password_is_a_sentence_without_it(
    box: Box, settings: Any, caplog: pytest.LogCaptureFixture
) -> None:
    with pytest.raises(CannotRead, match="check its address, user name and password"):
        read_mailbox(at(box, "guessed-wrong"), lambda: MORNING)
    settings.BOUNCE_MAILBOX = at(box, "guessed-wrong")
    tasks.bounces()
    assert "BOUNCE_IMAP_URL" in caplog.text
    assert "guessed-wrong" not in caplog.text
    assert not Run.objects.exists()


def test_nobody_there(settings: Any) -> None:
    nobody = ImapMailbox("localhost", 1, "user", "password")
    with pytest.raises(CannotRead, match="cannot be read"):
        read_mailbox(nobody, lambda: MORNING)


def test_without_the_setting_the_task_does_nothing() -> None:
    tasks.bounces()
    assert not Run.objects.exists()


@pytest.mark.parametrize(
    "url",
    [
        "imap://user:password@mail.example.org", "imaps://mail.example.org",
        "imaps://user@mail.example.org", "imaps://user:password@", "nonsense",
        "imaps://us%0Der:password@mail.example.org", "imaps://user:p%C3%A4ss@mail.example.org",
    ],
)  # fmt: skip
def test_addresses_that_are_none(url: str) -> None:
    with pytest.raises(ValueError):
        ImapMailbox.from_url(url)


def test_addresses() -> None:
    found = ImapMailbox.from_url("imaps://a%40b.example:p%3Aw@mail.example.org/Bounces")
    assert found == ImapMailbox("mail.example.org", 993, "a@b.example", "p:w", "Bounces")
    assert "p:w" not in repr(found)
    assert ImapMailbox.from_url("") is None
