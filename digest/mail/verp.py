"""Variable envelope return paths: each mail has a bounce address of its own that cannot be forged.

    bounces+{}@example.org  ->  bounces+d2s-6k3v…@example.org

The address is signed (HMAC), for forged bounces could stop other people's mail. It is lower-case
and read without regard to case, for some servers change the case.
"""

import base64
import hmac
import re
from email.utils import parseaddr

from django.conf import settings

MOST_LOCAL = 64  # characters before the @ (RFC 5321 4.5.3.1.1)
_SIGNATURE_LENGTH = 20  # characters, 5 bits each
_KINDS = {"digest": "d", "letter": "l"}
_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"
_LONGEST_TOKEN = 1 + 13 + 1 + _SIGNATURE_LENGTH  # a 64-bit id takes 13 digits
_TOKEN = re.compile(rf"([a-z])([0-9a-z]{{1,13}})-([a-z2-7]{{{_SIGNATURE_LENGTH}}})")


def check_template(raw: str) -> str:
    """Return a template such as `bounces+{}@example.org`, or "". Raises ValueError if not valid."""
    if not raw:
        return ""
    local, _, domain = raw.rpartition("@")
    plain = local.replace("{}", "", 1)
    if local.count("{}") != 1 or "." not in domain or "{" in plain + domain:
        raise ValueError(raw)
    if not raw.isascii() or raw != raw.lower() or not re.fullmatch(r"[a-z0-9.+_=-]*", plain):
        raise ValueError(raw)
    if len(plain) + _LONGEST_TOKEN > MOST_LOCAL:
        raise ValueError(raw)
    return raw


def address_for(kind: str, pk: int) -> str:
    """Return the envelope sender of a mail, whose kind is "digest" or "letter".

    Without VERP_SENDER it is the address of MAIL_FROM for all mails.
    """
    if not settings.VERP_SENDER:
        return str(settings.MAIL_SENDER)
    head = _KINDS[kind] + _base36(pk)
    return str(settings.VERP_SENDER).replace(
        "{}", f"{head}-{_signature(head, settings.SECRET_KEY)}", 1
    )


def parse(address: str) -> tuple[str, int] | None:
    """Return the kind ("digest" or "letter") and the id of the mail that has this bounce address.

    Returns None if it is not a bounce address of this site. The mail may be of any age.
    """
    before, hole, after = str(settings.VERP_SENDER).partition("{}")
    plain = parseaddr(address)[1].lower()
    if not hole or not plain.startswith(before) or not plain.endswith(after):
        return None
    found = _TOKEN.fullmatch(plain[len(before) : len(plain) - len(after)])
    secrets = (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)
    if not found or not any(
        hmac.compare_digest(_signature(found[1] + found[2], each), found[3]) for each in secrets
    ):
        return None
    kind = next((kind for kind, letter in _KINDS.items() if letter == found[1]), None)
    return (kind, int(found[2], 36)) if kind else None


def _signature(head: str, secret: str) -> str:
    made = hmac.digest(f"verp:{secret}".encode(), head.encode(), "sha256")
    return base64.b32encode(made).decode().lower()[:_SIGNATURE_LENGTH]


def _base36(number: int) -> str:
    digits = ""
    while number:
        number, digit = divmod(number, 36)
        digits = _DIGITS[digit] + digits
    return digits or "0"
