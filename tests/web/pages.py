"""Pages parsed as a browser would, and the rows that they need."""

from datetime import date, datetime
from html.parser import HTMLParser
from typing import Any

from django.utils import timezone

from digest.models import Dump, Listing, Paper
from subscriptions.account import feed_links
from subscriptions.links import Purpose, token
from subscriptions.models import AddressChange, FeedLink, Subscriber
from tests.support import factories

NOON = factories.MORNING.replace(hour=12)


class Page(HTMLParser):
    """Tags with their attributes, and the text, of one answer."""

    def __init__(self, response: Any) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str]]] = []
        self.words: list[str] = []
        self.source = response.content.decode()
        self.feed(self.source)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, {name: value or "" for name, value in attrs}))

    def handle_data(self, data: str) -> None:
        self.words.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())

    def all(self, name: str) -> list[dict[str, str]]:
        return [attributes for tag, attributes in self.tags if tag == name]

    def links(self) -> list[str]:
        return [each["href"] for each in self.all("a") if "href" in each]

    def field(self, name: str) -> dict[str, str]:
        return next(each for _, each in self.tags if each.get("name") == name)


def filled_in(page: Page, **changes: str) -> dict[str, str]:
    """What a browser posts back from a page's forms as they stand, but for these changes. (There
    are no text areas in them.)"""
    posted: dict[str, str] = {}
    chosen = ""
    for tag, each in page.tags:
        name, value = each.get("name", ""), each.get("value", "")
        if tag == "select":
            chosen = name
        elif tag == "option" and (chosen not in posted or "selected" in each):
            posted[chosen] = value
        elif tag == "input" and _is_posted(each):
            posted[name] = value or ("on" if each["type"] == "checkbox" else "")
    return posted | changes


def _is_posted(field: dict[str, str]) -> bool:
    kind = field.get("type", "text")
    ticked = kind not in ("checkbox", "radio") or "checked" in field
    return "name" in field and kind != "submit" and ticked


def behind(purpose: Purpose, named: str, paper: int = 0) -> list[str]:
    """The addresses that a token, good or bad, of this purpose is for."""
    match purpose:
        case Purpose.WHY | Purpose.EXCLUDE | Purpose.RATE:
            return [f"/{purpose}/{named}/{paper}/"]
        case Purpose.KEYWORD:
            return [f"/keyword/{named}/drop/", f"/keyword/{named}/widen/"]
        case Purpose.PREFERENCES:
            pages = ("", "feed/", "history/", "missed/", "import/", "saved/", f"papers/{paper}/")
            return [f"/{purpose}/{named}/{each}" for each in pages]
        case Purpose.DIGEST:
            return [f"/digest/{named}/", f"/digest/{named}/why/{paper}/"]
        case _:
            return [f"/{purpose}/{named}/"]


def private_rows(subscriber: int, digest: int, keyword: int) -> dict[Purpose, str]:
    """What a token of each purpose names, of these rows."""
    rows = dict.fromkeys(Purpose, str(subscriber))
    rows |= dict.fromkeys((Purpose.DIGEST, Purpose.WHY, Purpose.EXCLUDE, Purpose.RATE), str(digest))
    rows |= {Purpose.KEYWORD: str(keyword), Purpose.UNDO_CHANGE: f"drop-{keyword}"}
    person = Subscriber.objects.get(pk=subscriber)
    return rows | {
        Purpose.ACCOUNT: f"{subscriber}-0",
        Purpose.FEED: f"{subscriber}-{made_feed_link(person).serial}",
        Purpose.NEW_ADDRESS: str(address_change(person).pk),
        Purpose.UNDO_ADDRESS: str(address_change(person, confirmed_at=NOON).pk),
    }


def private_pages(subscriber: int, digest: int, keyword: int, paper: int) -> list[str]:
    """Every page behind a link of these rows."""
    rows = private_rows(subscriber, digest, keyword)
    return [
        address
        for purpose in Purpose
        for address in behind(purpose, token(purpose, rows[purpose]), paper)
    ]


def made_feed_link(person: Subscriber) -> FeedLink:
    """The link to the private feed of a person, made now."""
    feed_links.make(person, seen=feed_links.feed_link(person).serial, at=timezone.now())
    return feed_links.feed_link(person)


def address_change(person: Subscriber, **fields: Any) -> AddressChange:
    """A change of the person's address to new@example.org."""
    key = "new@example.org"
    return person.address_changes.create(
        email=key,
        email_key=key,
        former_email=person.email,
        former_email_key=person.email_key,
        **fields,
    )


def dump(day: date, *papers: Paper, name: str = "page.txt", at: datetime = NOON) -> Dump:
    """A parsed dump of that day that lists these papers in this order."""
    row = Dump.objects.create(
        sha256=f"{Dump.objects.count():064x}",
        name=name,
        received_at=at,
        listed_on=day,
        state=Dump.State.PARSED,
        papers=len(papers),
    )
    for position, paper in enumerate(papers, 1):
        record = {"title": paper.title}
        Listing.objects.create(
            paper=paper, dump=row, position=position, title_key=paper.title_key, record=record
        )
    return row
