"""Which replies blame the address, and which do not."""

import pytest

from digest.mail.smtp.replies import Verdict, verdict
from digest.mail.transport import Outcome, Result


@pytest.mark.parametrize(
    ("phase", "code", "text", "expected"),
    [
        # between us and the relay
        ("connect", 554, "5.7.1 go away", Verdict.RETRY),
        ("MAIL", 550, "5.7.1 who are you", Verdict.RETRY),
        ("MAIL", 421, "closing", Verdict.RETRY),
        ("MAIL", 550, "5.1.8 bad sender", Verdict.RETRY),
        # for now, or no refusal at all
        ("RCPT", 450, "4.2.1 later", Verdict.RETRY),
        ("RCPT", 451, "4.7.1 greylisted", Verdict.RETRY),
        ("RCPT", 452, "4.2.2 mailbox full", Verdict.RETRY),
        ("RCPT", 421, "closing", Verdict.RETRY),
        ("RCPT", 450, "5.1.1 nobody, it says, for now", Verdict.RETRY),
        ("DATA", 451, "4.7.650 rate", Verdict.RETRY),
        ("dot", 421, "4.7.28 too much unsolicited mail", Verdict.RETRY),
        ("dot", 452, "4.3.1 full", Verdict.RETRY),
        ("dot", 299, "what?", Verdict.RETRY),
        ("dot", 5500, "what?", Verdict.RETRY),
        ("RCPT", None, "", Verdict.RETRY),
        # too large
        ("RCPT", 552, "5.3.4 too big", Verdict.FAIL),
        ("dot", 552, "5.2.3 too big for this mailbox", Verdict.FAIL),
        ("dot", 554, "5.3.4 too big", Verdict.FAIL),
        # policy: never the address
        ("RCPT", 550, "5.7.1 policy", Verdict.FAIL),
        ("RCPT", 550, "5.7.515 not authenticated", Verdict.FAIL),
        ("RCPT", 552, "5.7.0 attachment", Verdict.FAIL),
        ("DATA", 554, "5.7.515 not authenticated", Verdict.FAIL),
        ("dot", 554, "5.7.26 dmarc", Verdict.FAIL),
        # full mailboxes
        ("RCPT", 550, "5.2.2 mailbox full", Verdict.RETRY),
        ("dot", 554, "5.2.2 mailbox full", Verdict.RETRY),
        ("RCPT", 552, "mailbox full", Verdict.RETRY),
        ("dot", 552, "5.2.2 mailbox full", Verdict.RETRY),
        # a name server without an answer
        ("RCPT", 550, "5.4.4 unable to route", Verdict.RETRY),
        ("dot", 550, "5.4.4 unable to route", Verdict.RETRY),
        # the address
        ("RCPT", 550, "5.1.1 no such user", Verdict.BOUNCE),
        ("RCPT", 553, "5.1.2 no such system", Verdict.BOUNCE),
        ("RCPT", 501, "5.1.3 bad syntax", Verdict.BOUNCE),
        ("RCPT", 551, "5.1.6 moved", Verdict.BOUNCE),
        ("RCPT", 550, "5.1.10 null MX", Verdict.BOUNCE),
        ("RCPT", 550, "5.1.1 one line\n5.1.1 and another", Verdict.BOUNCE),
        ("RCPT", 550, "No such user here", Verdict.BOUNCE),
        ("RCPT", 550, "sorry, no mailbox here by that name. (#5.1.1)", Verdict.BOUNCE),
        ("RCPT", 550, "mailbox full", Verdict.RETRY),
        # what else is final
        ("dot", 554, "This user doesn't have a yahoo.com account", Verdict.STRIKE),
        ("dot", 554, "Message content rejected", Verdict.FAIL),
        ("RCPT", 554, "Relay access denied", Verdict.FAIL),
        ("RCPT", 550, "5.1.8 <digest@example.org>: sender address rejected", Verdict.FAIL),
        ("RCPT", 550, "5.1.7 bad sender's mailbox", Verdict.FAIL),
        ("RCPT", 550, "5.1.100 what is that", Verdict.STRIKE),
        ("RCPT", 550, "5.2.1 disabled", Verdict.STRIKE),
        ("RCPT", 550, "Blocked, 5.1.104.7 is listed", Verdict.FAIL),
        ("RCPT", 550, "5.1.104.7 is listed", Verdict.STRIKE),
        ("RCPT", 550, "no", Verdict.STRIKE),
        ("dot", 554, "5.1.1 address in the text", Verdict.STRIKE),
        ("address", 553, "5.6.7 needs SMTPUTF8", Verdict.FAIL),
        ("HTTP", 554, "HTTP 422", Verdict.FAIL),
    ],
)
def test_refusals(phase: str, code: int | None, text: str, expected: Verdict) -> None:
    assert verdict(Outcome(Result.REFUSED, phase, code, text)) == expected


@pytest.mark.parametrize(
    ("result", "expected"),
    [
        (Result.ACCEPTED, Verdict.SENT),
        (Result.UNKNOWN, Verdict.UNKNOWN),
        (Result.UNLICENSED, Verdict.UNLICENSED),
        (Result.UNREACHED, Verdict.RETRY),
        (Result.DEFERRED, Verdict.LATER),
    ],
)
def test_the_other_endings(result: Result, expected: Verdict) -> None:
    assert verdict(Outcome(result)) == expected


def test_every_result_and_every_refusal_has_a_verdict() -> None:
    assert {verdict(Outcome(result)) for result in Result} <= set(Verdict)


@pytest.mark.parametrize(
    ("text", "code"),
    [("5.1.1 no", "5.1.1"), (" 4.7.28 slow", "4.7.28"), ("no", ""), ("5.1.104.7", ""), ("", "")],
)
def test_the_enhanced_code(text: str, code: str) -> None:
    assert Outcome(Result.REFUSED, text=text).enhanced_code == code
