"""The mailbox behind an address, for counting: many spellings of one reach the same person."""

import contextlib
import re
import unicodedata

import idna

_QUOTED_PAIR = re.compile(r"\\(.)", re.DOTALL)
# These ignore dots in the part before the @, and are one provider.
_DOTLESS = {"gmail.com": "gmail.com", "googlemail.com": "gmail.com"}


def mailbox_key(email: str) -> str:
    """Return one text for all spellings that are likely to reach the same mailbox.

    Quotes and backslashes (RFC 5321 4.1.2), letter case, what stands behind a `+` (RFC 5233), and
    the dots of Gmail make no difference. Coarser than `email_key`: two people may share a key, so
    it may only slow down or count, never identify.
    """
    local, _, domain = email.strip().rpartition("@")
    domain = domain_key(domain)
    if len(local) > 1 and local.startswith('"') and local.endswith('"'):
        local = _QUOTED_PAIR.sub(r"\1", local[1:-1])
    local = unicodedata.normalize("NFKC", local).casefold()
    local = local.partition("+")[0] or local
    if domain in _DOTLESS:
        local, domain = local.replace(".", "") or local, _DOTLESS[domain]
    return f"{local}@{domain}"


def domain_key(domain: str) -> str:
    """Return the domain in ASCII and lower case, without the dot of the root."""
    bare = domain.strip().rstrip(".")
    with contextlib.suppress(idna.IDNAError):
        return idna.encode(bare, uts46=True).decode("ascii").lower()
    return bare.casefold()
