"""Every page that somebody without a log-in can open, found in the URLconf, with rows to show."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver, reverse
from django.utils import timezone

from digest.models import Digest, DigestEntry, Paper, State
from subscriptions import signup
from subscriptions.account import feed_links
from subscriptions.links import Purpose, confirmation_name, token
from subscriptions.models import Subscriber
from tests.support import factories

from .pages import address_change, dump

# Addresses for programs, and files: no pages.
NO_PAGES = frozenset(
    {
        "favicon", "opensearch", "robots", "security", "api-dumps", "api-dump", "mail-events",
        "outbox-html", "outbox-text", "outbox-raw", "outbox-mail", "paper-bib", "paper-ris",
        "reader-export", "reader-feed", "feed-search",
    }
)  # fmt: skip
KEYWORD = "diffusion model"


@dataclass(frozen=True)
class Rows:
    """Rows of which each page shows something: a reader, one who has not confirmed, one who signs
    up again, and one whose address has changed."""

    reader: Subscriber
    pending: Subscriber
    returning: Subscriber
    moved: Subscriber
    digest: Digest
    paper: Paper
    day: date

    def named(self, purpose: Purpose) -> str:
        """The text that a link of this purpose signs."""
        keyword = self.reader.subscriptions.earliest("pk").pk
        match purpose:
            case Purpose.DIGEST | Purpose.WHY | Purpose.EXCLUDE | Purpose.RATE:
                return str(self.digest.pk)
            case Purpose.KEYWORD:
                return str(keyword)
            case Purpose.UNDO_CHANGE:
                return f"drop-{keyword}"
            case Purpose.ACCOUNT:
                return f"{self.reader.pk}-0"
            case Purpose.FEED:
                return f"{self.reader.pk}-{self.reader.feed_link.serial}"
            case Purpose.CONFIRM:
                return confirmation_name(self.pending)
            case Purpose.NEW_ADDRESS:
                return str(self.reader.address_changes.get(confirmed_at=None).pk)
            case Purpose.UNDO_ADDRESS:
                return str(self.moved.address_changes.get().pk)
            case _:
                return str(self.reader.pk)


def make_rows() -> Rows:
    """Store the rows."""
    at = timezone.now()
    titles = ["Diffusion models for maps", "Robots that knit", "Speech without microphones"]
    papers = [
        factories.paper(title, abstract=f"{title}. " * 40, listed_on=at.date(), comment_count=3)
        for title in titles
    ]
    listed = dump(at.date() - timedelta(days=1), *papers, at=at)
    reader = factories.subscriber("ada@example.org", KEYWORD, "-survey OR x", "y" * 200)
    digest = Digest.objects.create(
        subscriber=reader, local_date=at.date(), not_before=at, expires_at=at, composed_at=at,
        sent_at=at, from_seq=0, to_seq=3, state=State.SENT,
        entries=[
            DigestEntry(papers[0].pk, (KEYWORD,), "title hit"),
            DigestEntry(papers[1].pk, (), "3 comments"),
        ],
    )  # fmt: skip
    feed_links.make(reader, seen=0, at=at)
    reader.saved_papers.create(paper=papers[0])
    reader.ratings.create(paper=papers[0], value=1)
    address_change(reader)
    moved = factories.subscriber("old@example.org", KEYWORD)
    address_change(moved, confirmed_at=at)
    Subscriber.objects.filter(pk=moved.pk).update(
        email="new@example.org", email_key="new@example.org", address_since=at
    )
    asked = signup.SignUpRequest(("speech",), frequency="weekly", timezone="Asia/Tokyo")
    pending = signup.request("new@example.com", asked, at=at, letter=False)
    returning = factories.subscriber("back@example.org", KEYWORD, confirmed_through_seq=0)
    signup.request("back@example.org", asked, at=at, letter=False)
    returning.refresh_from_db()
    assert listed.listed_on
    return Rows(reader, pending, returning, moved, digest, papers[0], listed.listed_on)


def every_page(rows: Rows) -> dict[str, str]:
    """Name of a page in the URLconf -> the address of one, links fresh."""
    found = {
        str(pattern.name): _address(pattern, rows)
        for pattern in patterns()
        if pattern.name not in NO_PAGES
    }
    again = token(Purpose.CONFIRM, confirmation_name(rows.returning))
    return found | {
        "confirm, signed up again": reverse("confirm", args=[again]),
        "search, found": reverse("search") + "?q=diffusion+AND+(x,+robot",
        "search, nothing found": reverse("search") + "?q=no+such+words&from=2026-01-01",
        "search, refused": reverse("search") + "?q=-x&from=2026-13-41",
    }


def patterns(resolver: URLResolver | None = None) -> Iterator[URLPattern]:
    """The patterns of all pages but the admin's."""
    for each in (resolver or get_resolver()).url_patterns:
        if isinstance(each, URLPattern):
            yield each
        elif not each.namespace:
            yield from patterns(each)


def purpose_of(pattern: URLPattern) -> Purpose:
    """What the tokens of a pattern are for: the first segment of its path."""
    return Purpose(str(pattern.pattern).partition("/")[0])


def _address(pattern: URLPattern, rows: Rows) -> str:
    values: dict[str, Any] = {
        "pk": rows.paper.pk,
        "paper": rows.paper.pk,
        "digest": rows.digest.pk,
        "day": rows.day,
        "month": rows.day.replace(day=1),
        "keyword": rows.reader.subscriptions.earliest("pk").pk,
    }
    wanted = pattern.pattern.converters
    if "token" in wanted:
        purpose = purpose_of(pattern)
        values["token"] = token(purpose, rows.named(purpose))
    return reverse(str(pattern.name), kwargs={name: values[name] for name in wanted})
