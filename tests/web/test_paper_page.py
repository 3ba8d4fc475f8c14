"""The page of a paper: its versions, where it leads, and how much it shows."""

import json
from datetime import date
from urllib.parse import parse_qs, urlsplit

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from digest.ingest.formats import bibtex
from digest.models import FormerName, Listing, Paper
from digest.web.paper_page.facts import LISTINGS_READ
from tests.support import factories

from .known_paper import KNOWN, ingest, page_of, stored
from .pages import Page, dump
from .test_html import faults

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("dump_folders")]
TODAY = date(2026, 11, 29)


def test_three_thousand_authors_take_no_more_room_than_a_hundred(client: Client) -> None:
    names = [f"Ada{number} Lamp{number}" for number in range(3_000)]
    paper = factories.paper("Gauges", authors=names, categories=[f"x.{n}" for n in range(500)],
                            keywords=[f"word {n}" for n in range(500)])  # fmt: skip
    page = page_of(client, paper)
    assert len(page.source) < 40_000
    assert len(page.tags) < 400
    assert "Lamp39 and 2960 more" in page.text
    assert "word 29" in page.text
    assert "word 30" not in page.text
    assert "Lamp39 and others}" in page.text
    assert len([each for each in page.all("meta") if each.get("name") == "citation_author"]) == 100
    assert len(bibtex.parse(client.get(f"/papers/{paper.pk}/paper.bib").content, TODAY)
               .records[0].authors) == 3_000  # fmt: skip


def test_authors_of_whom_the_source_names_a_few(client: Client) -> None:
    paper = factories.paper("Gauges", authors=["Ada Lamp"], author_count=9)
    assert "Ada Lamp and 8 more" in page_of(client, paper).text


class TestVersions:
    PREPRINT = {
        "title": KNOWN["title"], "authors": KNOWN["authors"], "arxiv_id": "2607.01234",
        "published_on": "2026-07-04", "doi": "",
    }  # fmt: skip

    def test_each_has_its_date_and_its_address(self, client: Client) -> None:
        journal = KNOWN | {"published_on": "2026-11", "arxiv_id": "2607.01234"}
        ingest(json.dumps(self.PREPRINT).encode())
        ingest(json.dumps(journal | {"arxiv_id": ""}).encode(), "journal.jsonl")
        paper = Paper.objects.get()
        assert paper.versions == Paper.Versions.BOTH
        page = page_of(client, paper)
        assert "Preprint arXiv:2607.01234 , 4 July 2026" in page.text
        assert "Journal Journal of Gauges, 10.1000/gauge.7 , November 2026" in page.text
        assert "Published" not in page.text
        assert {"https://arxiv.org/abs/2607.01234", "https://doi.org/10.1000/gauge.7"} <= set(
            page.links()
        )
        online = [e["content"] for e in page.all("meta") if e.get("name") == "citation_online_date"]
        assert online == ["2026/07/04"]

    def test_a_preprint_alone(self, client: Client) -> None:
        page = page_of(client, stored(self.PREPRINT))
        assert "Preprint arXiv:2607.01234 , 4 July 2026" in page.text
        assert "Journal" not in page.text
        assert "DOI" not in page.text

    def test_a_preprint_of_a_server_with_dois(self, client: Client) -> None:
        doi = "10.1101/2026.07.01.700001"
        page = page_of(client, stored(self.PREPRINT | {"arxiv_id": "", "doi": doi}))
        assert f"Preprint {doi} , 4 July 2026" in page.text
        assert f"https://doi.org/{doi}" in page.links()

    def test_a_deposit_is_neither(self, client: Client) -> None:
        page = page_of(client, stored(KNOWN | {"doi": "10.5281/zenodo.7"}))
        assert "Preprint" not in page.text
        assert "DOI 10.5281/zenodo.7" in page.text
        assert "Journal Journal of Gauges" in page.text
        assert "Published 18 November 2026" in page.text

    @pytest.mark.parametrize(("dated", "is_shown"), [(2, False), (3, True)])
    def test_only_the_newest_listings_are_read_for_dates(
        self,
        client: Client,
        django_assert_num_queries: DjangoAssertNumQueries,
        dated: int,
        is_shown: bool,
    ) -> None:
        paper = factories.paper(
            "Gauges", arxiv_id="2607.01234", doi="10.1000/g", versions=Paper.Versions.BOTH
        )
        row = dump(date(2026, 11, 20), paper)
        record = {"title": "Gauges", "arxiv_id": "2607.01234"}
        Listing.objects.bulk_create(
            Listing(
                paper=paper, dump=row, position=place, title_key="gauges",
                record=record | ({"published_on": "2026-07-04"} if place == dated else {}),
            )
            for place in range(2, 3 + LISTINGS_READ)
        )  # fmt: skip
        with django_assert_num_queries(3):  # the paper, its listings, its days
            page = page_of(client, paper)
        assert ("4 July 2026" in page.text) == is_shown


@pytest.mark.parametrize("rest", ["", "paper.bib", "paper.ris"])
def test_a_former_id_leads_to_the_paper_that_it_proved_to_be(client: Client, rest: str) -> None:
    paper = factories.paper("Gauges")
    FormerName.objects.create(paper=paper, former_id=9_999, name="x")
    moved = client.get(f"/papers/9999/{rest}")
    assert (moved.status_code, moved["Location"]) == (301, f"/papers/{paper.pk}/{rest}")
    assert moved["Cache-Control"] == "max-age=3600"  # an operator may part them again


@pytest.mark.parametrize("number", [0, 7, 2**63, 10**40])
@pytest.mark.parametrize("rest", ["", "paper.bib", "paper.ris"])
def test_a_paper_that_is_not_there(client: Client, number: int, rest: str) -> None:
    response = client.get(f"/papers/{number}/{rest}")
    assert response.status_code == 404
    assert faults(response) == []
    page = Page(response)
    assert "Paper not found" in page.text
    assert {"/", "/archive/"} <= set(page.links())


def test_a_paper_takes_two_queries(
    client: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    paper = stored(KNOWN)
    with django_assert_num_queries(2):
        page_of(client, paper)
    with django_assert_num_queries(1):
        client.get(f"/papers/{paper.pk}/paper.bib")


class TestSearches:
    def test_authors_and_categories_lead_to_searches_that_find_the_paper(
        self, client: Client
    ) -> None:
        paper = factories.paper(
            "Gauges",
            authors=["Ada Lamp", r"Paul Erd\H{o}s", "O’Brien, “Bo” C.", "山田 例子", "—"],
            categories=["cs.CL", "astro-ph.GA", "Physics & Society"],
        )  # fmt: skip
        links = [link for link in page_of(client, paper).links() if link.startswith("/search/?")]
        asked = [parse_qs(urlsplit(link).query)["q"][0] for link in links]
        assert asked == [
            'author:"Ada Lamp"', 'author:"Paul Erdős"', 'author:"O’Brien, Bo C."',
            'author:"山田 例子"', "category:cs.CL", "category:astro-ph.GA",
            'category:"Physics & Society"',
        ]  # fmt: skip
        for link in links:
            assert f"/papers/{paper.pk}/" in Page(client.get(link)).links(), link
