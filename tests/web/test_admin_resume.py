"""Lifting a hold releases what it kept within seconds, and nothing else."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from celery import current_app
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from digest.mail.transport import Outcome, Result
from digest.models import Digest, Hold, Letter, State
from digest.operators.mass_actions import fingerprint_of
from digest.sending import planning
from digest.sending.drain import drain
from digest.sending.outcomes import record_outcome
from digest.sending.permit import grant_permit
from subscriptions import signup
from tests.support import factories
from tests.support.stub_transport import TAKEN, StubTransport

pytestmark = pytest.mark.django_db
LATER = Outcome(Result.REFUSED, "RCPT", 450, "4.2.1 later")
LETTER_AND_DIGEST = {"letters": {"sent": 1}, "digests": {"sent": 1}}


@pytest.fixture
def operator(operator: Client, settings: Any) -> Client:
    settings.CELERY_BROKER_URL = "memory://"
    return operator


@pytest.fixture
def at() -> datetime:
    """When a letter and a digest are due."""
    now = timezone.now()
    factories.subscriber("ada@example.org", "robot", next_due_at=now)
    factories.paper("A robot")
    planning.plan(now)
    signup.request("bob@example.org", signup.SignUpRequest(keywords=("robot",)), at=now)
    return now


def lift(operator: Client, hold: Hold) -> None:
    operator.post(reverse("admin:why-lift", args=[hold.pk]))


def delete(operator: Client, hold: Hold) -> None:
    operator.post(reverse("admin:digest_hold_delete", args=[hold.pk]), {"post": "yes"})


def delete_selected(operator: Client, hold: Hold) -> None:
    chosen = {
        "action": "delete_selected",
        "_selected_action": [hold.pk],
        "confirmed": fingerprint_of([hold.pk]),
    }
    operator.post(reverse("admin:digest_hold_changelist"), chosen)


def change(operator: Client, hold: Hold) -> None:
    posted = {"scope": "domain", "value": "example.com"}
    operator.post(reverse("admin:digest_hold_change", args=[hold.pk]), posted)


@pytest.mark.parametrize("resume", [lift, delete, delete_selected, change])
def test_what_was_held_is_due_at_once(
    operator: Client, at: datetime, monkeypatch: pytest.MonkeyPatch, resume: Any,
    django_capture_on_commit_callbacks: Any,
) -> None:  # fmt: skip
    woken: list[str] = []
    monkeypatch.setattr(
        current_app.tasks["digest.tasks.drain"], "apply_async", lambda **_: woken.append("drain")
    )
    hold = Hold.objects.create(scope="domain", value="example.org")
    assert not grant_permit(Digest.objects.claim(at, 1)[0], "smtp")
    assert record_outcome(Digest.objects.get(), Outcome(Result.NO_PERMIT), at) == "planned"
    assert "held" in Digest.objects.get().reply_text
    with django_capture_on_commit_callbacks(execute=True):
        resume(operator, hold)
    assert woken == ["drain"]
    assert drain(StubTransport(TAKEN), timezone.now) == LETTER_AND_DIGEST


def test_what_was_refused_for_now_waits_its_time(operator: Client, at: datetime) -> None:
    hold = Hold.objects.create(scope="domain", value="example.com")
    drain(StubTransport(LATER), lambda: at)
    before = Digest.objects.get().not_before
    assert before > timezone.now()
    lift(operator, hold)
    assert Digest.objects.get().not_before == before


def test_what_is_held_twice_stays(operator: Client, at: datetime) -> None:
    hold = Hold.objects.create(scope="backend", value="smtp")
    Hold.objects.create(scope="domain", value="example.org")
    drain(StubTransport(), lambda: at)
    lift(operator, hold)
    server = StubTransport(TAKEN)
    drain(server, timezone.now)
    assert server.mails == []
    assert Letter.objects.get().state == State.PLANNED


def test_with_everything_held_nothing_is_claimed_or_composed(
    operator: Client, at: datetime
) -> None:
    hold = Hold.objects.create(scope="everything")
    server = StubTransport(TAKEN)
    for minutes in (0, 6, 12):
        drain(server, lambda then=at + timedelta(minutes=minutes): then)
    assert server.recipients == []
    digest = Digest.objects.get()
    assert (digest.fence, digest.composed_at, digest.not_before) == (0, None, at)
    page = operator.get(reverse("admin:why-nothing")).content.decode()
    assert "Nothing was sent then: everything was held." in page
    lift(operator, hold)
    assert drain(server, lambda: at) == LETTER_AND_DIGEST
