"""E-mail addresses as people type them, and the mailbox that each of them names."""

import re
import unicodedata
from urllib.parse import unquote

import idna
from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from .smtp.paths import UnsupportedAddress, smtp_address

_QUOTED_PAIR = re.compile(r"\\(.)", re.DOTALL)
# Format characters, and what Unicode calls default ignorable besides.
_INVISIBLE = re.compile(
    "[\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f"
    "\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff9-\ufffb\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)
_JOINERS = "\u200c\u200d"  # some scripts need them inside a word (RFC 5892 A.1, A.2)
_BEYOND_ASCII = re.compile(r"[^\x00-\x7f\s]")
_IN_BRACKETS = re.compile(r"[^<>]*<([^<>]*)>[\s.,;]*")
_QUOTES = "\"'“”‘’„«»`"
_FULL_STOPS = str.maketrans("\u3002\uff61", "..")
_LOCAL_DOMAINS = ("localhost", "localdomain")

NO_ADDRESS = "Enter a valid e-mail address, such as ada@example.org."
NOT_PLAIN = (
    "The part before the @ can only have the letters a to z, digits, and characters such as . _ "
    "- +."
)
NOT_PUBLIC = "Enter an address with a domain name, such as ada@example.org."
SUGGESTION = "Did you mean {}? Please check it: what you entered has unusual characters."


class AddressError(ValueError):
    """An address that is refused; the message is a sentence for the person who entered it.

    `suggestion` is the address that was probably meant, or "".
    """

    def __init__(self, message: str, suggestion: str = "") -> None:
        super().__init__(message)
        self.suggestion = suggestion


def email_key(email: str) -> str:
    """Return the key of the mailbox that an address names, the same for all its spellings.

    The local part is unquoted (RFC 5321 4.1.2), and in lower case if it is ASCII: case folding of
    other letters could make it another mailbox ("ſ" becomes "s"). The domain is in ASCII (UTS 46).
    """
    local, _, domain = _visible(email).strip().rpartition("@")
    local = unquote_local_part(local)
    return f"{local.lower() if local.isascii() else local}@{domain_key(domain)}"


def legacy_email_key(email: str) -> str:
    """Return the key that `email_key` gave before it removed quotes; old hashes are made of it."""
    local, _, domain = email.strip().rpartition("@")
    return f"{local.casefold()}@{domain_key(domain)}"


def domain_key(domain: str) -> str:
    """Return the domain in ASCII and lower case, without the dot of the root."""
    bare = domain.strip().rstrip(".")
    if not bare.isascii():
        try:
            return idna.encode(bare, uts46=True).decode("ascii").lower()
        except idna.IDNAError:
            return bare.casefold()
    return bare.lower()


def unquote_local_part(local: str) -> str:
    """Return a local part without its quotation marks and backslashes."""
    if len(local) > 2 and local.startswith('"') and local.endswith('"'):
        return _QUOTED_PAIR.sub(r"\1", local[1:-1])
    return local


def read_address(typed: str, *, public: bool, allow_non_ascii: bool = False) -> str:
    """Return the address in what somebody typed or pasted; the domain is as typed.

    Invisible characters and what other programs put around an address are dropped.
    `public`: refuse addresses without a domain name. `allow_non_ascii`: take letters beyond ASCII
    before the @, which were taken before.
    Raises AddressError if it is not a valid address.
    """
    bare = clean_address(typed)
    try:
        _check(bare, public=public)
    except AddressError as wrong:
        if suggestion := _corrected(bare, public=public):
            raise AddressError(SUGGESTION.format(suggestion), suggestion) from wrong
        if not allow_non_ascii or str(wrong) != NOT_PLAIN:
            raise
        local, _, domain = bare.rpartition("@")
        _check(f"{_BEYOND_ASCII.sub('x', local)}@{domain}", public=public)
    return bare


def clean_address(typed: str) -> str:
    """Strip invisible characters, blanks, a name before `<…>`, `mailto:`, quotation marks around
    all of it, and trailing punctuation."""
    text = _visible(typed).strip()
    if found := _IN_BRACKETS.fullmatch(text):
        text = found[1].strip()
    if text[:7].lower() == "mailto:":
        text = unquote(text[7:].partition("?")[0]).strip()
    if len(text) > 2 and text[0] in _QUOTES and text[-1] in _QUOTES:
        text = text[1:-1].strip()
    return text.rstrip(".,;:")


def _visible(text: str) -> str:
    visible = _INVISIBLE.sub("", text)
    if visible.isascii():
        return visible
    return _INVISIBLE.sub(lambda found: found[0] if found[0] in _JOINERS else "", text)


def masked_address(address: str) -> str:
    """Return what is enough to recognise an address that one knows: "a…@e….org"."""
    local, _, domain = address.rpartition("@")
    return f"{local[:1]}…@{domain[:1]}….{domain.rpartition('.')[2]}"


def _check(address: str, *, public: bool) -> None:
    local, _, domain = address.rpartition("@")
    if local and not local.isascii():
        raise AddressError(NOT_PLAIN)
    try:
        smtp_address(address, smtputf8=False)
        validate_email(f"{local}@{domain_key(domain)}")
    except (UnsupportedAddress, ValidationError) as wrong:
        raise AddressError(NO_ADDRESS) from wrong
    if not domain.isascii() and _shown(domain) != unicodedata.normalize("NFC", domain.lower()):
        raise AddressError(NO_ADDRESS)
    if public and not _is_public(domain_key(domain)):
        raise AddressError(NOT_PUBLIC)


def _is_public(domain: str) -> bool:
    """Whether it is a domain name that is not reserved for this machine (RFC 6761 6.3)."""
    return not domain.startswith("[") and domain.rpartition(".")[2] not in _LOCAL_DOMAINS


def _corrected(address: str, *, public: bool) -> str:
    """Return the address that was probably meant, "" if there is none.

    Compatibility characters such as full-width letters get their usual form; blanks are removed.
    """
    if address.startswith('"'):
        return ""  # blanks between quotation marks belong to the address
    plain = unicodedata.normalize("NFKC", address).translate(_FULL_STOPS)
    local, _, domain = clean_address("".join(plain.split())).rpartition("@")
    try:
        suggestion = f"{local}@{_shown(domain)}"
        _check(suggestion, public=public)
    except (AddressError, idna.IDNAError):
        return ""
    return suggestion if suggestion != address else ""


def _shown(domain: str) -> str:
    """The domain with the letters that its ASCII form stands for."""
    return domain if domain.isascii() else idna.decode(idna.encode(domain, uts46=True))


# Domains of one provider that ignores dots in the local part.
_DOTLESS = {"gmail.com": "gmail.com", "googlemail.com": "gmail.com"}


def mailbox_key(email: str) -> str:
    """Return one key for all spellings that are likely to reach the same mailbox.

    Subaddresses (`+tag`, RFC 5233) and the dots of Gmail are ignored. Coarser than
    `email_key`: two people may share a key, so it may only slow down or count, never identify.
    """
    local, _, domain = email_key(email).rpartition("@")
    local = unicodedata.normalize("NFKC", local).casefold()
    local = local.partition("+")[0] or local
    if domain in _DOTLESS:
        local, domain = local.replace(".", "") or local, _DOTLESS[domain]
    return f"{local}@{domain}"
