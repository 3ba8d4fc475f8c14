"""Today's mail by hour and domain, and the queue."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from digest.models import Digest, Letter, OutcomeCount, Tally
from digest.monitoring.dashboard import mail_today as module
from digest.monitoring.dashboard.mail_today import mail_queue, mail_today
from tests.support import factories
from tests.support.factories import MORNING
from tests.support.history import earlier

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)
AT = MORNING + timedelta(minutes=30)


def ended(at: datetime, tally: Tally, domain: str = "big.example") -> None:
    OutcomeCount.objects.add({("smtp", domain): tally}, int(at.timestamp()) // 60)


def planned(email: str, not_before: datetime, **fields: Any) -> Digest:
    person = factories.subscriber(email, next_due_at=AT + timedelta(days=1))
    return earlier(person, 0, fields.pop("state", "planned"), not_before=not_before,
                   expires_at=AT + 20 * HOUR, **fields)  # fmt: skip


def test_hours_have_what_ended_in_them_and_who_is_due() -> None:
    ended(MORNING, Tally(10, 2, 1))
    ended(MORNING + timedelta(minutes=29), Tally(5))
    ended(MORNING - timedelta(minutes=1), Tally(3))
    ended(MORNING - 8 * HOUR, Tally(100))  # yesterday
    for minute in (0, 29, 31, 90, 149):
        factories.subscriber(f"r{minute}@x.example", next_due_at=MORNING + minute * HOUR / 60)
    factories.subscriber("gone@x.example", status="paused", next_due_at=MORNING + HOUR)
    factories.subscriber("next@x.example", next_due_at=MORNING + 17 * HOUR)  # tomorrow
    found = mail_today(AT)
    figures = {
        hour.start.hour: (hour.sent, hour.refused, hour.unknown, hour.to_come)
        for hour in found.hours
        if hour.sent or hour.to_come
    }
    assert figures == {6: (3, 0, 0, 0), 7: (12, 2, 1, 1), 8: (0, 0, 0, 1), 9: (0, 0, 0, 1)}
    assert len(found.hours) == 24
    assert (found.total("sent"), found.planned) == (15, 21)


def test_bounces_of_unknown_mail_make_no_negative_count() -> None:
    ended(MORNING, Tally(0, refused=2))
    assert mail_today(AT).total("sent") == 0


def test_the_queue_is_split_by_whether_it_is_due() -> None:
    planned("a@x.example", MORNING)
    planned("b@x.example", MORNING + timedelta(minutes=5))
    planned("c@x.example", AT + HOUR)
    planned("d@x.example", MORNING, state="leased")
    planned("e@x.example", MORNING, state="sending")
    planned("f@x.example", MORNING, state="sent")
    Letter.objects.create(email="o@example.org", email_key="o@example.org", purpose="alarm",
                          nonce="1", not_before=MORNING, expires_at=AT + HOUR)  # fmt: skip
    found = mail_queue(AT)
    assert (found.waiting, found.since, found.put_off, found.sending) == (2, MORNING, 1, 2)
    assert (found.letters, found.letters_since, found.queued) == (1, MORNING, 5)
    assert mail_today(AT).planned == 5


def test_domains_of_few_mails_are_counted_together(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "DOMAINS", 2)
    ended(MORNING, Tally(9, 1), "big.example")
    ended(MORNING, Tally(7), "large.example")
    ended(MORNING, Tally(6), "third.example")
    ended(MORNING, Tally(1), "own.example")
    planned("a@big.example", MORNING)
    planned("b@other.example", MORNING)
    rows = [(each.domain, each.sent, each.refused, each.queued) for each in mail_today(AT).domains]
    assert rows == [("big.example", 8, 1, 1), ("large.example", 7, 0, 0), ("", 7, 0, 1)]


def test_a_domain_of_one_person_is_not_named() -> None:
    ended(MORNING, Tally(4), "own.example")
    assert [each.domain for each in mail_today(AT).domains] == [""]


def test_the_time_from_due_to_sent_is_that_of_the_newest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "TIMED_DIGESTS", 2)
    for number, minutes in enumerate((200, 3, 3)):
        times = {"created_at": MORNING, "sent_at": MORNING + timedelta(minutes=minutes)}
        planned(f"r{number}@x.example", MORNING, state="sent", **times)
    assert mail_today(AT).delays == {"5": 2}
    assert mail_today(AT + timedelta(days=2)).delays == {}


def test_the_queries_do_not_grow_with_the_rows() -> None:
    with CaptureQueriesContext(
        connection,
    ) as before:
        mail_today(AT)
    for number in range(30):
        planned(f"r{number}@d{number}.example", MORNING)
        ended(MORNING + timedelta(minutes=number), Tally(3), f"d{number}.example")
    with CaptureQueriesContext(connection) as after:
        mail_today(AT)
    assert len(after) == len(before) <= 9
