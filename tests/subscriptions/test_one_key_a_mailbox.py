"""The migration that gives each mailbox one key merges subscribers, and loses nothing."""

from datetime import date, timedelta
from functools import cache
from importlib import import_module
from typing import Any

import pytest
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.test import Client
from django.urls import reverse

from digest.models import Digest, Letter
from subscriptions.links import Purpose, token
from subscriptions.models import KeyCheck, Subscriber, Subscription, Suppression, address_hash
from subscriptions.suppression_key import ensure_key_check
from tests.support import factories
from tests.support.factories import MORNING

pytestmark = pytest.mark.django_db
migration = import_module("subscriptions.migrations.0008_one_key_a_mailbox")
PLAIN, QUOTED = "ada@example.org", '"Ada"@example.org'


@pytest.fixture(autouse=True)
def key(settings: Any) -> None:
    """As before the upgrade: hashes were made with SECRET_KEY."""
    settings.SUPPRESSION_KEY = settings.SECRET_KEY
    KeyCheck.objects.all().delete()
    ensure_key_check()


def pair(plain: str, quoted: str, **more: Any) -> tuple[Subscriber, Subscriber]:
    """Two subscribers of one mailbox, with these states."""
    return (
        factories.subscriber(PLAIN, "robot", "both", status=plain),
        factories.subscriber(
            QUOTED, "speech", "both", status=quoted, email_key=QUOTED.lower(), **more
        ),
    )


def migrate() -> None:
    migration.renew_keys(models_then(), None)


@cache
def models_then() -> Any:
    """The models of migrations in which a digest's facts have their first name."""
    nodes = [("digest", "0021_offered_group"), ("subscriptions", "0012_requested_at")]
    return MigrationLoader(connection).project_state(nodes).apps


@pytest.mark.parametrize(
    ("plain", "quoted", "merged"),
    [
        ("active", "active", "active"),
        ("active", "pending", "active"),
        ("pending", "active", "active"),
        ("active", "unsubscribed", "unsubscribed"),
        ("unsubscribed", "active", "unsubscribed"),
        ("bouncing", "unsubscribed", "unsubscribed"),
        ("paused", "bouncing", "bouncing"),
        ("paused", "active", "paused"),
        ("pending", "unsubscribed", "unsubscribed"),
        ("pending", "pending", "pending"),
    ],
)
def test_the_stricter_status_wins_and_keywords_are_joined(
    plain: str, quoted: str, merged: str, capsys: pytest.CaptureFixture[str]
) -> None:
    pair(plain, quoted)
    migrate()
    person = Subscriber.objects.get()
    assert (person.status, person.email, person.email_key) == (merged, PLAIN, PLAIN)
    assert sorted(person.active_keywords()) == ["both", "robot", "speech"]
    assert "Mailboxes with a new key: 1; subscribers merged: 1." in capsys.readouterr().out
    migrate()
    assert capsys.readouterr().out == ""


def test_dates_and_watermark_neither_repeat_nor_lose() -> None:
    later = MORNING + timedelta(hours=3)
    pair(
        "active", "active", next_due_at=later, last_local_date=date(2026, 11, 19),
        confirmed_through_seq=7, trending_top=4,
    )  # fmt: skip
    Subscriber.objects.filter(email=PLAIN).update(confirmed_through_seq=9)
    migrate()
    person = Subscriber.objects.get()
    assert (person.next_due_at, person.last_local_date) == (later, date(2026, 11, 19))
    assert (person.confirmed_through_seq, person.trending_top) == (7, 4)


def test_a_sign_up_that_nobody_confirmed_changes_nothing_but_what_is_asked_for() -> None:
    asked = {"keywords": ["speech"]}
    pair("active", "pending", requested=asked)
    Subscriber.objects.filter(email=PLAIN).update(confirmed_through_seq=9)
    migrate()
    person = Subscriber.objects.get()
    assert (person.confirmed_through_seq, person.requested) == (9, {})
    person.delete()
    pair("pending", "pending", requested=asked)
    migrate()
    assert Subscriber.objects.get().requested == asked


