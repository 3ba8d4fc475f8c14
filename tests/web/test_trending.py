"""Trending papers on the form, on the pages, and at the foot of a mail."""

from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine
from bs4 import BeautifulSoup
from django.test import Client

from digest.models import Paper
from digest.rendering.digest_message import compose_digest, preview
from digest.templatetags.pages import trending_now
from subscriptions import request_queue
from subscriptions.links import Purpose
from subscriptions.models import Subscriber
from tests.support import factories
from tests.support.factories import MORNING
from tests.support.mails import digest_of, parsed, text_of

from .mail_pages import address, confirmed, submit, undo
from .pages import Page

pytestmark = pytest.mark.django_db
FRIDAY = date(2026, 11, 20)


@pytest.fixture(autouse=True)
def morning() -> object:
    with time_machine.travel(MORNING, tick=False) as clock:
        yield clock


def titles(count: int = 3) -> tuple[date | None, list[str]]:
    found = trending_now(count)
    return (found.day, [paper.title for paper in found.papers]) if found else (None, [])


class TestTodaysFirst:
    def test_by_upvotes_comments_sources(self) -> None:
        factories.paper("Twice listed", source_count=2)
        factories.paper("Unknown")
        factories.paper("Much commented", comment_count=300)
        factories.paper("Few votes", upvotes=2)
        factories.paper("Many votes", upvotes=20)
        assert titles(9) == (
            FRIDAY, ["Many votes", "Few votes", "Much commented", "Twice listed"],
        )  # fmt: skip
        assert titles(2)[1] == ["Many votes", "Few votes"]

    def test_only_what_would_be_mailed(self) -> None:
        factories.paper("Backfill", upvotes=90, seq=None)
        factories.paper("Withdrawn", upvotes=80, withdrawn_at=FRIDAY)
        factories.paper("Undated", upvotes=70, listed_on=None)
        factories.paper("Of 2031", upvotes=70, listed_on=FRIDAY.replace(year=2031))
        assert titles() == (None, [])
        factories.paper("Good", upvotes=1)
        assert titles() == (FRIDAY, ["Good"])

    def test_of_the_newest_day_with_counts(self) -> None:
        factories.paper("Older", upvotes=90, listed_on=FRIDAY - timedelta(days=3))
        factories.paper("Newer", upvotes=5, listed_on=FRIDAY - timedelta(days=1))
        factories.paper("Newest, without counts", listed_on=FRIDAY)
        assert titles() == (FRIDAY - timedelta(days=1), ["Newer"])

    def test_without_recent_counts_the_newest_as_listed(self) -> None:
        factories.paper("Old", upvotes=90, listed_on=FRIDAY - timedelta(days=4))
        papers = [factories.paper(f"Plain {number}") for number in range(4)]
        assert titles() == (FRIDAY, [paper.title for paper in papers[:3]])

    def test_a_site_without_papers_shows_the_form(self, client: Client) -> None:
        page = Page(client.get("/"))
        assert "Trending papers" in page.text
        assert not page.all("ol")

    def test_a_hostile_title_is_text(self, client: Client) -> None:
        factories.paper("<script>alert(1)</script>", upvotes=9)
        assert b"<script>alert" not in client.get("/").content


def test_the_order_of_the_page_is_the_order_of_the_mail() -> None:
    counts = [(0, 0, 1), (3, 0, 1), (3, 9, 1), (0, 50, 2), (0, 50, 1), (0, 0, 3), (3, 9, 2)]
    for number, (votes, comments, sources) in enumerate(counts):
        factories.paper(
            f"P{number}", upvotes=votes, comment_count=comments or None, source_count=sources
        )
    mail = preview(factories.subscriber(trending_top=9), MORNING)
    assert mail is not None
    html = BeautifulSoup(mail.html, "html.parser")
    assert [each.text.strip() for each in html.select("h3")] == titles(9)[1]


LABELS = ["87 upvotes", "1 upvote", "12 comments", "listed by 3 sources"]


def labelled() -> list[Paper]:
    return [
        factories.paper("First", upvotes=87, comment_count=3),
        factories.paper("Second", upvotes=1),
        factories.paper("Third", comment_count=12, source_count=2),
        factories.paper("Fourth", source_count=3),
    ]


