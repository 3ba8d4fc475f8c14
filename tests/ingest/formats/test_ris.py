"""RIS in the dialects of its exporters, and what is missing or wrong in real files."""

from datetime import date

import pytest

from digest.ingest.formats import ris

from .exports import SAMPLES, read, read_one

ZOTERO = """\
TY  - GEN
TI  - Gauges in a preprint
AU  - Lamp, Ada
DA  - 2026/11/19/
PY  - 2026
DP  - arXiv.org
M1  - arXiv:2611.01234
UR  - http://arxiv.org/abs/2611.01234
Y2  - 2026/11/20/
N1  - arXiv:2611.01234 [physics]
ER  -
"""
SCOPUS = """\
TY  - CONF
TI  - Gauges at a conference
T2  - Proceedings of Invented Rivers
J2  - Proc. Inv. Riv.
PY  - 2026
DO  - 10.1000/scopus.1
UR  - https://www.scopus.com/inward/record.uri?eid=2-s2.0-1&doi=10.1000%2fscopus.1&partnerID=40
AU  - Lamp, A.
AU  - Wick, B.
AB  - We confer about gauges. © 2026
KW  - Gauges
KW  - Rivers, Invented
N1  - Export Date: 29 November 2026; Cited By: 3
ER  -
"""
WEB_OF_SCIENCE = """\
TY  - JOUR
AU  - Lamp, A
TI  - Gauges in an index
T2  - JOURNAL OF INVENTED RIVERS
M3  - Article
DA  - NOV 19
PY  - 2026
DO  - 10.1000/wos.1
AN  - WOS:000000000000001
ER  -

"""
IEEE = """\
TY  - JOUR
TI  - Gauges in a transaction
T2  - IEEE Transactions on Invented Rivers
AU  - A. Lamp
PY  - 2026
DO  - 10.1109/INV.2026.1
JO  - IEEE Transactions on Invented Rivers
VO  - 1
Y1  - 19 Nov. 2026
ER  -
"""
EMBASE = """\
TY  - JOUR
M1  - (One A.) Invented University
T1  - Gauges of the heart
JF  - Invented Cardiology
Y1  - 2026
N2  - We listen to hearts.
KW  - gauge (device, sound)
KW  - heart
UR  - https://www.embase.com/search/results?subaction=viewrecord&id=L1&from=export
U2  - L1
LK  - http://dx.doi.org/10.1000/embase.1
A1  - Lamp A.
A1  - Wick B.C.
ER  -
"""
OVID = """\
TY  - JOUR
ID  - 49000001
T1  - Gauges in a library
A1  - Lamp, Ada
Y1  - 2026//Nov
N2  - We lend gauges.
KW  - *Gauges
JF  - Invented Libraries
UR  - https://ovidsp.example.org/web?T=JS&AN=49000001
DO  - https://dx.doi.org/10.1000/ovid.1
ER  -
"""
MENDELEY = """\
TY  - JOUR
T1  - Gauges on a desk
A1  - Lamp, Ada
Y1  - 2026/11//
PY  - 2026
N2  - We file gauges.
JF  - Invented Desks
L1  - file:///home/ada/desk.pdf
UR  - https://example.org/desk;https://doi.org/10.1000/mendeley.1
ER  -
"""
DIALECTS = {
    "zotero": (ZOTERO, "", "2611.01234", date(2026, 11, 19), "day", ""),
    "scopus": (SCOPUS, "10.1000/scopus.1", "", date(2026, 1, 1), "year",
               "Proceedings of Invented Rivers"),
    "wos": (WEB_OF_SCIENCE, "10.1000/wos.1", "", date(2026, 11, 19), "day",
            "JOURNAL OF INVENTED RIVERS"),
    "ieee": (IEEE, "10.1109/inv.2026.1", "", date(2026, 11, 19), "day",
             "IEEE Transactions on Invented Rivers"),
    "embase": (EMBASE, "10.1000/embase.1", "", date(2026, 1, 1), "year", "Invented Cardiology"),
    "ovid": (OVID, "10.1000/ovid.1", "", date(2026, 11, 1), "month", "Invented Libraries"),
    "mendeley": (MENDELEY, "10.1000/mendeley.1", "", date(2026, 11, 1), "month",
                 "Invented Desks"),
}  # fmt: skip


