"""Factories of the rows that most tests need."""

from datetime import UTC, date, datetime, time
from typing import Any

from django.db import transaction

from digest.ingest.papers.dedupe import title_key
from digest.ingest.papers.search_documents import write_documents
from digest.models import Catalogue, Paper
from subscriptions.models import Subscriber, email_key

MORNING = datetime(2026, 11, 20, 7, 0, tzinfo=UTC)


@transaction.atomic(savepoint=False)
def paper(title: str = "A paper", **fields: Any) -> Paper:
    """A numbered paper, stored as the ingest stores it: the catalogue moves with it."""
    catalogue = Catalogue.lock()
    catalogue.newest_seq += 1
    catalogue.change += 1
    catalogue.save()
    values = {
        "title": title,
        "title_key": title_key(title),
        "url": "https://example.org/paper",
        "listed_on": date(2026, 11, 20),
        "seq": catalogue.newest_seq,
        "change": catalogue.change,
    }
    stored = Paper.objects.create(**(values | fields))
    write_documents([stored])
    return stored


def subscriber(email: str = "ada@example.org", *keywords: str, **fields: Any) -> Subscriber:
    """An active subscriber, due at MORNING, whose watermark is at the start."""
    values = {
        "email": email,
        "email_key": email_key(email),
        "status": Subscriber.Status.ACTIVE,
        "confirmed_at": datetime(2026, 11, 19, 12, 0, tzinfo=UTC),
        "send_at": time(7),
        "next_due_at": MORNING,
    }
    person = Subscriber.objects.create(**(values | fields))
    for text in keywords:
        person.subscriptions.create(text=text)
    return person
