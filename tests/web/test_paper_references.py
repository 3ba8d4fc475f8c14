"""A paper's page as machines read it, and its files for reference managers."""

from datetime import date
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.test import Client

from digest.ingest.formats import Record, bibtex, citation_page, ris
from digest.models import Paper
from tests.support import factories

from .known_paper import KNOWN, ingest, page_of, stored

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("dump_folders")]
TODAY = date(2026, 11, 29)
HOSTILE = "Gauges \"'><script>alert(1)</script> & $\\alpha_1$ \\textbf{of} <i>rivers</i> \u202e {"


def described(client: Client, paper: Paper) -> Record:
    """The paper that the page describes to machines."""
    data = client.get(f"/papers/{paper.pk}/").content
    assert citation_page.looks_like(data)
    (record,) = citation_page.parse(data, TODAY).records
    return record


@pytest.mark.parametrize(
    "changed",
    [
        {},
        {"doi": "", "arxiv_id": "2611.01234"},
        {"arxiv_id": "math/0309136"},
        {"doi": "10.1101/2026.11.01.700001", "journal": ""},
        {"published_on": None},
        {"authors": [f"Ada{chr(97 + k % 26)} Lamp{chr(97 + k // 26)}" for k in range(600)]},
        {"title": r"Gauges $\alpha_1$ of \textbf{many} <i>rivers</i> & their banks"},
    ],
    ids=["journal", "arXiv", "both", "preprint", "undated", "many authors", "LaTeX"],
)
def test_the_page_saved_and_read_again_is_the_same_paper(
    client: Client, changed: dict[str, object]
) -> None:
    paper = stored(KNOWN | changed)
    fields = ("title", "doi", "arxiv_id", "authors", "published_on", "published_precision")
    before = {name: getattr(paper, name) for name in fields}
    page = ingest(client.get(f"/papers/{paper.pk}/").content, "paper.html")
    assert page.format == "citation_page"
    assert (page.papers, page.new) == (1, 0)
    paper = Paper.objects.get()
    assert paper.listings.count() == 2
    assert (paper.doi, paper.arxiv_id) == (before["doi"], before["arxiv_id"])
    assert (paper.published_on, paper.published_precision) == (
        before["published_on"], before["published_precision"],
    )  # fmt: skip


def test_what_the_page_says_to_machines(client: Client) -> None:
    paper = stored(KNOWN | {"arxiv_id": "2611.01234"})
    record = described(client, paper)
    assert record.title == KNOWN["title"]
    assert record.authors == ("Ada Lamp", "Bo Wick", "Cy Erdős")
    assert record.journal == KNOWN["journal"]
    assert record.published_on == date(2026, 11, 18)
    assert record.abstract == KNOWN["abstract"]
    metas = {each.get("name", each.get("property", "")): each["content"]
             for each in page_of(client, paper).all("meta") if "content" in each}  # fmt: skip
    own = f"http://testserver/papers/{paper.pk}/"
    assert metas["citation_pdf_url"] == "https://arxiv.org/pdf/2611.01234"
    assert metas["citation_public_url"] == KNOWN["url"]
    assert urlsplit(metas["citation_abstract_html_url"]).path == urlsplit(own).path
    assert metas["og:url"] == metas["citation_abstract_html_url"]
    assert metas["og:title"] == metas["citation_title"] == KNOWN["title"]
    assert metas["og:description"] == metas["description"] == KNOWN["abstract"]
    (canonical,) = [
        each["href"] for each in page_of(client, paper).all("link") if each["rel"] == "canonical"
    ]
    assert canonical == metas["og:url"]


def test_a_description_is_short_and_never_empty(client: Client) -> None:
    def description(**fields: Any) -> str:
        page = page_of(client, factories.paper("Gauges", **fields))
        return next(
            each["content"] for each in page.all("meta") if each.get("name") == "description"
        )

    assert len(description(abstract="word " * 500)) <= 200
    assert description(authors=["Ada Lamp"]) == "Ada Lamp"
    assert description()


def test_hostile_texts_are_texts_everywhere(client: Client) -> None:
    paper = factories.paper(
        HOSTILE, authors=[HOSTILE], journal=HOSTILE[:200], categories=[HOSTILE], keywords=[HOSTILE],
        organization=HOSTILE[:200], abstract=HOSTILE, doi="10.1/x\"'><b>",
    )  # fmt: skip
    page = page_of(client, paper)
    assert "<script>alert" not in page.source
    assert not page.all("script")
    assert not [each for _, each in page.tags if "onload" in each]
    assert described(client, paper).title.startswith("Gauges \"'>")
    for kind, reader in (("bib", bibtex), ("ris", ris)):
        response = client.get(f"/papers/{paper.pk}/paper.{kind}")
        (record,) = reader.parse(response.content, TODAY).records
        assert "Gauges" in record.title
        assert "α₁" in record.title
        assert response["Content-Disposition"].isascii()


FILES = [
    ("bib", "application/x-bibtex; charset=utf-8", bibtex),
    ("ris", "application/x-research-info-systems; charset=utf-8", ris),
]


@pytest.mark.parametrize(("kind", "content_type", "reader"), FILES)
def test_files_for_reference_managers(
    client: Client, kind: str, content_type: str, reader: Any
) -> None:
    paper = stored(KNOWN)
    address = f"/papers/{paper.pk}/paper.{kind}"
    assert address in page_of(client, paper).links()
    response = client.get(address)
    assert response["Content-Type"] == content_type
    assert response["Content-Disposition"] == f'attachment; filename="lamp2026gauges.{kind}"'
    assert response["X-Robots-Tag"] == "noindex"
    assert response["X-Content-Type-Options"] == "nosniff"
    (record,) = reader.parse(response.content, TODAY).records
    assert record.title == KNOWN["title"]
    assert record.authors == ("Ada Lamp", "Bo Wick", "Cy Erdős")
    assert (record.doi, record.journal) == (KNOWN["doi"], KNOWN["journal"])
    assert record.published_on == date(2026, 11, 18)
    assert record.abstract == KNOWN["abstract"]


@pytest.mark.parametrize(
    ("fields", "name"),
    [
        ({"title": "论文", "authors": ["山田 例子"]}, "paper.bib"),
        ({"title": 'a"; filename=evil.exe\r\nX: 1'}, "filename.bib"),
        ({"title": "x" * 300}, f"{'x' * 60}.bib"),
    ],
)
def test_file_names_are_plain_and_short(client: Client, fields: Any, name: str) -> None:
    paper = factories.paper(**fields)
    response = client.get(f"/papers/{paper.pk}/paper.bib")
    assert response["Content-Disposition"] == f'attachment; filename="{name}"'


def test_an_entry_to_copy(client: Client) -> None:
    paper = stored(KNOWN)
    source = page_of(client, paper).source.partition("<pre>")[2].partition("</pre>")[0]
    assert source.startswith("@article{lamp2026gauges,")
    assert "abstract" not in source
