"""The setting SECURITY_CONTACT: where to report a vulnerability (RFC 9116, 2.5.3)."""

from email.utils import parseaddr
from urllib.parse import quote, urlsplit

from digest.mail.mailboxes import read_address
from digest.mail.smtp.paths import smtp_address


def security_contacts(raw: str) -> tuple[str, ...]:
    """Parse e-mail addresses, https:// pages and tel: numbers separated by blanks, as URIs.

    Raises ValueError for anything else.
    """
    return tuple(dict.fromkeys(map(_uri, raw.split())))


def usual_contact(reply_to: str) -> str:
    """Return the address of a Reply-To, "" if it is none that others can use: that of a site
    without a domain (digest@127.0.0.1) must not keep it from starting."""
    address = parseaddr(reply_to)[1]
    try:
        security_contacts(address)
    except ValueError:
        return ""
    return address


def _uri(contact: str) -> str:
    scheme, colon, rest = contact.partition(":")
    if (not contact.isascii() and "@" not in contact) or not contact.isprintable():
        raise ValueError(contact)
    if colon and scheme.lower() == "https" and urlsplit(contact).hostname:
        return contact
    if colon and scheme.lower() == "tel" and rest:
        return contact
    address = read_address(contact.removeprefix("mailto:"), public=False)
    return f"mailto:{quote(smtp_address(address, smtputf8=False), safe='@+')}"
