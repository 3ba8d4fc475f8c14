"""PTR records that lead back, and mail servers that take replies and bounces."""

import pytest

from digest.monitoring.report.hosts import check_mail_servers, check_reverse, public_addresses
from digest.monitoring.report.lines import Level
from digest.monitoring.report.lookups import Lookups
from tests.support.dns_server import FAILING, DnsServer

from .zone import ADDRESS

PTR = "7.2.0.192.in-addr.arpa PTR"


def test_there_and_back(lookups: Lookups) -> None:
    (line,) = check_reverse({ADDRESS: True}, lookups)
    assert (line.level, line.fact) == (Level.OK, f"{ADDRESS} is out.example.net, and back.")


@pytest.mark.parametrize(("sure", "level"), [(True, Level.FAULT), (False, Level.WARNING)])
def test_no_name_or_one_of_another(
    server: DnsServer, lookups: Lookups, sure: bool, level: Level
) -> None:
    (line,) = check_reverse({"2001:db8::7": sure}, lookups)
    assert (line.level, "has no name (PTR)" in line.fact) == (level, True)
    server.zone["out.example.net A"] = ["192.0.2.99"]
    (line,) = check_reverse({ADDRESS: sure}, lookups)
    assert (line.level, "does not lead back" in line.fact) == (level, True)
    server.zone[PTR] = [FAILING]
    (line,) = check_reverse({ADDRESS: sure}, Lookups([server.address]))
    assert line.level == Level.WARNING


def test_one_of_several_names_is_enough(server: DnsServer, lookups: Lookups) -> None:
    server.zone[PTR] = ["a.example.net.", "out.example.net."]
    (line,) = check_reverse({ADDRESS: True}, lookups)
    assert line.level == Level.OK


@pytest.mark.parametrize(
    ("records", "level", "words"),
    [
        ({"x.example MX": ["5 mail.example.org."]}, Level.OK, "Replies go to mail.example.org"),
        ({"x.example MX": ["0 ."]}, Level.FAULT, "null MX"),
        ({"x.example MX": ["5 none.example."]}, Level.FAULT, "no mail server with an address"),
        ({"x.example A": ["192.0.2.1"]}, Level.WARNING, "no MX record"),
        ({}, Level.FAULT, "no mail server with an address"),
        ({"x.example MX": [FAILING]}, Level.WARNING, "cannot be looked up"),
    ],
)
def test_mail_servers(
    server: DnsServer, lookups: Lookups, records: dict[str, list[str]], level: Level, words: str
) -> None:
    server.zone |= records
    (line,) = check_mail_servers({"x.example": "replies"}, lookups)
    assert (line.level, words in line.fact) == (level, True)


def test_private_addresses_are_none_of_the_internet(server: DnsServer, lookups: Lookups) -> None:
    server.zone["relay.example A"] = ["10.0.0.1", "127.0.0.1", "192.0.2.5"]
    assert public_addresses("relay.example", lookups) == ["192.0.2.5"]
    assert public_addresses("10.0.0.9", lookups) == []
