"""The letters of the account and of a change of address: they name nobody, and no address."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from digest.models import Letter
from subscriptions.account import address_changes
from subscriptions.account.account_links import send_account_link
from subscriptions.letters.composing import compose_letter
from subscriptions.links import Purpose, alive, made_at
from subscriptions.models import Subscriber
from tests.support import factories
from tests.support.address_changes import NEW, OLD, requested
from tests.support.mails import flat, html_of, parsed, text_of

pytestmark = pytest.mark.django_db
AT = datetime(2026, 11, 20, 12, tzinfo=UTC)
PATHS = {
    "account": "/account/", "new-address": "/new-address/", "address-changed": "/undo-address/",
}  # fmt: skip


@pytest.fixture
def letters() -> dict[str, Letter]:
    """One of each, planned at AT."""
    person = factories.subscriber(OLD, "a keyword of hers")
    send_account_link(person, at=AT)
    address_changes.confirm_change(requested(person, NEW, AT), at=AT)
    Subscriber.objects.update(email=OLD, email_key=OLD)
    return {letter.purpose: letter for letter in Letter.objects.all()}


@pytest.mark.parametrize("purpose", PATHS)
def test_they_hold_a_link_and_nothing_that_was_typed(
    letters: dict[str, Letter], purpose: str
) -> None:
    with time_machine.travel(AT + timedelta(minutes=1), tick=False):
        mail = parsed(compose_letter(letters[purpose], AT))
    text, html = text_of(mail), html_of(mail)
    body = f"{mail['Subject']} {text} {html}".lower()
    for private in (OLD, NEW.lower(), "ada", "keyword of hers"):
        assert private not in body
    link = next(word for word in text.split() if PATHS[purpose] in word)
    assert link in [each["href"] for each in html.select("a.button-link, a[href]")]
    assert max(map(len, text.replace(link, "").splitlines())) <= 78
    assert mail["Auto-Submitted"] == "auto-generated"
    assert "List-Unsubscribe" not in mail
    assert "ignore this e-mail" in flat(text)


def test_a_change_can_be_undone_for_7_days_after_it_was_made(letters: dict[str, Letter]) -> None:
    """Not after the letter was composed, which may be tried for days."""
    with time_machine.travel(AT + timedelta(days=2), tick=False):
        text = text_of(parsed(compose_letter(letters["address-changed"], AT)))
    link = next(word for word in text.split() if "/undo-address/" in word)
    since = made_at(link.rstrip("/").rpartition("/")[2])
    assert since == AT
    with time_machine.travel(AT + timedelta(days=6, hours=23), tick=False):
        assert alive(Purpose.UNDO_ADDRESS, since)
    with time_machine.travel(AT + timedelta(days=7), tick=False):
        assert not alive(Purpose.UNDO_ADDRESS, since)


def test_letters_to_subscribers_go_before_those_to_addresses_that_somebody_typed(
    letters: dict[str, Letter],
) -> None:
    urgent = set(Letter.objects.urgent().values_list("purpose", flat=True))
    assert urgent == {"account", "address-changed"}
    assert set(Letter.objects.confirmations().values_list("purpose", flat=True)) == {"new-address"}


def test_every_purpose_is_in_one_of_the_queues() -> None:
    for number, purpose in enumerate(Letter.Purpose):
        Letter.objects.create(
            email="a@b.example", email_key="a@b.example", purpose=purpose, nonce=str(number),
            not_before=AT, expires_at=AT,
        )  # fmt: skip
    queues = [*Letter.objects.urgent(), *Letter.objects.confirmations()]
    assert len(queues) == len(Letter.Purpose)
