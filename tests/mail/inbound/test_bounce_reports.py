"""Reading reports: every kind of sender, and nothing that makes it fail."""

import email
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.mail.inbound.bounce_reports import Bounce, ReportKind, classify_failure, parse_report
from digest.mail.inbound.reply_codes import any_status
from tests.support.returned_mails import FOLDER, complaint, message

TO = "bounces+x@example.org"


@pytest.mark.parametrize(
    ("name", "bounce", "status"),
    [
        ("hard", Bounce.HARD, "5.1.1"),
        ("exim", Bounce.HARD, "5.1.1"),
        ("global", Bounce.HARD, "5.1.10"),
        ("full", Bounce.SOFT, "5.2.2"),
        ("expired", Bounce.SOFT, "4.4.1"),
        ("no_status", Bounce.SOFT, ""),
        ("policy", Bounce.POLICY, "5.7.26"),
        ("delayed", Bounce.DELAYED, "4.4.1"),
        ("delivered", Bounce.DELIVERED, "2.0.0"),
    ],
)
def test_delivery_reports(name: str, bounce: Bounce, status: str) -> None:
    report = parse_report(message(name, bounce=TO))
    assert (report.kind, report.bounce, report.status) == (ReportKind.BOUNCE, bounce, status)
    assert report.to == (TO,)


@pytest.mark.parametrize(
    ("status", "wanted"),
    [
        ("5.1.1", Bounce.HARD), ("5.1.2", Bounce.HARD), ("5.1.3", Bounce.HARD),
        ("5.1.6", Bounce.HARD), ("5.1.10", Bounce.HARD),
        ("5.1.7", Bounce.POLICY), ("5.1.8", Bounce.POLICY), ("5.7.1", Bounce.POLICY),
        ("5.7.515", Bounce.POLICY), ("5.3.4", Bounce.POLICY), ("5.2.3", Bounce.POLICY),
        ("5.6.3", Bounce.POLICY),
        ("5.2.2", Bounce.SOFT), ("5.4.4", Bounce.SOFT), ("4.1.1", Bounce.SOFT),
        ("4.7.1", Bounce.SOFT), ("", Bounce.SOFT),
        ("5.2.1", Bounce.REFUSED), ("5.0.0", Bounce.REFUSED), ("5.1.11", Bounce.REFUSED),
    ],
)  # fmt: skip
def test_what_a_status_means(status: str, wanted: Bounce) -> None:
    assert classify_failure(status) == wanted


@pytest.mark.parametrize(
    ("status", "words", "wanted"),
    [
        ("5.0.0", "smtp; 550 No such user here", Bounce.HARD),
        ("", "smtp; 550-Requested action not taken: mailbox unavailable", Bounce.HARD),
        ("5.0.0", "smtp; 554 Message blocked: spam", Bounce.POLICY),
        ("5.0.0", "smtp; 552 Error: message too large", Bounce.POLICY),
        ("5.0.0", "smtp; 550 mailbox full", Bounce.SOFT),
        ("5.0.0", "smtp; 550 no", Bounce.REFUSED),
        ("", "smtp; 550 no", Bounce.REFUSED),
        ("", "smtp; 450 No such user here just now", Bounce.SOFT),
        ("4.4.7", "smtp; 550 No such user here", Bounce.SOFT),
        ("", "no words that help", Bounce.SOFT),
    ],
)
def test_what_the_words_of_a_server_mean(status: str, words: str, wanted: Bounce) -> None:
    assert classify_failure(status, words) == wanted


def test_an_ip_address_is_no_status() -> None:
    assert any_status("connect to 10.5.1.1[5.1.1.9]: 450 4.2.1 busy") == "4.2.1"
    assert any_status("nothing") == ""


@pytest.mark.parametrize("kind", ["abuse", "Fraud", "opt-out", "other"])
def test_complaints(kind: str) -> None:
    report = parse_report(complaint(kind, mail_from="a@example.org", return_path="b@example.org"))
    assert report.kind == ReportKind.COMPLAINT
    assert report.returned == ("a@example.org", "b@example.org")


@pytest.mark.parametrize("kind", ["not-spam", "auth-failure", ""])
def test_feedback_that_is_no_complaint(kind: str) -> None:
    assert parse_report(complaint(kind)).kind == ReportKind.AUTOMATIC


@pytest.mark.parametrize(
    "header",
    [
        "Auto-Submitted: auto-replied", "Auto-Submitted: auto-generated (away)",
        "X-Autoreply: yes", "X-Autorespond: away", "Precedence: auto_reply", "Precedence: Bulk",
    ],
)  # fmt: skip
def test_automatic_replies(header: str) -> None:
    assert parse_report(message("away", bounce=TO, header=header)).kind == ReportKind.AUTOMATIC


@pytest.mark.parametrize("header", ["Auto-Submitted: no", "Precedence: first-class", "X-A: b"])
def test_a_person_is_not_automatic(header: str) -> None:
    assert parse_report(message("away", bounce=TO, header=header)).kind == ReportKind.OTHER


def test_a_report_inside_a_message_is_not_that_messages() -> None:
    assert parse_report(message("inside", bounce=TO)).bounce is None


def test_a_report_attached_to_a_message_is_not_that_messages() -> None:
    raw = message("hard", bounce=TO).replace(b"multipart/report", b"multipart/mixed")
    assert parse_report(raw).bounce is None


def test_recipients_are_taken_from_every_header_that_servers_write() -> None:
    raw = (
        b"Delivered-To: a@b.example\r\nX-Original-To: <c@d.example>\r\nTo: E <e@f.example>\r\n\r\n"
    )
    assert parse_report(raw).to == ("a@b.example", "c@d.example", "e@f.example")


@given(st.binary(max_size=300))
def test_any_bytes_are_some_sort(raw: bytes) -> None:
    assert parse_report(raw).kind in ReportKind


@given(st.sampled_from(sorted(FOLDER.glob("*.eml"))), st.randoms(use_true_random=False))
def test_damaged_reports_are_some_sort(path: object, chance: random.Random) -> None:
    raw = bytearray(path.read_bytes())  # type: ignore[attr-defined]
    for _ in range(chance.randint(1, 30)):
        raw[chance.randrange(len(raw))] = chance.randrange(256)
    cut = raw[: chance.randint(0, len(raw))]
    assert parse_report(bytes(cut)).kind in ReportKind


def test_the_librarys_own_failures_are_swallowed(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(raw: bytes) -> None:
        raise IndexError("as the library does")

    monkeypatch.setattr(email, "message_from_bytes", fail)
    assert parse_report(b"x").kind == ReportKind.OTHER
