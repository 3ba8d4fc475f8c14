"""A person's earlier digests, and what the next one would hold."""

from datetime import datetime, timedelta
from typing import Any

from digest.models import Digest, DigestContents, DigestEntry, Dump
from digest.selection.contents import contents
from subscriptions.models import Subscriber
from tests.support.factories import MORNING

LONG_AGO = MORNING - timedelta(days=200)


def earlier(person: Subscriber, days: int, state: str = "sent", **fields: Any) -> Digest:
    """The scheduled digest of that many days before MORNING, composed with an empty window."""
    at = MORNING - timedelta(days=days)
    values = {
        "local_date": at.date(),
        "state": state,
        "not_before": at,
        "expires_at": at + timedelta(hours=23),
        "composed_at": at,
        "from_seq": 0,
        "to_seq": 0,
    }
    return Digest.objects.create(subscriber=person, **(values | fields))


def entry(paper: int, *keywords: str, **fields: Any) -> DigestEntry:
    """An entry that does not say whether there was code and discussion, unless the fields do."""
    return DigestEntry(paper, keywords, **({"code": None, "comments": None} | fields))


def found(person: Subscriber, at: datetime = MORNING, **fields: Any) -> DigestContents:
    """What the digest of that day would hold; nothing is written."""
    day = at.astimezone(person.zone).date()
    return contents(Digest(subscriber=person, local_date=day, **fields), at)


def dump(name: str, at: datetime = MORNING - timedelta(hours=3), **fields: Any) -> Dump:
    values = {"sha256": name.ljust(64, "0"), "name": name, "received_at": at, "state": "parsed"}
    return Dump.objects.create(**(values | fields))
