"""The form of a mail: both parts equal, nothing from elsewhere, never too long, for every kind of
reader."""

import re
from dataclasses import replace
from datetime import UTC, date, datetime
from email.message import EmailMessage
from itertools import groupby, islice, pairwise
from typing import Any
from urllib.parse import urlsplit

import pytest
import time_machine
from bs4 import BeautifulSoup
from django.conf import settings
from django.test import Client
from pytest_django import DjangoAssertNumQueries, Settings

from digest.mail.mime.composer import ComposedMail
from digest.mail.mime.wrapping import display_width
from digest.models import Digest, FollowUp, Paper
from digest.models.digest_contents import NearMiss, QuietNotice
from digest.rendering.digest_message import compose_digest, load_batch_data
from subscriptions.links import Purpose, read
from subscriptions.suppression_key import check_key
from tests.support import factories
from tests.support.caches import forget
from tests.support.factories import MORNING
from tests.support.mails import (
    ABSTRACT,
    digest_of,
    flat,
    html_of,
    links_of_html,
    links_of_text,
    mail_to,
    parsed,
    shelf,
    text_of,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("in_the_morning")]
AUTUMN = datetime(2026, 11, 1, 12, tzinfo=UTC)


NEAR = NearMiss(1, "unlearning", says="the title says “robot”", widen="a AND b")
QUIET = QuietNotice(days=7, read=118, last_hit=date(2026, 11, 12), near=(NEAR,))
MANY = ["robot", "imitation", "fine tuning", "-kettle"]
# Of every kind of reader: the keywords, what they chose, and the facts of their digests.
READERS: dict[str, tuple[list[str], dict[str, Any], dict[str, Any]]] = {
    "one": (["robot"], {}, {}),
    "many": (MANY, {"trending_top": 2}, {}),
    "weekly": (["robot", "imitation"], {"frequency": "weekly"}, {}),
    "quiet": (["unlearning"], {}, {"quiet": QUIET}),
    "pause": (["robot"], {"max_papers": 3}, {"catch_up": "pause"}),
    "trend": ([], {"trending_top": 3}, {}),
    "unknown": (["imitation"], {"abstracts": "full"},
                {"catch_up": "unknown", "doubtful_day": date(2026, 11, 18)}),
    "none": ([*(f"robot {n}" for n in range(30)), "robot"], {"abstracts": "none"}, {}),
}  # fmt: skip


FOLLOWED = [
    FollowUp(1, "withdrawn", date(2026, 11, 12)),
    FollowUp(2, "code", date(2026, 11, 11)),
    FollowUp(3, "discussed", date(2026, 11, 10)),
]


def mails(*names: str) -> list[ComposedMail]:
    """The mails of these kinds of readers, all for the same papers."""
    shelf(11)
    factories.paper(
        "A kettle, much discussed", comment_count=90, url="https://arxiv.example/kettle"
    )
    first = Paper.objects.order_by("pk")[0].pk - 1

    def moved(line: Any) -> Any:
        return replace(line, paper=line.paper + first)

    found = []
    for name in names:
        keywords, fields, facts = READERS[name]
        facts = {"since": date(2026, 11, 19)} | facts
        if "quiet" in facts:
            facts["quiet"] = replace(facts["quiet"], near=(moved(NEAR),))
        person = factories.subscriber(f"{name}@example.org", *keywords, **fields)
        found.append(mail_to(person, facts, follow_ups=list(map(moved, FOLLOWED))))
    return found


def test_a_mail_has_its_form_in_every_variant() -> None:
    for mail in mails(*READERS):
        read = parsed(mail)
        page, text = html_of(read), text_of(read)
        has_equal_parts(read)
        names_ours_and_papers_alone(f"{mail.html} {text}")
        assert not page.select("img, link, script, iframe, form, input, object, svg")
        assert not re.search(r"\son[a-z]+=", mail.html)
        can_be_heard(page)
        assert all(display_width(line) <= 76 or "://" in line for line in text.splitlines())


