"""Rows of a person of whom a timeline is shown, and the page as it is read."""

import re
from datetime import datetime, timedelta
from typing import Any

from django.test import Client
from django.urls import reverse

from digest.models import Digest, Letter, MailEvent
from subscriptions.models import Subscriber
from tests.support import factories
from tests.support.factories import MORNING

from .pages import Page

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def lovelace() -> Subscriber:
    """A subscriber of three days, in another time zone than UTC."""
    return factories.subscriber(
        "ada@example.org", "robot", created_at=MORNING - 3 * DAY, timezone="Asia/Tokyo"
    )


def digest_of(person: Subscriber, at: datetime = MORNING, **fields: Any) -> Digest:
    values: dict[str, Any] = {
        "local_date": at.date(), "not_before": at, "expires_at": at + DAY, "state": "sent",
        "sent_at": at, "composed_at": at, "from_seq": 0, "to_seq": 1, "reply_code": 250,
        "reply_text": "2.0.0 queued", "backend": "relay.example",
    }  # fmt: skip
    return Digest.objects.create(subscriber=person, **(values | fields))


def letter_of(person: Subscriber | None, **fields: Any) -> Letter:
    values: dict[str, Any] = {
        "email_key": person.email_key if person else "", "purpose": "confirm", "nonce": "1",
        "not_before": MORNING - 2 * DAY, "expires_at": MORNING, "state": "sent",
    }  # fmt: skip
    return Letter.objects.create(subscriber=person, **(values | fields))


def event_of(**fields: Any) -> MailEvent:
    values = {"kind": "bounce_soft", "provider": "mail", "event_id": "1", "sha256": "0" * 64}
    return MailEvent.objects.create(**(values | {"at": MORNING + HOUR} | fields))


def timeline(client: Client, person: Subscriber, query: str = "") -> Page:
    answer = client.get(reverse("admin:subscriber-timeline", args=[person.pk]) + query)
    assert answer.status_code == 200
    return Page(answer)


def happened(page: Page) -> list[str]:
    """The sentences of the entries, as the page lists them."""
    table = page.source.split('class="row-blocks timeline"', 1)[1]
    cells = re.findall(r"</time></td>\s*<td>(?:<a href=\"[^\"]*\">)?(.*?)(?:</a>)?</td>", table)
    return [re.sub("<.*?>", "", each).replace("&#x27;", "'") for each in cells]


def buttons(page: Page) -> set[str]:
    return {each["value"] for each in page.all("input") if each.get("name") == "action"}


def run(client: Client, url: str, action: str, pk: int) -> None:
    posted: dict[str, Any] = {"action": action, "_selected_action": [pk]}
    posted["confirmed"] = Page(client.post(url, posted)).field("confirmed")["value"]
    assert client.post(url, posted).status_code == 302
