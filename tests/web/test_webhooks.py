"""Webhooks of mail providers: signed requests only, each recorded once."""

import base64
import hashlib
import hmac
import json
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from digest.mail import verp
from digest.mail.inbound.webhook_providers import PROVIDERS, read_webhooks
from digest.models import Digest, MailEvent
from subscriptions.models import Subscriber, Suppression
from tests.support import factories
from tests.support.returned_mails import VERP_SENDER

pytestmark = pytest.mark.django_db
KEY = "key-0123456789"
BASIC = "postmark:secret-word"


@pytest.fixture(autouse=True)
def set_up(settings: Any) -> None:
    settings.VERP_SENDER = VERP_SENDER
    settings.MAIL_WEBHOOKS = {"mailgun": KEY, "postmark": BASIC}


@pytest.fixture
def digest() -> Digest:
    paper = factories.paper("A robot")
    at = timezone.now()
    return Digest.objects.create(
        subscriber=factories.subscriber("ada@example.org", "robot"), local_date=at.date(),
        not_before=at, expires_at=at + timedelta(hours=9), state="unknown",
        composed_at=at, from_seq=0, to_seq=paper.seq,
    )  # fmt: skip


def mailgun(
    client: Client, *, token: str = "t1", key: str = KEY, age: int = 0, **event: Any
) -> int:
    """Post a Mailgun event, signed with the key `age` seconds ago; the answer's status."""
    stamp = str(int(timezone.now().timestamp()) - age)
    signed = hmac.new(key.encode(), f"{stamp}{token}".encode(), hashlib.sha256).hexdigest()
    body = {
        "signature": {"timestamp": stamp, "token": token, "signature": signed},
        "event-data": {"timestamp": 1795244590.5, "recipient": "ada@example.org", **event},
    }
    address = reverse("mail-events", args=["mailgun"])
    return client.post(address, json.dumps(body), content_type="application/json").status_code


def postmark(client: Client, credentials: str = BASIC, **event: Any) -> int:
    header = base64.b64encode(credentials.encode()).decode()
    answer = client.post(
        reverse("mail-events", args=["postmark"]), json.dumps(event),
        content_type="application/json", headers={"Authorization": f"Basic {header}"},
    )  # fmt: skip
    return answer.status_code


def mark(digest: Digest) -> dict[str, str]:
    return {"mail": verp.address_for("digest", digest.pk)}


def test_a_bounce_with_our_mark(client: Client, digest: Digest) -> None:
    status = {"message": "5.1.1 The account does not exist", "code": 550}
    event = {"event": "failed", "severity": "permanent", "reason": "generic",
             "delivery-status": status, "user-variables": mark(digest)}  # fmt: skip
    assert mailgun(client, **event) == 200
    assert mailgun(client, **event) == 200
    found = MailEvent.objects.get()
    assert (found.kind, found.provider, found.digest) == ("bounce_hard", "mailgun", digest)
    assert (found.status, found.event_id) == ("5.1.1", "t1")
    digest.refresh_from_db()
    assert digest.state == "sent"
    person = Subscriber.objects.get()
    assert (person.status, person.confirmed_through_seq) == ("bouncing", digest.to_seq)


def test_delivered_is_proof(client: Client, digest: Digest) -> None:
    assert mailgun(client, event="delivered", **{"user-variables": mark(digest)}) == 200
    digest.refresh_from_db()
    assert digest.state == "sent"


def test_a_complaint_needs_no_mark(client: Client, digest: Digest) -> None:
    assert mailgun(client, event="complained") == 200
    assert Subscriber.objects.get().status == "unsubscribed"
    assert Suppression.objects.get().reason == "complaint"
    digest.refresh_from_db()
    assert digest.state == "unknown"


@pytest.mark.parametrize(
    ("event", "kind"),
    [
        ({"event": "failed", "severity": "temporary"}, "delayed"),
        ({"event": "failed", "severity": "permanent",
          "delivery-status": {"message": "550 5.7.1 policy"}}, "bounce_policy"),
        ({"event": "failed", "severity": "permanent", "reason": "suppress-bounce"}, "bounce_soft"),
        ({"event": "unsubscribed"}, "unsubscribed"),
        ({"event": "delivered", "recipient": "stranger@example.org"}, "forged"),
        ({"event": "rejected", "reject": {"reason": "no"}}, "bounce_policy"),
    ],
)  # fmt: skip
def test_kinds(client: Client, digest: Digest, event: dict[str, Any], kind: str) -> None:
    assert mailgun(client, **event) == 200
    assert MailEvent.objects.get().kind == kind
    assert not Suppression.objects.exists()


