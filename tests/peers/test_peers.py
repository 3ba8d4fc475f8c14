"""Real mail servers accept the mails, and their bounces and reports are understood."""

import re
import shutil
import smtplib
import ssl
import subprocess
from collections.abc import Callable
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP, default
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

import pytest

from digest.mail.inbound import bounce_reports
from digest.mail.inbound.bounce_reports import Bounce
from digest.mail.routing.relay import Relay
from digest.mail.smtp.pool import SmtpTransport
from digest.mail.transport import Envelope
from tests.support.servers import wait_until

from .conftest import Morning
from .dovecot import ARRIVES, PASSWORD, Dovecot
from .newsletter import BOUNCES, HOST, Account, Newsletter
from .people import (
    ABROAD_IN_DNS,
    AWAY,
    FULL,
    LEAVES_BY_FORM,
    LEAVES_BY_MAIL,
    LEAVES_BY_MULTIPART,
    PIPED,
    READER,
    SENDER,
    STAYS,
    UNICODE,
    UNICODE_REFUSED,
    UNKNOWN,
    UNKNOWN_AT_ONCE,
)  # fmt: skip
from .postfix import Postfix

dkim = pytest.importorskip("dkim")
pytestmark = [pytest.mark.slow, pytest.mark.peer]
MONTH = 30 * 24
ONE_CLICK = b"List-Unsubscribe=One-Click"
MULTIPART = (
    b'--b\r\nContent-Disposition: form-data; name="List-Unsubscribe"\r\n\r\nOne-Click\r\n--b--\r\n'
)


def verifies(raw: bytes, key: Path) -> bool:
    """Whether the DKIM signature verifies with the public key."""
    public = subprocess.run(
        ["openssl", "rsa", "-in", key, "-pubout"], check=True, capture_output=True
    )
    record = b"v=DKIM1; k=rsa; p=" + b"".join(public.stdout.splitlines()[1:-1])
    names = {f"s1._domainkey.{HOST}.".encode(): record}
    return bool(dkim.verify(raw, dnsfunc=lambda name, timeout=5: names.get(name)))


def list_unsubscribe_of(raw: bytes) -> tuple[str, str]:
    """The addresses of List-Unsubscribe: https and mailto."""
    mail = message_from_bytes(raw, policy=default)
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    web, by_mail = re.findall(r"<([^>]+)>", mail["List-Unsubscribe"])
    return web, by_mail


def goes_on(newsletter: Newsletter, mailboxes: Dovecot) -> bool:
    """Send the next digests; return whether the reader who stays gets one."""
    before = len(mailboxes.raw(STAYS))
    title = newsletter.send_next_day()
    return title.encode() in mailboxes.arrived(STAYS, before + 1)[-1]


class TestArrived:
    @pytest.mark.parametrize("reader", [READER, ABROAD_IN_DNS])
    def test_the_signature_holds(
        self, newsletter: Newsletter, mailboxes: Dovecot, key: Path, reader: str
    ) -> None:
        raw = mailboxes.arrived(reader)[0]
        mail = message_from_bytes(raw, policy=default)
        assert mail["To"] == reader
        signed = re.search(r"h=([^;]+);", mail["DKIM-Signature"])
        assert signed
        names = {name.strip() for name in signed[1].split(":")}
        assert {"list-unsubscribe", "list-unsubscribe-post", "from", "to", "subject"} <= names
        assert verifies(raw, key)
        assert not verifies(raw.replace(b"One-Click", b"One-Cl1ck", 1), key)

    def test_each_mail_has_a_return_path_of_its_own(
        self, newsletter: Newsletter, mailboxes: Dovecot
    ) -> None:
        paths = {
            message_from_bytes(mailboxes.arrived(reader)[0])["Return-Path"]
            for reader in (READER, ABROAD_IN_DNS)
        }
        assert len(paths) == 2
        assert all(re.fullmatch(rf"<bounces\+d\w+-\w{{20}}@{HOST}>", path) for path in paths)

    def test_nothing_is_missing_that_a_server_would_add(
        self, newsletter: Newsletter, mailboxes: Dovecot
    ) -> None:
        head = message_from_bytes(mailboxes.arrived(READER)[0], policy=default)
        for name in ("Message-ID", "Date", "From", "To", "Subject", "MIME-Version"):
            assert len(head.get_all(name, [])) == 1
        assert head["Message-ID"].endswith(f"@{HOST}>")

    def test_spamassassin_finds_little(
        self, newsletter: Newsletter, mailboxes: Dovecot, tmp_path: Path
    ) -> None:
        if (program := shutil.which("spamassassin")) is None:
            pytest.skip("spamassassin is missing: apt-get install spamassassin")
        done = subprocess.run(
            [program, "--local", "--test-mode"],
            input=mailboxes.arrived(READER)[0],
            env={"HOME": str(tmp_path), "PATH": "/usr/bin:/bin:/usr/sbin:/sbin"},
            capture_output=True,
            check=True,
        )
        output = done.stdout.decode(errors="replace")
        reasons = output[output.find("Content analysis details:") :]
        print(reasons)
        points = [
            float(each) for each in re.findall(r"^ *(-?\d+\.\d) [A-Z]", reasons, re.MULTILINE)
        ]
        assert points, output
        # What speaks for it here (it came from this machine) does not outweigh the rest.
        assert sum(each for each in points if each > 0) < 1.0, reasons


