"""Compression: public pages and static files, never a page with a token."""

import gzip
from contextlib import closing
from datetime import date

import pytest
from django.test import Client

from digest.models import Digest
from digest.views.papers import PAPERS_A_PAGE
from tests.support import factories

from .pages import Page, dump, private_pages

pytestmark = pytest.mark.django_db
FRIDAY = date(2026, 11, 20)
GZIP = {"Accept-Encoding": "gzip, deflate, br"}
HOME_BYTES, HOME_NODES = 60_000, 1_000


def body(response: object) -> bytes:
    if not getattr(response, "streaming", False):
        return response.content  # type: ignore[attr-defined, no-any-return]
    with closing(response):  # type: ignore[type-var]
        return b"".join(response)  # type: ignore[call-overload]


@pytest.mark.parametrize("address", ["/", "/link/", "/static/digest/site.css", "/nothing/"])
def test_public_pages_and_static_files(client: Client, address: str) -> None:
    packed, plain = client.get(address, headers=GZIP), client.get(address)
    assert packed["Content-Encoding"] == "gzip"
    assert "Accept-Encoding" in packed["Vary"]
    assert "Accept-Encoding" in plain["Vary"]
    assert "Content-Encoding" not in plain
    small, large = body(packed), body(plain)
    assert len(small) < len(large)
    assert len(gzip.decompress(small)) == len(large)


def test_a_static_file_that_has_not_changed_is_not_sent_again(client: Client) -> None:
    first = client.get("/static/digest/site.css", headers=GZIP)
    body(first)
    since = GZIP | {"If-Modified-Since": first["Last-Modified"]}
    if etag := first.get("ETag"):
        since["If-None-Match"] = etag
    assert client.get("/static/digest/site.css", headers=since).status_code == 304


def test_a_part_of_a_file_is_sent_as_it_is(client: Client) -> None:
    part = client.get("/static/digest/site.css", headers=GZIP | {"Range": "bytes=0-9"})
    assert (part.status_code, len(body(part))) == (206, 10)
    assert "Content-Encoding" not in part


def test_an_image_is_sent_as_it_is(client: Client) -> None:
    assert "Content-Encoding" not in client.get("/favicon.ico", headers=GZIP)


def test_no_page_with_a_token(client: Client) -> None:
    paper = factories.paper("A paper")
    person = factories.subscriber("ada@example.org", "paper")
    at = factories.MORNING
    digest = Digest.objects.create(
        subscriber=person, local_date=FRIDAY, not_before=at, expires_at=at, from_seq=0, to_seq=1
    )
    pages = private_pages(person.pk, digest.pk, person.subscriptions.get().pk, paper.pk)
    for address in [*pages, "/outbox/", "/admin/login/", "/preferences/cut/"]:
        assert "Content-Encoding" not in client.get(address, headers=GZIP), address


def test_home_is_light(client: Client) -> None:
    """30 papers of usual length, with all styles and scripts."""
    words = [f"{a}{b}{c}" for a in "bdfgklm" for b in "aeiou" for c in ("tion", "ment", "ral", "n")]
    papers = [
        factories.paper(
            f"On {' '.join(words[(7 * n + 3 * k) % len(words)] for k in range(10))}",
            abstract=" ".join(
                words[(n * n + 11 * k + k * k // 3) % len(words)] for k in range(220)
            ),
            authors=["Ada Lovelace", "Grace Hopper"],
            comment_count=n,
            upvotes=n,
            published_on=FRIDAY,
            url=f"https://arxiv.org/abs/2611.{n:05}",
            code_url=f"https://github.com/a/{n}",
        )
        for n in range(PAPERS_A_PAGE + 5)
    ]
    dump(FRIDAY, *papers)
    answer = client.get("/", headers=GZIP)
    page = Page(client.get("/"))
    assert PAPERS_A_PAGE == page.source.count('<li class="paper">') == 30
    assert len(page.tags) < HOME_NODES
    linked = [each["href"] for each in page.all("link")] + [each["src"] for each in page.all("img")]
    linked += [each["src"] for each in page.all("script")]
    files = {address: len(body(client.get(address, headers=GZIP))) for address in {*linked}}
    assert len(files) >= 6
    assert len(answer.content) + sum(files.values()) <= HOME_BYTES, (len(answer.content), files)
