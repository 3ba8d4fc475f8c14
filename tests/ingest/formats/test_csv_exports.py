"""Tables that searches and reference managers export, each with the columns of its exporter."""

from datetime import date

import pytest

from digest.ingest.formats import Record, csv, detect
from digest.ingest.formats.entries.column_names import field_for_column, read_columns
from digest.ingest.formats.fields.keywords import split_all, split_keywords

from .exports import read, read_one

SCOPUS = """\
"Authors","Author full names","Author(s) ID","Title","Year","Source title","Volume","Cited by",\
"DOI","Link","Abstract","Author Keywords","Index Keywords","Document Type","Source","EID"
"Lamp A.; Wick B.","Lamp, Ada (57000000001); Wick, Bo (57000000002)","57000000001; 57000000002",\
"Gauges of rivers","2026","Invented Rivers","1","3","10.1000/g","https://www.scopus.com/g",\
"We listen.","gauges; rivers","Floods; Gages","Note","Scopus","2-s2.0-1"
"""
LENS = """\
"Lens ID","Title","Date Published","Publication Year","Publication Type","Source Title","Author/s",\
"Abstract","DOI","PMID","Fields of Study","Keywords","MeSH Terms"
"000-000-001","Gauges of rivers","2026-11-19","2026","journal article","Invented Rivers",\
"Ada Lamp; Bo Wick","<jats:p>We listen.</jats:p>","10.1000/g","","Rivers","gauges","Floods"
"000-000-002","Numbers of gauges","2026-11-18","2026","dataset","","Ada Lamp","","10.1000/d","",\
"","",""
"""
EMBASE = """\
Title,Author Names,Source title,Publication Year,Publication Type,Abstract,Author Keywords,\
Emtree Medical Index Terms (Major Focus),Medline PMID,DOI,Embase Accession ID
Gauges of rivers,"Lamp A., Wick B.",Invented Rivers,2026,Article,We listen.,\
"gauges, river (flood, ebb)",,49000001,10.1000/g,L1
"""
WEB_OF_SCIENCE = (
    "PT\tAU\tAF\tTI\tSO\tDE\tID\tAB\tPD\tPY\tDI\tUT\t\n"
    "J\tLamp, A; Wick, B\tLamp, Ada; Wick, Bo\tGauges of rivers\tINVENTED RIVERS\tgauges\tFLOODS\t"
    'We listen, "so to say".\tNOV 19\t2026\t10.1000/g\tWOS:1\n'
    'P\tWick, B\t\t"River" gauge\t\t\t\t\t\t2026\t\tDIIDW:1\t\n'
)
WEB_OF_SCIENCE_SHEET = (
    "Publication Type\tAuthors\tAuthor Full Names\tArticle Title\tSource Title\tAuthor Keywords\t"
    "Keywords Plus\tAbstract\tPublication Date\tPublication Year\tDOI\tUT (Unique WOS ID)\n"
    "J\tLamp, A; Wick, B\tLamp, Ada; Wick, Bo\tGauges of rivers\tINVENTED RIVERS\tgauges\tFLOODS\t"
    "We listen.\tNOV\t2026\t10.1000/g\tWOS:1\n"
)
OPENALEX = """\
"id","doi","display_name","publication_date","type","primary_location.source.display_name",\
"authorships.author.display_name","is_retracted","keywords.display_name","abstract"
"https://openalex.org/W1","https://doi.org/10.1000/g","Gauges of rivers","2026-11-19","article",\
"Invented Rivers","Ada Lamp|Bo Wick","true","gauges|floods","We listen."
"https://openalex.org/W2","","Front cover","2026-11-19","paratext","Invented Rivers","","","",""
"""
ZOTERO = """\
"Key","Item Type","Publication Year","Author","Title","Publication Title","DOI","Url",\
"Abstract Note","Date","Extra","Manual Tags","Automatic Tags"
"AAAA","journalArticle","2026","Lamp, Ada; Wick, Bo","Gauges of rivers","Invented Rivers",\
"10.1000/g","https://example.org/g","We listen.","2026-11-19","","gauges","floods; rivers"
"BBBB","preprint","2026","Lamp, Ada","Floods","","","https://arxiv.org/abs/2611.01234","","2026",\
"arXiv:2611.01234 [cs]","",""
"CCCC","attachment","","","Full Text","","","","","","","",""
"DDDD","webpage","","","A page","","","https://example.org","","","","",""
"""
DIMENSIONS = """\
"About the data: Exported on Nov 29, 2026. Criteria: 'gauges' in title and abstract."
"Rank","Publication ID","DOI","PMID","Title","Abstract","Source title","MeSH terms",\
"Publication Date","PubYear","Publication Type","Authors","Dimensions URL"
"1","pub.1","10.1000/g","","Gauges of rivers","We listen.","Invented Rivers","Floods; gauges",\
"2026-11","2026","Article","Lamp, Ada; Wick, Bo","https://app.dimensions.ai/details/1"
"""
PUBMED = """\
PMID,Title,Authors,Citation,First Author,Journal/Book,Publication Year,Create Date,PMCID,\
NIHMS ID,DOI
49000001,Gauges of rivers,"Lamp AB, Wick B.",Inv Riv. 2026,Lamp AB,Inv Riv,2026,2026/11/19,,\
,10.1000/g
"""
IEEE = """\
"Document Title",Authors,"Publication Title",Date Added To Xplore,"Publication Year","Abstract",\
"DOI",PDF Link,"Author Keywords","IEEE Terms","Document Identifier"
"Gauges of rivers","A. Lamp; B. Wick","Invented Rivers","19 November 2026","2026","We listen.",\
"10.1000/g","https://example.org/g","gauges","Floods","IEEE Journals"
"""
SPRINGER = """\
Item Title,Publication Title,Item DOI,Authors,Publication Year,URL,Content Type
Gauges of rivers,Invented Rivers,10.1000/g,Ada LampBo Wick,2026,http://link.example.org/g,Article
"""
EXPORTS = {
    "scopus": SCOPUS, "lens": LENS, "embase": EMBASE, "wos": WEB_OF_SCIENCE,
    "wos sheet": WEB_OF_SCIENCE_SHEET, "openalex": OPENALEX, "zotero": ZOTERO,
    "dimensions": DIMENSIONS, "pubmed": PUBMED, "ieee": IEEE, "springer": SPRINGER,
}  # fmt: skip
DATES = {
    "day": {"lens", "wos", "openalex", "zotero"},
    "month": {"wos sheet", "dimensions"},
    "year": {"scopus", "embase", "pubmed", "ieee", "springer"},
}
NAMES = {"pubmed": ("AB Lamp", "B Wick"), "embase": ("A. Lamp", "B. Wick"),
         "ieee": ("A. Lamp", "B. Wick"), "springer": ()}  # fmt: skip


