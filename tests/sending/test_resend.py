"""A copy: what the first mail held, marked, once a day, and nothing moved by it."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from digest.mail.transport import Outcome, Result
from digest.models import Digest
from digest.sending import planning
from digest.sending.drain import drain
from digest.sending.resend import NotCopied, plan_copy
from subscriptions.models import Subscriber, Suppression
from tests.support import factories
from tests.support.factories import MORNING
from tests.support.mails import parsed, text_of
from tests.support.stub_transport import TAKEN, StubTransport
from tests.web.test_admin import act

pytestmark = pytest.mark.django_db
NEXT_DAY = MORNING + timedelta(days=1, hours=3)


def mailed(silent: bool = False, **person: Any) -> tuple[Digest, bytes]:
    """A digest of MORNING that was sent, and its mail."""
    factories.subscriber("ada@example.org", "robot", **person)
    factories.paper("A robot that learns", abstract="The robot learns.")
    planning.plan(MORNING)
    box = StubTransport(Outcome(Result.UNKNOWN, "dot") if silent else TAKEN)
    drain(box, lambda: MORNING)
    return Digest.objects.get(), box.mails[0]


def refusal(digest: Digest) -> str:
    with pytest.raises(NotCopied) as caught:
        plan_copy(digest, NEXT_DAY)
    return str(caught.value)


@pytest.mark.parametrize("silent", [False, True])
def test_from_the_first_mail_to_the_mailbox(silent: bool) -> None:
    original, first = mailed(silent)
    mark = Subscriber.objects.get().confirmed_through_seq
    factories.paper("Another robot")  # listed since then: no part of the copy
    copy = plan_copy(original, NEXT_DAY)
    box = StubTransport()
    assert drain(box, lambda: NEXT_DAY)["digests"] == {"sent": 1}
    before, after = parsed(first), parsed(box.mails[0])
    assert after["Subject"] == f"Sent again: {before['Subject']}"
    assert "Fri 20 Nov" in after["Subject"]
    assert "sent again by the people who run this service" in " ".join(text_of(after).split())
    assert after["Message-ID"] != before["Message-ID"]
    assert "A robot that learns" in text_of(after)
    assert "Another robot" not in text_of(after)
    copy.refresh_from_db()
    assert (copy.kind, copy.state, copy.local_date) == ("copy", "sent", NEXT_DAY.date())
    assert Subscriber.objects.get().confirmed_through_seq == mark == (0 if silent else 1)


def test_the_next_scheduled_digest_is_the_same_with_and_without_it() -> None:
    original, _ = mailed()
    plan_copy(original, NEXT_DAY - timedelta(hours=4))
    news = factories.paper("Another robot")
    planning.plan(NEXT_DAY)
    box = StubTransport()
    drain(box, lambda: NEXT_DAY)
    assert len(box.mails) == 2
    newest = Digest.objects.scheduled().first()
    assert newest is not None
    assert [entry.paper for entry in newest.entries] == [news.pk]


def test_a_copy_of_a_look_back_is_one() -> None:
    original, _ = mailed()
    assert planning.plan_sample(original.subscriber, NEXT_DAY)
    box = StubTransport()
    drain(box, lambda: NEXT_DAY)
    plan_copy(Digest.objects.get(kind="sample"), NEXT_DAY)
    drain(box, lambda: NEXT_DAY)
    subjects = [str(parsed(mail)["Subject"]) for mail in box.mails]
    assert subjects[1] == f"Sent again: {subjects[0]}"
    assert subjects[0].startswith("Your sample")
    assert "the sample you asked for" in " ".join(text_of(parsed(box.mails[1])).split())


def test_one_a_person_and_day() -> None:
    original, _ = mailed()
    plan_copy(original, NEXT_DAY)
    assert "already got a copy today" in refusal(original)
    assert plan_copy(original, NEXT_DAY + timedelta(days=1)).pk
    assert Digest.objects.filter(kind="copy").count() == 2


def test_the_day_is_the_reader_s() -> None:
    original, _ = mailed(timezone="Pacific/Kiritimati")
    at = MORNING.replace(hour=9)
    first = plan_copy(original, at)
    assert plan_copy(original, at + timedelta(hours=2)).local_date > first.local_date


def test_a_copy_is_not_copied() -> None:
    assert refusal(plan_copy(mailed()[0], NEXT_DAY)) == "It is a copy itself."


@pytest.mark.parametrize(
    "state", ["planned", "leased", "sending", "empty", "suppressed", "expired", "cancelled"]
)
def test_only_what_was_tried_is_copied(state: str) -> None:
    original, _ = mailed()
    original.state = state
    assert refusal(original) == "No e-mail was ever sent for it."


def test_what_was_never_put_together_is_not_copied() -> None:
    original, _ = mailed()
    original.state, original.composed_at = "failed", None
    assert refusal(original) == "No e-mail was ever sent for it."


@pytest.mark.parametrize("status", ["pending", "paused", "unsubscribed", "bouncing"])
def test_who_gets_no_mail_gets_no_copy(status: str) -> None:
    original, _ = mailed()
    original.subscriber.status = status
    assert refusal(original) == "The subscriber is not active."


def test_a_suppressed_address_gets_no_copy() -> None:
    original, _ = mailed()
    Suppression.objects.record("ada@example.org", "complaint")
    assert refusal(original) == "The address is suppressed."


def test_who_leaves_after_it_was_planned_gets_none() -> None:
    original, _ = mailed()
    plan_copy(original, NEXT_DAY)
    Subscriber.objects.update(status="unsubscribed")
    box = StubTransport()
    assert drain(box, lambda: NEXT_DAY)["digests"] == {"cancelled": 1}
    assert not box.mails


def test_an_operator_is_told_how_many_and_why_not_the_others(client: Client) -> None:
    original, _ = mailed()
    bob = factories.subscriber("bob@example.org", status="unsubscribed")
    times = {"not_before": MORNING, "expires_at": MORNING}
    frozen = times | {"composed_at": MORNING, "from_seq": 0, "to_seq": 1, "state": "sent"}
    left = Digest.objects.create(subscriber=bob, local_date=MORNING.date(), **frozen)
    waiting = Digest.objects.create(subscriber=bob, local_date=NEXT_DAY.date(), **times)
    client.force_login(User.objects.create_superuser("operator"))
    text = act(client, "digest_digest", "send_again", original, left, waiting)
    assert "1 of 3 on the way again." in text
    assert "1 skipped: The subscriber is not active." in text
    assert "1 skipped: No e-mail was ever sent for it." in text
    assert "1 skipped: This person already got" in act(
        client, "digest_digest", "send_again", original
    )
    assert Digest.objects.filter(kind="copy").count() == 1
