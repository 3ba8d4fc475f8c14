"""The outbox has a mail whole or not at all."""

from pathlib import Path

from digest.mail.outbox import OutboxTransport, mails
from digest.mail.transport import Envelope, Result

ENVELOPE = Envelope("digest@example.org", "ada@example.org")


def test_a_mail_is_a_file(tmp_path: Path) -> None:
    outcome = OutboxTransport(tmp_path / "outbox").send(ENVELOPE, b"hello\r\n", lambda: True)
    assert outcome.result == Result.ACCEPTED
    (mail,) = mails(tmp_path / "outbox")
    assert mail.read_bytes() == b"Return-Path: <digest@example.org>\r\nhello\r\n"


def test_without_a_permit_nothing_is_left(tmp_path: Path) -> None:
    outcome = OutboxTransport(tmp_path).send(ENVELOPE, b"hello\r\n", lambda: False)
    assert outcome.result == Result.NO_PERMIT
    assert list(tmp_path.iterdir()) == []


def test_the_mail_is_not_visible_before_its_permit(tmp_path: Path) -> None:
    seen: list[list[Path]] = []

    def permit() -> bool:
        seen.append(mails(tmp_path))
        return True

    OutboxTransport(tmp_path).send(ENVELOPE, b"hello\r\n", permit)
    assert seen == [[]]


def test_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "outbox").write_text("a file with this name")
    outcome = OutboxTransport(tmp_path / "outbox").send(ENVELOPE, b"hello", lambda: True)
    assert outcome.result == Result.UNREACHED


def test_newest_first(tmp_path: Path) -> None:
    transport = OutboxTransport(tmp_path)
    for text in (b"one", b"two", b"three"):
        transport.send(ENVELOPE, text, lambda: True)
    bodies = [mail.read_bytes().partition(b"\r\n")[2] for mail in mails(tmp_path)]
    assert bodies == [b"three", b"two", b"one"]
