"""Feeds of papers and queries with whatever text there is: valid Atom, read by a feed reader."""

from urllib.parse import urlencode

import feedparser
import pytest
from django.core.cache import caches
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support import atom, factories

pytestmark = pytest.mark.django_db
FEED = "/feeds/search.atom"
HOSTILE = [
    "robot <script>alert(1)</script>",
    "robot ]]> <![CDATA[ &lt;b&gt; &amp;amp; &#0;",
    "robot \x00\x01\x08\x0b\x0c\x1b\x7f\x85\ufffe\uffff",
    "robot \u202e\u2066\u200f reversed",
    "robot 🤖\U0010ffff é e\u0301 \u2028\u2029",
    "robot \r\n\t line ends",
    "robot ' \" = / ?>  <?xml version='1.0'?> <!DOCTYPE x [<!ENTITY a 'b'>]>&a;",
    "robot " + "x" * 20_000,
    "robot javascript:alert(1) %00 \\u0000 $\\frac{a}{<b>}$",
]  # fmt: skip
# No lone surrogates and no NUL: a database holds neither.
TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=80)


def assert_valid(content: bytes) -> feedparser.FeedParserDict:
    assert atom.faults(content) == []
    read = feedparser.parse(content)
    assert not read.bozo, read.get("bozo_exception")
    return read


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_papers(client: Client, text: str) -> None:
    text = text.replace("\x00", "")  # which a database does not hold
    factories.paper(
        text, abstract=text, authors=[text, ""], categories=[text], organization=text[:255],
        journal=text[:255], doi="10.1000/<x>\"'&", url="https://example.org/a?b=<c>&d=\"'é",
    )  # fmt: skip
    content = client.get(FEED, {"q": "robot"}).content
    read = assert_valid(content)
    (entry,) = read.entries
    assert entry.title.startswith("robot")
    assert entry.title_detail.type == "text/plain"
    assert "<script" not in entry.summary
    assert "alert(1)" not in str(entry.links)
    assert "<script" not in atom.text(atom.entries(content)[0], "summary")


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_queries(client: Client, text: str) -> None:
    response = client.get(f"{FEED}?{urlencode({'q': text})}")
    if response.status_code == 400:
        assert response["Content-Type"].startswith("text/plain")
        assert response.content.strip()
    else:
        assert_valid(response.content)


@pytest.mark.parametrize("query", ["q=%ff", "q=%ed%a0%bd", "q=a&q=b", "q[]=a", "q=%00", "Q=a", "q"])
def test_broken_queries(client: Client, query: str) -> None:
    response = client.get(f"{FEED}?{query}")
    assert response.status_code in (200, 400)
    if response.status_code == 200:
        assert_valid(response.content)


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(title=TEXT, abstract=TEXT, author=TEXT, query=TEXT)
def test_any_text(client: Client, title: str, abstract: str, author: str, query: str) -> None:
    caches["feeds"].clear()
    factories.Paper.objects.all().delete()
    factories.paper(f"robot {title}", abstract=abstract, authors=[author], categories=[author])
    assert assert_valid(client.get(FEED, {"q": "robot"}).content).entries
    response = client.get(FEED, {"q": query})
    assert response.status_code == 400 or assert_valid(response.content)


@pytest.mark.parametrize(
    ("good", "bad", "fault"),
    [
        ("+00:00</updated>", "</updated>", "updated"),
        ("<id>tag:", "<id>a ", "id"),
        ("</title>", "</title><title>b</title>", "2 times title"),
        ('rel="self"', 'rel="related"', "no link to itself"),
        ('term="cs.RO"', 'term=""', "category"),
        ("<name>Ada</name>", "<name></name>", "name"),
        ("</author>", "</author><pubDate/>", "pubDate"),
    ],
)
def test_faults_are_found(client: Client, good: str, bad: str, fault: str) -> None:
    factories.paper("A robot", authors=["Ada"], categories=["cs.RO"])
    content = client.get(FEED, {"q": "robot"}).content.decode()
    assert good in content
    assert fault in " ".join(atom.faults(content.replace(good, bad).encode()))
