"""SPF records: what they allow, what they cost, and what is wrong with them."""

import pytest

from digest.monitoring.report.lines import Level, ReportLine
from digest.monitoring.report.lookups import Lookups
from digest.monitoring.report.spf import SpfError, check_spf, evaluate
from tests.support.dns_server import FAILING, DnsServer

from .zone import ADDRESS


def lines(lookups: Lookups, *addresses: str, sure: bool = True) -> list[ReportLine]:
    return list(check_spf("example.org", dict.fromkeys(addresses, sure), lookups))


def spf(server: DnsServer, record: str, name: str = "example.org") -> None:
    server.zone[f"{name} TXT"] = [f'"{record}"']


def test_a_good_record(lookups: Lookups) -> None:
    found = lines(lookups, ADDRESS, "2001:db8::1")
    assert {line.level for line in found} == {Level.OK}
    assert "1 of at most 10 look-ups" in found[0].fact


@pytest.mark.parametrize(("sure", "level"), [(True, Level.FAULT), (False, Level.WARNING)])
def test_an_address_that_is_not_allowed(lookups: Lookups, sure: bool, level: Level) -> None:
    wrong = lines(lookups, "192.0.2.8", sure=sure)[-1]
    assert (wrong.level, wrong.fact) == (level, "example.org does not let 192.0.2.8 send.")
    assert ("--address" in wrong.cure) == (not sure)


@pytest.mark.parametrize(
    ("records", "sentence"),
    [
        ([], "example.org has no SPF record."),
        (['"v=spf10 -all"'], "example.org has no SPF record."),
        (['"v=spf1 -all"', '"v=spf1 a -all"'], "example.org has 2 SPF records."),
        (['"v=spf1 ipv4:192.0.2.1 -all"'], "unknown term “ipv4:192.0.2.1”"),
        (['"v=spf1 ip4:192.0.2 -all"'], "invalid term “ip4:192.0.2”"),
        (['"v=spf1 ip4:2001:db8::1 -all"'], "invalid term “ip4:2001:db8::1”"),
        (['"v=spf1 include -all"'], "invalid term “include”"),
        (['"v=spf1 include:nobody.example -all"'], "nobody.example has no SPF record."),
        (['"v=spf1 +all"'], "lets anybody send"),
        (['"v=spf1 all"'], "lets anybody send"),
    ],
)
def test_faults(server: DnsServer, lookups: Lookups, records: list[str], sentence: str) -> None:
    server.zone["example.org TXT"] = records
    (fault,) = [line for line in lines(lookups) if line.level == Level.FAULT]
    assert sentence in fault.fact
    assert fault.cure


@pytest.mark.parametrize("record", ["v=spf1 mx", "v=spf1 ?all", "v=spf1"])
def test_a_record_without_an_end(server: DnsServer, lookups: Lookups, record: str) -> None:
    spf(server, record)
    assert lines(lookups)[0].level == Level.WARNING


def test_a_redirect_has_the_end_of_its_target(server: DnsServer, lookups: Lookups) -> None:
    spf(server, "v=spf1 redirect=other.example")
    spf(server, "v=spf1 ip4:192.0.2.7 -all", "other.example")
    found = lines(lookups, ADDRESS, "192.0.2.9")
    assert [line.level for line in found] == [Level.OK, Level.OK, Level.FAULT]


def chain(server: DnsServer, length: int) -> None:
    """So many includes in a row."""
    for number in range(length):
        spf(server, f"v=spf1 include:s{number + 1}.example -all", f"s{number}.example")
    spf(server, "v=spf1 ip4:192.0.2.7 -all", f"s{length}.example")


@pytest.mark.parametrize(("length", "level"), [(9, Level.OK), (10, Level.FAULT)])
def test_the_budget_counts_nested_includes(
    server: DnsServer, lookups: Lookups, length: int, level: Level
) -> None:
    chain(server, length)
    spf(server, "v=spf1 include:s0.example -all")
    assert lines(lookups)[0].level == level


def test_all_kinds_of_look_ups_count(server: DnsServer, lookups: Lookups) -> None:
    terms = "a mx ptr exists:x.example a:y.example mx:z.example include:relay.example.net"
    spf(server, f"v=spf1 {terms} ip4:192.0.2.7 -all")
    assert "takes 7 of at most 10 look-ups, 4 of them of names" in lines(lookups)[0].fact


def test_a_record_that_includes_itself_ends(server: DnsServer, lookups: Lookups) -> None:
    spf(server, "v=spf1 include:example.org -all")
    assert "more than 10" in lines(lookups)[0].fact
    with pytest.raises(SpfError):
        evaluate("example.org", ADDRESS, lookups)


@pytest.mark.parametrize(
    ("record", "address", "sign"),
    [
        ("ip4:192.0.2.0/30 -all", "192.0.2.3", "+"),
        ("ip4:192.0.2.0/30 -all", "192.0.2.4", "-"),
        ("-ip4:192.0.2.7 +all", "192.0.2.7", "-"),
        ("ip6:2001:db8::/32 ~all", "2001:db8::9", "+"),
        ("mx ~all", "192.0.2.1", "+"),
        ("a:mail.example.org/24 ~all", "192.0.2.200", "+"),
        ("a:mail.example.org ~all", "192.0.2.200", "~"),
        ("exists:%{i}.example.net ~all", "192.0.2.1", "~"),
        ("include:relay.example.net -all", "198.51.100.1", "-"),
        ("ip4:192.0.2.1", "192.0.2.2", ""),
    ],
)
def test_evaluation(
    server: DnsServer, lookups: Lookups, record: str, address: str, sign: str
) -> None:
    spf(server, f"v=spf1 {record}")
    assert evaluate("example.org", address, lookups) == sign


def test_a_server_that_fails_is_no_fault_of_the_record(server: DnsServer, lookups: Lookups) -> None:
    server.zone["example.org TXT"] = [FAILING]
    (line,) = lines(lookups)
    assert (line.level, line.check) == (Level.WARNING, "spf")
    assert "cannot be looked up" in line.fact
