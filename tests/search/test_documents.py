"""Documents are written with the papers, and only where what is searched has changed."""

from datetime import date

import pytest
from django.db import connection

from digest.ingest.formats import Record
from digest.ingest.papers.search_documents import add_missing_documents, write_documents
from digest.ingest.papers.split import split
from digest.matching.full_text import day_of, document_parts
from digest.matching.query import parse
from digest.models import Catalogue, Paper, SearchDocument
from digest.paper_texts import paper_text
from digest.search import search
from digest.tasks import fill_search
from tests.ingest.formats.listing_pages import store_records
from tests.support import factories

pytestmark = pytest.mark.django_db


def found(text: str) -> list[str]:
    """The titles that a search finds, newest first."""
    return [Paper.objects.get(pk=pk).title for pk in search(parse(text)).paper_ids]


def all_are_current() -> None:
    for paper in Paper.objects.select_related("search_document"):
        stored = paper.search_document
        assert (stored.text, stored.joins) == document_parts(paper_text(paper))
        day = day_of(stored.pk)
        assert day == (paper.listed_on or paper.published_on)
    assert SearchDocument.objects.count() == Paper.objects.count()


def test_new_and_changed_papers_are_found_by_what_they_say_now() -> None:
    store_records("a", Record("Knitting robots", "Slowly.", arxiv_id="2501.1"))
    assert found("robot") == ["Knitting robots"]
    store_records("b", Record("Weaving looms", "By hand. " * 20, arxiv_id="2501.1", upvotes=3),
                  listed_on=date(2026, 11, 30))  # fmt: skip
    assert found("weaving OR knitting") == [Paper.objects.get().title]
    assert found("hand") == [Paper.objects.get().title]
    all_are_current()


def test_votes_write_no_document() -> None:
    store_records("a", Record("Knitting robots", "Slowly.", arxiv_id="2501.1"))
    SearchDocument.objects.update(text="as it was")
    store_records("b", Record("Knitting robots", "Slowly.", arxiv_id="2501.1", upvotes=9))
    assert Paper.objects.get().upvotes == 9
    assert SearchDocument.objects.get().text == "as it was"


def test_merged_split_and_deleted_papers() -> None:
    store_records("a", Record("Knitting robots", "with an id", arxiv_id="2501.1"))
    store_records("b", Record("Weaving robots", "with another", doi="10.1000/b"))
    assert sorted(found("robot")) == ["Knitting robots", "Weaving robots"]
    store_records("c", Record("Knitting robots", "both", arxiv_id="2501.1", doi="10.1000/b"))
    assert found("robot") == ["Knitting robots"]
    all_are_current()
    paper = Paper.objects.get()
    split(paper, [paper.listings.get(doi="10.1000/b", arxiv_id="").pk])
    assert sorted(found("robot")) == ["Knitting robots", "Weaving robots"]
    all_are_current()
    Paper.objects.filter(title="Weaving robots").delete()
    assert found("robot") == ["Knitting robots"]
    all_are_current()


def test_papers_from_before_the_search_are_added_newest_first(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for number in range(5):
        factories.paper(f"Robot {number}")
    SearchDocument.objects.all().delete()
    newest = Paper.objects.latest("pk").pk
    Catalogue.objects.update(unsearchable_through=newest)
    assert search(parse("robot")).is_filling
    monkeypatch.setattr("digest.ingest.papers.search_documents._BATCH", 2)
    assert add_missing_documents()
    assert Catalogue.current().unsearchable_through == newest - 2
    assert found("robot") == ["Robot 4", "Robot 3"]
    factories.paper("Robot 5")  # stored in the meantime
    fill_search()
    assert not search(parse("robot")).is_filling
    assert len(found("robot")) == 6
    all_are_current()
    assert not add_missing_documents()


def test_documents_of_older_text_rules_are_made_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(3):
        factories.paper(f"Robot {number}")
    fill_search()
    SearchDocument.objects.update(text="robot | - | - | robot")  # as by other rules
    fill_search()
    assert SearchDocument.objects.first().text == "robot | - | - | robot"  # type: ignore[union-attr]
    monkeypatch.setattr("digest.ingest.papers.search_documents.TEXT_RULES", 99)
    monkeypatch.setattr("digest.ingest.papers.search_documents._BATCH", 2)
    assert add_missing_documents()
    assert search(parse("robot")).is_filling
    fill_search()
    assert not search(parse("robot")).is_filling
    assert Catalogue.current().text_rules == 99
    all_are_current()


def test_writing_a_document_twice_changes_nothing() -> None:
    paper = factories.paper("Robot")
    write_documents([paper])
    assert found("robot") == ["Robot"]
    all_are_current()


def test_odd_characters_are_stored_and_found() -> None:
    title = 'C++ | – 模型 \U0001f600 ‘quoted’ "AND" NEAR( x\'y A* naïve'
    factories.paper(title, authors=["O'Neill, 李"], categories=["cs.CL", "|", ""])
    for text in ("C++", "模型", "naive", "A*", "author:O'Neill", "author:李", "category:cs.cl"):
        assert found(text) == [title], text


def test_the_full_text_is_sound() -> None:
    store_records("a", *(Record(f"Robot {n}", "x", arxiv_id=f"2501.{n}") for n in range(5)))
    Paper.objects.filter(title="Robot 3").delete()
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:  # raises where table and full text differ
            cursor.execute(
                "INSERT INTO digest_fulltext (digest_fulltext, rank) VALUES ('integrity-check', 1)"
            )
    assert len(found("robot")) == 4
