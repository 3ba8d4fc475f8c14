"""Addresses as they stand in SMTP commands (RFC 5321 4.1.2, RFC 6531)."""

import re

import idna

_UNSAFE = re.compile(r"[\x00-\x20<>\x7f]")


class UnsupportedAddress(ValueError):
    """An address that this relay cannot be told; the words are for the operator."""


def smtp_address(address: str, smtputf8: bool) -> str:
    """The address with its domain in ASCII (RFC 5890).

    Unwritable where it would break the command, where the domain is none, and where the part
    before the @ goes beyond ASCII and the relay does not offer SMTPUTF8. The sentence does not
    repeat the address.
    """
    local, at, domain = address.rpartition("@")
    if not at or not local or _UNSAFE.search(address):
        raise UnsupportedAddress("The address cannot stand in an SMTP command.")
    if not local.isascii() and not smtputf8:
        raise UnsupportedAddress(
            "The part before the @ needs SMTPUTF8, which the mail server does not offer."
        )
    return f"{local}@{ascii_domain(domain)}"


def ascii_domain(domain: str) -> str:
    """The domain as DNS knows it, in lower case; Unwritable if it is none."""
    if domain.isascii():
        return domain.lower()
    try:
        return idna.encode(domain, uts46=True).decode("ascii").lower()
    except idna.IDNAError as wrong:
        raise UnsupportedAddress("The domain of the address is no domain name.") from wrong
