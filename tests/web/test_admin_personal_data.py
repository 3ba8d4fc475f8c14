"""Operators erase subscribers, and export their data, if permitted."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.urls import reverse

from digest.models import Digest
from digest.operators.mass_actions import fingerprint_of
from digest.personal_data.erase import NotErased
from subscriptions.admin import personal_data
from subscriptions.models import Subscriber
from tests.personal_data.known_person import ADA, KEY, ada, others
from tests.support import factories

from .pages import Page, filled_in

pytestmark = pytest.mark.django_db
PEOPLE = reverse("admin:subscriptions_subscriber_changelist")


@pytest.fixture(autouse=True)
def outbox(tmp_path: Path, settings: Any) -> None:
    settings.OUTBOX_DIR = tmp_path / "outbox"


def confirmed(person: Subscriber) -> dict[str, str]:
    return {"confirmed": fingerprint_of([person.pk])}


def erase_page(person: Subscriber) -> str:
    return reverse("admin:subscriptions_subscriber_delete", args=[person.pk])


def test_deleting_a_person_says_what_goes_and_stays_and_erases(operator: Client) -> None:
    """Somebody who was mailed too: Django's own page refuses that."""
    person = ada()
    others()
    page = Page(operator.get(erase_page(person)))
    assert ADA in page.text
    assert "1 digest" in page.text
    assert "A fingerprint of the address is kept until" in page.text
    assert "Backups keep the data until" in page.text
    assert Subscriber.objects.filter(email=ADA).exists()
    answer = operator.post(erase_page(person), filled_in(page), follow=True)
    said = Page(answer).text
    assert "Erased:" in said
    assert "Daily counts of e-mails stay" in said
    assert not Subscriber.objects.filter(email=ADA).exists()
    assert Digest.objects.count() == 1
    assert not LogEntry.objects.filter(object_repr__icontains=f" {KEY}").exists()
    newest = LogEntry.objects.latest("pk")
    assert (newest.object_repr, newest.object_id) == ("(erased)", str(person.pk))
    assert operator.get(erase_page(person)).status_code == 404


def test_a_post_without_the_question_erases_nobody(operator: Client) -> None:
    person = ada()
    assert "To be deleted" in Page(operator.post(erase_page(person), {"post": "yes"})).text
    assert Subscriber.objects.exists()


def test_several_are_erased_after_a_question(
    operator: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    people = [factories.subscriber(f"reader{each}@example.org") for each in range(3)]
    chosen = {"action": "delete_selected", "_selected_action": [each.pk for each in people[:2]]}
    asked = Page(operator.post(PEOPLE, chosen))
    assert "2 people" in asked.text
    assert Subscriber.objects.count() == 3
    answer = operator.post(
        PEOPLE, chosen | {"confirmed": fingerprint_of(chosen["_selected_action"])}, follow=True
    )
    assert "2 erased." in Page(answer).text
    assert list(Subscriber.objects.all()) == people[2:]
    monkeypatch.setattr(personal_data, "MOST", 0)
    chosen = {"action": "delete_selected", "_selected_action": [people[2].pk]}
    assert "at most" in Page(operator.post(PEOPLE, chosen, follow=True)).text
    assert Subscriber.objects.exists()


def test_a_key_of_another_time_hides_nobody(operator: Client) -> None:
    person = factories.subscriber("İbrahim@host.org", email_key="i̇brahim@host.org")
    answer = operator.post(reverse("admin:subscriber-export", args=[person.pk]))
    assert json.loads(answer.content)["subscriptions.subscriber"]
    assert "1 subscriber" in Page(operator.get(erase_page(person))).text
    page = Page(operator.post(erase_page(person), confirmed(person), follow=True))
    assert "Erased: 1 subscriber" in page.text
    assert not Subscriber.objects.exists()


def test_who_is_still_there_is_said(operator: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise NotErased("There is still somebody.")

    person = factories.subscriber()
    monkeypatch.setattr(personal_data, "erase", fail)
    page = Page(operator.post(erase_page(person), confirmed(person), follow=True))
    assert f"Subscriber {person.pk}: There is still somebody." in page.text
    assert "Erased" not in page.text
    assert not LogEntry.objects.exists()


def test_the_export_is_a_file_and_is_logged(operator: Client) -> None:
    person = ada()
    address = reverse("admin:subscriber-export", args=[person.pk])
    assert operator.get(address).status_code == 405
    answer = operator.post(address)
    assert answer["Content-Disposition"] == f'attachment; filename="subscriber-{person.pk}.json"'
    assert "no-store" in answer["Cache-Control"]
    assert json.loads(answer.content)["subscriptions.subscriber"][0]["email"] == ADA
    assert LogEntry.objects.latest("pk").get_change_message() == "Exported all data."
    page = Page(operator.get(reverse("admin:subscriptions_subscriber_change", args=[person.pk])))
    assert address in [form.get("action") for form in page.all("form")]


@pytest.mark.parametrize("permission", ["view_subscriber", "change_subscriber"])
def test_without_permission_nothing_is_erased_or_exported(client: Client, permission: str) -> None:
    person = ada()
    user = User.objects.create_user("support", is_staff=True)
    user.user_permissions.add(Permission.objects.get(codename=permission))
    client.force_login(user)
    export = reverse("admin:subscriber-export", args=[person.pk])
    confirmed = {"confirmed": fingerprint_of([person.pk])}
    assert client.post(export).status_code == 403
    assert client.get(erase_page(person)).status_code == 403
    assert client.post(erase_page(person), confirmed).status_code == 403
    chosen = {"action": "delete_selected", "_selected_action": [person.pk]}
    client.post(PEOPLE, chosen | confirmed)
    assert Subscriber.objects.exists()


def test_who_leaves_by_an_operators_hand_has_a_day_of_leaving(operator: Client) -> None:
    person = factories.subscriber(unsubscribed_at=factories.MORNING - timedelta(days=400))
    address = reverse("admin:subscriptions_subscriber_change", args=[person.pk])
    operator.post(address, filled_in(Page(operator.get(address)), status="unsubscribed"))
    person.refresh_from_db()
    assert person.status == "unsubscribed"
    assert person.unsubscribed_at is not None
    assert person.unsubscribed_at > factories.MORNING


def test_a_digest_whose_papers_are_gone_says_so(operator: Client) -> None:
    ada()
    Digest.objects.update(pruned=True, entries=[])
    digest = Digest.objects.get()
    page = Page(operator.get(reverse("admin:digest_digest_change", args=[digest.pk])))
    assert page.text.count("no longer kept") == 2
    assert operator.get(reverse("admin:digest-mail", args=[digest.pk])).status_code == 404
