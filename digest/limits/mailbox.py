"""The mailbox behind an address, for counting: many spellings of one reach the same person."""

import unicodedata

from digest.mail.mailboxes import domain_key, email_key

__all__ = ["domain_key", "mailbox_key"]

# These ignore dots in the part before the @, and are one provider.
_DOTLESS = {"gmail.com": "gmail.com", "googlemail.com": "gmail.com"}


def mailbox_key(email: str) -> str:
    """Return one text for all spellings that are likely to reach the same mailbox.

    What stands behind a `+` (RFC 5233), and the dots of Gmail make no difference. Coarser than
    `email_key`: two people may share a key, so it may only slow down or count, never identify.
    """
    local, _, domain = email_key(email).rpartition("@")
    local = unicodedata.normalize("NFKC", local).casefold()
    local = local.partition("+")[0] or local
    if domain in _DOTLESS:
        local, domain = local.replace(".", "") or local, _DOTLESS[domain]
    return f"{local}@{domain}"
