"""Zotero RDF: items, what hangs on them, and containers that several share."""

from datetime import date

import pytest

from digest.ingest.formats import zotero_rdf

from .exports import SAMPLES, read

SAMPLE = SAMPLES["zotero_rdf"].decode()


def test_every_field() -> None:
    page = read(SAMPLE)
    article, preprint = page.records
    assert article.authors == ("Ada Lamp", "Group of Invented Rivers")
    assert (article.journal, article.doi) == ("Journal of Invented Rivers", "10.1000/rivers.1")
    assert article.url == "https://example.org/rivers/1"
    assert article.keywords == ("gauges", "sound")
    assert (article.published_on, article.published_precision) == (date(2026, 11, 19), "day")
    assert (preprint.arxiv_id, preprint.published_precision) == ("2506.01234", "month")
    assert [(each.entry, each.reason) for each in page.skipped] == [
        ("Full Text PDF", "not a paper but an attachment"),
        ("#item_9", "not a paper but a note"),
    ]


def test_a_journal_that_several_share() -> None:
    preprint = read(SAMPLE).records[1]
    assert (preprint.journal, preprint.doi) == ("Invented Preprints", "")


def test_more_attachments_than_papers_are_nothing_against_it() -> None:
    attachment = SAMPLE[SAMPLE.index("<z:Attachment") : SAMPLE.index("<bib:Memo")]
    page = read(SAMPLE.replace("<bib:Memo", attachment * 9 + "<bib:Memo"))
    assert (len(page.records), len(page.skipped)) == (2, 11)


def test_an_identifier_of_the_item_itself() -> None:
    text = SAMPLE.replace("<dc:date>2025-06", "<dc:identifier>DOI 10.1000/own</dc:identifier>"
                          "<dc:date>2025-06")  # fmt: skip
    assert read(text).records[1].doi == "10.1000/own"


@pytest.mark.parametrize(
    ("kind", "what"),
    [("letter", "a letter or a message"), ("webpage", "a web page"), ("dataset", "a data set")],
)
def test_items_that_are_no_papers(kind: str, what: str) -> None:
    text = SAMPLE.replace(">preprint<", f">{kind}<").replace("arXiv:2506.01234 [cs]", "")
    assert read(text).skipped[-1].reason == f"not a paper but {what}"


def test_a_thesis_is_of_its_university() -> None:
    publisher = (
        "<dc:publisher><foaf:Organization><foaf:name>Invented University</foaf:name>"
        "</foaf:Organization></dc:publisher><dc:date>2025-06"
    )
    text = SAMPLE.replace(">preprint<", ">thesis<").replace("<dc:date>2025-06", publisher)
    assert read(text).records[1].organization == "Invented University"


def test_a_damaged_item_is_left_out_alone() -> None:
    page = read(SAMPLE.replace("<dcterms:abstract>", "<dcterms:abstract><broken"))
    assert [record.title for record in page.records] == ["Floods are long"]
    assert len(page.skipped) == 3
    page = read(
        SAMPLE.encode().replace(b"Floods are", "Flööööds are".encode() + b" \xff"), "zotero_rdf"
    )
    assert "it contains damaged characters" in [each.reason for each in page.skipped]


def test_feeds_are_not_claimed() -> None:
    rss = (
        '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" '
        'xmlns="http://purl.org/rss/1.0/"><channel/></rdf:RDF>'
    )
    assert not zotero_rdf.looks_like(rss.encode())
    assert not zotero_rdf.looks_like(b"An export of http://www.zotero.org/namespaces/export#")
