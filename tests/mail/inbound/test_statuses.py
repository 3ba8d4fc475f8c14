"""A status means the same in a reply and in a report."""

from hypothesis import given
from hypothesis import strategies as st

from digest.mail.inbound.bounce_reports import Bounce, classify_failure
from digest.mail.smtp.replies import Disposition, disposition
from digest.mail.transport import Outcome, Result

ANY = st.builds("5.{}.{}".format, st.integers(0, 9), st.integers(0, 999))
# What one of the rules may name, more often than chance would.
LIKELY = st.builds("5.{}.{}".format, st.sampled_from([1, 2, 3, 4, 6, 7]), st.integers(0, 12))


@given(ANY | LIKELY)
def test_the_address_is_to_blame_in_both_or_in_neither(status: str) -> None:
    reply = disposition(Outcome(Result.REFUSED, "RCPT", 550, f"{status} no"))
    assert (reply == Disposition.BOUNCE) == (classify_failure(status) == Bounce.HARD)


@given(ANY | LIKELY)
def test_a_mail_that_was_refused_as_such_is_not_tried_again(status: str) -> None:
    reply = disposition(Outcome(Result.REFUSED, "dot", 554, f"{status} no"))
    if classify_failure(status) == Bounce.POLICY:
        assert reply == Disposition.FAIL
    if reply == Disposition.RETRY:
        assert classify_failure(status) == Bounce.SOFT
