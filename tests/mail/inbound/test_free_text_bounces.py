"""Bounces in free text: the forms of servers that keep to no standard; and what is no bounce."""

import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.mail.inbound import free_text_bounces
from digest.mail.inbound.bounce_reports import Bounce, ReportKind, parse_report
from digest.mail.inbound.free_text_bounces import MOST_BYTES, MOST_LINES
from tests.conftest import ROOT

ADA = "ada@example.org"


def mail(body: str, *headers: str) -> bytes:
    head = "\n".join(headers or ("From: MAILER-DAEMON@mx.example.org",))
    return f"{head}\nSubject: failure notice\n\n{body}\n".encode()


def qmail(reason: str) -> bytes:
    return mail(
        "Hi. This is the qmail-send program at mx.example.org.\n"
        "I'm afraid I wasn't able to deliver your message to the following addresses.\n"
        "This is a permanent error; I've given up. Sorry it didn't work out.\n\n"
        f"<{ADA}>:\n{reason}\n\n"
        "--- Below this line is a copy of the message.\n\n"
        "Subject: 3 papers for you\n\nMailbox full of user unknown papers.\n"
    )


def exim(reason: str) -> bytes:
    return mail(
        "This message was created automatically by mail delivery software.\n\n"
        "A message that you sent could not be delivered to all of its recipients. The\n"
        "following address(es) failed:\n\n"
        f"  {ADA}\n    SMTP error from remote mailer after RCPT TO:<{ADA}>:\n"
        f"    host mx.example.org [192.0.2.5]: {reason}\n\n"
        "------ This is a copy of the message, including all the headers. ------\n",
        "From: Mail Delivery System <Mailer-Daemon@relay.example.net>",
        "Auto-Submitted: auto-replied",
        f"X-Failed-Recipients: {ADA}",
    )


@pytest.mark.parametrize(
    ("raw", "bounce", "status"),
    [
        (qmail("Sorry, no mailbox here by that name. (#5.1.1)"), Bounce.HARD, "5.1.1"),
        (qmail("192.0.2.5 does not like recipient.\n550 5.1.1 User unknown"), Bounce.HARD, "5.1.1"),
        (qmail("Remote host said: 550 sorry, no such user here"), Bounce.HARD, ""),
        (qmail("Remote host said: 550 no"), Bounce.REFUSED, ""),
        (qmail("The user's mailbox is full."), Bounce.SOFT, ""),
        (qmail("Remote host said: 450 no such user here just now"), Bounce.SOFT, ""),
        (qmail("Sorry, I wasn't able to connect. (#4.4.1)\nI'm not going to try again."),
         Bounce.SOFT, "4.4.1"),
        (qmail("Remote host said: 554 blocked as spam"), Bounce.POLICY, ""),
        (qmail(""), Bounce.SOFT, ""),
        (exim("550 5.1.1 unknown user"), Bounce.HARD, "5.1.1"),
        (exim("550 5.7.26 not authenticated"), Bounce.POLICY, "5.7.26"),
        (mail(f"The address to which the message has not yet been delivered is:\n\n  {ADA}\n\n"
              "No action is required on your part."), Bounce.DELAYED, ""),
    ],
)  # fmt: skip
def test_what_failed_and_why(raw: bytes, bounce: Bounce, status: str) -> None:
    report = parse_report(raw)
    assert (report.kind, report.bounce, report.status) == (ReportKind.BOUNCE, bounce, status)
    assert report.about == ADA


@pytest.mark.parametrize("action", ["failure", "error"])
def test_words_for_failed_that_are_not_in_the_standard(action: str) -> None:
    raw = (ROOT / "tests/fixtures/mail/hard.eml").read_bytes()
    assert b"Action: failed" in raw
    report = parse_report(raw.replace(b"Action: failed", f"Action: {action}".encode()))
    assert (report.bounce, report.about) == (Bounce.HARD, "")


def person(body: str) -> bytes:
    return mail(body, f"From: Ada <{ADA}>", "Auto-Submitted: auto-replied")


NO_BOUNCES = {
    "away": person(f"I am away until Monday. In urgent cases: <{ADA}>"),
    "gone": person(f"I no longer work here. Please write to new@example.net instead of {ADA}."),
    "German": person(f"Ich bin bis Montag nicht erreichbar, {ADA} wird nicht gelesen."),
    "French": person("Votre message a bien été reçu. Merci de votre patience."),
    "ticket": mail("[#4711] Your request has been received.\n\nYour message:\n> 3 papers"),
    "challenge": person("Your message is being held. Click https://a.example/ to be delivered."),
    "held": mail("Your mail to 'list' with the subject x is being held for the moderator.",
                 "From: list-bounces@lists.example.org"),
    "quotes a bounce": person("> Hi. This is the qmail-send program at mx.example.org.\n"
                              "> I'm afraid I wasn't able to deliver your message.\n>\n"
                              f"> <{ADA}>:\n> No such user\nWhat does this mean?"),
    "question": person("Delivery to me works? My mailbox is full of user unknown bounces."),
    "delivered": mail(f"Your message was successfully delivered to {ADA}."),
    "several": mail("Hi. This is the qmail-send program at mx.example.org.\nI've given up.\n\n"
                    f"<{ADA}>:\nno such user\n\n<bob@example.org>:\nno such user\n\n--- Below"),
    "nobody": mail("Hi. This is the qmail-send program at mx.example.org.\n\n<>:\nno such user"),
    "without a sender": mail("Hi. This is the qmail-send", "To: bounces@example.org"),
    "empty": b"",
}  # fmt: skip


