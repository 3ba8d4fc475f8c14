"""A domain whose records are all as they should be."""

from digest.mail.dkim import Signer
from digest.monitoring.report.lines import ReportLine
from tests.support.dns_server import DnsServer

ADDRESS = "192.0.2.7"
GOOD: dict[str, list[str]] = {
    "example.org TXT": ['"v=spf1 include:relay.example.net -all"', '"something else"'],
    "relay.example.net TXT": ['"v=spf1 ip4:192.0.2.0/29 ip6:2001:db8::/32 ?all"'],
    "_dmarc.example.org TXT": ['"v=DMARC1; p=quarantine; rua=mailto:dmarc@example.org"'],
    "example.org MX": ["10 mail.example.org."],
    "mail.example.org A": ["192.0.2.1"],
    "7.2.0.192.in-addr.arpa PTR": ["out.example.net."],
    "out.example.net A": [ADDRESS],
}


def publish(server: DnsServer, signer: Signer) -> None:
    """Publish the key of a signer, in parts as long ones have to be."""
    text = signer.dns_record
    parts = " ".join(f'"{text[start : start + 200]}"' for start in range(0, len(text), 200))
    server.zone[f"{signer.selector}._domainkey.{signer.domain} TXT"] = [parts]


def said(lines: list[ReportLine], *levels: str) -> list[str]:
    return [f"{line.check}: {line.fact}" for line in lines if line.level in levels]
