"""TLS of mail servers on loopback: certificates that are valid, expire, or are another's."""

import shutil
import ssl
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from digest.mail.routing.relay import Relay
from digest.monitoring.report.lines import Level, ReportLine
from digest.monitoring.report.relay_tls import check_relay_tls
from tests.support.sink import Sink

pytestmark = pytest.mark.skipif(not shutil.which("openssl"), reason="openssl is missing")
SOON = datetime.now(UTC) + timedelta(hours=1)


@pytest.fixture
def tls(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> ssl.SSLContext:
    """The context of a server whose certificate, for 127.0.0.1 and 30 days, is trusted."""
    path: Path = tmp_path_factory.mktemp("tls") / "server.pem"
    made = subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
         "-nodes", "-days", "30", "-subj", "/CN=sink", "-addext", "subjectAltName=IP:127.0.0.1",
         "-keyout", "-", "-out", "-"],
        capture_output=True, check=True,
    )  # fmt: skip
    path.write_bytes(made.stdout)
    monkeypatch.setenv("SSL_CERT_FILE", str(path))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)
    return context


def check(sink: Sink, security: str, host: str = "127.0.0.1", at: datetime = SOON) -> ReportLine:
    (line,) = check_relay_tls([Relay(host, sink.port, security=security)], at)
    assert bool(line.cure) == (line.level != Level.OK)
    return line


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_days_left(tls: ssl.SSLContext, security: str) -> None:
    with Sink(tls=tls, wrapped=security == "tls") as sink:
        line = check(sink, security)
        assert line.level == Level.OK
        assert "valid for 29 days, until " in line.fact
        line = check(sink, security, at=SOON + timedelta(days=20))
        assert (line.level, line.cure) == (Level.WARNING, "Renew it.")


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_a_certificate_for_another_name(tls: ssl.SSLContext, security: str) -> None:
    with Sink(tls=tls, wrapped=security == "tls") as sink:
        line = check(sink, security, host="localhost")
    assert line.level == Level.FAULT
    assert "is not valid: Hostname mismatch" in line.fact


def test_a_certificate_that_nobody_vouches_for(
    tls: ssl.SSLContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SSL_CERT_FILE")
    with Sink(tls=tls) as sink:
        assert "is not valid: self-signed certificate" in check(sink, "starttls").fact


def test_no_starttls_where_it_is_asked_for() -> None:
    with Sink() as sink:
        line = check(sink, "starttls")
    assert (line.level, "SMTPNotSupportedError" in line.fact) == (Level.FAULT, True)


def test_without_tls_on_this_machine() -> None:
    with Sink() as sink:
        assert check(sink, "plain").level == Level.OK


def test_without_tls_elsewhere(tls: ssl.SSLContext, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("digest.monitoring.report.relay_tls.is_loopback", lambda host: False)
    with Sink(tls=tls) as sink:
        line = check(sink, "plain")
        assert (line.level, "smtp+tls://" in line.cure) == (Level.WARNING, True)
    with Sink() as sink:
        assert "tunnel" in check(sink, "plain").cure


def test_nobody_answers() -> None:
    with Sink() as sink:
        gone = sink.port
    (line,) = check_relay_tls([Relay("127.0.0.1", gone, security="tls")], SOON)
    assert (line.level, "ConnectionRefusedError" in line.fact) == (Level.FAULT, True)
