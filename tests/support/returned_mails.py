"""Messages to the bounce address, invented, as servers and people send them."""

from typing import Any

from digest.mail import verp
from digest.models import Digest, Letter
from tests.conftest import ROOT

FOLDER = ROOT / "tests" / "fixtures" / "mail"
VERP_SENDER = "bounces+{}@example.org"


def bounce_address(row: Digest | Letter) -> str:
    return verp.address_for("letter" if isinstance(row, Letter) else "digest", row.pk)


def message(name: str, **fields: Any) -> bytes:
    """A file of tests/fixtures/mail with its {fields} filled in."""
    text = (FOLDER / f"{name}.eml").read_text()
    for field, value in fields.items():
        text = text.replace(f"{{{field}}}", str(value))
    assert "{bounce}" not in text
    return text.encode()


def about(row: Digest | Letter, name: str, **fields: Any) -> bytes:
    """The same, sent to the bounce address of that mail."""
    return message(name, bounce=bounce_address(row), **fields)


def complaint(kind: str = "abuse", mail_from: str = "", return_path: str = "") -> bytes:
    return message("complaint", type=kind, mail_from=mail_from, return_path=return_path)
