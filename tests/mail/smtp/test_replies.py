"""Which replies tell against the address, and which do not."""

import pytest

from digest.mail.smtp.replies import Disposition, disposition
from digest.mail.transport import Outcome, Result


@pytest.mark.parametrize(
    ("phase", "code", "text", "expected"),
    [
        # between us and the relay
        ("connect", 554, "5.7.1 go away", Disposition.RETRY),
        ("MAIL", 550, "5.7.1 who are you", Disposition.RETRY),
        ("MAIL", 421, "closing", Disposition.RETRY),
        ("MAIL", 550, "5.1.8 bad sender", Disposition.RETRY),
        # for now, or no refusal at all
        ("RCPT", 450, "4.2.1 later", Disposition.RETRY),
        ("RCPT", 451, "4.7.1 greylisted", Disposition.RETRY),
        ("RCPT", 452, "4.2.2 mailbox full", Disposition.RETRY),
        ("RCPT", 421, "closing", Disposition.RETRY),
        ("RCPT", 450, "5.1.1 nobody, it says, for now", Disposition.RETRY),
        ("DATA", 451, "4.7.650 rate", Disposition.RETRY),
        ("dot", 421, "4.7.28 too much unsolicited mail", Disposition.RETRY),
        ("dot", 452, "4.3.1 full", Disposition.RETRY),
        ("dot", 299, "what?", Disposition.RETRY),
        ("dot", 5500, "what?", Disposition.RETRY),
        ("RCPT", None, "", Disposition.RETRY),
        # too large
        ("RCPT", 552, "5.3.4 too big", Disposition.FAIL),
        ("dot", 552, "5.2.3 too big for this mailbox", Disposition.FAIL),
        ("dot", 554, "5.3.4 too big", Disposition.FAIL),
        # policy: never the address
        ("RCPT", 550, "5.7.1 policy", Disposition.FAIL),
        ("RCPT", 550, "5.7.515 not authenticated", Disposition.FAIL),
        ("RCPT", 552, "5.7.0 attachment", Disposition.FAIL),
        ("DATA", 554, "5.7.515 not authenticated", Disposition.FAIL),
        ("dot", 554, "5.7.26 dmarc", Disposition.FAIL),
        # full mailboxes
        ("RCPT", 550, "5.2.2 mailbox full", Disposition.RETRY),
        ("dot", 554, "5.2.2 mailbox full", Disposition.RETRY),
        ("RCPT", 552, "mailbox full", Disposition.RETRY),
        ("dot", 552, "5.2.2 mailbox full", Disposition.RETRY),
        # a name server without an answer
        ("RCPT", 550, "5.4.4 unable to route", Disposition.RETRY),
        ("dot", 550, "5.4.4 unable to route", Disposition.RETRY),
        # the address
        ("RCPT", 550, "5.1.1 no such user", Disposition.BOUNCE),
        ("RCPT", 553, "5.1.2 no such system", Disposition.BOUNCE),
        ("RCPT", 501, "5.1.3 bad syntax", Disposition.BOUNCE),
        ("RCPT", 551, "5.1.6 moved", Disposition.BOUNCE),
        ("RCPT", 550, "5.1.10 null MX", Disposition.BOUNCE),
        ("RCPT", 550, "5.1.1 one line\n5.1.1 and another", Disposition.BOUNCE),
        ("RCPT", 550, "No such user here", Disposition.BOUNCE),
        ("RCPT", 550, "sorry, no mailbox here by that name. (#5.1.1)", Disposition.BOUNCE),
        ("RCPT", 550, "mailbox full", Disposition.RETRY),
        # what else is final
        ("dot", 554, "This user doesn't have a yahoo.com account", Disposition.STRIKE),
        ("dot", 554, "Message content rejected", Disposition.FAIL),
        ("RCPT", 554, "Relay access denied", Disposition.FAIL),
        ("RCPT", 550, "5.1.8 <digest@example.org>: sender address rejected", Disposition.FAIL),
        ("RCPT", 550, "5.1.7 bad sender's mailbox", Disposition.FAIL),
        ("RCPT", 550, "5.1.100 what is that", Disposition.STRIKE),
        ("RCPT", 550, "5.2.1 disabled", Disposition.STRIKE),
        ("RCPT", 550, "Blocked, 5.1.104.7 is listed", Disposition.FAIL),
        ("RCPT", 550, "5.1.104.7 is listed", Disposition.STRIKE),
        ("RCPT", 550, "no", Disposition.STRIKE),
        ("dot", 554, "5.1.1 address in the text", Disposition.STRIKE),
        ("address", 553, "5.6.7 needs SMTPUTF8", Disposition.FAIL),
        ("HTTP", 554, "HTTP 422", Disposition.FAIL),
    ],
)
def test_refusals(phase: str, code: int | None, text: str, expected: Disposition) -> None:
    assert disposition(Outcome(Result.REFUSED, phase, code, text)) == expected


@pytest.mark.parametrize(
    ("result", "expected"),
    [
        (Result.ACCEPTED, Disposition.SENT),
        (Result.UNKNOWN, Disposition.UNKNOWN),
        (Result.NO_PERMIT, Disposition.NO_PERMIT),
        (Result.UNREACHED, Disposition.RETRY),
        (Result.DEFERRED, Disposition.DEFER),
    ],
)
def test_the_other_results(result: Result, expected: Disposition) -> None:
    assert disposition(Outcome(result)) == expected


def test_every_result_and_every_refusal_has_a_disposition() -> None:
    assert {disposition(Outcome(result)) for result in Result} <= set(Disposition)


@pytest.mark.parametrize(
    ("text", "code"),
    [("5.1.1 no", "5.1.1"), (" 4.7.28 slow", "4.7.28"), ("no", ""), ("5.1.104.7", ""), ("", "")],
)
def test_the_enhanced_code(text: str, code: str) -> None:
    assert Outcome(Result.REFUSED, text=text).enhanced_code == code
