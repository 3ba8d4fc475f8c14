"""All checks of the sender, in order."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from django.conf import settings

from digest.environment import is_loopback
from digest.mail.mailboxes import domain_key
from digest.mail.routing.relay import Relay

from .hosts import check_mail_servers, check_reverse, public_addresses
from .lines import Level, ReportLine
from .lookups import LookupFailed, Lookups
from .relay_tls import check_relay_tls
from .signatures import check_dkim, check_dmarc
from .spf import check_spf


def check_sender(
    at: datetime, addresses: Sequence[str] = (), lookups: Lookups | None = None
) -> Iterator[ReportLine]:
    """Check SPF, DKIM, DMARC, PTR and MX of the sender, and TLS of its relays.

    `addresses`: IP addresses that mail leaves from; without them those of the relays are taken.
    """
    lookups = lookups or Lookups(settings.DNS_SERVERS)
    author = _domain(settings.MAIL_SENDER)
    if is_loopback(author) or "." not in author:
        yield ReportLine(
            "sender", Level.FAULT, f"MAIL_FROM is at {author}, which no other machine knows.",
            "Set MAIL_FROM to an address of your domain.",
        )  # fmt: skip
    else:
        yield from _check_domains(author, addresses, lookups)
    relays = [each for each in settings.MAIL_RELAYS if isinstance(each, Relay)]
    yield from check_relay_tls(relays, at)
    if not settings.MAIL_RELAYS:
        yield ReportLine(
            "tls", Level.WARNING, "No mail leaves this site.", "Set EMAIL_URL to a mail server."
        )


def _check_domains(author: str, addresses: Sequence[str], lookups: Lookups) -> Iterator[ReportLine]:
    envelope = _domain(settings.VERP_SENDER) or author
    signed = domain_key(settings.DKIM_DOMAIN)
    senders = dict.fromkeys(addresses, True)
    if not senders:
        hosts = [each.host for each in settings.MAIL_RELAYS if isinstance(each, Relay)]
        senders, lines = _relay_addresses(hosts, lookups)
        yield from lines
    yield from check_spf(envelope, senders, lookups)
    yield from check_dkim(settings.DKIM_SIGNER, settings.DKIM_SELECTOR, signed, lookups)
    yield from check_dmarc(author, envelope, signed, lookups)
    yield from check_reverse(senders, lookups)
    what = {envelope: "bounces"}
    what |= {_domain(settings.REPLY_TO): "replies"} if settings.REPLY_TO else {}
    yield from check_mail_servers(what, lookups)


def _relay_addresses(
    hosts: Iterable[str], lookups: Lookups
) -> tuple[dict[str, bool], list[ReportLine]]:
    """Return the relays' public addresses, as `check_spf` takes them, and what could not be
    found."""
    found: dict[str, bool] = {}
    lines = []
    for host in dict.fromkeys(hosts):
        cure = "Name the address that mail leaves from: doctor --dns --address IP."
        try:
            here = dict.fromkeys(public_addresses(host, lookups), False)
        except LookupFailed as failed:
            lines.append(ReportLine("ptr", Level.WARNING, str(failed), cure))
            continue
        found |= here
        if not here:
            fact = f"The mail server {host} has no public address that is known here."
            lines.append(ReportLine("ptr", Level.WARNING, fact, cure))
    return found, lines


def _domain(address: str) -> str:
    return domain_key(address.rpartition("@")[2].strip(" >"))
