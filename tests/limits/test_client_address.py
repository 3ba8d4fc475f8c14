"""A request is counted under the network address that a trusted proxy saw, and no other."""

from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from digest.limits.client_address import TrustedProxies, client_key, read_address

NONE = TrustedProxies.from_text("")
PROXY = TrustedProxies.from_text("10.0.0.7 192.0.2.0/24")
V4 = st.ip_addresses(v=4)
V6 = st.ip_addresses(v=6)
# A client's own invention, to the left of what the proxy wrote.
INVENTED = st.lists(st.text(st.characters(codec="ascii", exclude_characters=","), max_size=40))


@given(V4)
def test_an_ipv4_address_is_a_client(address: IPv4Address) -> None:
    assert client_key(str(address), [], NONE) == str(address)


@given(V4)
def test_an_ipv4_address_mapped_into_ipv6_is_the_same_client(address: IPv4Address) -> None:
    assert client_key(f"::ffff:{address}", [], NONE) == str(address)


@given(V6, st.integers(0, 2**64 - 1))
def test_all_ipv6_addresses_of_a_64_are_one_client(address: IPv6Address, suffix: int) -> None:
    neighbour = IPv6Address(int(address) >> 64 << 64 | suffix)
    assume(not address.ipv4_mapped and not neighbour.ipv4_mapped)
    key = client_key(str(address), [], NONE)
    assert key == client_key(str(neighbour), [], NONE)
    assert key is not None
    assert address in ip_network(key)


@given(V4 | V6, INVENTED)
def test_the_right_most_entry_of_a_trusted_proxy_counts(
    address: IPv4Address | IPv6Address, invented: list[str]
) -> None:
    assume(not PROXY.contains(str(address)))
    alone = client_key(str(address), [], PROXY)
    assert client_key("10.0.0.7", [*invented, str(address)], PROXY) == alone
    assert client_key("10.0.0.7", [*invented, str(address), " 192.0.2.9"], PROXY) == alone


@given(V4 | V6, INVENTED)
def test_a_stranger_cannot_forward(address: IPv4Address | IPv6Address, invented: list[str]) -> None:
    assume(not PROXY.contains(str(address)))
    assert client_key(str(address), invented, PROXY) == client_key(str(address), [], PROXY)


@given(st.text(max_size=60), st.lists(st.text(max_size=60), max_size=4))
def test_garbage_is_never_an_error(peer: str, forwarded: list[str]) -> None:
    for trusted in (NONE, PROXY, TrustedProxies.from_text("private")):
        client_key(peer, forwarded, trusted)


@pytest.mark.parametrize(
    ("written", "address"),
    [
        ("198.51.100.1", "198.51.100.1"),
        (" 198.51.100.1:4711", "198.51.100.1"),
        ("[2001:db8::1]:4711", "2001:db8::1"),
        ('"[2001:db8::1]"', "2001:db8::1"),
        ("fe80::1%eth0", "fe80::1"),
        ("::FFFF:198.51.100.1", "198.51.100.1"),
        ("unknown", None),
        ("_hidden", None),
        ("198.51.100.256", None),
        ("", None),
    ],
)
def test_addresses_as_proxies_write_them(written: str, address: str | None) -> None:
    assert read_address(written) == (ip_address(address) if address else None)


def test_an_entry_that_is_no_address_leaves_the_proxy_before_it() -> None:
    assert client_key("10.0.0.7", ["198.51.100.1", "unknown"], PROXY) == "10.0.0.7"
    assert client_key("10.0.0.7", ["unknown", "192.0.2.9"], PROXY) == "192.0.2.9"


@pytest.mark.parametrize("peer", ["127.0.0.1", "::1", "10.1.2.3", "192.168.0.1", "fd00::1", ""])
def test_without_trust_nobody_is_known_behind_a_private_proxy(peer: str) -> None:
    assert client_key(peer, ["198.51.100.1"], NONE) is None


def test_without_trust_a_public_peer_is_the_client_whatever_it_says() -> None:
    assert client_key("198.51.100.1", ["203.0.113.5"], NONE) == "198.51.100.1"


def test_a_unix_socket_is_trusted_where_it_is_named() -> None:
    assert client_key("", ["198.51.100.1"], TrustedProxies.from_text("unix")) == "198.51.100.1"
    assert client_key("", [], TrustedProxies.from_text("unix")) is None
    assert client_key("", ["198.51.100.1"], PROXY) is None


@pytest.mark.parametrize("raw", ["proxy.example.org", "10.0.0.1/8", "10.0.0.0/33", "all"])
def test_what_is_no_network_is_refused(raw: str) -> None:
    with pytest.raises(ValueError):
        TrustedProxies.from_text(raw)
