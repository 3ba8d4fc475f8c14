"""Events, holds and the diagnosis page, when mail does not arrive."""

from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.urls import reverse

from digest.models import Digest, Hold, MailEvent
from tests.support import factories
from tests.support.factories import MORNING

from .pages import Page

pytestmark = pytest.mark.django_db
LISTS = ("digest_digest", "digest_letter", "digest_hold", "digest_mailevent")
WHY = "/admin/digest/mailevent/why/"


@pytest.fixture
def operator(operator: Client, settings: Any) -> Client:
    settings.CELERY_BROKER_URL = "memory://"
    return operator


def opened(operator: Client, page: str, *arguments: Any, **query: str) -> Page:
    return Page(operator.get(reverse(f"admin:{page}", args=arguments), query))


@pytest.mark.parametrize("page", ["index", *(f"{model}_changelist" for model in LISTS)])
def test_why_is_a_click_away(operator: Client, client: Client, page: str) -> None:
    assert WHY in opened(operator, page).links()
    looker = User.objects.create_user("looker", is_staff=True)
    mails = ("view_digest", "view_letter", "view_hold")
    looker.user_permissions.set(Permission.objects.filter(codename__in=mails))
    client.force_login(looker)
    if page != "digest_mailevent_changelist":
        assert WHY not in opened(client, page).links()


@pytest.fixture
def digest() -> Digest:
    """Ada's, which bounced; the alarm to the operator bounced too."""
    ada, bob = factories.subscriber("ada@example.org"), factories.subscriber("bob@example.org")
    window: dict[str, Any] = {
        "local_date": MORNING.date(), "not_before": MORNING, "expires_at": MORNING, "state": "sent",
    }  # fmt: skip
    digest = Digest.objects.create(subscriber=ada, **window)
    del window["local_date"]
    letter = bob.letters.create(email_key="bob@example.org", purpose="confirm", nonce="1", **window)
    usual: dict[str, Any] = {"provider": "mail", "sha256": "0" * 64, "at": MORNING}
    MailEvent.objects.create(
        kind="bounce_hard", event_id="1", digest=digest, status="5.1.1", **usual
    )
    MailEvent.objects.create(kind="delayed", event_id="2", letter=letter, **usual)
    MailEvent.objects.create(kind="forged", event_id="3", **usual)
    return digest


def test_an_event_says_whom_it_is_about_and_is_found_by_the_address(
    operator: Client, digest: Digest
) -> None:
    everything = opened(operator, "digest_mailevent_changelist").text
    assert "ada@example.org" in everything
    assert "bob@example.org" in everything
    for address, kind in (("ADA@example", "no such address"), ("bob@", "still being tried")):
        found = opened(operator, "digest_mailevent_changelist", q=address).text
        assert kind in found
        assert "1 mail event" in found
    event = MailEvent.objects.get(event_id="1")
    page = opened(operator, "digest_mailevent_change", event.pk)
    assert reverse("admin:subscriptions_subscriber_change", args=[digest.subscriber_id]) in (
        page.links()
    )


def test_a_mail_shows_what_came_back_about_it(operator: Client, digest: Digest) -> None:
    page = opened(operator, "digest_digest_change", digest.pk)
    assert "bounce: no such address" in page.text
    assert "5.1.1" in page.text
    assert "still being tried" not in page.text
    letter = MailEvent.objects.get(event_id="2").letter_id
    assert "delayed, still being tried" in opened(operator, "digest_letter_change", letter).text


def hold(operator: Client, **posted: str) -> Page:
    return Page(operator.post(reverse("admin:digest_hold_add"), posted, follow=True))


def test_a_hold_reads_well_and_its_form_names_what_can_be_held(operator: Client) -> None:
    form = opened(operator, "digest_hold_add").text
    assert "one backend the digests" in form
    assert "outbox" in form
    assert "smtp" not in form
    hold(operator, scope="backend", value="outbox")
    hold(operator, scope="domain", value="example.org")
    assert [str(each) for each in Hold.objects.order_by("pk")] == [
        "mail through outbox", "mail to example.org",
    ]  # fmt: skip


def test_holding_twice_is_said_in_plain_words(operator: Client) -> None:
    hold(operator, scope="domain", value="example.org")
    assert "This is already held." in hold(operator, scope="domain", value="Example.org").text
    again = {"scope": "domain", "value": "example.org"}
    assert (
        "This is already held."
        in Page(operator.post(reverse("admin:why-hold"), again, follow=True)).text
    )


def test_what_is_held_is_not_offered_to_be_held(operator: Client) -> None:
    assert "Pause everything" in opened(operator, "why-nothing").text
    assert "Pause outbox" in opened(operator, "why-nothing").text
    Hold.objects.create(scope="everything")
    Hold.objects.create(scope="backend", value="outbox")
    assert "Pause everything" not in opened(operator, "why-nothing").text
    assert "Pause outbox" not in opened(operator, "why-nothing").text
