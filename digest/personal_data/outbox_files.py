"""Mails to a person among the files of the outbox."""

from collections.abc import Iterator
from email import message_from_bytes
from email.utils import getaddresses
from pathlib import Path

from django.conf import settings

from subscriptions.models import email_key

from .inventory import PersonIdentity

_HEADERS = 16_384  # bytes; ours are shorter


def files_to(known: PersonIdentity) -> Iterator[Path]:
    """The files that are addressed to them, drafts of a crash too."""
    folder = Path(settings.OUTBOX_DIR)
    keys = known.keys
    for pattern in ("*.eml", ".*.tmp"):
        for path in folder.glob(pattern):
            if keys & _recipients(path):
                yield path


def delete(known: PersonIdentity) -> int:
    """Delete them; how many there were."""
    found = list(files_to(known))
    for path in found:
        path.unlink(missing_ok=True)
    return len(found)


def _recipients(path: Path) -> set[str]:
    """The keys of those that a mail is addressed to; nobody where it cannot be read."""
    try:
        with path.open("rb") as file:
            head = file.read(_HEADERS)
        values = message_from_bytes(head).get_all("To", [])
        return {email_key(address) for _, address in getaddresses(map(str, values))}
    except (OSError, ValueError):
        return set()
