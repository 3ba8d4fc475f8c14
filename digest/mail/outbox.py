"""The outbox: mails as files in a folder, for trials without a mail server."""

import contextlib
import hashlib
import os
from datetime import UTC, datetime
from pathlib import Path

from .transport import AskPermit, Envelope, Mail, Outcome, Result, Steps, Transport


class OutboxTransport(Transport):
    """Writes each mail to an `.eml` file, with a Return-Path as at final delivery (RFC 5321 4.4).

    The rename that makes the file visible is the point of no return.
    """

    name = "outbox"

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def steps(self, mail: Mail) -> Steps:
        """Write a hidden draft, request the permit, rename."""
        message = mail.write()
        draft = self.folder / f".{os.getpid()}-{_fingerprint(mail.envelope, message)}.tmp"
        return_path = f"Return-Path: <{mail.envelope.sender}>\r\n".encode()
        permitted = False
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            _write_through(draft, return_path + message)
            permitted = yield AskPermit(self.name)
        except OSError as wrong:
            return Outcome(Result.UNREACHED, "body", None, str(wrong))
        finally:
            if not permitted:
                _forget(draft)
        if not permitted:
            return Outcome(Result.NO_PERMIT, "permit")
        return self._rename(draft, _file_name(mail.envelope, message))

    def _rename(self, draft: Path, name: str) -> Outcome:
        try:
            draft.rename(self.folder / name)
        except OSError as wrong:
            _forget(draft)
            return Outcome(Result.REFUSED, "dot", 451, str(wrong))
        return Outcome(Result.ACCEPTED, "dot", 250, name)

    def close(self) -> None:
        """Nothing is kept open."""


def mails(folder: Path) -> list[Path]:
    """Return the files of the outbox, newest first."""
    found = [path for path in folder.glob("*.eml") if not path.name.startswith(".")]
    return sorted(found, key=lambda path: path.name, reverse=True)


def _write_through(path: Path, message: bytes) -> None:
    """Write the file and wait until it is on the disk."""
    with path.open("wb") as file:
        file.write(message)
        file.flush()
        os.fsync(file.fileno())


def _forget(draft: Path) -> None:
    # A draft that cannot be removed is hidden and harmless, and its error is reported already.
    with contextlib.suppress(OSError):
        draft.unlink()


def _fingerprint(envelope: Envelope, message: bytes) -> str:
    return hashlib.sha256(envelope.recipient.encode() + b"\0" + message).hexdigest()[:16]


def _file_name(envelope: Envelope, message: bytes) -> str:
    moment = datetime.now(UTC).strftime("%Y%m%dT%H%M%S.%f")
    return f"{moment}Z-{_fingerprint(envelope, message)}.eml"
