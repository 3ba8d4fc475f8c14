"""Which addresses are public, in every spelling and wrapping."""

import ipaddress
import socket

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.ingest.sources.errors import CannotFetch
from digest.ingest.sources.ssrf import is_public, resolve_allowed


@pytest.mark.parametrize("written", [
    "127.0.0.1", "127.8.9.10", "0.0.0.0", "10.1.2.3", "172.16.0.1", "192.168.1.1",
    "169.254.169.254", "100.64.0.1", "224.0.0.1", "255.255.255.255", "240.0.0.1", "192.0.2.1",
    "198.18.0.1", "::", "::1", "fe80::1", "fe80::1%eth0", "fc00::1", "fd12:3456::1", "ff02::1",
    "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::127.0.0.1", "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe",
    "2002:7f00:1::", "2002:a00:1::1", "2001:db8::1", "2001:0:4136:e378:8000:63bf:f5ff:fffe",
    # Withdrawn, or called global by some versions of Python.
    "192.0.0.1", "192.0.0.9", "192.0.0.171", "192.88.99.1", "fec0::1", "feff::1", "3fff::1",
    "3fff:fff::1", "2001:1::1", "2001:20::1", "64:ff9b:1::808:808", "5f00::1", "100::1",
    "2002:c058:6301::1", "::ffff:192.88.99.1", "64:ff9b::c000:1", "::8.8.8.8", "4000::1",
    # Teredo, in which a public address is wrapped.
    "2001:0:808:808:0:ffff:f7f7:f7f7",
])  # fmt: skip
def test_not_of_the_open_internet(written: str) -> None:
    assert not is_public(written)


@pytest.mark.parametrize(
    "written",
    [
        "93.184.215.14", "8.8.8.8", "192.0.1.1", "192.88.98.1", "223.255.255.255", "172.32.0.1",
        "2606:4700::1111", "2001:200::1", "3ffe::1", "3fff:1000::1",
        "::ffff:8.8.8.8", "64:ff9b::808:808", "2002:808:808::1",
    ],
)  # fmt: skip
def test_of_the_open_internet(written: str) -> None:
    assert is_public(written)


@given(st.ip_addresses(v=4))
def test_wrapping_an_address_changes_nothing(address: ipaddress.IPv4Address) -> None:
    number, plain = int(address), is_public(str(address))
    mapped = ipaddress.IPv6Address((0xFFFF << 32) | number)
    translated = ipaddress.IPv6Address((0x64FF9B << 96) | number)
    assert is_public(str(mapped)) == plain
    assert is_public(str(translated)) == plain
    assert is_public(str(ipaddress.IPv6Address((0x2002 << 112) | (number << 80)))) == plain


@given(st.ip_addresses())
def test_nothing_is_open_that_python_calls_private(
    address: ipaddress.IPv4Address | ipaddress.IPv6Address,
) -> None:
    wrapped = getattr(address, "ipv4_mapped", None) or getattr(address, "sixtofour", None)
    if is_public(str(address)) and not wrapped:
        assert not address.is_private
        assert not address.is_multicast


@pytest.mark.parametrize(
    "host",
    ["localhost", "127.0.0.1", "127.1", "2130706433", "0x7f000001", "0177.0.0.1", "0", "::1"],
)
def test_every_spelling_of_this_machine_is_found_out(host: str) -> None:
    with pytest.raises(CannotFetch, match="its own network"):
        resolve_allowed(host, 80, allowed=frozenset())
    assert resolve_allowed(host, 80, allowed=frozenset({host}))


def test_of_a_host_with_a_public_and_a_private_address_the_public_one_is_used(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    found = [(socket.AF_INET, 1, 6, "", (each, 80)) for each in ("10.0.0.1", "8.8.8.8", "8.8.8.8")]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *args, **options: found)
    assert resolve_allowed("rebinding.example.org", 80, allowed=frozenset()) == ["8.8.8.8"]


@pytest.mark.parametrize("host", ["", "a" * 70, "a..b", "\x00"])
def test_no_host(host: str) -> None:
    if host == "":
        with pytest.raises(CannotFetch):
            resolve_allowed(host, 80, allowed=frozenset())
        return
    with pytest.raises(CannotFetch, match="cannot be found"):
        resolve_allowed(host, 80, allowed=frozenset())