def has_equal_parts(mail: EmailMessage) -> None:
    """The same links and the same papers, in the same order."""
    assert links_of_html(mail) == links_of_text(mail)
    assert len(links_of_text(mail)) > 5
    titles = [flat(title.text) for title in html_of(mail).select(".title, .row-title")]
    text = flat(text_of(mail))
    places = [text.index(title) for title in titles]
    assert places == sorted(places)
    assert text.count("Why this paper?") == text.count("Rate it:") == len(titles)


def names_ours_and_papers_alone(mail: str) -> None:
    found = re.findall(r"[a-z]+://[^\s\"'<>)]+", mail)
    ours = urlsplit(settings.SITE_URL).netloc
    papers = {"arxiv.example", "code.example", "project.example"}
    assert {urlsplit(link).netloc for link in found} <= papers | {ours}
    assert not re.search(r"url\(|@import|@font-face|src=|background=", mail)


def can_be_heard(page: BeautifulSoup) -> None:
    """Layout tables say that they are none, and headings come in order."""
    tables = page.select("table")
    layout = [table for table in tables if not table.find("caption", recursive=False)]
    assert all(table.get("role") == "presentation" for table in layout)
    assert page.html is not None
    assert page.html["lang"] == "en"
    levels = [int(str(head.name)[1]) for head in page.select("h1, h2, h3, h4")]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))


def test_titles_are_read_not_spelled() -> None:
    text = flat(text_of(parsed(mails("one")[0])))
    assert "M³Robot: robots of O(n²)" in text
    assert 'A robot with <b> & "quotes" in its title' in text
    assert "$" not in text


@time_machine.travel(MORNING)
def test_every_link_leads_to_a_page(client: Client) -> None:
    links = {
        link for mail in mails("many", "quiet", "none") for link in links_of_html(parsed(mail))
    }
    ours = [urlsplit(link).path for link in links if link.startswith(settings.SITE_URL)]
    for page, paths in groupby(sorted(ours, key=page_of), key=page_of):
        for path in islice(paths, 4):
            assert client.get(path).status_code == 200, (page, path)


def page_of(path: str) -> str:
    """What all links of one kind share: their paths without tokens and ids."""
    return re.sub(r"/\d[^/]*", "", path)


def test_many_papers_stand_under_their_keywords() -> None:
    for at in range(5):
        factories.paper(f"A robot {at}")
        factories.paper(f"A kettle {at}")
    factories.paper("A robot with a kettle")
    page = html_of(
        parsed(mail_to(factories.subscriber("a@example.org", "robot", "kettle", abstracts="short")))
    )
    assert {flat(head.text) for head in page.select("h2")} in (
        {"robot 6 papers", "kettle See all 6"},
        {"kettle 6 papers", "robot See all 6"},
    )
    assert len(page.select("h3")) == 11


def test_plain_text_alone_for_who_asked() -> None:
    factories.paper("A robot")
    mail = mail_to(factories.subscriber("a@example.org", "robot", body_format="text"))
    assert parsed(mail).get_content_type() == "text/plain"
    assert mail.html == ""
    assert "A robot" in mail.text


@time_machine.travel(MORNING)
def test_a_quiet_notice() -> None:
    (mail,) = mails("quiet")
    assert mail.subject == "Nothing new this week for your keyword — Fri 20 Nov"
    text = flat(mail.text)
    assert "None of the 118 new papers this week matched your keyword." in text
    assert "Your last match was on Thu 12 Nov." in text
    assert "almost matched “unlearning”: the title says “robot”." in text
    (widen,) = [link for link in links_of_text(parsed(mail)) if link.endswith("/widen/")]
    assert "Widen to a AND b" in html_of(parsed(mail)).text
    assert read(Purpose.KEYWORD, widen.split("/")[-3]) > 0


