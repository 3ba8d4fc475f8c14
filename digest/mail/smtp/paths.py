"""Addresses as they are written in SMTP commands (RFC 5321 4.1.2, RFC 6531)."""

import re

import idna

_UNSAFE = re.compile(r"[\x00-\x20<>\x7f]")


class UnsupportedAddress(ValueError):
    """An address that cannot be written for this relay; the message is for the operator."""


def smtp_address(address: str, smtputf8: bool) -> str:
    """Return the address with its domain in ASCII (RFC 5890).

    Raises UnsupportedAddress if the address would break the command, if its domain is not valid,
    or if the local part is not ASCII and the relay does not offer SMTPUTF8. The message of the
    exception does not contain the address.
    """
    local, at, domain = address.rpartition("@")
    if not at or not local or _UNSAFE.search(address):
        raise UnsupportedAddress("The address cannot be used in an SMTP command.")
    if not local.isascii() and not smtputf8:
        raise UnsupportedAddress(
            "The part before the @ needs SMTPUTF8, which the mail server does not support."
        )
    return f"{local}@{ascii_domain(domain)}"


def ascii_domain(domain: str) -> str:
    """Return the domain in ASCII and lower case. Raises UnsupportedAddress if it is not valid."""
    if domain.isascii():
        return domain.lower()
    try:
        return idna.encode(domain, uts46=True).decode("ascii").lower()
    except idna.IDNAError as wrong:
        raise UnsupportedAddress("The domain of the address is not a domain name.") from wrong
