"""TLS of the mail servers of EMAIL_URL: whether it is used, the certificate, and its days left."""

import smtplib
import ssl
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

from digest.environment import is_loopback
from digest.mail.routing.relay import Relay

from .lines import Level, ReportLine

TIMEOUT = 5.0  # seconds for a connection and for each reply
LEAST_DAYS = 14
_DAY = 86_400


def check_relay_tls(relays: Sequence[Relay], at: datetime) -> Iterator[ReportLine]:
    """Connect to each relay as sending does, and look at its certificate."""
    for relay in relays:
        try:
            yield _check(relay, at)
        except ssl.SSLCertVerificationError as wrong:
            reason = wrong.verify_message.rstrip(".")
            yield ReportLine(
                "tls", Level.FAULT, f"The certificate of {relay.location} is not valid: {reason}.",
                "Renew it, or use the host name that it is for in EMAIL_URL.",
            )  # fmt: skip
        except (OSError, smtplib.SMTPException, UnicodeError) as wrong:
            yield ReportLine(
                "tls", Level.FAULT,
                f"TLS with {relay.location} does not come about ({type(wrong).__name__}).",
                "Check EMAIL_URL (smtp+tls:// for STARTTLS, usually port 587; smtps:// for TLS "
                "from the start, usually 465) and the network.",
            )  # fmt: skip


def _check(relay: Relay, at: datetime) -> ReportLine:
    context = ssl.create_default_context()
    if relay.security == "tls":
        with smtplib.SMTP_SSL(
            relay.host, relay.port, timeout=TIMEOUT, context=context
        ) as connection:
            return _certificate(relay, connection, at)
    with smtplib.SMTP(relay.host, relay.port, timeout=TIMEOUT) as connection:
        connection.ehlo()
        if relay.security == "plain":
            return _plain(relay, offers_tls=connection.has_extn("starttls"))
        connection.starttls(context=context)
        return _certificate(relay, connection, at)


def _plain(relay: Relay, *, offers_tls: bool) -> ReportLine:
    if is_loopback(relay.host):
        return ReportLine("tls", Level.OK, f"{relay.location} is on this machine: no TLS needed.")
    cure = (
        "It offers STARTTLS: write smtp+tls:// in EMAIL_URL."
        if offers_tls
        else "Use a server with TLS, or reach it through a tunnel."
    )
    return ReportLine(
        "tls", Level.WARNING, f"E-mails and passwords go to {relay.location} unencrypted.", cure
    )


def _certificate(relay: Relay, connection: smtplib.SMTP, at: datetime) -> ReportLine:
    assert isinstance(connection.sock, ssl.SSLSocket)
    found = connection.sock.getpeercert() or {}
    end = ssl.cert_time_to_seconds(str(found["notAfter"]))
    days = int((end - at.timestamp()) // _DAY)
    until = f"{datetime.fromtimestamp(end, UTC):%Y-%m-%d}"
    fact = f"The certificate of {relay.location} is valid for {days} days, until {until}"
    if days < LEAST_DAYS:
        return ReportLine("tls", Level.WARNING, f"{fact}.", "Renew it.")
    return ReportLine("tls", Level.OK, f"{fact} ({connection.sock.version()}).")