def first(name: str) -> Record:
    page = read(EXPORTS[name])
    assert (page.format, page.is_backfill) == ("csv", True)
    return page.records[0]


@pytest.mark.parametrize("name", EXPORTS)
def test_the_paper_of_each_exporter(name: str) -> None:
    record = first(name)
    assert record.title == "Gauges of rivers"
    assert record.doi == "10.1000/g"
    assert record.journal.casefold() in ("invented rivers", "inv riv")
    assert record.authors == NAMES.get(name, ("Ada Lamp", "Bo Wick"))
    assert record.abstract.startswith("We listen" if name not in ("pubmed", "springer") else "")
    assert record.published_on is not None
    assert record.published_on.year == 2026
    assert name in DATES[record.published_precision]


def test_keywords_of_authors_and_of_the_index() -> None:
    assert first("scopus").keywords == ("gauges", "rivers", "Floods", "Gages")
    assert first("embase").keywords == ("gauges", "river (flood, ebb)")
    assert first("wos").keywords == ("gauges", "FLOODS")
    assert first("openalex").keywords == ("gauges", "floods")
    assert first("zotero").keywords == ("gauges", "floods", "rivers")


def test_what_is_no_paper_is_left_out_by_name() -> None:
    skipped = {name: read(EXPORTS[name]).skipped for name in ("lens", "wos", "openalex", "zotero")}
    reasons = {name: [each.reason for each in found] for name, found in skipped.items()}
    assert reasons == {
        "lens": ["not a paper but a data set"],
        "wos": ["not a paper but a patent"],
        "openalex": ["not a paper but a part of its journal, like a cover"],
        "zotero": ["not a paper but an attachment", "not a paper but a web page"],
    }
    assert skipped["wos"][0].entry == '"River" gauge'


