"""The log of a real Postfix is understood."""

import pytest

from .conftest import Morning
from .people import AWAY, READER, UNKNOWN, UNKNOWN_AT_ONCE
from .postfix import Postfix

pytestmark = [pytest.mark.slow, pytest.mark.peer]
# Delivered, bounced, deferred; the last one was refused and so never accepted.
PEOPLE = (READER, UNKNOWN, AWAY, UNKNOWN_AT_ONCE)
THEIRS = "SELECT id FROM subscriptions_subscriber WHERE email IN {people}"
FIRST = (
    "id IN (SELECT min(id) FROM digest_digest "
    f"WHERE subscriber_id IN ({THEIRS}) GROUP BY subscriber_id)"
)
STATES = f"SELECT state FROM digest_digest WHERE {FIRST} ORDER BY state"
SET = f"UPDATE digest_digest SET state = '{{state}}' WHERE {FIRST}"


def test_its_log_proves_what_it_took(first_morning: Morning, relay: Postfix) -> None:
    site = first_morning.site
    site.sql(SET.format(people=PEOPLE, state="unknown"))
    log = relay.log.read_bytes()
    assert (
        site.take(log, "relay_log")
        == "4 mails had no reply; the log shows that 3 of them were delivered.\n"
    )
    assert (
        site.take(log, "relay_log")
        == "1 mail had no reply; the log shows that 0 of them were delivered.\n"
    )
    assert site.sql(STATES.format(people=PEOPLE)) == [("sent",)] * 3 + [("unknown",)]
    site.sql(SET.format(people=f"('{UNKNOWN_AT_ONCE}')", state="failed"))
