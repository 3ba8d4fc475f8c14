"""DNS look-ups with a limit of time for each, and for all together."""

import time
from collections.abc import Sequence
from ipaddress import ip_address
from typing import Any

import dns.exception
import dns.name
import dns.rdatatype
import dns.resolver
import dns.reversename

from digest.limits.client_address import read_address

QUERY_SECONDS = 4.0
ALL_SECONDS = 60.0
_MAX_UDP = 1232  # bytes that fit everywhere (DNS flag day 2020)


class LookupFailed(Exception):
    """No answer: a time-out, a server that fails, or a name that cannot be asked for. The message
    is a sentence."""


class Lookups:
    """Asks the DNS servers in `servers` (address, port), or the machine's own.

    Answers are kept, so that each question is asked once. A name or type that does not exist is an
    empty list.
    """

    def __init__(
        self, servers: Sequence[tuple[str, int]] = (), seconds: float = ALL_SECONDS
    ) -> None:
        self._end = time.monotonic() + seconds
        self._servers = servers
        self._resolver: dns.resolver.Resolver | None = None
        self._kept: dict[tuple[str, str], list[Any] | LookupFailed] = {}

    def txt(self, name: str) -> list[str]:
        """Return the TXT records, each joined from its parts."""
        found = self._records(name, "TXT")
        return [b"".join(each.strings).decode("utf-8", "replace") for each in found]

    def addresses(self, name: str) -> list[str]:
        """Return the IP addresses of a name, or the one that it is."""
        if address := read_address(name):
            return [str(address)]
        found = [*self._records(name, "A"), *self._records(name, "AAAA")]
        return [str(each.address) for each in found]

    def mail_servers(self, name: str) -> list[str]:
        """Return the hosts of the MX records, best first; "" is a null MX (RFC 7505)."""
        found = sorted(self._records(name, "MX"), key=lambda each: each.preference)
        return [str(each.exchange).rstrip(".") for each in found]

    def host_names(self, address: str) -> list[str]:
        """Return the names of the PTR records of an IP address."""
        name = str(dns.reversename.from_address(str(ip_address(address))))
        return [str(each.target).rstrip(".") for each in self._records(name, "PTR")]

    def _records(self, name: str, kind: str) -> list[Any]:
        key = (name.lower().rstrip("."), kind)
        if key not in self._kept:
            try:
                self._kept[key] = self._ask(*key)
            except LookupFailed as failed:
                self._kept[key] = failed
        found = self._kept[key]
        if isinstance(found, LookupFailed):
            raise found
        return found

    def _ask(self, name: str, kind: str) -> list[Any]:
        left = self._end - time.monotonic()
        if left <= 0:
            raise LookupFailed(f"{kind} of {name} was not looked up: DNS took too long before.")
        try:
            answer = self._own_resolver().resolve(
                f"{name}.", kind, lifetime=min(QUERY_SECONDS, left), raise_on_no_answer=False,
                search=False,
            )  # fmt: skip
        except dns.resolver.NXDOMAIN:
            return []
        except (dns.exception.DNSException, OSError, UnicodeError, ValueError) as wrong:
            raise LookupFailed(
                f"{kind} of {name} cannot be looked up ({type(wrong).__name__})."
            ) from wrong
        return list(answer.rrset or ())

    def _own_resolver(self) -> dns.resolver.Resolver:
        if self._resolver is None:
            self._resolver = dns.resolver.Resolver(configure=not self._servers)
            self._resolver.use_edns(0, 0, _MAX_UDP)
            if self._servers:
                self._resolver.nameservers = [host for host, _ in self._servers]
                self._resolver.nameserver_ports = dict(self._servers)
        return self._resolver
