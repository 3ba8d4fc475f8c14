"""Addresses as pages and feeds write them, made whole: where a paper's own link leads."""

import re
from urllib.parse import quote, urljoin, urlsplit, urlunsplit

_LONGEST = 2000
_BREAKS = re.compile(r"[\t\n\r\f]+\s*")
# What an address may hold, the percent sign included: what is encoded already stays as it is.
_KEPT = "!$&'()*+,;=:@/?%~-._[]"
_BARE_PERCENT = re.compile(r"%(?![0-9A-Fa-f]{2})")


def web_link(address: str, base: str = "") -> str:
    """Return the absolute http or https address, resolved against `base`; "" if there is none.

    Blanks and letters outside ASCII are percent-encoded (RFC 3987, 3.1), hosts in IDNA; an address
    without a scheme (“//host/path”) takes that of the base, else https. One that only names the
    base, or a place in it, is no link of a paper.
    """
    address = _BREAKS.sub("", address.strip())
    if not address or len(address) > _LONGEST or address.startswith("#"):
        return ""
    try:
        whole = urljoin(base, address) if base else address
        if whole.startswith("//"):
            whole = f"https:{whole}"
        parts = urlsplit(whole)
        host = _host(parts.netloc)
        if parts.scheme.lower() not in ("http", "https") or not host or not parts.hostname:
            return ""
    except ValueError:  # a bracket without its other half, a port or host that is none
        return ""
    path, query, fragment = map(_encoded, (parts.path, parts.query, parts.fragment))
    link = urlunsplit((parts.scheme.lower(), host, path, query, fragment))
    is_base = address != whole and link.partition("#")[0] == base.partition("#")[0]
    return "" if is_base or len(link) > _LONGEST else link


def _encoded(part: str) -> str:
    return quote(_BARE_PERCENT.sub("%25", part), safe=_KEPT)


def _host(netloc: str) -> str:
    """Return the host and port in ASCII, without user information; "" if it holds a blank."""
    host = netloc.rpartition("@")[2]
    if any(map(str.isspace, host)) or "\\" in host:
        return ""
    return host if host.isascii() else host.encode("idna").decode()
