"""Keys of services: read from SOURCE_ variables, and added to a request when it leaves.

Nothing before the transport knows a key, so that no address, log, exception, row or page can show
it. A key is sent only to the hosts it belongs to, whatever an editor of sources writes and
wherever a server redirects: those of `KNOWN_HOSTS`, or those that the machine's administrator
names in the variable SOURCE_…_HOST.
"""

import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from urllib.parse import quote, quote_plus

import httpx

from digest.environment import is_loopback
from digest.models import Source

from .errors import CannotFetch

KNOWN_HOSTS: Mapping[str, str] = {
    "SOURCE_CROSSREF_KEY": "api.crossref.org",
    "SOURCE_NCBI_KEY": "eutils.ncbi.nlm.nih.gov",
    "SOURCE_OPENALEX_KEY": "api.openalex.org",
    "SOURCE_SEMANTIC_SCHOLAR_KEY": "api.semanticscholar.org",
}
HIDDEN = "(key)"
_LONGEST, _SHORTEST = 1000, 6
_VISIBLE = re.compile(r"[!-~]+(?: [!-~]+)*")
Header = tuple[bytes, bytes]


@dataclass(frozen=True)
class SourceKey:
    """A key, where in a request it stands, and the hosts it may be sent to."""

    variable: str
    value: str = field(repr=False)
    place: str  # "query" or "header"
    name: str  # of the parameter or header
    hosts: frozenset[str]

    def belongs_to(self, url: httpx.URL) -> bool:
        """Return whether it may be sent there: to its hosts, encrypted or within this machine."""
        return url.host.lower() in self.hosts and (
            url.scheme == "https" or (url.scheme == "http" and is_loopback(url.host))
        )

    def added(self, target: bytes, headers: Sequence[Header]) -> tuple[bytes, list[Header]]:
        """Return a request's target and headers with the key."""
        if self.place == "header":
            name = self.name.encode()
            others = [each for each in headers if each[0].lower() != name.lower()]
            return target, [*others, (name, self.value.encode())]
        path, _, query = target.partition(b"?")
        name = quote(self.name).encode()
        # A server that redirects may have copied it into the address.
        others_of_query = [
            each for each in query.split(b"&") if each and each.split(b"=")[0] != name
        ]
        own = name + b"=" + quote(self.value, safe="").encode()
        return path + b"?" + b"&".join([*others_of_query, own]), list(headers)

    def is_in(self, text: str) -> bool:
        """Return whether a text shows the key."""
        return self._pattern.search(text) is not None

    def hide(self, text: str) -> str:
        """Return the text with the key replaced, as it is, percent-encoded or as in JSON."""
        return self._pattern.sub(HIDDEN, text)

    def hide_bytes(self, data: bytes) -> bytes:
        """Return the bytes with the key replaced: servers repeat what they were asked."""
        pattern = re.compile(self._pattern.pattern.encode(), re.IGNORECASE)
        return pattern.sub(HIDDEN.encode(), data)

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        # "Bearer" and the like are no secrets; the longest word is. Hosts are put in lower case.
        secrets = (self.value, max(self.value.split(), key=len))
        spellings = (
            spelling
            for secret in secrets
            for spelling in (
                secret,
                quote(secret, safe=""),
                quote_plus(secret),
                secret.replace("/", "\\/"),
            )
        )
        return re.compile("|".join(map(re.escape, dict.fromkeys(spellings))), re.IGNORECASE)


def key_of(source: Source) -> SourceKey | None:
    """Return the key of a source; None if it has none. Raises CannotFetch if it must not be sent.

    The sentences name variables and never what they hold.
    """
    variable = source.key_variable
    if not variable:
        return None
    value = os.environ.get(variable, "").strip()
    if not value:
        raise CannotFetch(
            f"The key is missing: set {variable} in the environment of the web server and the "
            "workers. Or clear “key variable” to fetch without a key."
        )
    _check(variable, value)
    place, _, name = source.key_place.partition(":")
    key = SourceKey(variable, value, place, name, hosts_of(variable))
    _check_address(key, source.url)
    return key


def hosts_of(variable: str) -> frozenset[str]:
    """Return the hosts that the key in this variable may be sent to."""
    named = os.environ.get(f"{variable}_HOST", "") or KNOWN_HOSTS.get(variable, "")
    return frozenset(named.lower().split())


def _check(variable: str, value: str) -> None:
    if not _SHORTEST <= len(value) <= _LONGEST or not _VISIBLE.fullmatch(value):
        raise CannotFetch(
            f"{variable} does not contain a key. Use {_SHORTEST} to {_LONGEST} characters "
            "without surrounding quotes, line breaks or accents."
        )


def _check_address(key: SourceKey, address: str) -> None:
    try:
        url = httpx.URL(address.partition("{")[0])
    except (httpx.InvalidURL, UnicodeError) as wrong:
        raise CannotFetch(f"“{address}” is not a web address.") from wrong
    if url.host.lower() not in key.hosts:
        known = f"belongs to {' '.join(sorted(key.hosts))}" if key.hosts else "has no host yet"
        raise CannotFetch(
            f"{key.variable} {known}, and is not sent to {url.host}. To allow that, set "
            f"{key.variable}_HOST={url.host} in the environment of the machine."
        )
    if not key.belongs_to(url):
        raise CannotFetch(f"{key.variable} is only sent encrypted. Use https:// in the address.")
