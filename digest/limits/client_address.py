"""The network address of a client, by which limits are counted."""

from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
    ip_network,
)

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network
_UNIX = "unix"  # a peer on a unix socket has no address
_PRIVATE = "private"
_PRIVATE_NETWORKS = (
    "127.0.0.0/8", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16",
    "100.64.0.0/10", "::1/128", "fc00::/7", "fe80::/10",
)  # fmt: skip
# A host controls all addresses of an IPv6 /64 (RFC 6177).
_IPV6_PREFIX = 64


@dataclass(frozen=True, slots=True)
class TrustedProxies:
    """Proxies whose X-Forwarded-For is trusted: their networks, and unix sockets."""

    networks: tuple[Network, ...] = ()
    unix: bool = False

    @classmethod
    def from_text(cls, raw: str) -> "TrustedProxies":
        """Parse `10.0.0.7 fd00::/8 unix`, or `private` for all private networks and unix sockets.

        Raises ValueError if a word is not a network.
        """
        words = raw.replace(",", " ").split()
        if _PRIVATE in words:
            words += [*_PRIVATE_NETWORKS, _UNIX]
        networks = tuple(ip_network(word) for word in words if word not in (_PRIVATE, _UNIX))
        return cls(networks, _UNIX in words)

    def __bool__(self) -> bool:
        return bool(self.networks or self.unix)

    def contains(self, peer: str) -> bool:
        """Whether the peer, an address or "" for a unix socket, is a trusted proxy."""
        address = read_address(peer)
        if address is None:
            return self.unix and not peer
        return any(address in network for network in self.networks)


_PRIVATE_PEERS = TrustedProxies.from_text(_PRIVATE)


def read_address(text: str) -> Address | None:
    """Parse an address with or without port, brackets and zone; return None if it is none.

    An IPv4 address mapped into IPv6 is the IPv4 address (RFC 4291 2.5.5.2).
    """
    bare = text.strip().strip('"')
    if bare.startswith("["):
        bare = bare[1:].partition("]")[0]
    elif bare.count(":") == 1:
        bare = bare.partition(":")[0]
    try:
        address = ip_address(bare.partition("%")[0])
    except ValueError:
        return None
    return (address.ipv4_mapped or address) if isinstance(address, IPv6Address) else address


def client_key(peer: str, forwarded: Sequence[str], trusted: TrustedProxies) -> str | None:
    """Return the key of a client: an IPv4 address, or the /64 network of an IPv6 address.

    `peer` is the socket's address, `forwarded` the entries of X-Forwarded-For. If the peer is a
    trusted proxy, the client is the right-most entry that is not a trusted proxy: entries to its
    left may be forged. Returns None if the client is unknown: a private peer forwards while no
    proxy is trusted, or there is no address.
    """
    if not trusted and forwarded and is_private(peer):
        return None
    address = read_address(peer)
    if trusted.contains(peer):
        for entry in reversed(forwarded):
            before = read_address(entry)
            if before is None:
                break
            address = before
            if not trusted.contains(str(before)):
                break
    return None if address is None else _network(address)


def is_private(peer: str) -> bool:
    """Whether a peer is on this machine or in a private network."""
    return _PRIVATE_PEERS.contains(peer)


def _network(address: Address) -> str:
    if isinstance(address, IPv4Address):
        return str(address)
    return str(ip_network((address, _IPV6_PREFIX), strict=False))
