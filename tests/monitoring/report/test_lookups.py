"""DNS look-ups on loopback: kept, and limited in time."""

import time

import pytest

from digest.monitoring.report import lookups as module
from digest.monitoring.report.lookups import LookupFailed, Lookups
from tests.support.dns_server import FAILING, SILENT, DnsServer


def test_answers(server: DnsServer, lookups: Lookups) -> None:
    # The records of a name have no order.
    assert sorted(lookups.txt("example.org")) == [
        "something else",
        "v=spf1 include:relay.example.net -all",
    ]
    assert lookups.mail_servers("example.org") == ["mail.example.org"]
    assert lookups.addresses("mail.example.org") == ["192.0.2.1"]
    assert lookups.host_names("192.0.2.7") == ["out.example.net"]
    assert lookups.addresses("192.0.2.9") == ["192.0.2.9"]
    assert lookups.txt("mail.example.org") == lookups.txt("nowhere.example.org") == []
    server.zone["null.example MX"] = ["0 ."]
    assert lookups.mail_servers("null.example") == [""]


def test_each_question_is_asked_once(server: DnsServer, lookups: Lookups) -> None:
    for _ in range(3):
        lookups.txt("example.org")
        lookups.txt("Example.ORG.")
    assert server.asked == ["example.org TXT"]


def test_a_silent_server_takes_a_limited_time(
    server: DnsServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "QUERY_SECONDS", 0.2)
    server.zone["silent.example TXT"] = [SILENT]
    lookups = Lookups([server.address], seconds=60)
    for _ in range(2):  # the second is kept
        with pytest.raises(LookupFailed, match=r"TXT of silent.example cannot be looked up"):
            lookups.txt("silent.example")
    assert server.asked.count("silent.example TXT") == 1


def test_all_together_take_a_limited_time(server: DnsServer) -> None:
    lookups = Lookups([server.address], seconds=0.05)
    time.sleep(0.06)
    with pytest.raises(LookupFailed, match="was not looked up"):
        lookups.txt("example.org")
    assert server.asked == []


@pytest.mark.parametrize("name", ["a..b", "x" * 64 + ".example", "é" * 300])
def test_names_that_cannot_be_asked_for(lookups: Lookups, name: str) -> None:
    with pytest.raises(LookupFailed):
        lookups.txt(name)


def test_a_failing_server(server: DnsServer, lookups: Lookups) -> None:
    server.zone["broken.example A"] = [FAILING]
    with pytest.raises(LookupFailed, match="NoNameservers"):
        lookups.addresses("broken.example")
