"""Changes of address: each person's own addresses are found, and nothing of another mailbox."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from digest.models import Letter, MailEvent
from digest.personal_data.erase import erase, preview_erasure
from digest.personal_data.export import as_json, export
from digest.personal_data.inventory import identify
from subscriptions.models import AddressChange, Subscriber, Suppression
from tests.support import factories
from tests.support.address_changes import NEW, OLD, moved, requested
from tests.support.factories import MORNING
from tests.support.history import earlier

from .known_person import mail_file

pytestmark = pytest.mark.django_db
NEW_KEY = "ada@new.example"


@pytest.fixture(autouse=True)
def outbox(tmp_path: Path, settings: Any) -> Path:
    settings.OUTBOX_DIR = tmp_path / "outbox"
    return tmp_path / "outbox"


@pytest.fixture
def ada() -> Subscriber:
    return factories.subscriber(OLD, "robot")


def event_about(letter: Letter) -> MailEvent:
    return MailEvent.objects.create(
        kind="bounce_hard", provider="mail", event_id="1", sha256="0" * 64, at=MORNING,
        letter=letter,
    )  # fmt: skip


def test_both_addresses_are_theirs_once_the_change_is_confirmed(ada: Subscriber) -> None:
    change = requested(ada, NEW, MORNING)
    assert NEW_KEY not in identify(ada).keys
    change.confirmed_at = MORNING
    change.save()
    for whom in (ada, OLD):
        assert identify(whom).keys == {OLD, NEW_KEY}
        assert NEW in identify(whom).spellings
    factories.subscriber(NEW)
    assert identify(ada).keys == {OLD}


def test_everything_about_the_change_is_erased(ada: Subscriber, outbox: Path) -> None:
    moved(ada, NEW, MORNING)
    other = factories.subscriber("bob@example.org", "robot")
    earlier(other, 1, "failed", reply_text=f"550 {OLD} and {NEW}")
    event_about(Letter.objects.get(purpose="address-changed"))
    files = [mail_file(outbox, "1.eml", OLD), mail_file(outbox, "2.eml", NEW)]
    expected = preview_erasure(ada, MORNING)
    assert expected.rows["digest.letter"] == 2
    assert erase(ada, MORNING).rows == expected.rows
    assert not AddressChange.objects.exists()
    assert not Letter.objects.exists()
    assert not MailEvent.objects.exists()
    assert not any(path.exists() for path in files)
    other.refresh_from_db()
    assert other.digests.get().reply_text == "550 (erased) and (erased)"


def test_a_requested_address_is_erased_with_its_letter(ada: Subscriber, outbox: Path) -> None:
    requested(ada, NEW, MORNING)
    letter = mail_file(outbox, "1.eml", NEW)
    erase(ada, MORNING)
    assert not AddressChange.objects.exists()
    assert not Letter.objects.exists()
    assert not letter.exists()


def test_what_is_kept_about_a_requested_address_is_not_told(ada: Subscriber, outbox: Path) -> None:
    """Otherwise asking for a change would tell who has a digest here, and whose mail bounces."""
    other = factories.subscriber(NEW, "speech")
    Suppression.objects.record(NEW_KEY, "complaint")
    requested(ada, NEW, MORNING)
    letter = Letter.objects.get(purpose="new-address")
    Letter.objects.update(state="suppressed", reply_text="550 no such user")
    event_about(letter)
    mail_file(outbox, "1.eml", NEW)
    exported = export(ada)
    assert set(exported) == {
        "subscriptions.subscriber", "subscriptions.subscription", "subscriptions.addresschange",
    }  # fmt: skip
    assert "speech" not in as_json(exported)
    alone = json.loads(as_json(exported))["subscriptions.addresschange"]
    assert [row["email"] for row in alone] == [NEW]
    other.delete()
    assert set(export(ada)) == set(exported)


@pytest.mark.parametrize("is_subscriber", [True, False])
def test_erasing_takes_nothing_from_a_requested_address(
    ada: Subscriber, outbox: Path, settings: Any, is_subscriber: bool
) -> None:
    if is_subscriber:
        factories.subscriber(NEW, "speech")
    else:
        settings.OPERATORS = [NEW]
    alarm = Letter.objects.create(
        email=NEW, email_key=NEW_KEY, purpose="alarm", nonce="a", not_before=MORNING,
        expires_at=MORNING,
    )  # fmt: skip
    theirs = mail_file(outbox, "1.eml", NEW)
    requested(ada, NEW, MORNING)
    erase(ada, MORNING)
    assert Letter.objects.get() == alarm
    assert theirs.exists()
    assert Subscriber.objects.count() == is_subscriber


def test_who_has_the_new_address_is_not_told_the_other_one(ada: Subscriber) -> None:
    factories.subscriber(NEW, "speech")
    requested(ada, NEW, MORNING)
    for whom in (NEW, Subscriber.objects.get(email=NEW)):
        assert OLD not in as_json(export(whom))


def test_erasing_an_address_takes_it_from_the_changes_of_others(ada: Subscriber) -> None:
    requested(ada, NEW, MORNING)
    expected = preview_erasure(NEW, MORNING)
    assert expected.rows == {"subscriptions.addresschange": 1, "digest.letter": 1}
    assert erase(NEW, MORNING).rows == expected.rows
    assert (AddressChange.objects.count(), Letter.objects.count()) == (0, 0)
    assert Subscriber.objects.get() == ada


def test_an_address_that_was_undone_long_ago_is_still_found(ada: Subscriber) -> None:
    change = moved(ada, NEW, MORNING)
    AddressChange.objects.filter(pk=change.pk).update(undone_at=MORNING + timedelta(days=1))
    Letter.objects.all().delete()
    assert identify(ada).keys == {OLD, NEW_KEY}