@pytest.mark.parametrize("name", NO_BOUNCES)
def test_no_bounce(name: str) -> None:
    report = parse_report(NO_BOUNCES[name])
    assert report.bounce is None
    assert report.about == ""


def test_somebody_elses_bounce_that_is_passed_on() -> None:
    raw = (
        b"From: Ada <ada@example.org>\nSubject: what is this?\nMIME-Version: 1.0\n"
        b'Content-Type: multipart/mixed; boundary="b"\n\n--b\nContent-Type: text/plain\n\nSee.\n'
        b"--b\nContent-Type: message/rfc822\n\n" + qmail("no such user") + b"\n--b--\n"
    )
    assert parse_report(raw).bounce is None


def standard(subtype: str) -> bytes:
    return (
        b"From: MAILER-DAEMON@mx.example.org\nMIME-Version: 1.0\n"
        b'Content-Type: multipart/report; boundary="b"\n\n--b\nContent-Type: text/plain\n\n'
        + qmail("no such user").partition(b"\n\n")[2]
        + f"\n--b\nContent-Type: message/{subtype}\n\nAction: other\n\n--b--\n".encode()
    )


@pytest.mark.parametrize(
    "subtype", ["delivery-status", "global-delivery-status", "disposition-notification"]
)
def test_a_report_by_a_standard_is_not_read_as_text(subtype: str) -> None:
    assert parse_report(standard(subtype)).bounce is None
    assert parse_report(standard("x-other")).bounce == Bounce.HARD


@pytest.mark.parametrize(
    "path", sorted([*(ROOT / "tests/golden").glob("*.eml"),
                    *(ROOT / "tests/fixtures/arxiv_mail").iterdir()]), ids=lambda path: path.name
)  # fmt: skip
def test_no_mail_of_ours_and_no_listing_is_a_bounce(path: Path) -> None:
    assert free_text_bounces.parse_bounce(path.read_bytes()) is None


# Beginnings of many forms at once, so that the lines behind are looked at for each of them.
FORMS = "\n".join(
    [
        "this message was created automatically by mail delivery software",
        "message from interscan e-mail viruswall nt",
        "the following addresses had",
        "failed addresses follow:",
        "A message that you sent could not be delivered",
        "Your message could not be delivered to",
        "Your message has encountered delivery problems",
        "Delivery to the following recipient failed",
        "Sorry, unable to deliver your message to",
        "Your message to:",
        "Hi. This is the",
        "",
    ]
)


HOSTILE = [
    "a", "a@", "@", "<", " ", "\n", "a\n", "a@b.example\n", "--b\n\n", "\u00e9\n",
    f"{' ' * 190}x\n", f"addressed to{' ' * 180}\n", f"rcpt to:{' ' * 180}\n",
]  # fmt: skip


@pytest.mark.parametrize("kind", ['multipart/mixed; boundary="b"', "text/plain"])
@pytest.mark.parametrize("unit", HOSTILE)
def test_a_hostile_message_costs_little(unit: str, kind: str) -> None:
    body = FORMS + unit * (1_000_000 // len(unit))
    raw = mail(body, "From: mailer-daemon@yahoo.com", f"Content-Type: {kind}")
    begun = time.process_time()
    free_text_bounces.parse_bounce(raw)
    assert time.process_time() - begun < 2  # seconds; a tenth of one is usual, uncut it is minutes


@pytest.mark.parametrize(
    "padding", [b"X: x\n" * MOST_LINES, (b"X: " + b"x" * 150 + b"\n") * (MOST_BYTES // 150)]
)
def test_nothing_is_read_behind_the_limits(padding: bytes) -> None:
    assert free_text_bounces.parse_bounce(padding[: len(padding) // 2] + qmail("x")) is not None
    assert free_text_bounces.parse_bounce(padding + qmail("x")) is None


@given(st.sampled_from(["From: a@b.example\n", ""]), st.binary(max_size=300))
def test_any_bytes(head: str, raw: bytes) -> None:
    assert parse_report(head.encode() + raw).kind in ReportKind
