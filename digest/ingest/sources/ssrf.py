"""Which network addresses may be connected to (against server-side request forgery).

An operator types a source's address, and a server that may stand inside a private network follows
it; so it must lead out of that network, unless the operator allowed a private address for the host.
"""

import ipaddress
import socket

from .errors import CannotFetch

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
# RFC 6052: an IPv4 address is written in the last four bytes of these.
_TRANSLATED = ipaddress.ip_network("64:ff9b::/96")
# What IANA's registries of special-purpose addresses list, with what has been withdrawn since:
# versions of Python differ in what they call global.
_SPECIAL_IPV4 = tuple(
    ipaddress.IPv4Network(each)
    for each in (
        "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16",
        "172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16",
        "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/3",
    )
)  # fmt: skip
# All global unicast addresses (RFC 4291 2.4), but for those set apart within.
_GLOBAL_IPV6 = ipaddress.IPv6Network("2000::/3")
_SPECIAL_IPV6 = tuple(
    ipaddress.IPv6Network(each) for each in ("2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20")
)


def resolve_allowed(host: str, port: int, *, allowed: frozenset[str]) -> list[str]:
    """Return the permitted IP addresses of this host name, in the resolver's order.

    The caller connects to one of them and to nothing else: a second look-up could answer
    differently. Hosts in `allowed` may have any address. Raises CannotFetch with a sentence.
    """
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as wrong:
        raise CannotFetch(
            f"The host {host} cannot be found: {_reason(wrong)}.", may_retry=True
        ) from wrong
    every = list(dict.fromkeys(str(info[4][0]) for info in found))
    free = every if host.lower() in allowed else [each for each in every if is_public(each)]
    if not free:
        raise CannotFetch(
            f"{host} is at {every[0]}, which is on this machine or its own network. If that is "
            "intended, allow a private address in the source."
        )
    return free


def is_public(written: str) -> bool:
    """Return whether an IP address is on the public internet, also when it is wrapped in IPv6."""
    address = _unwrapped(ipaddress.ip_address(written))
    if isinstance(address, ipaddress.IPv4Address):
        return not any(address in network for network in _SPECIAL_IPV4)
    special = any(address in network for network in _SPECIAL_IPV6)
    return address in _GLOBAL_IPV6 and not special


def _unwrapped(address: Address) -> Address:
    """Return the IPv4 address that an IPv6 address leads to (mapped, 6to4, NAT64); else itself."""
    if isinstance(address, ipaddress.IPv4Address):
        return address
    if address in _TRANSLATED:
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour or address


def _reason(wrong: OSError | UnicodeError) -> str:
    if isinstance(wrong, UnicodeError):
        return "not a valid host name"
    return (wrong.strerror or str(wrong)).rstrip(".")