@pytest.mark.parametrize(
    ("fields", "period"),
    [({}, ""), ({"frequency": "weekdays"}, ""),
     ({"frequency": "weekly", "weekly_on": 4}, " this week")],
)  # fmt: skip
def test_mail_and_page_say_what_trends_and_when(
    client: Client, fields: dict[str, object], period: str
) -> None:
    labelled()
    digest = digest_of(factories.subscriber(trending_top=10, **fields))
    mail = parsed(compose_digest(digest))
    text = text_of(mail)
    assert mail["Subject"] == f"4 trending papers{period} — Fri 20 Nov"
    assert f"Trending papers{period} (4 papers, most upvoted first)" in text
    html = mail.get_body(("html",)).get_content()
    links = BeautifulSoup(html, "html.parser").find_all("a", string="Read in the browser")
    page = Page(client.get(links[0]["href"]))
    assert f"Trending papers{period} 4 papers" in page.text
    for label in LABELS:
        assert label in text
        assert label in BeautifulSoup(html, "html.parser").text.replace("\xa0", " ")
        assert label.casefold() in page.text.casefold()


def dropping(mail: str) -> str:
    """The path of the link at the foot that drops the trending papers."""
    links = BeautifulSoup(mail, "html.parser").find_all("a")
    found = [each for each in links if each.get("aria-label") == "Remove Trending papers"]
    assert [each.text for each in found] == ["remove"]
    return str(found[0]["href"])


def mail_to(person: Subscriber) -> str:
    labelled()
    mail = parsed(compose_digest(digest_of(person)))
    text = " ".join(text_of(mail).split())
    assert "Remove Trending papers: http" in text
    return str(mail.get_body(("html",)).get_content())


def test_the_foot_of_a_mail_drops_them_and_the_page_puts_them_back(client: Client) -> None:
    person = factories.subscriber("ada@example.org", "robot", trending_top=7)
    mail = mail_to(person)
    assert "You asked for: Trending papers (remove), robot (remove)." in " ".join(
        BeautifulSoup(mail, "html.parser").text.split()
    )
    where = dropping(mail)
    assert "Remove trending papers?" in Page(client.get(where)).text
    person.refresh_from_db()
    assert person.trending_top == 7  # looking changes nothing
    response, page = submit(client, where)
    assert "Trending papers removed" in page.text
    person.refresh_from_db()
    assert person.trending_top == 0
    assert "They’re already off" in Page(client.get(where)).text
    assert "You get trending papers" in undo(client, response).text
    person.refresh_from_db()
    assert person.trending_top == 7


def test_the_last_thing_a_subscriber_gets_is_not_dropped(client: Client) -> None:
    person = factories.subscriber("ada@example.org", trending_top=7)
    response, page = submit(client, dropping(mail_to(person)))
    assert response.status_code == 409
    assert "Trending papers were not removed." in page.text
    list_unsubscribe_of = [
        link for link in page.links() if link.startswith(("/pause/", "/unsubscribe/"))
    ]
    assert len(list_unsubscribe_of) == 2
    for link in list_unsubscribe_of:
        assert client.get(link).status_code == 200
    person.refresh_from_db()
    assert person.trending_top == 7


def test_a_link_to_drop_them_works_for_thirty_days(
    client: Client, morning: time_machine.Traveller
) -> None:
    where = dropping(mail_to(factories.subscriber("ada@example.org", "robot", trending_top=7)))
    morning.move_to(MORNING + timedelta(days=30, seconds=5))
    assert client.post(where).status_code == 410
    assert Subscriber.objects.get().trending_top == 7


def test_a_keyword_reader_has_no_link_to_drop_them() -> None:
    factories.paper("A robot")
    mail = preview(factories.subscriber("ada@example.org", "robot"), MORNING)
    assert mail is not None
    assert "/trending/" not in mail.html
    assert "Your keywords: robot" in BeautifulSoup(mail.html, "html.parser").text


def test_the_journey_of_an_address_alone(client: Client, morning: time_machine.Traveller) -> None:
    """From the form to the first mail."""
    client.post("/subscribe/", {"email": "ada@example.org"})
    request_queue.process_requests(datetime(2026, 11, 20, 12, tzinfo=UTC))
    person = Subscriber.objects.get()
    where = address(Purpose.CONFIRM, person.pk)
    page = Page(client.get(where))
    assert "For ada@example.org Trending papers The 10 most popular" in page.text
    page = confirmed(client, where)[1]
    assert "Confirmed." in page.text
    assert "The 10 most popular papers of the day" in page.text
    labelled()
    morning.move_to(datetime(2026, 11, 21, 7, tzinfo=UTC))
    person.refresh_from_db()
    mail = preview(person, datetime(2026, 11, 21, 7, tzinfo=UTC))
    assert mail is not None
    assert mail.subject == "4 trending papers — Sat 21 Nov"
