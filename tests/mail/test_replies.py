"""Which replies blame the address, and which do not."""

import pytest

from digest.mail.replies import Verdict, verdict
from digest.mail.transport import Outcome, Result


@pytest.mark.parametrize(
    ("phase", "code", "text", "expected"),
    [
        ("RCPT", 550, "5.1.1 no such user", Verdict.BOUNCE),
        ("RCPT", 550, "5.1.10 null MX", Verdict.BOUNCE),
        ("RCPT", 550, "5.1.8 <digest@example.org>: sender address rejected", Verdict.FAIL),
        ("RCPT", 550, "Blocked, 5.1.104.7 is listed", Verdict.FAIL),
        ("RCPT", 550, "5.1.104.7 is listed", Verdict.FAIL),
        ("RCPT", 550, "5.7.1 policy", Verdict.FAIL),
        ("RCPT", 550, "5.2.2 mailbox full", Verdict.RETRY),
        ("RCPT", 552, "mailbox full", Verdict.RETRY),
        ("RCPT", 550, "no", Verdict.FAIL),
        ("RCPT", 450, "4.2.1 later", Verdict.RETRY),
        ("RCPT", 421, "closing", Verdict.RETRY),
        ("MAIL", 550, "5.7.1 who are you", Verdict.RETRY),
        ("DATA", 554, "5.7.515 not authenticated", Verdict.FAIL),
        ("dot", 554, "5.7.26 dmarc", Verdict.FAIL),
        ("dot", 554, "5.1.1 address in the text", Verdict.FAIL),
        ("dot", 452, "4.3.1 full", Verdict.RETRY),
    ],
)
def test_refusals(phase: str, code: int, text: str, expected: Verdict) -> None:
    assert verdict(Outcome(Result.REFUSED, phase, code, text)) == expected


@pytest.mark.parametrize(
    ("result", "expected"),
    [
        (Result.ACCEPTED, Verdict.SENT),
        (Result.UNKNOWN, Verdict.UNKNOWN),
        (Result.UNLICENSED, Verdict.UNLICENSED),
        (Result.UNREACHED, Verdict.RETRY),
    ],
)
def test_the_other_endings(result: Result, expected: Verdict) -> None:
    assert verdict(Outcome(result)) == expected