def test_the_rest_of_some_exporters() -> None:
    assert first("openalex").withdrawn_on == date(2026, 11, 29)
    assert first("pubmed").url == "https://pubmed.ncbi.nlm.nih.gov/49000001/"
    assert read(ZOTERO).records[1].arxiv_id == "2611.01234"
    assert first("wos").abstract == 'We listen, "so to say".'


@pytest.mark.parametrize("encoding", ["utf-16", "utf-8-sig", "cp1252"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_web_of_science_however_it_was_saved(encoding: str, end: str) -> None:
    data = WEB_OF_SCIENCE.replace("\n", end).encode(encoding)
    assert read(data).records == read(WEB_OF_SCIENCE).records


@pytest.mark.parametrize("separator", [";", "\t"])
def test_other_separators(separator: str) -> None:
    rows = ["Title|Author Names|Abstract|Publication Year", "One|Lamp A.|We, too.|2026"]
    record = read_one("\n".join(rows).replace("|", separator))
    assert (record.title, record.abstract) == ("One", "We, too.")


def test_a_date_that_cannot_be_read_costs_the_date_in_an_export() -> None:
    record = read_one("Title,Source title,Publication Date,Year\nOne,Rivers,in press,\n")
    assert (record.title, record.published_on) == ("One", None)


def test_what_only_says_that_there_is_nothing() -> None:
    text = "Authors,Title,Source title,Abstract\n[No author name available],One,Rivers,"
    record = read_one(text + "[No abstract available]\n")
    assert (record.authors, record.abstract) == ((), "")


def test_openalex_without_authors() -> None:
    page = read("id,display_name,publication_date,type\nhttps://openalex.org/W1,One,2026,article\n")
    assert page.is_backfill
    assert (page.records[0].title, page.records[0].url) == ("One", "https://openalex.org/W1")


def test_a_table_made_by_hand_is_news() -> None:
    page = read("Title,Authors,Year,DOI\nOne,Ada Lamp,2026,10.1000/one\n")
    assert not page.is_backfill
    assert page.records[0].published_precision == "year"


def test_names_of_columns() -> None:
    assert field_for_column("Publication Year") == "year"
    assert field_for_column("display_name") == field_for_column("ID (other)") == ""
    assert read_columns(("Title", "id")).fields == ("title", "id")
    assert read_columns(("TI", "PT", "ID")).fields == ("title", "publication_kind", "more_keywords")


def test_lines_above_the_heading_are_an_exporters_only() -> None:
    assert detect(DIMENSIONS.encode()) == "csv"
    prose = "We met.\nTitle, abstract\nand authors, she said, were missing.\n"
    assert not csv.looks_like(prose.encode())


@pytest.mark.parametrize(
    ("text", "keywords"),
    [
        ("a, b (c, d), e", ["a", "b (c, d)", "e"]),
        ("a [b, c], d", ["a [b, c]", "d"]),
        ("a; b, c", ["a", "b, c"]),
        ("a|b\nc", ["a", "b", "c"]),
        ("a), b, c", ["a)", "b", "c"]),
        ("a (b, c", ["a (b", "c"]),
        ("one", ["one"]),
    ],
)
def test_splitting_keywords(text: str, keywords: list[str]) -> None:
    assert split_keywords(text) == keywords


def test_keywords_of_several_fields_keep_their_commas() -> None:
    assert split_all(["a, b", "c; d"]) == ["a, b", "c", "d"]
    assert split_all(["a, b"]) == ["a", "b"]
