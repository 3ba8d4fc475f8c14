"""Why a person got no mail today, in a sentence."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from digest.models import Digest, Hold
from digest.operators.timeline.mail_of_today import mail_of_today
from subscriptions.models import Subscriber, Suppression
from tests.support import factories
from tests.support.factories import MORNING

pytestmark = pytest.mark.django_db
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
NOON = MORNING + timedelta(hours=5)


@pytest.fixture
def ada() -> Subscriber:
    return factories.subscriber("ada@example.org", "robot", next_due_at=MORNING + DAY)


def planned(person: Subscriber, **fields: Any) -> Digest:
    values: dict[str, Any] = {
        "local_date": MORNING.date(), "not_before": MORNING, "expires_at": MORNING + DAY,
    }  # fmt: skip
    return Digest.objects.create(subscriber=person, **(values | fields))


def today(at: datetime = NOON) -> str:
    return mail_of_today(Subscriber.objects.get(), at)


def test_it_was_sent(ada: Subscriber) -> None:
    planned(ada, state="sent", sent_at=MORNING + 3 * MINUTE)
    assert today() == "Today’s digest was sent at 07:03."
    Subscriber.objects.update(status="unsubscribed")
    assert today() == "Today’s digest was sent at 07:03."


def test_today_is_the_persons_own_day(ada: Subscriber) -> None:
    planned(ada, state="sent", sent_at=MORNING)
    Subscriber.objects.update(timezone="Pacific/Kiritimati")  # where it is the 21st
    assert today().startswith("No digest is due now. The next one is due on 21 November 2026")


@pytest.mark.parametrize(
    ("columns", "sentence"),
    [
        ({"status": "pending"}, "They have not confirmed the subscription."),
        ({"status": "unsubscribed"}, "They unsubscribed."),
        ({"status": "unsubscribed", "unsubscribed_at": MORNING},
         "They unsubscribed on 20 November 2026."),
        ({"status": "paused", "paused_until": MORNING + 3 * DAY},
         "They are paused until 23 November 2026."),
        ({"status": "paused"}, "They are paused."),
        ({"status": "bouncing", "paused_until": MORNING + 3 * DAY},
         "The address refused e-mail, so it is suspended until 23 November 2026."),
        ({}, "No digest is due now. The next one is due on 21 November 2026 at 07:00 (daily)."),
    ],
)  # fmt: skip
def test_how_the_person_is(ada: Subscriber, columns: dict[str, Any], sentence: str) -> None:
    Subscriber.objects.update(**columns)
    assert today() == sentence


def test_a_confirmation_that_was_refused(ada: Subscriber) -> None:
    Subscriber.objects.update(status="pending")
    ada.letters.create(email_key=ada.email_key, purpose="confirm", nonce="1", state="failed",
                       not_before=MORNING, expires_at=NOON)  # fmt: skip
    assert today().endswith(" Their last confirmation letter: refused.")


def test_a_suppression(ada: Subscriber) -> None:
    Suppression.objects.record(ada.email_key, "complaint")
    assert today() == "The address is suppressed: a complaint."


def test_nothing_to_look_for(ada: Subscriber) -> None:
    ada.subscriptions.update(active=False)
    assert today().startswith("They have no keywords and no trending papers")
    Subscriber.objects.update(trending_top=3)
    assert today().startswith("No digest is due now.")


@pytest.mark.parametrize(
    ("state", "sentence"),
    [
        ("empty", "None of the 12 new papers matched, so nothing was sent."),
        ("failed", "The mail server refused today’s digest: 550 no"),
        ("suppressed", "Today’s digest was not sent, because they got no e-mail at that time."),
        ("expired", "Today’s digest could not be sent in time"),
        ("cancelled", "Today’s digest was cancelled"),
        ("unknown", "The mail server did not reply to today’s digest"),
    ],
)
def test_what_became_of_it(ada: Subscriber, state: str, sentence: str) -> None:
    answer = {"reply_code": 550, "reply_text": "no"} if state == "failed" else {}
    planned(ada, state=state, papers_read=12, **answer)
    assert today().startswith(sentence)


@pytest.mark.parametrize(
    ("hold", "held"),
    [
        ({"scope": "everything"}, "everything"),
        ({"scope": "domain", "value": "example.org"}, "mail to example.org"),
        ({"scope": "date", "value": "2026-11-20"}, "the digests of 2026-11-20"),
        ({"scope": "domain", "value": "example.com"}, ""),
        ({"scope": "date", "value": "2026-11-21"}, ""),
    ],
)
def test_a_hold_that_covers_it(ada: Subscriber, hold: dict[str, str], held: str) -> None:
    planned(ada)
    Hold.objects.create(**hold)
    at = MORNING + MINUTE
    expected = f"Today’s digest waits: {held} is held." if held else (
        "Today’s digest is planned and on its way."
    )  # fmt: skip
    assert today(at) == expected


def test_it_is_tried_again(ada: Subscriber) -> None:
    planned(ada, not_before=NOON + 15 * MINUTE, reply_code=451, reply_text="later", attempts=2)
    assert today() == "Today’s digest is tried again at 12:15: 451 later; 2 tries"


def test_what_is_overdue_asks_what_blocks_all_mail(ada: Subscriber) -> None:
    planned(ada)
    assert today(MORNING + MINUTE) == "Today’s digest is planned and on its way."
    Hold.objects.create(scope="domain", value="example.com", reason="full")
    assert today().startswith("Today’s digest is planned and on its way. Held by an operator")


def test_it_was_not_planned(ada: Subscriber) -> None:
    Subscriber.objects.update(next_due_at=MORNING)
    assert today().startswith("A digest is due since 07:00 and not planned yet. ")
    assert "Digests have been due since 2026-11-20 07:00 UTC" in today()
