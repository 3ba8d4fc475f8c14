"""Refusals as the large providers and servers write them, however they break and case them."""

import random
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.mail.inbound.bounce_reports import Bounce, classify_failure
from digest.mail.inbound.reply_codes import (
    CODES,
    STATUSES,
    TEXTS,
    Meaning,
    any_status,
    basic_code,
    classify,
    own_status,
)
from digest.mail.smtp.replies import Disposition, disposition
from digest.mail.transport import Outcome, Result

M = Meaning
# Reply texts with their basic codes, and who sends them.
SAMPLES = [
    (550, "5.1.1 The email account that you tried to reach does not exist. Please try double-"
          "checking the recipient's email address. https://support.google.com/mail/?p=NoSuchUser",
     M.NO_SUCH_ADDRESS),  # Gmail
    (550, "5.2.1 The email account that you tried to reach is disabled.", M.MAILBOX),  # Gmail
    (552, "5.2.2 The email account that you tried to reach is over quota.", M.FULL),  # Gmail
    (550, "5.4.5 Daily user sending quota exceeded.", M.OTHER),  # Gmail, of the relay
    (550, "5.7.26 This mail has been blocked because the sender is unauthenticated.", M.POLICY),
    (550, "5.5.0 Requested action not taken: mailbox unavailable (S2017062302).",
     M.NO_SUCH_ADDRESS),  # Outlook.com
    (550, "Requested action not taken: mailbox unavailable", M.NO_SUCH_ADDRESS),  # Hotmail
    (550, "5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found by SMTP address lookup",
     M.NO_SUCH_ADDRESS),  # Microsoft 365
    (550, "5.4.1 Recipient address rejected: Access denied. [VE1EUR01FT.eop-EUR01.prod]",
     M.MAILBOX),  # Microsoft 365
    (550, "SC-001 (BAY004-MC1F23) Unfortunately, messages from 192.0.2.7 weren't sent. Please "
          "contact your Internet service provider since part of their network is on our block "
          "list.", M.POLICY),  # Outlook.com
    (550, "5.7.515 Access denied, sending domain example.org does not meet the required "
          "authentication level.", M.POLICY),  # Outlook.com, bulk senders
    (554, "delivery error: dd This user doesn't have a yahoo.com account (ada@yahoo.com) [-5]",
     M.NO_SUCH_ADDRESS),  # Yahoo, help SLN3444
    (554, "delivery error: dd Sorry, your message to ada@yahoo.com cannot be delivered. This "
          "account is over quota.", M.FULL),  # Yahoo
    (554, "delivery error: dd Sorry your message to ada@yahoo.com cannot be delivered. This "
          "account has been disabled or discontinued [#102].", M.MAILBOX),  # Yahoo
    (552, "1 Requested mail action aborted, mailbox not found", M.NO_SUCH_ADDRESS),  # Yahoo
    (554, "5.7.9 Message not accepted for policy reasons.", M.POLICY),  # Yahoo
    (553, "5.7.2 [TSS09] All messages from 192.0.2.7 will be permanently deferred", M.POLICY),
    (550, "5.1.1 <ada@icloud.com>: user does not exist", M.NO_SUCH_ADDRESS),  # iCloud
    (550, "5.1.6 recipient no longer on server: ada@icloud.com", M.NO_SUCH_ADDRESS),  # iCloud
    (554, "5.7.1 [CS01] Message rejected due to local policy.", M.POLICY),  # iCloud
    (550, "Requested action not taken: mailbox unavailable\nFor explanation visit "
          "https://postmaster.gmx.net/en/case?c=r0601&i=ip&v=192.0.2.7&blocked", M.NO_SUCH_ADDRESS),
    (554, "gmx.net (mxgmx104) Nemesis ESMTP Service not available\nNo SMTP service\nIP address "
          "is block listed.", M.POLICY),  # GMX
    (550, "Reject due to SPF policy. The originating IP of the message is not permitted",
     M.POLICY),  # GMX
    (550, "Unknown local part ada in <ada@web.de>", M.NO_SUCH_ADDRESS),  # web.de, earlier
    (550, "User has exhausted allowed storage space.", M.FULL),  # web.de
    (550, "User has too many messages on the server.", M.FULL),  # web.de
    (550, "5.2.1 ... User is inactive", M.MAILBOX),  # GMX, earlier
    (552, "Requested mail action aborted: exceeded storage allocation", M.FULL),  # web.de
    (552, "Error: message too large", M.SIZE),
    (550, "<ada@example.org>: Recipient address rejected: User unknown in virtual mailbox table",
     M.NO_SUCH_ADDRESS),  # Postfix
    (550, "<ada@example.org>: Recipient address rejected: undeliverable address: host said no",
     M.MAILBOX),  # Postfix, address verification
    (554, "<ada@example.org>: Relay access denied", M.POLICY),  # Postfix
    (554, "Service unavailable; Client host [192.0.2.7] blocked using zen.spamhaus.org", M.POLICY),
    (552, "Message size exceeds fixed limit", M.SIZE),  # Postfix, Exim
    (550, "No such user here", M.NO_SUCH_ADDRESS),  # Exim, cPanel
    (550, "No Such User Here\"", M.NO_SUCH_ADDRESS),  # cPanel
    (550, "Unrouteable address", M.NO_SUCH_ADDRESS),  # Exim
    (550, "relay not permitted", M.POLICY),  # Exim
    (550, "Sender verify failed", M.POLICY),  # Exim
    (550, "5.1.1 <ada@example.org>... User unknown", M.NO_SUCH_ADDRESS),  # Sendmail
    (550, "Host unknown", M.UNSPECIFIED),  # Sendmail without its 5.1.2
    (553, "sorry, that domain isn't in my list of allowed rcpthosts (#5.7.1)", M.POLICY),  # qmail
    (550, "sorry, no mailbox here by that name. (#5.1.1)", M.NO_SUCH_ADDRESS),  # qmail
    (550, "sorry, no mailbox here by that name.", M.NO_SUCH_ADDRESS),  # qmail
    (511, "sorry, no mailbox here by that name (#5.1.1 - chkuser)", M.NO_SUCH_ADDRESS),  # qmail
    (550, "MAILBOX NOT FOUND", M.NO_SUCH_ADDRESS),  # AOL
    (550, "Message was not accepted -- invalid mailbox. Local mailbox ada@mail.ru is unavailable: "
          "user not found", M.NO_SUCH_ADDRESS),  # Mail.ru
    (550, "User ada@example.org not listed in Domino Directory", M.NO_SUCH_ADDRESS),  # Domino
    (550, "<ada@example.org>: Recipient address rejected: Account Closed", M.MAILBOX),  # Lycos
    (554, "5.6.0 Message contains invalid header", M.CONTENT),
    (554, "Virus found, message content rejected", M.CONTENT),
    (550, "message rejected", M.CONTENT),
    (551, "User not local; please try <ada@example.com>", M.MAILBOX),  # RFC 5321 4.2.3
    (553, "Requested action not taken: mailbox name not allowed", M.MAILBOX),  # RFC 5321 4.2.3
    (556, "example.org accepts no mail", M.NO_SUCH_ADDRESS),  # RFC 7504
    (551, "", M.MAILBOX),
    (552, "", M.FULL),
    (550, "", M.UNSPECIFIED),
    (550, "no", M.UNSPECIFIED),
    (554, "Transaction failed", M.UNSPECIFIED),  # RFC 5321 4.2.3
    (550, "5.0.0 no", M.UNSPECIFIED),
    (550, "5.1.0 Address rejected.", M.MAILBOX),
    (550, "5.5.1 Invalid command", M.OTHER),
    (550, "5.4.4 Host not found", M.ROUTE),
    (554, "HTTP 422: {\"error\": \"unknown user\"}", M.OTHER),  # a provider's API
]  # fmt: skip


