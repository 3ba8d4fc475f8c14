"""The form of a mail: both parts equal, nothing from elsewhere, never too long, for every kind of
reader."""

import re
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from django.db import transaction
from django.test import Client
from hypothesis import given
from hypothesis import settings as settings_of_hypothesis
from hypothesis import strategies as st
from pytest_django import DjangoAssertNumQueries, Settings

from digest import corpus
from digest.delivery.compose import compose_digest
from digest.mail.message import ComposedMail
from digest.mail.wrap import columns
from digest.models import Digest, Paper
from subscriptions.links import Purpose, read
from subscriptions.models import Subscriber
from tests import make
from tests.make import MORNING

from .mailed import (
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

pytestmark = pytest.mark.django_db
AUTUMN = datetime(2026, 11, 1, 12, tzinfo=UTC)


def readers() -> list[tuple[Subscriber, dict[str, Any]]]:
    """One of every kind of reader, and what their digests tell."""
    near = [
        {"paper": 1, "keyword": "unlearning", "says": "the title says “robot”", "widen": "a AND b"}
    ]
    quiet = {"quiet": {"days": 7, "read": 118, "last_hit": "2026-11-12", "near": near}}
    return [
        (make.subscriber("one@example.org", "robot"), {}),
        (make.subscriber("many@example.org", "robot", "imitation", "fine tuning", "-kettle",
                         trending_top=2), {}),
        (make.subscriber("weekly@example.org", "robot", "imitation", frequency="weekly"), {}),
        (make.subscriber("quiet@example.org", "unlearning"), quiet),
        (make.subscriber("pause@example.org", "robot", max_papers=3), {"catch_up": "pause"}),
        (make.subscriber("trend@example.org", trending_top=3), {}),
        (make.subscriber("unknown@example.org", "imitation", abstracts="full"),
         {"catch_up": "unknown", "doubtful_day": "2026-11-18"}),
        (make.subscriber("none@example.org", *[f"robot {n}" for n in range(30)], "robot",
                         abstracts="none"), {}),
    ]  # fmt: skip


FOLLOWED = [
    {"paper": 1, "fact": "withdrawn", "sent_on": "2026-11-12"},
    {"paper": 2, "fact": "code", "sent_on": "2026-11-11"},
    {"paper": 3, "fact": "discussed", "sent_on": "2026-11-10"},
]


def all_mails(**shelved: Any) -> list[ComposedMail]:
    shelf(11, **shelved)
    make.paper("A kettle, much discussed", comment_count=90, url="https://arxiv.example/kettle")
    first = Paper.objects.order_by("pk")[0].pk - 1

    def moved(lines: list[dict[str, Any]]) -> list[dict[str, Any]]:
        return [{**line, "paper": line["paper"] + first} for line in lines]

    found = []
    for person, told in readers():
        told = {"since": "2026-11-19"} | told
        if "quiet" in told:
            told["quiet"] = told["quiet"] | {"near": moved(told["quiet"]["near"])}
        found.append(mail_to(person, told, follow_ups=moved(FOLLOWED)))
    return found


def test_both_parts_hold_the_same_links_in_the_same_order() -> None:
    for mail in all_mails():
        read = parsed(mail)
        assert links_of_html(read) == links_of_text(read)
        assert len(links_of_text(read)) > 5


def test_both_parts_hold_the_same_papers_in_the_same_order() -> None:
    for mail in all_mails():
        read = parsed(mail)
        titles = [flat(title.text) for title in html_of(read).select(".title")]
        text = flat(text_of(read))
        places = [text.index(title) for title in titles]
        assert places == sorted(places)
        assert text.count("because: ") == len(titles)


def test_every_address_is_ours_or_a_papers_and_nothing_is_loaded() -> None:
    ours = urlsplit(settings.SITE_URL).netloc
    known = {ours, "arxiv.example", "code.example", "project.example"}
    for mail in all_mails():
        read = parsed(mail)
        found = re.findall(r"[a-z]+://[^\s\"'<>)]+", mail.html + text_of(read))
        assert {urlsplit(link).netloc for link in found} == known & {
            urlsplit(link).netloc for link in found
        }
        assert not re.search(r"url\(|@import|@font-face|src=|background=", mail.html)
        assert not html_of(read).select("img, link, script, iframe, form, input, object, svg")
        assert not re.search(r"\son[a-z]+=", mail.html)


def test_every_layout_table_says_so_and_headings_come_in_order() -> None:
    for mail in all_mails():
        page = html_of(parsed(mail))
        layout = [
            table for table in page.select("table") if not table.find("caption", recursive=False)
        ]
        assert all(table.get("role") == "presentation" for table in layout)
        assert page.html is not None
        assert page.html["lang"] == "en"
        levels = [int(str(head.name)[1]) for head in page.select("h1, h2, h3, h4")]
        assert levels[0] == 1
        assert levels.count(1) == 1
        assert all(after - before <= 1 for before, after in pairwise(levels))


def test_the_text_part_fits_a_terminal() -> None:
    for mail in all_mails():
        for line in text_of(parsed(mail)).splitlines():
            assert columns(line) <= 76 or "://" in line


def test_titles_are_read_not_spelled() -> None:
    text = flat(text_of(parsed(all_mails()[0])))
    assert "M³Robot: robots of O(n²)" in text
    assert 'A robot with <b> & "quotes" in its title' in text
    assert "$" not in text


def test_every_link_leads_to_a_page(client: Client) -> None:
    for mail in all_mails():
        for link in links_of_html(parsed(mail)):
            if link.startswith(settings.SITE_URL):
                assert client.get(urlsplit(link).path).status_code == 200, link


def test_many_papers_stand_under_their_keywords() -> None:
    for at in range(5):
        make.paper(f"A robot {at}")
        make.paper(f"A kettle {at}")
    make.paper("A robot with a kettle")
    page = html_of(parsed(mail_to(make.subscriber("a@example.org", "robot", "kettle"))))
    assert {flat(head.text) for head in page.select("h2")} in (
        {"robot 6 papers", "kettle 5 papers"},
        {"kettle 6 papers", "robot 5 papers"},
    )
    assert len(page.select("h3")) == 11


def test_plain_text_alone_for_who_asked() -> None:
    make.paper("A robot")
    mail = mail_to(make.subscriber("a@example.org", "robot", body_format="text"))
    assert parsed(mail).get_content_type() == "text/plain"
    assert mail.html == ""
    assert "A robot" in mail.text


def test_a_quiet_notice() -> None:
    mail = all_mails()[3]
    assert mail.subject == "Nothing new this week for your keyword — Fri 20 Nov"
    text = flat(mail.text)
    assert (
        "Nothing matched this week: 118 papers read, 0 for your keyword; last hit Thu 12 Nov."
        in text
    )
    assert "nearly met “unlearning”: the title says “robot”." in text
    (widen,) = [link for link in links_of_text(parsed(mail)) if link.endswith("/widen/")]
    assert "Widen it to a AND b" in html_of(parsed(mail)).text
    assert read(Purpose.KEYWORD, widen.split("/")[-3]) > 0


def test_what_became_of_earlier_papers() -> None:
    text = flat(all_mails()[0].text)
    assert ", sent to you on Thu 12 Nov, was withdrawn." in text
    assert ", sent to you on Wed 11 Nov, now has code." in text
    assert ", sent to you on Tue 10 Nov, has reached 50 comments." in text


def test_a_week_has_its_chart() -> None:
    weekly = all_mails()[2]
    page = html_of(parsed(weekly))
    assert [flat(cell.text) for cell in page.select("th")] == ["robot", "imitation"]
    assert all(cell["aria-hidden"] == "true" for cell in page.select(".chart-bar"))
    assert "11 papers" in weekly.text
    assert "this week" in weekly.subject


def test_the_footer_says_who_why_and_how_to_leave(settings: Settings) -> None:
    settings.POSTAL_ADDRESS = "12 Library Street, Exampletown"
    make.paper("A robot")
    text = flat(
        mail_to(make.subscriber("a@example.org", "robot", "kettle", confirmed_at=AUTUMN)).text
    )
    assert "You get this because you confirmed a@example.org on 1 November 2026." in text
    assert "Your keywords: robot, kettle." in text
    assert "12 Library Street, Exampletown" in text
    for label in (
        "Drop robot:",
        "Drop kettle:",
        "Pause a week:",
        "Unsubscribe:",
        "Read in the browser:",
    ):
        assert label in text


def test_with_many_keywords_one_link_is_enough() -> None:
    make.paper("A robot")
    mail = mail_to(make.subscriber("a@example.org", "robot", *[f"k{n}" for n in range(10)]))
    assert "Drop " not in mail.text
    assert "Change keywords and preferences" in mail.text


def test_the_preheader_is_the_best_title() -> None:
    make.paper(r"A $\alpha$ robot")
    found = html_of(parsed(mail_to(make.subscriber("a@example.org", "robot")))).select_one(
        ".preheader"
    )
    assert found is not None
    assert found.text == "A α robot"


def test_a_mail_is_the_same_again_and_css_is_not_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("time.time", lambda: MORNING.timestamp())
    make.paper("A robot")
    digest = digest_of(make.subscriber("a@example.org", "robot"))
    first = compose_digest(digest)
    monkeypatch.setattr("css_inline.CSSInliner", None)
    assert compose_digest(Digest.objects.get(pk=digest.pk)) == first


def test_composing_asks_the_database_a_few_times(
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    shelf(30)
    digest = digest_of(make.subscriber("a@example.org", "robot", "imitation", max_papers=30))
    digest = Digest.objects.select_related("subscriber").get(pk=digest.pk)
    with django_assert_max_num_queries(5):
        compose_digest(digest)


WORDS = st.sampled_from(
    ["robot", "kettle", "$\\alpha_1$", "<b>", "&", "深層", "تعلم", "\n", "x" * 90]
)
TITLES = st.lists(st.lists(WORDS, min_size=1, max_size=12).map(" ".join), min_size=1, max_size=12)


@settings_of_hypothesis(max_examples=25, deadline=None)
@given(TITLES, st.integers(1, 12), st.sampled_from(["full", "short", "none"]), st.booleans())
def test_each_matching_paper_stands_once(
    titles: list[str], most: int, abstracts: str, weekly: bool
) -> None:
    with transaction.atomic():
        papers = [make.paper(title, abstract=f"{title}. {title}") for title in titles]
        person = make.subscriber(
            "a@example.org", "robot", "kettle", max_papers=most, abstracts=abstracts,
            frequency="weekly" if weekly else "daily",
        )  # fmt: skip
        digest = digest_of(person)
        read = parsed(compose_digest(digest))
        matching = [p for p in papers if "robot" in p.title or "kettle" in p.title]
        page = html_of(read)
        ids = [int(link.split("/")[-2]) for link in links_of_html(read) if "/why/" in link]
        assert len(ids) == len(set(ids)) == min(most, len(matching)) == len(page.select(".title"))
        assert set(ids) <= {paper.pk for paper in matching}
        for card in page.select(".card"):
            reason = flat(card.select(".reason")[0].text).removeprefix("because: ").split(", ")
            title = flat(card.select(".title")[0].text)
            assert {word for word in ("robot", "kettle") if word in title} == set(reason)
            assert {mark.text for mark in card.select(".title .hit")} == set(reason)
        assert links_of_html(read) == links_of_text(read)
        transaction.set_rollback(True)
    corpus._held = None