def test_what_became_of_earlier_papers() -> None:
    text = flat(mails("one")[0].text)
    assert ", sent to you on Thu 12 Nov, was withdrawn." in text
    assert ", sent to you on Wed 11 Nov, now has code." in text
    assert ", sent to you on Tue 10 Nov, has reached 50 comments." in text


@time_machine.travel(MORNING)
def test_the_counts_lead_to_each_group(client: Client) -> None:
    (mail,) = mails("many")
    counts = html_of(parsed(mail)).select_one(".counts")
    assert counts is not None
    assert flat(counts.text) == "robot 11 · imitation 11 · fine tuning 11"
    for link in counts.select("a"):
        address = urlsplit(str(link["href"]))
        page = client.get(f"{address.path}?{address.query}").content.decode()
        assert f'id="{address.fragment}"' in page
    (alone,) = mails("one")
    assert not html_of(parsed(alone)).select(".counts")


def test_a_brief_mail_has_six_excerpts_and_then_titles() -> None:
    for at in range(12):
        factories.paper(f"A robot {at}", abstract=ABSTRACT)
    factories.paper("A kettle", abstract="Alone.")
    page = html_of(parsed(mail_to(factories.subscriber("a@example.org", "robot", "kettle"))))
    assert len(page.select(".card .abstract")) == len(page.select(".card")) == 6
    assert all(len(flat(each.text)) <= 240 for each in page.select(".abstract"))
    assert len(page.select(".row")) == 7
    assert [flat(head.text) for head in page.select("h2.section-title")] == ["robot See all 12"]
    assert not page.select(".row .reason")


def test_the_footer_says_who_why_and_how_to_leave(settings: Settings) -> None:
    settings.POSTAL_ADDRESS = "12 Library Street, Exampletown"
    factories.paper("A robot")
    text = flat(
        mail_to(factories.subscriber("a@example.org", "robot", "kettle", confirmed_at=AUTUMN)).text
    )
    assert "You’re getting this because you confirmed a@example.org on 1 November 2026." in text
    assert "Your keywords: robot, kettle." in text
    assert "12 Library Street, Exampletown" in text
    for label in (
        "Remove robot:",
        "Remove kettle:",
        "Pause:",
        "Unsubscribe:",
        "Read in the browser:",
    ):
        assert label in text


def test_with_many_keywords_one_link_is_enough() -> None:
    factories.paper("A robot")
    mail = mail_to(factories.subscriber("a@example.org", "robot", *[f"k{n}" for n in range(10)]))
    assert "Remove " not in mail.text
    assert "Change keywords and preferences" in mail.text


def test_the_preheader_is_the_best_title() -> None:
    factories.paper(r"A $\alpha$ robot")
    found = html_of(parsed(mail_to(factories.subscriber("a@example.org", "robot")))).select_one(
        ".preheader"
    )
    assert found is not None
    assert found.text == "A α robot"


def test_a_mail_is_the_same_again_and_css_is_not_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    factories.paper("A robot")
    digest = digest_of(factories.subscriber("a@example.org", "robot"))
    first = compose_digest(digest)
    monkeypatch.setattr("css_inline.CSSInliner", None)
    assert compose_digest(Digest.objects.get(pk=digest.pk)) == first


@pytest.mark.parametrize("people", [1, 12])
def test_a_batch_asks_the_database_a_few_times(
    people: int, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    shelf(30)
    for number in range(people):
        digest_of(
            factories.subscriber(f"{number}@example.org", "robot", "imitation", max_papers=30)
        )
    forget()
    digests = list(Digest.objects.select_related("subscriber"))
    with django_assert_max_num_queries(7):
        known = load_batch_data(digests)
    assert not check_key()  # as a drain does before it begins
    with django_assert_max_num_queries(0):
        mails = [compose_digest(digest, known) for digest in digests]
    forget()
    assert mails == [compose_digest(digest) for digest in digests]
    with django_assert_max_num_queries(3):
        load_batch_data(digests)
