"""OAI-PMH: three kinds of metadata, deletions, errors of the protocol."""

from datetime import date
from pathlib import Path

import pytest

from digest.ingest.formats import BadDump, NotThisFormat, Record, Skipped, arxiv_oai, detect

FOLDER = Path(__file__).resolve().parent.parent.parent / "fixtures" / "arxiv_oai"
ARXIV, RAW, DC = (FOLDER.joinpath(f"{name}.xml").read_bytes() for name in ("arxiv", "raw", "dc"))
RECEIVED = date(2026, 11, 21)


def answer(body: str) -> bytes:
    return (
        '<OAI-PMH xmlns="http://www.openarchives.org/OAI/2.0/">'
        f"<responseDate>2026-11-20T05:00:41Z</responseDate>{body}</OAI-PMH>"
    ).encode()


@pytest.mark.parametrize("data", [ARXIV, RAW, DC])
def test_it_is_recognised(data: bytes) -> None:
    assert detect(data) == "arxiv_oai"
    assert arxiv_oai.parse(data, RECEIVED).listed_on == date(2026, 11, 20)
    assert arxiv_oai.parse(data, RECEIVED, date(2020, 1, 1)).listed_on == date(2020, 1, 1)


def test_the_arxivs_own_metadata() -> None:
    read = arxiv_oai.parse(ARXIV, RECEIVED)
    assert read.skipped == (Skipped("oai:arXiv.org:2611.00018", "deleted at its source"),)
    first, second = read.records
    assert first == Record(
        title="Tide Tables for Tokens: Attention & the Moon",
        abstract="Attention rises and falls with the moon.",
        authors=("Zoë Ebb Jr.", "TIDE Collaboration"),
        published_on=date(2026, 11, 2),
        arxiv_id="2611.00017",
        doi="10.5555/tide.2026.17",
        categories=("cs.CL", "cs.LG"),
    )
    assert (second.arxiv_id, second.withdrawn_on) == ("2505.01234", date(2026, 11, 18))


def test_raw_metadata_know_all_versions() -> None:
    (record,) = arxiv_oai.parse(RAW, RECEIVED).records
    assert record.authors == ("Zoë Ebb", "Noor Flood")
    assert record.published_on == date(2026, 11, 2)
    assert record.withdrawn_on == date(2026, 11, 18)
    (record,) = arxiv_oai.parse(
        RAW.replace(b"<source_type>I<", b"<source_type>D<"), RECEIVED
    ).records
    assert record.withdrawn_on is None


def test_dublin_core() -> None:
    read = arxiv_oai.parse(DC, RECEIVED)
    assert read.skipped == (Skipped("oai:repository.example:78", "it has no metadata"),)
    first, second = read.records
    assert first == Record(
        title="Tide Tables for Tokens",
        abstract="Attention rises and falls.",
        authors=("Zoë Ebb", "Noor Flood"),
        published_on=date(2026, 11, 2),
        arxiv_id="2611.00017",
        doi="10.5555/tide.2026.17",
        categories=("cs.CL", "hep-ex"),
        withdrawn_on=date(2026, 11, 18),
    )
    assert second == Record(
        title="Moss on North Walls",
        abstract="It grows there.",
        authors=("A. Green",),
        published_on=date(2025, 1, 1),
        published_precision="year",
        url="https://repository.example/77",
        doi="10.5555/moss",
        keywords=("moss", "walls"),
    )


def test_no_records_match_is_a_page_without_papers() -> None:
    read = arxiv_oai.parse(answer('<error code="noRecordsMatch"/>'), RECEIVED)
    assert (read.listed_on, read.records, read.skipped) == (date(2026, 11, 20), (), ())


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        ('<error code="badArgument">No such set</error>', r"badArgument: No such set\)\. Correct"),
        ('<error code="noRecordsMatch"/><error code="badVerb"/>', "badVerb"),
        ("<error/>", "no reason given"),
        ('<error code="badResumptionToken">gone</error>', "Start it again"),
        ("<Identify><repositoryName>X</repositoryName></Identify>", "no records: ask for"),
        ("<ListIdentifiers/>", "no records: ask for"),
        ("", "no records"),
    ],
)
def test_errors_of_the_protocol(body: str, sentence: str) -> None:
    with pytest.raises(BadDump, match=sentence):
        arxiv_oai.parse(answer(body), RECEIVED)


def test_unknown_metadata_are_named() -> None:
    body = (
        "<ListRecords><record><header><identifier>oai:x:1</identifier></header>"
        '<metadata><marc xmlns="http://www.loc.gov/MARC21/slim"/></metadata></record></ListRecords>'
    )
    with pytest.raises(
        BadDump, match=r"oai:x:1”: its metadata format “marc” is not supported.*metadataPrefix"
    ):
        arxiv_oai.parse(answer(body), RECEIVED)


def test_a_related_work_is_not_the_record_itself() -> None:
    """A data set names its paper, a thesis the article made from it; both stay what they are."""
    dublin_core = (
        "<record><header><identifier>oai:x:{0}</identifier></header><metadata>"
        '<oai_dc:dc xmlns:oai_dc="http://www.openarchives.org/OAI/2.0/oai_dc/" '
        'xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:title>Gauges, part {0}</dc:title>{1}'
        "</oai_dc:dc></metadata></record>"
    )
    data_set = (
        "<dc:identifier>https://doi.org/10.5281/zenodo.77</dc:identifier>"
        "<dc:relation>https://arxiv.org/abs/2611.00042</dc:relation>"
    )
    thesis = (
        "<dc:relation>doi:10.1000/article</dc:relation>"
        "<dc:identifier>https://x.example/2</dc:identifier>"
    )
    article = (
        "<dc:identifier>https://doi.org/10.5281/zenodo.78</dc:identifier>"
        "<dc:identifier>doi:10.1000/article</dc:identifier>"
        "<dc:identifier>https://doi.org/10.48550/arXiv.2611.00043</dc:identifier>"
    )
    records = "".join(map(dublin_core.format, "123", (data_set, thesis, article)))
    read = arxiv_oai.parse(answer(f"<ListRecords>{records}</ListRecords>"), RECEIVED)
    assert [(record.arxiv_id, record.doi) for record in read.records] == [
        ("", "10.5281/zenodo.77"),
        ("", ""),
        ("2611.00043", "10.1000/article"),
    ]
    assert read.records[1].url == "https://x.example/2"


def test_deletions_only_are_a_good_page() -> None:
    record = '<record><header status="deleted"><identifier>oai:x:1</identifier></header></record>'
    read = arxiv_oai.parse(answer(f"<ListRecords>{record * 3}</ListRecords>"), RECEIVED)
    assert (len(read.records), len(read.skipped)) == (0, 3)


@pytest.mark.parametrize("end", [100, 1000, len(ARXIV) - 2])
def test_a_cut_answer_is_refused_whole(end: int) -> None:
    with pytest.raises(BadDump, match=r"cut off|start with <OAI-PMH>"):
        arxiv_oai.parse(ARXIV[:end], RECEIVED)


def test_something_else() -> None:
    with pytest.raises(NotThisFormat, match="a web page"):
        arxiv_oai.parse(b"<html><body>503</body></html>", RECEIVED)
    with pytest.raises(BadDump, match=r"OAI-PMH 2\.0"):
        arxiv_oai.parse(b"<OAI-PMH xmlns='http://other.example/'/>", RECEIVED)
