"""The diagnosis page: why no mail goes out, with holds by one click."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from digest.mail.transport import Outcome, Result
from digest.models import Digest, Hold, MailEvent
from digest.operators.mass_actions import fingerprint_of
from digest.sending import planning
from digest.sending.drain import drain
from tests.support import factories
from tests.support.factories import MORNING
from tests.support.stub_transport import StubTransport

from .pages import Page

pytestmark = pytest.mark.django_db
WHY = "/admin/digest/mailevent/why/"
ACCEPTED = Outcome(Result.ACCEPTED, "dot", 250)


@pytest.fixture(autouse=True)
def broker(settings: Any) -> None:
    settings.CELERY_BROKER_URL = "memory://"


def press(operator: Client, address: str, **values: str) -> str:
    answer = operator.post(address, values, follow=True)
    assert answer.status_code == 200
    return Page(answer).text


def hold(operator: Client, scope: str, value: str = "") -> str:
    return press(operator, reverse("admin:why-hold"), scope=scope, value=value)


def lift(operator: Client) -> str:
    return press(operator, reverse("admin:why-lift", args=[Hold.objects.get().pk]))


def due_digest() -> Digest:
    factories.subscriber("ada@example.org", "robot")
    factories.paper("A robot")
    planning.plan(MORNING)
    return Digest.objects.get()


@pytest.mark.parametrize(
    ("scope", "value"), [("everything", ""), ("backend", "smtp"), ("domain", "example.org")]
)
def test_one_click_stops_and_one_resumes(
    operator: Client, monkeypatch: pytest.MonkeyPatch, scope: str, value: str
) -> None:
    monkeypatch.setattr("digest.admin.holds.BACKENDS", ("outbox", "smtp"))
    due_digest()
    assert "Held by an operator" in hold(operator, scope, value)
    drain(StubTransport(ACCEPTED), lambda: MORNING)
    assert Digest.objects.get().state == "planned"
    assert "Nothing is held" in lift(operator)
    drain(StubTransport(ACCEPTED), lambda: MORNING + timedelta(minutes=6))
    assert Digest.objects.get().state == "sent"


def test_a_cancelled_day_leaves_its_papers_to_the_next(operator: Client) -> None:
    due_digest()
    asked = hold(operator, "date", str(MORNING.date()))
    assert "1 digest. They are cancelled" in asked
    assert Digest.objects.get().state == "planned"
    confirmed = fingerprint_of([Digest.objects.get().pk])
    day = {"scope": "date", "value": str(MORNING.date()), "confirmed": confirmed}
    assert "1 digests cancelled" in press(operator, reverse("admin:why-hold"), **day)
    assert Digest.objects.get().state == "cancelled"
    tomorrow = MORNING + timedelta(days=1)
    planning.plan(tomorrow)
    drain(StubTransport(ACCEPTED), lambda: tomorrow)
    newest = Digest.objects.order_by("local_date").last()
    assert newest is not None
    assert (newest.state, len(newest.entries)) == ("sent", 1)


def test_what_is_wrong_is_said_and_nothing_held(operator: Client) -> None:
    assert "Enter just the domain" in hold(operator, "domain", "ada@example.org")
    assert "Enter the date like" in hold(operator, "date", "tomorrow")
    assert not Hold.objects.exists()
    hold(operator, "everything")
    assert "This is already held." in hold(operator, "everything")
    assert Hold.objects.count() == 1
    assert Hold.objects.get().pk
    lift(operator)
    assert press(operator, reverse("admin:why-lift", args=[9]))


def test_get_changes_nothing(operator: Client) -> None:
    held = Hold.objects.create(scope="everything")
    assert operator.get(reverse("admin:why-hold"), {"scope": "everything"}).status_code == 405
    assert operator.get(reverse("admin:why-lift", args=[held.pk])).status_code == 405
    assert operator.post(WHY).status_code == 405
    assert Hold.objects.count() == 1


def test_only_operators_with_leave(client: Client) -> None:
    assert client.get(WHY).status_code == 302
    looker = User.objects.create_user("looker", is_staff=True)
    client.force_login(looker)
    assert client.get(WHY).status_code == 403
    looker.user_permissions.add(Permission.objects.get(codename="view_mailevent"))
    Hold.objects.create(scope="everything")
    page = client.get(WHY)
    assert page.status_code == 200
    assert "Pause everything" not in Page(page).text
    assert "Resume" not in Page(page).text
    assert client.post(reverse("admin:why-hold"), {"scope": "everything"}).status_code == 403
    lifting = reverse("admin:why-lift", args=[Hold.objects.get().pk])
    assert client.post(lifting).status_code == 403
    assert Hold.objects.count() == 1


def test_events_are_listed_with_their_mails(operator: Client) -> None:
    at = timezone.now()
    digest = due_digest()
    usual: dict[str, Any] = {"provider": "mail", "sha256": "0" * 64, "at": at}
    MailEvent.objects.create(kind="bounce_hard", event_id="1", digest=digest, **usual)
    MailEvent.objects.create(kind="forged", event_id="2", **usual)
    page = Page(operator.get(reverse("admin:digest_mailevent_changelist")))
    assert "bounce: no such address" in page.text
    assert "not one of our e-mails" in page.text
    assert "Why is nothing going out?" in page.text
    first = MailEvent.objects.get(event_id="1")
    shown = operator.get(reverse("admin:digest_mailevent_change", args=[first.pk]))
    assert reverse("admin:digest_digest_change", args=[digest.pk]) in shown.content.decode()
    assert "Why is nothing" in Page(operator.get(reverse("admin:digest_hold_changelist"))).text
