"""The page of a digest: all of its papers, in groups and in pages."""

import re
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
import time_machine
from bs4 import BeautifulSoup
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from digest.models import Digest, DigestEntry
from digest.rendering.digest_message import compose_digest
from digest.rendering.sections import TRENDING, group_id
from subscriptions.digest_links import signed
from subscriptions.links import Purpose
from tests.support import factories
from tests.support.factories import MORNING
from tests.support.mails import ABSTRACT, digest_of, flat, html_of, links_of_html, parsed

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def clock() -> Iterator[None]:
    """Links of a digest are alive."""
    with time_machine.travel(MORNING):
        yield


def many() -> Digest:
    """58 papers of one keyword, 12 of another, 3 of both, and 2 trending ones."""
    for at in range(55):
        factories.paper(f"A robot {at}", abstract=ABSTRACT)
    for at in range(9):
        factories.paper(f"A kettle {at}", abstract=ABSTRACT.replace("robot", "stove"))
    for at in range(3):
        factories.paper(f"A robot with a kettle {at}")
    for at in range(2):
        factories.paper(f"Loud {at}", upvotes=90 - at)
    return digest_of(factories.subscriber("a@example.org", "robot", "kettle", trending_top=2))


def address(digest: Digest) -> str:
    return urlsplit(signed(digest, "digest", Purpose.DIGEST, digest.pk)).path


def titles(page: BeautifulSoup) -> list[str]:
    return [flat(title.text) for title in page.select("article h2, article h3")]


def read(client: Client, path: str) -> BeautifulSoup:
    answer = client.get(path)
    assert answer.status_code == 200
    return BeautifulSoup(answer.content, "lxml")


def test_fifty_papers_a_page_each_once_under_its_heading(client: Client) -> None:
    path = address(many())
    pages = [read(client, f"{path}?page={number}") for number in (1, 2)]
    shown = [titles(page) for page in pages]
    assert [len(each) for each in shown] == [50, 19]
    assert len({*shown[0], *shown[1]}) == 69
    heads = [{flat(head.text) for head in page.select(".group h2")} for page in pages]
    assert heads[0] | heads[1] == {
        "robot 55 papers", "kettle 12 papers", "robot 55 papers, continued",
        "Trending papers 2 papers",
    }  # fmt: skip
    assert pages[1].select(f"#{TRENDING}")
    links = [str(link["href"]) for link in pages[0].select("nav[aria-label=Pages] a")]
    assert links == ["?page=2"]


@pytest.mark.parametrize(("keyword", "size"), [("robot", 58), ("kettle", 12)])
def test_a_group_has_all_that_its_keyword_hit(client: Client, keyword: str, size: int) -> None:
    path, name = address(many()), group_id(keyword)
    page = read(client, f"{path}?group={name}")
    assert len(page.select(f"section#{name} article")) == min(size, 50)
    assert all(keyword in title for title in titles(page))
    (current,) = page.select("nav[aria-label=Groups] [aria-current]")
    assert current.text == keyword
    if size > 50:
        (more,) = page.select("nav[aria-label=Pages] a")
        assert len(titles(read(client, path + str(more["href"])))) == size - 50


def test_the_mail_s_links_lead_to_the_right_group(client: Client) -> None:
    mail = parsed(compose_digest(many()))
    found = {}
    for link in links_of_html(mail):
        if "?group=" in link:
            to = urlsplit(link)
            page = read(client, f"{to.path}?{to.query}")
            (section,) = page.select(f"section#{to.fragment}")
            head = section.select_one("h2")
            assert head is not None
            found[flat(head.text)] = len(section.select("article"))
    assert found["kettle 12 papers"] == 12
    assert found["robot 58 papers"] == 50
    assert len(found) == 3
    assert html_of(mail).find("a", string="See all 58") is not None


@pytest.mark.parametrize("query", ["?group=nothing", "?group=", "?page=0", "?page=x", "?page=99",
                                   "?group=%00&page=%F0%9F%98%80", "?group=xxxxxxxx"])  # fmt: skip
def test_an_odd_query_shows_the_digest(client: Client, query: str) -> None:
    page = read(client, address(many()) + query)
    assert titles(page)
    assert "xxxxxxxx" not in str(page)


def test_an_excerpt_opens_without_a_script(client: Client) -> None:
    factories.paper("A robot", abstract=ABSTRACT)
    factories.paper("A short robot", abstract="A robot.")
    digest = digest_of(factories.subscriber("a@example.org", "robot"))
    page = read(client, address(digest))
    (opening,) = page.select("details")
    assert opening.select_one("summary") is not None
    article = opening.find_parent("article")
    assert article is not None
    short, whole = (flat(each.text) for each in article.select(".abstract"))
    assert len(short) <= 240
    assert whole.count("robot") == 24


def test_a_heading_is_not_repeated_as_the_reason(client: Client) -> None:
    digest = many()
    page = read(client, f"{address(digest)}?group={group_id('kettle')}")
    reasons = {flat(each.text) for each in page.select(".because")}
    assert reasons == {"Also matches robot"}


def test_pages_cost_the_same_few_queries(
    client: Client, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    path = address(many())
    with django_assert_max_num_queries(6):
        client.get(path)


def test_hostile_keywords_stay_text(client: Client) -> None:
    paper = factories.paper("A robot")
    hostile = '"><script>alert(1)</script>'
    kept = [DigestEntry(paper.pk, (hostile, "robot"))] * 9
    digest = digest_of(factories.subscriber("a@example.org", "robot"), entries=kept)
    page = client.get(f"{address(digest)}?group={group_id(hostile)}").content.decode()
    assert "<script>alert" not in page
    assert re.search(r"&lt;script&gt;alert", page)
