"""A link of a paper leads where it seems to lead, whatever its source and wherever it is shown."""

import pytest
from django.test import Client

from digest.ingest.formats import Record
from digest.ingest.papers.merge import RankedRecord, paper_fields
from digest.ingest.papers.paper_links import safe_link
from digest.rendering.card_pieces import Variant, render_card
from digest.rendering.paper_card import Card
from tests.support import factories
from tests.web.pages import Page

TURNED = "https://example.org/\u202efdp.exe"


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("https://example.org/a?b=c@d#e", "https://example.org/a?b=c@d#e"),
        ("HTTP://Example.org:8080/é", "HTTP://Example.org:8080/é"),
        ("https://[2001:db8::1]/x", "https://[2001:db8::1]/x"),
        ("https://arxiv.org@evil.example/abs/1", "https://evil.example/abs/1"),
        ("https://arxiv.org:abs%2F@evil.example?q", "https://evil.example?q"),
        ("https://a@b@evil.example", "https://evil.example"),
        ("https://arxiv.org\u200b@evil.example/", "https://evil.example/"),
        (TURNED, "https://example.org/fdp.exe"),
        ("https://ex\u00adample.org/\u2066a\u2069\u200f\ufeff\U000e0041", "https://example.org/a"),
        ("https://arxiv.org\\@evil.example/", ""),
        ("https://arxiv.org/a\\b", ""),
        ("https://arxiv.org/a b", ""),
        ("https://arxiv.org/a\x01b", ""),
        ("https://user@/", ""),
        ("https://\u202e/", ""),
        ("https://[::1", ""),
        ("java\u200bscript:alert(1)", ""),
        ("//arxiv.org/", ""),
    ],
)
def test_what_is_left_of_a_link(given: str, shown: str) -> None:
    assert safe_link(given) == shown
    assert safe_link(shown) == shown


def test_every_format_hands_its_links_through_it() -> None:
    records = [
        Record(
            "T", url="ftp://x", code_url="https://github.com@evil.example/c", project_url=TURNED
        ),
        Record("T", url="https://older.example/"),
    ]
    listings = [
        RankedRecord(record, None, "b" if record.code_url else "a", 1) for record in records
    ]
    fields = paper_fields("", listings)
    assert fields["url"] == "https://older.example/"
    assert fields["code_url"] == "https://evil.example/c"
    assert fields["project_url"] == "https://example.org/fdp.exe"


@pytest.mark.django_db
def test_a_stored_link_is_shown_safely_on_pages_and_in_mails(client: Client) -> None:
    bad = "https://arxiv.org@evil.example/\u202ex"
    paper = factories.paper("T", url=bad, code_url=bad, project_url=bad)
    links = Page(client.get(f"/papers/{paper.pk}/")).links()
    assert links.count("https://evil.example/x") == 3
    parts = render_card(Card(paper, (), "why"), Variant("short", 2))
    assert b"evil.example/x" in b"".join(parts[0])
    for where in ["".join(links).encode(), *map(b"".join, parts)]:
        assert b"arxiv.org" not in where