def meant(text: str, code: int | None) -> Meaning:
    return classify(text, code, own_status(text))


@pytest.mark.parametrize(("code", "text", "meaning"), SAMPLES)
def test_what_servers_say(code: int, text: str, meaning: Meaning) -> None:
    assert meant(text, code) == meaning


@pytest.mark.parametrize("text", [text for _, text, _ in SAMPLES])
def test_the_address_itself_means_nothing(text: str) -> None:
    """Somebody may be called like a reason."""
    code = next(code for code, sample, _ in SAMPLES if sample == text)
    for name in ("spam@quota-full.example", "<no-such-user>", "https://policy.example/?blocked"):
        own = own_status(text)
        with_name = f"{own} {name} {text.removeprefix(own)}"
        if not text.startswith("HTTP"):
            assert meant(with_name, code) == meant(text, code)


@given(st.sampled_from(SAMPLES), st.randoms(use_true_random=False))
def test_case_and_line_breaks_change_nothing(
    sample: tuple[int, str, Meaning], chance: random.Random
) -> None:
    code, text, meaning = sample
    if text.startswith("HTTP"):
        return
    own = own_status(text)
    starts = own if text.startswith(own) else ""
    words = text.removeprefix(starts).strip().split(" ")
    breaks = [" ", "  ", "\r\n", "\n", f"\r\n{code}-", f"\n{own or 'x'} ".replace("x ", "")]
    cases = [str, str.upper, str.lower, str.title]
    broken = words[0]
    for word in words[1:]:
        is_name = re.search(r"https?:|@|#5", word)
        broken += chance.choice(breaks) + (word if is_name else chance.choice(cases)(word))
    assert meant(f"{starts} {broken}" if starts else broken, code) == meaning


