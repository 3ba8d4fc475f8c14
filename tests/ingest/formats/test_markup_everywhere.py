"""No reader lets mark-up into a record: no keyword may match the name of a tag."""

import html
import json
from datetime import date

import pytest

from digest.ingest.formats import FORMATS, Record
from digest.matching.index import PaperIndex, PaperText
from digest.matching.query import parse as keyword

RECEIVED = date(2026, 11, 21)
FORMULA = (
    '<mml:math xmlns:mml="http://www.w3.org/1998/Math/MathML" display="inline"><mml:msub>'
    "<mml:mi>TiO</mml:mi><mml:mn>2</mml:mn></mml:msub></mml:math>"
)
PLAIN_FORMULA = FORMULA.replace("mml:", "").replace(":mml", "")
TEX = (
    r"<jats:inline-formula><jats:tex-math>\documentclass{minimal}\begin{document}$$\beta$$"
    r"\end{document}</jats:tex-math></jats:inline-formula>"
)
TITLE = f"Owls &amp; {FORMULA} lamps"
ABSTRACT = f"<jats:title>Abstract</jats:title><jats:p>On {PLAIN_FORMULA} and {TEX} we sit.</jats:p>"
DC = 'xmlns:dc="http://purl.org/dc/elements/1.1/"'
OAI_DC = 'xmlns:oai_dc="http://www.openarchives.org/OAI/2.0/oai_dc/"'


def in_xml(text: str) -> str:
    return html.escape(text, quote=False)


def index_of(text: str) -> dict[str, list[int]]:
    """An inverted index as OpenAlex writes it."""
    places: dict[str, list[int]] = {}
    for place, word in enumerate(text.split()):
        places.setdefault(word, []).append(place)
    return places


def csv_cell(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'


FEED = f"<rss version='2.0'><channel><title>F</title><item><title>{in_xml(TITLE)}</title>"
FILES = {
    "feed": f"{FEED}<link>https://e.org/1</link><description>{in_xml(ABSTRACT)}</description>"
    "</item></channel></rss>",
    "jsonl": json.dumps({"title": TITLE, "abstract": ABSTRACT, "url": "https://e.org/1"}),
    "csv": f"title,abstract,url\n{csv_cell(TITLE)},{csv_cell(ABSTRACT)},https://e.org/1\n",
    "semantic_scholar": json.dumps(
        {"total": 1, "data": [{"paperId": "a" * 40, "title": TITLE, "abstract": ABSTRACT}]}
    ),
    "openalex": json.dumps(
        {"id": "https://openalex.org/W1", "title": TITLE,
         "abstract_inverted_index": index_of(ABSTRACT)}
    ),
    "biorxiv": json.dumps(
        {"messages": [{"status": "ok"}],
         "collection": [{"doi": "10.1101/1", "title": TITLE, "abstract": ABSTRACT}]}
    ),
    "pubmed": "<PubmedArticleSet><PubmedArticle><MedlineCitation><PMID>1</PMID><Article>"
    f"<ArticleTitle>{TITLE}</ArticleTitle><Abstract><AbstractText>On "
    f"{FORMULA} and <b>β</b> we sit.</AbstractText></Abstract></Article></MedlineCitation>"
    "</PubmedArticle></PubmedArticleSet>",
    "arxiv_oai": "<OAI-PMH xmlns='http://www.openarchives.org/OAI/2.0/'><ListRecords><record>"
    "<header><identifier>oai:e.org:1</identifier></header><metadata>"
    f"<oai_dc:dc {DC} {OAI_DC}><dc:title>{in_xml(TITLE)}</dc:title><dc:description>"
    f"{in_xml(in_xml(ABSTRACT))}</dc:description></oai_dc:dc></metadata></record></ListRecords>"
    "</OAI-PMH>",
    "hf_json": json.dumps([{"paper": {"id": "2611.00001", "title": TITLE, "summary": ABSTRACT}}]),
}  # fmt: skip


def read(name: str) -> Record:
    (record,) = FORMATS[name](FILES[name].encode(), RECEIVED, RECEIVED).records
    return record


@pytest.mark.parametrize("name", FILES)
def test_texts_are_readable(name: str) -> None:
    record = read(name)
    assert record.title == "Owls & TiO2 lamps"
    assert record.abstract in (r"On TiO2 and $\beta$ we sit.", "On TiO2 and β we sit.")


@pytest.mark.parametrize("name", FILES)
def test_no_keyword_matches_a_tag(name: str) -> None:
    record = read(name)
    index = PaperIndex([PaperText(1, 1, record.title, record.abstract)])
    assert index.evaluate(keyword("TiO2"))
    names = ("math", "mml", "mi", "mn", "msub", "jats", "inline", "formula", "xmlns", "w3",
             "documentclass", "minimal", "display", "abstract", "title", "tex", "p")  # fmt: skip
    assert [word for word in names if index.evaluate(keyword(word))] == []


def test_names_are_decoded_too() -> None:
    data = json.dumps(
        {"title": "Owls", "abstract": "Of lamps.", "authors": ["Jos&eacute; Owl", "R. <b>Lamp</b>"],
         "keywords": ["R&amp;D", "CO<sub>2</sub>"], "organization": "Owl &amp; Sons"}
    )  # fmt: skip
    (record,) = FORMATS["jsonl"](data.encode(), RECEIVED, None).records
    assert record.authors == ("José Owl", "R. Lamp")
    assert (record.keywords, record.organization) == (("R&D", "CO2"), "Owl & Sons")


def test_a_long_formula_does_not_make_a_title_too_long() -> None:
    data = json.dumps({"title": f"Of {FORMULA * 6}", "abstract": "Of lamps."})
    (record,) = FORMATS["jsonl"](data.encode(), RECEIVED, None).records
    assert record.title == "Of TiO2TiO2TiO2TiO2TiO2TiO2"


def test_the_arxivs_tex_is_left_alone() -> None:
    entry = {
        "id": "2611.00001",
        "title": "On a<b and c>d",
        "abstract": "If $p<n$ and $q>i$.",
        "categories": "cs.CL",
        "versions": [{"created": "Thu, 19 Nov 2026 10:00:00 GMT"}],
    }
    (record,) = FORMATS["arxiv_jsonl"](json.dumps(entry).encode(), RECEIVED, None).records
    assert (record.title, record.abstract) == ("On a<b and c>d", "If $p<n$ and $q>i$.")
