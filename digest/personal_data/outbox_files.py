"""Files of the outbox with mails to a person."""

from collections.abc import Iterator
from email import message_from_bytes
from email.utils import getaddresses
from pathlib import Path

from django.conf import settings

from subscriptions.models import email_key

from .inventory import PersonIdentity

_HEADERS = 16_384  # bytes; the headers of this program's mails are shorter


def files_to(known: PersonIdentity) -> Iterator[Path]:
    """Yield the files of mails to the person, also temporary ones that a crash left."""
    yield from _files_to(known.keys)


def _files_to(keys: frozenset[str]) -> Iterator[Path]:
    folder = Path(settings.OUTBOX_DIR)
    for pattern in ("*.eml", ".*.tmp"):
        for path in folder.glob(pattern):
            if keys & _recipients(path):
                yield path


def delete(known: PersonIdentity) -> int:
    """Delete these files, and letters to addresses that the person requested; return how many
    there were."""
    found = list(_files_to(known.keys | known.requested))
    for path in found:
        path.unlink(missing_ok=True)
    return len(found)


def _recipients(path: Path) -> set[str]:
    """Return the email keys of a mail's recipients, none if it cannot be read."""
    try:
        with path.open("rb") as file:
            head = file.read(_HEADERS)
        values = message_from_bytes(head).get_all("To", [])
        return {email_key(address) for _, address in getaddresses(map(str, values))}
    except (OSError, ValueError):
        return set()
