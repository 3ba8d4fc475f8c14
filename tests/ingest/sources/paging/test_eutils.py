"""PubMed's two steps: ESearch, then EFetch in batches."""

from collections.abc import Callable
from urllib.parse import parse_qs, urlsplit

import pytest

from digest.ingest.formats import pubmed
from digest.ingest.sources.errors import CannotFetch

from .page_walks import DAY, walked

ADDRESS = (
    "https://eutils.example/entrez/eutils/esearch.fcgi?db=pubmed&term=knitting+robots&datetype=edat"
    "&mindate={date-2:%Y/%m/%d}&maxdate={date:%Y/%m/%d}&usehistory=y&retmax=2&email={contact}"
)
HEAD = (
    b'<?xml version="1.0" ?>\n<!DOCTYPE PubmedArticleSet PUBLIC "-//NLM//DTD PubMedArticle, '
    b'1st January 2025//EN" "https://dtd.nlm.nih.gov/ncbi/pubmed/out/pubmed_250101.dtd">\n'
)


def search(count: object, key: str = "1", env: str = "MCID_6a") -> bytes:
    return (
        f"<eSearchResult><Count>{count}</Count><RetMax>0</RetMax><QueryKey>{key}</QueryKey>"
        f"<WebEnv>{env}</WebEnv><IdList/></eSearchResult>"
    ).encode()


def batch(*numbers: int) -> bytes:
    articles = "".join(
        f"<PubmedArticle><MedlineCitation><PMID>{number}</PMID><Article><ArticleTitle>Robots that "
        f"knit, part {number}</ArticleTitle><Abstract><AbstractText>We built it and it works."
        "</AbstractText></Abstract></Article></MedlineCitation></PubmedArticle>"
        for number in numbers
    )
    return HEAD + f"<PubmedArticleSet>{articles}</PubmedArticleSet>".encode()


def ncbi(found: bytes, papers: int = 0) -> Callable[[str], bytes]:
    """Return a server that answers like NCBI's, with so many papers."""

    def serve(address: str) -> bytes:
        if "esearch" in address:
            return found
        start, most = (int(queried(address)[name]) for name in ("retstart", "retmax"))
        return batch(*range(start, min(start + most, papers)))

    return serve


def queried(address: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}


def test_what_was_found_is_fetched_in_batches() -> None:
    asked, walk = walked(ADDRESS, ncbi(search(5), 5))
    first = queried(asked[0])
    assert (first["mindate"], first["maxdate"]) == ("2026/11/18", "2026/11/20")
    assert [urlsplit(each).path for each in asked[1:]] == ["/entrez/eutils/efetch.fcgi"] * 3
    fetched = queried(asked[2])
    assert fetched == {
        "db": "pubmed", "email": "ops@example.org", "query_key": "1", "WebEnv": "MCID_6a",
        "retstart": "2", "retmax": "2", "retmode": "xml",
    }  # fmt: skip
    read = pubmed.parse(walk.joined(), DAY, None)
    assert [each.title for each in read.records] == [
        f"Robots that knit, part {number}" for number in range(5)
    ]


def test_one_batch_is_left_as_it_came() -> None:
    _, walk = walked(ADDRESS, ncbi(search(2), 2))
    assert walk.joined() == batch(0, 1)


def test_a_day_without_papers_is_asked_once() -> None:
    asked, walk = walked(ADDRESS, ncbi(search(0, "", "")))
    assert (len(asked), walk.is_empty()) == (1, True)


@pytest.mark.parametrize(
    ("found", "sentence"),
    [
        (b"<h1>busy</h1>", "not from NCBI's ESearch"),
        (b"", "not from NCBI's ESearch"),
        (b'{"error": "API rate limit exceeded"}', "not from NCBI's ESearch"),
        (b"<!DOCTYPE a [<!ENTITY b 'c'>]><eSearchResult>&b;</eSearchResult>", "not from NCBI's"),
        (b"<eSearchResult><ERROR>Invalid db name</ERROR></eSearchResult>", "says: Invalid db name"),
        (search("many"), "has no Count"),
        (search("-1"), "has no Count"),
        (search(10_001), "10,001 articles, but delivers at most 10,000"),
        (search(3, env=""), "usehistory=y"),
        (search(3, env="x" * 5000), "5,000 characters"),
    ],
)
def test_what_is_no_search_is_said(found: bytes, sentence: str) -> None:
    with pytest.raises(CannotFetch, match=sentence) as caught:
        walked(ADDRESS, ncbi(found))
    assert caught.value.refused


@pytest.mark.parametrize(
    "body",
    [
        b"<eFetchResult><ERROR>Cannot retrieve history data</ERROR></eFetchResult>",
        b"",
        b"<PubmedArticleSet>",
        b"</PubmedArticleSet><PubmedArticleSet>",
        b"<" * 1_000_000,
    ],
)
def test_what_is_no_batch_is_said(body: bytes) -> None:
    with pytest.raises(CannotFetch, match="page 2 is not of the same kind"):
        walked(ADDRESS, lambda address: search(3) if "esearch" in address else body)


@pytest.mark.parametrize(
    ("written", "size"), [("", "200"), ("0", "200"), ("9999", "500"), ("x", "200")]
)
def test_the_size_of_a_batch(written: str, size: str) -> None:
    asked, _ = walked(ADDRESS.replace("retmax=2", f"retmax={written}"), ncbi(search(1), 1))
    assert queried(asked[1])["retmax"] == size