@pytest.mark.parametrize("event", ["opened", "clicked", "something-new"])
def test_what_people_do_with_their_mail_is_not_kept(
    client: Client, digest: Digest, event: str
) -> None:
    assert mailgun(client, event=event) == 200
    assert not MailEvent.objects.exists()


def test_basic_auth_where_nothing_is_signed(client: Client, digest: Digest) -> None:
    bounce = {"RecordType": "Bounce", "Type": "HardBounce", "ID": 7, "Email": "ada@example.org",
              "Details": "smtp;550 5.1.1 unknown user", "BouncedAt": "2026-11-20T07:00:00Z",
              "Metadata": mark(digest)}  # fmt: skip
    assert postmark(client, **bounce) == 200
    assert MailEvent.objects.get().kind == "bounce_hard"


@pytest.mark.parametrize("credentials", ["postmark:wrong", "", ":"])
def test_the_wrong_password(client: Client, digest: Digest, credentials: str) -> None:
    assert postmark(client, credentials, RecordType="SpamComplaint", Email="ada@example.org") == 403
    assert not MailEvent.objects.exists()


def test_the_wrong_key_and_no_signature(client: Client, digest: Digest) -> None:
    assert mailgun(client, key="another-key", event="complained") == 403
    address = reverse("mail-events", args=["mailgun"])
    assert client.post(address, "{}", content_type="application/json").status_code == 403
    assert client.post(address, {"event": "complained"}).status_code == 403
    assert Subscriber.objects.get().status == "active"


@time_machine.travel("2026-11-20 12:00:00Z", tick=False)
def test_a_signature_holds_for_five_minutes_and_for_one_event(
    client: Client, digest: Digest
) -> None:
    for age in (301, -301):
        assert mailgun(client, age=age, event="complained") == 403
    legacy = {"event": "complained", "token": "t", "timestamp": "1", "recipient": "ada@example.org"}
    legacy["signature"] = hmac.new(KEY.encode(), b"1t", hashlib.sha256).hexdigest()
    assert client.post(reverse("mail-events", args=["mailgun"]), legacy).status_code == 403
    assert not MailEvent.objects.exists()
    for number, age in enumerate((300, -300)):
        assert mailgun(client, token=str(number), age=age, event="delivered") == 200
    # The same signature under another event: it is the one known already.
    assert mailgun(client, token="0", event="complained") == 200
    assert Subscriber.objects.get().status == "active"
    assert MailEvent.objects.count() == 2


def test_signed_nonsense(client: Client) -> None:
    assert mailgun(client) == 400
    assert postmark(client, RecordType="Delivery", DeliveredAt=[]) == 400


def test_nobody_else(client: Client) -> None:
    for name in ("sendgrid", "nonsense"):
        assert client.post(reverse("mail-events", args=[name])).status_code == 404
    assert client.get(reverse("mail-events", args=["mailgun"])).status_code == 405
    assert client.head(reverse("mail-events", args=["mailgun"])).status_code == 200


@pytest.mark.parametrize(
    "raw",
    [
        "mailgun",
        "sendgrid=user:password",
        "mailgun=short",
        "nobody=0123456789",
        "postmark=no-colon-in-it",
        "mailgun=käse-käse",
    ],
)
def test_settings_that_are_refused(raw: str) -> None:
    with pytest.raises(ValueError):
        read_webhooks(raw)


def test_settings() -> None:
    assert read_webhooks("") == {}
    assert read_webhooks(f"mailgun={KEY} postmark={BASIC}") == {"mailgun": KEY, "postmark": BASIC}


@pytest.mark.parametrize("name", sorted(PROVIDERS))
def test_every_provider_refuses_what_is_not_signed(
    client: Client, settings: Any, name: str
) -> None:
    settings.MAIL_WEBHOOKS = {name: "user:password-0123456789"}
    answer = client.post(reverse("mail-events", args=[name]), "[]", content_type="application/json")
    assert answer.status_code == 403