@pytest.mark.parametrize("name", DIALECTS)
def test_dialects(name: str) -> None:
    text, doi, arxiv_id, day, precision, journal = DIALECTS[name]
    record = read_one(text)
    assert record.title.startswith("Gauges ")
    assert "Lamp" in record.authors[0]
    assert (record.doi, record.arxiv_id) == (doi, arxiv_id)
    assert (record.published_on, record.published_precision) == (day, precision)
    assert record.journal == journal


def test_the_rest_of_a_dialect() -> None:
    assert read_one(SCOPUS).authors == ("A. Lamp", "B. Wick")
    assert read_one(SCOPUS).keywords == ("Gauges", "Rivers, Invented")
    assert read_one(EMBASE).authors == ("A. Lamp", "B.C. Wick")
    assert read_one(EMBASE).keywords == ("gauge (device, sound)", "heart")
    assert read_one(EMBASE).abstract == "We listen to hearts."
    assert read_one(MENDELEY).url == "https://example.org/desk"


def test_every_field() -> None:
    page = read(SAMPLES["ris"])
    article, thesis = page.records
    assert article.authors == ("Ada Lamp", "Bo Wick Jr.")
    assert (article.url, article.journal) == (
        "https://example.org/rivers/1",
        "Journal of Invented Rivers",
    )
    assert article.keywords == ("gauges", "sound, of water")
    assert (thesis.title, thesis.organization) == (
        "A dissertation on floods",
        "Invented University",
    )
    assert [(each.entry, each.reason) for each in page.skipped] == [
        ("A page about rivers", "not a paper but a web page")
    ]


def test_records_that_are_not_closed() -> None:
    one = "TY  - JOUR\nAU  - Lamp, Ada\nTI  - One\n\n"
    two = "TY  - JOUR\nAU  - Wick, Bo\nTI  - Two\n"
    page = read(one + two)
    assert [(record.title, record.authors) for record in page.records] == [
        ("One", ("Ada Lamp",)),
        ("Two", ("Bo Wick",)),
    ]


@pytest.mark.parametrize("separator", ["  - ", " - ", "- ", "   - ", "\t- "])
def test_separators(separator: str) -> None:
    text = f"TY{separator}JOUR\nTI{separator}One\nAU{separator}Lamp, Ada\nER{separator}\n"
    assert read_one(text * 1).authors == ("Ada Lamp",)


def test_an_abstract_of_several_lines() -> None:
    text = (
        "TY  - JOUR\nTI  - A gauge\n  that listens\nAB  - AI - based gauges.\nIT - supported.\n\n"
        "A second paragraph.\nKW  - a\nb\nER  - \n"
    )
    record = read_one(text)
    assert record.title == "A gauge that listens"
    assert record.abstract == "AI - based gauges. IT - supported.\n\nA second paragraph."
    assert record.keywords == ("a", "b")


def test_lines_of_the_exporter_before_the_first_record() -> None:
    text = "Provider: Invented Publisher\r\nDatabase: Rivers\r\n\r\n" + ZOTERO.replace("\n", "\r\n")
    assert read_one(text).arxiv_id == "2611.01234"


def test_windows_letters() -> None:
    text = ZOTERO.replace("Lamp, Ada", "Lämp, Zoë").encode("cp1252")
    assert read_one(text).authors == ("Zoë Lämp",)


@pytest.mark.parametrize(
    "text",
    [
        "TY - a girl's name\n\nTi - another",
        "A letter.\nTY  - JOUR is how records begin, she wrote.\nAU  - too.\n",
        "TY  - JOUR\nand no other tag\n",
    ],
)
def test_it_claims_nothing_else(text: str) -> None:
    assert not ris.looks_like(text.encode())


@pytest.mark.slow
@pytest.mark.parametrize(
    "text",
    [
        "TY  - JOUR\nTI  - x\nAB  - y\n" + "a\n" * 500_000,
        "TY  - JOUR\nTI  - x\n" + "AU  - a\n" * 100_000,
        "TY  - JOUR\nTI  - x\nKW  - " + "(," * 500_000,
        "TY  - JOUR\nTI  - x\nUR  - " + "http://a;" * 100_000,
        "TY  - JOUR\nTI  - x\nN1  - " + "arxiv : " * 100_000,
        "TY  - JOUR\nTI  - x\nAU  - " + "," * 1_000_000,
    ],
)
def test_hostile_text_is_read_in_time(text: str) -> None:
    assert read_one(text).title == "x"