@given(st.text(max_size=400), st.none() | st.integers(0, 999))
def test_any_text_has_a_meaning(text: str, code: int | None) -> None:
    assert meant(text, code) in Meaning
    assert any_status(text) == "" or any_status(text)[0] in "245"
    assert basic_code(text) is None or 200 <= (basic_code(text) or 0) < 600


@given(st.text("5.17 \n", max_size=60), st.integers(0, 999))
def test_policy_is_never_the_mailbox(text: str, last: int) -> None:
    status = f"5.7.{last}"
    assert classify(f"{status} no such user {text}", 550, status) == Meaning.POLICY


def test_a_text_without_end_costs_no_more_than_its_beginning() -> None:
    assert meant("no such user" + " account" * 500_000, 550) == Meaning.NO_SUCH_ADDRESS
    assert meant("x " * 5_000 + "no such user", 550) == Meaning.UNSPECIFIED


def test_every_rule_has_its_source_and_none_is_dead() -> None:
    assert all(rule.source for rule in (*STATUSES, *TEXTS))
    assert set(CODES) == {551, 552, 553, 556}
    hit = {meaning for _, _, meaning in SAMPLES}
    assert {rule.meaning for rule in (*STATUSES, *TEXTS)} <= hit


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("smtp; 550 No such user here", 550),
        ("550-5.1.1 The account", 550),
        ("x-unix; unknown", None),
        ("550", 550),
        ("port 550 x", None),
        ("5500 what", None),
    ],
)
def test_the_basic_code_of_a_report(text: str, code: int | None) -> None:
    assert basic_code(text) == code


ANY_STATUS = st.builds("5.{}.{}".format, st.integers(0, 9), st.integers(0, 999))
# Statuses that the rules name, more often than by chance.
LIKELY_STATUS = st.builds("5.{}.{}".format, st.sampled_from([1, 2, 3, 4, 6, 7]), st.integers(0, 12))


@given(ANY_STATUS | LIKELY_STATUS)
def test_a_status_in_a_reply_and_in_a_report_says_the_same_of_the_address(status: str) -> None:
    reply = disposition(Outcome(Result.REFUSED, "RCPT", 550, f"{status} no"))
    assert (reply == Disposition.BOUNCE) == (classify_failure(status) == Bounce.HARD)


@given(ANY_STATUS | LIKELY_STATUS)
def test_a_mail_that_was_refused_as_such_is_not_tried_again(status: str) -> None:
    reply = disposition(Outcome(Result.REFUSED, "dot", 554, f"{status} no"))
    if classify_failure(status) == Bounce.POLICY:
        assert reply == Disposition.FAIL
    if reply == Disposition.RETRY:
        assert classify_failure(status) == Bounce.SOFT
