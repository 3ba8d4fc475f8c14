"""The whole report: of the sender, and by the command."""

import json
from datetime import UTC, datetime
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from digest.environment.dns_servers import dns_servers
from digest.mail.routing.relay import Relay
from digest.models import Machine
from digest.monitoring.report import sender as sender_module
from digest.monitoring.report.lines import ReportLine
from digest.monitoring.report.lookups import Lookups
from digest.monitoring.report.sender import check_sender
from tests.support.dns_server import DnsServer
from tests.support.sink import Sink

from .zone import ADDRESS, said

NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def sender(settings: Any, server: DnsServer) -> None:
    settings.MAIL_SENDER = settings.REPLY_TO = "digest@example.org"
    settings.VERP_SENDER = "bounces+{}@example.org"
    settings.DKIM_SELECTOR, settings.DKIM_DOMAIN, settings.DKIM_SIGNER = "s1", "example.org", None
    settings.MAIL_RELAYS = ()
    settings.DNS_SERVERS = (server.address,)
    settings.CELERY_BROKER_URL = "memory://"
    server.zone["s1._domainkey.example.org TXT"] = ['"v=DKIM1; k=ed25519; p=MCow"']


def report(lookups: Lookups, *addresses: str) -> list[ReportLine]:
    return list(check_sender(NOON, addresses, lookups))


def test_all_is_well_but_that_no_mail_leaves(lookups: Lookups) -> None:
    lines = report(lookups, ADDRESS)
    assert said(lines, "warning", "fault") == ["tls: No mail leaves this site."]
    checks = [line.check for line in lines]
    assert checks == ["spf", "spf", "dkim", "dmarc", "alignment", "ptr", "mx", "tls"]


def test_a_relay_elsewhere_is_looked_up(
    server: DnsServer, lookups: Lookups, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.zone["relay.example.net A"] = [ADDRESS, "198.51.100.1"]
    settings.MAIL_RELAYS = (Relay("relay.example.net", 465, security="tls"),)
    # To connect, the system would ask its own DNS servers.
    monkeypatch.setattr(sender_module, "check_relay_tls", lambda relays, at: ())
    lines = [each for each in report(lookups) if each.check in ("spf", "ptr")]
    assert said(lines, "warning") == [
        "spf: example.org does not let 198.51.100.1 send.",
        "ptr: 198.51.100.1 has no name (PTR), so many servers refuse its mail.",
    ]


def test_a_relay_on_this_machine_has_no_address_to_look_up(lookups: Lookups, settings: Any) -> None:
    with Sink() as sink:
        settings.MAIL_RELAYS = (Relay("127.0.0.1", sink.port),)
        found = said(report(lookups), "warning", "fault")
    assert found == ["ptr: The mail server 127.0.0.1 has no public address that is known here."]


def test_a_sender_that_no_machine_knows(lookups: Lookups, settings: Any, server: DnsServer) -> None:
    settings.MAIL_SENDER = "digest@localhost"
    assert said(report(lookups), "fault") == [
        "sender: MAIL_FROM is at localhost, which no other machine knows."
    ]
    assert server.asked == []


def run(*arguments: str) -> tuple[str, int]:
    out, code = StringIO(), 0
    try:
        call_command("doctor", *arguments, stdout=out)
    except SystemExit as end:
        code = int(end.code or 0)
    return out.getvalue(), code


@pytest.mark.django_db
class TestCommand:
    def test_a_line_for_each(self) -> None:
        Machine.objects.create(id="a" * 32, host="a", version="1+a", free_bytes=9_000_000_000)
        output, _ = run("--dns", "--address", ADDRESS)
        lines = output.splitlines()
        assert "ok      dmarc: The DMARC policy of example.org is p=quarantine." in lines
        assert "warning tls: No mail leaves this site. Set EMAIL_URL to a mail server." in lines
        assert "ok      disk: a (aaaaaaaa) has 9,000 MB free." in lines
        assert "ok      machines: a (aaaaaaaa) runs 1+a." in lines
        assert any(line.startswith("ok      clock: It is 20") for line in lines)

    def test_a_fault_is_in_the_exit_code(self, server: DnsServer, settings: Any) -> None:
        output, code = run("--dns", "--address", "192.0.2.200")
        assert "fault   spf: example.org does not let 192.0.2.200 send." in output
        assert code == 1

    def test_json_has_the_same_facts(self) -> None:
        Machine.objects.create(id="a" * 32, host="a", version="1+a")
        text, _ = run("--dns", "--address", ADDRESS)
        output, _ = run("--dns", "--address", ADDRESS, "--json")
        found = json.loads(output)
        assert set(found) == {"ok", "checks", "machines", "report"}
        assert found["machines"][0]["host"] == "a"
        for line in found["report"]:
            assert set(line) == {"check", "level", "fact", "cure"}
            assert line["check"] == "clock" or f"{line['check']}: {line['fact']}" in text
        assert set(json.loads(run("--json")[0])) == {"ok", "checks", "machines"}

    def test_an_address_that_is_none(self) -> None:
        with pytest.raises(CommandError, match="relay is not an IP address"):
            call_command("doctor", "--dns", "--address", "relay")

    def test_without_the_option_nothing_is_looked_up(self, server: DnsServer) -> None:
        run()
        assert server.asked == []


@pytest.mark.parametrize(
    ("raw", "found"),
    [
        ("", ()),
        ("9.9.9.9", (("9.9.9.9", 53),)),
        (
            "127.0.0.1:5353 [::1]:54 2620:fe::fe",
            (("127.0.0.1", 5353), ("::1", 54), ("2620:fe::fe", 53)),
        ),
    ],
)
def test_servers(raw: str, found: tuple[tuple[str, int], ...]) -> None:
    assert dns_servers(raw) == found


@pytest.mark.parametrize("raw", ["dns.example", "9.9.9.9:0", "9.9.9.9:99999", "[::1", "1.2.3"])
def test_what_is_no_server(raw: str) -> None:
    with pytest.raises(ValueError):
        dns_servers(raw)