class TestLeaving:
    @pytest.mark.parametrize(
        ("reader", "body", "content_type"),
        [
            (LEAVES_BY_FORM, ONE_CLICK, "application/x-www-form-urlencoded"),
            (LEAVES_BY_MULTIPART, MULTIPART, "multipart/form-data; boundary=b"),
        ],
        ids=["urlencoded", "multipart"],
    )
    def test_one_click(
        self,
        newsletter: Newsletter,
        mailboxes: Dovecot,
        reader: str,
        body: bytes,
        content_type: str,
    ) -> None:
        mails = mailboxes.arrived(reader)
        web, _ = list_unsubscribe_of(mails[0])
        with newsletter.serving() as visits:
            assert visits.get(web) == 200
            assert newsletter.account(reader).status == "active"
            assert visits.press(web, body, content_type) == 200
            assert newsletter.account(reader).status == "unsubscribed"
        assert goes_on(newsletter, mailboxes)
        assert mailboxes.raw(reader) == mails

    def test_by_mail(self, newsletter: Newsletter, mailboxes: Dovecot, relay: Postfix) -> None:
        mails = mailboxes.arrived(LEAVES_BY_MAIL)
        _, address = list_unsubscribe_of(mails[0])
        parts = urlsplit(address)
        mail = EmailMessage()
        mail["From"], mail["To"] = LEAVES_BY_MAIL, unquote(parts.path)
        mail["Subject"] = parse_qs(parts.query)["subject"][0]
        with logged_in(relay, mailboxes) as connection:
            connection.send_message(mail)
        assert wait_until(lambda: came_from(LEAVES_BY_MAIL, mailboxes), ARRIVES)
        newsletter.read_bounces()
        assert newsletter.account(LEAVES_BY_MAIL).status == "unsubscribed"
        assert goes_on(newsletter, mailboxes)
        assert mailboxes.raw(LEAVES_BY_MAIL) == mails


def came_from(person: str, mailboxes: Dovecot) -> bool:
    """Whether there is a bounce for this address."""
    return any(mail["From"] == person for mail in mailboxes.mails(BOUNCES))


def logged_in(relay: Postfix, mailboxes: Dovecot) -> smtplib.SMTP:
    connection = smtplib.SMTP("localhost", relay.smtp)
    connection.starttls(context=ssl.create_default_context(cafile=mailboxes.certificate))
    connection.login(STAYS, PASSWORD)
    return connection


class TestBounces:
    @pytest.mark.parametrize(
        ("reader", "known"),
        [
            (UNKNOWN, Account("bouncing", MONTH, [("bounce_hard", "5.1.1")])),
            (FULL, Account("bouncing", 2, [("bounce_soft", "5.2.2")])),
            (AWAY, Account("bouncing", 2, [("bounce_soft", "4.4.1"), ("delayed", "4.4.1")])),
            (UNKNOWN_AT_ONCE, Account("bouncing", MONTH, [])),  # the reply to RCPT said it
        ],
    )
    def test_what_came_back(self, first_morning: Morning, reader: str, known: Account) -> None:
        assert first_morning.accounts[reader] == known

    def test_only_the_unknown_are_suppressed(self, first_morning: Morning) -> None:
        assert first_morning.suppressed == 2

    def test_through_a_pipe(self, newsletter: Newsletter, relay: Postfix) -> None:
        piped = "bounces+{}@pipe.example"
        newsletter.sign_up(PIPED)
        newsletter.send(newsletter.listing("Attention to pipes"), to=PIPED, VERP_SENDER=piped)
        assert wait_until(relay.piped.exists, ARRIVES)
        message = relay.piped.read_bytes()
        assert newsletter.take(message, VERP_SENDER=piped) == "bounce: no such address.\n"
        known = newsletter.account(PIPED)
        assert known == Account("bouncing", MONTH, [("bounce_hard", "5.1.1")])
        assert newsletter.take(message, VERP_SENDER=piped).startswith("Already known")


class TestUnicode:
    """The SMTP client alone: the sign-up takes no address beyond ASCII before its @."""

    def test_a_mailbox_beyond_ascii(
        self, send: Callable[[str], int | None], relay: Postfix
    ) -> None:
        assert send(UNICODE) == 250
        assert b"\nDelivered-To: " + UNICODE.encode() in relay.arrived("grå")

    def test_a_report_beyond_ascii(self, send: Callable[[str], int | None], relay: Postfix) -> None:
        assert send(UNICODE_REFUSED) == 250
        report = bounce_reports.parse_report(relay.arrived("sender"))
        assert (report.bounce, report.status) == (Bounce.POLICY, "5.6.7")


@pytest.fixture
def send(
    mailboxes: Dovecot, relay: Postfix, monkeypatch: pytest.MonkeyPatch
) -> Callable[[str], int | None]:
    """Send a mail to an address with our SMTP client; returns the reply code."""
    monkeypatch.setenv("SSL_CERT_FILE", str(mailboxes.certificate))
    transport = SmtpTransport(Relay("localhost", relay.smtp, STAYS, PASSWORD, security="starttls"))

    def to(address: str) -> int | None:
        mail = EmailMessage(policy=SMTP)
        mail["From"], mail["Subject"] = SENDER, "Hello"
        mail.set_content("Hello.")
        outcome = transport.send(Envelope(SENDER, address), mail.as_bytes(), lambda: True)
        transport.close()
        return outcome.code

    return to


def test_nothing_of_it_made_postfix_wonder(
    newsletter: Newsletter, relay: Postfix, mailboxes: Dovecot
) -> None:
    """Its log; but that its short times are told in hours is not our mails' fault."""
    found = re.findall(r"^.*(?:warning|error|fatal|panic):.*$", relay.log.read_text(), re.MULTILINE)
    assert [line for line in found if "postfix/bounce" not in line] == []
    log = mailboxes.log.read_text()
    assert re.findall(r"^.*(?:Warning|Error|Fatal|Panic):.*$", log, re.MULTILINE) == []
