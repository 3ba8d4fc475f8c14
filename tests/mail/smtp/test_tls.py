"""TLS certificates are verified, or no mail is sent."""

import shutil
import ssl
import subprocess
from pathlib import Path

import pytest

from digest.mail.routing.relay import Relay
from digest.mail.smtp.pool import SmtpTransport
from digest.mail.transport import Envelope, Outcome, Result
from tests.support.sink import Sink

ENVELOPE = Envelope("digest@example.org", "ada@example.org")
MESSAGE = b"Subject: hello\r\n\r\nhello\r\n"

pytestmark = pytest.mark.skipif(not shutil.which("openssl"), reason="openssl is missing")


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A self-signed certificate for 127.0.0.1, with its key."""
    path = tmp_path_factory.mktemp("tls") / "server.pem"
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"]
    command += [
        "-nodes",
        "-days",
        "2",
        "-subj",
        "/CN=sink",
        "-addext",
        "subjectAltName=IP:127.0.0.1",
    ]
    made = subprocess.run([*command, "-keyout", "-", "-out", "-"], capture_output=True, check=True)
    path.write_bytes(made.stdout)
    return path


@pytest.fixture
def tls(certificate: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    return context


def send(sink: Sink, security: str, host: str = "127.0.0.1") -> Outcome:
    transport = SmtpTransport(Relay(host, sink.port, "me", "secret", security))
    try:
        transport.send(ENVELOPE, MESSAGE, lambda: True)
        return transport.send(ENVELOPE, MESSAGE, lambda: True)
    finally:
        transport.close()


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_an_untrusted_certificate_is_refused(tls: ssl.SSLContext, security: str) -> None:
    with Sink("AUTH PLAIN", tls=tls, wrapped=security == "tls") as sink:
        outcome = send(sink, security)
    assert (outcome.result, outcome.phase) == (Result.UNREACHED, "connect")
    assert "certificate" in outcome.text
    assert not {"AUTH", "MAIL"} & set(sink.seen)


@pytest.mark.parametrize("security", ["starttls", "tls"])
@pytest.mark.parametrize("extensions", [(), ("PIPELINING",)])
def test_a_trusted_one_is_accepted(
    tls: ssl.SSLContext,
    certificate: Path,
    monkeypatch: pytest.MonkeyPatch,
    extensions: tuple[str, ...],
    security: str,
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    with Sink(*extensions, "AUTH PLAIN", tls=tls, wrapped=security == "tls") as sink:
        assert send(sink, security).result == Result.ACCEPTED
    assert sink.accepted == [("ada@example.org", MESSAGE)] * 2
    assert sink.seen.count("connect") == 1


def test_one_for_another_host_is_refused(
    tls: ssl.SSLContext, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    with Sink("AUTH PLAIN", tls=tls) as sink:
        outcome = send(sink, "starttls", "localhost")
    assert (outcome.result, outcome.phase) == (Result.UNREACHED, "connect")
    assert "AUTH" not in sink.seen


@pytest.mark.parametrize("answer", ["454 4.7.0 not now", None])
def test_a_failed_starttls_is_no_reason_to_go_on_without(
    tls: ssl.SSLContext, answer: str | None
) -> None:
    with Sink("AUTH PLAIN", tls=tls, STARTTLS=[answer, answer]) as sink:
        assert send(sink, "starttls").phase == "connect"
    with Sink("AUTH PLAIN") as sink:
        outcome = send(sink, "starttls")
    assert (outcome.result, outcome.phase) == (Result.UNREACHED, "connect")
    assert "STARTTLS" in outcome.text
    assert not {"AUTH", "MAIL"} & set(sink.seen)