@pytest.mark.parametrize("dropped", [PLAIN, QUOTED])
def test_a_keyword_that_one_of_them_wants_is_wanted(dropped: str) -> None:
    pair("active", "active")
    Subscription.objects.filter(subscriber__email=dropped, text="both").update(active=False)
    migrate()
    assert "both" in Subscriber.objects.get().active_keywords()


def test_what_was_mailed_stays_with_the_one_who_is_left() -> None:
    _, person = both = pair("active", "active")
    window = {"not_before": MORNING, "expires_at": MORNING + timedelta(hours=9)}
    ids = []
    for each in both:
        for days, state in ((0, "planned"), (1, "sent")):
            day = MORNING.date() - timedelta(days=days)
            for kind in ("scheduled", "copy"):
                ids.append(
                    Digest.objects.create(
                        subscriber=each, kind=kind, local_date=day, state=state, **window
                    ).pk
                )
        for nonce in ("1", each.email_key[:1]):
            Letter.objects.create(
                subscriber=each, email_key=each.email_key, purpose="confirm", nonce=nonce, **window
            )
    migrate()
    left = Subscriber.objects.get()
    assert sorted(left.digests.values_list("pk", flat=True)) == sorted(ids)
    assert left.digests.filter(state="planned").count() == 2  # the second of a day is cancelled
    assert left.digests.filter(kind="scheduled").count() == 2
    days = {each.facts.copied_day for each in left.digests.filter(kind="copy")}
    assert days == {None, date(2026, 11, 20), date(2026, 11, 19)}
    assert left.letters.filter(email_key=PLAIN).count() == 4
    assert Subscriber.objects.resolve(person.pk) == left


def test_links_of_who_was_merged_are_those_of_who_is_left(client: Client) -> None:
    _, person = pair("active", "active")
    address = reverse("unsubscribe", args=[token(Purpose.UNSUBSCRIBE, person.pk)])
    migrate()
    assert client.post(address).status_code == 200
    assert Subscriber.objects.get().status == "unsubscribed"


def test_hashes_follow_the_key_and_the_lasting_one_stays() -> None:
    for spelling, plain, quoted, left in (
        ("eve", None, "complaint", "complaint"),
        ("fay", "bounce", "complaint", "complaint"),
        ("gil", "complaint", "bounce", "complaint"),
        ("hal", "bounce", None, "bounce"),
    ):
        key, old = f"{spelling}@example.org", f'"{spelling}"@example.org'
        factories.subscriber(old, email_key=old)
        for each, reason in ((key, plain), (old, quoted)):
            if reason:
                Suppression.objects.record(each, reason)
        migrate()
        suppression = Suppression.objects.get(address_hash=address_hash(key))
        assert suppression.reason == left
        assert not Suppression.objects.filter(address_hash=address_hash(old)).exists()


def test_an_address_beyond_ascii_keeps_its_key_and_keys_do_not_get_in_each_others_way() -> None:
    kept = factories.subscriber("ſam@example.org", email_key="sam@example.org")
    nested = factories.subscriber(r'"\"sam\""@example.net', email_key=r'"\"sam\""@example.net')
    quoted = factories.subscriber('"sam"@example.net', email_key='"sam"@example.net')
    migrate()
    keys = dict(Subscriber.objects.values_list("pk", "email_key"))
    assert keys == {
        kept.pk: "sam@example.org", nested.pk: '"sam"@example.net', quoted.pk: "sam@example.net",
    }  # fmt: skip


def test_no_more_keywords_than_a_list_may_have(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(migration, "MOST_KEYWORDS", 2)
    pair("active", "active")
    migrate()
    person = Subscriber.objects.get()
    assert (len(person.active_keywords()), person.subscriptions.count()) == (2, 3)
