"""BibTeX: braces, macros, names and dates as they are written, and what a broken entry costs."""

from datetime import date

import pytest

from digest.ingest.formats import BadDump, bibtex
from digest.ingest.formats.entries.bibtex_values import latex_text, split_names

from .damaged_bytes import damaged_copies, result_or_reason
from .exports import RECEIVED, SAMPLES, read, read_one


def entry(fields: str, kind: str = "article") -> str:
    return f"@{kind}{{key,\n  title = {{A gauge}},\n  {fields}\n}}\n"


def test_every_field() -> None:
    page = read(SAMPLES["bibtex"])
    article, thesis = page.records
    assert article.title == "Gauges that Listen to Rivers"
    assert article.authors == ("Ada Lamp", "Bo Wick")
    assert article.author_count is None  # “and others”
    assert article.journal == "Journal of Invented Rivers, Letters"
    assert (article.published_on, article.published_precision) == (date(2026, 11, 1), "month")
    assert (article.url, article.keywords) == ("https://example.org/rivers/1", ("gauges", "sound"))
    assert (thesis.organization, thesis.published_on) == ("Invented University", date(2025, 6, 1))
    assert page.skipped[0].reason == "not a paper but a web page"


@pytest.mark.parametrize(
    ("latex", "text"),
    [
        (r"Erd{\H o}s and {\'E}tale", "Erdős and Étale"),
        (r"M{\"u}ller \& S\o{}rensen", "Müller & Sørensen"),
        (r"{\"{O}}stersund {\ss}", "Östersund ß"),
        (r"{A {G}auge} for {DNA}", "A Gauge for DNA"),
        ("{{Gauges}}", "Gauges"),
        ("``Gauges'' of 1--2~m", "“Gauges” of 1–2 m"),
        (r"50\% of \$5 and a\_b", r"50% of $5 and a_b"),
        ("plain", "plain"),
        (r"\emph{Gauges} in \{a, b\}", "Gauges in {a, b}"),
        (r"\unknown{Gauges} {A}", r"\unknown{Gauges} A"),
        ("One.\n\nTwo {A}.", "One.\n\nTwo A."),
        ("https://example.org/a--b~c", "https://example.org/a--b c"),
    ],
)
def test_latex(latex: str, text: str) -> None:
    assert latex_text(latex) == text


@pytest.mark.parametrize(
    ("source", "names"),
    [
        ("Lamp, Ada and Wick, Bo", ["Ada Lamp", "Bo Wick"]),
        ("Ada Lamp AND Bo Wick", ["Ada Lamp", "Bo Wick"]),
        ("Lamp, Ada\n   and\n   {Gauge and River Group}", ["Ada Lamp", "Gauge and River Group"]),
        ("{Acme, Inc.} and van der Wick, Bo", ["Acme, Inc.", "Bo van der Wick"]),
        (r"M{\"u}ller, J{\"o}rg", ["Jörg Müller"]),
        ("Wick, Jr., Bo", ["Bo Wick Jr."]),
        ("", []),
    ],
)
def test_names(source: str, names: list[str]) -> None:
    assert split_names(source) == (names, False)


@pytest.mark.parametrize(
    ("fields", "day", "precision"),
    [
        ("year = 2026", date(2026, 1, 1), "year"),
        ('year = "2026", month = nov', date(2026, 11, 1), "month"),
        ("year = {2026}, month = {11}, day = 19", date(2026, 11, 19), "day"),
        ('year = 2026, month = nov # "~19"', date(2026, 11, 19), "day"),
        ("year = 2026, month = {November}", date(2026, 11, 1), "month"),
        ("date = {2026-11}", date(2026, 11, 1), "month"),
    ],
)
def test_dates(fields: str, day: date, precision: str) -> None:
    record = read_one(entry(fields))
    assert (record.published_on, record.published_precision) == (day, precision)


@pytest.mark.parametrize(
    "fields",
    [
        "eprint = {2611.01234}, archivePrefix = {arXiv}, primaryClass = {cs.LG}",
        "eprint = {2611.01234v2}, eprinttype = {arxiv}",
        "eprint = {2611.01234}",
        "journal = {arXiv preprint arXiv:2611.01234}",
        "url = {https://arxiv.org/abs/2611.01234}",
        "doi = {10.48550/arXiv.2611.01234}",
        r"howpublished = {\url{https://arxiv.org/abs/2611.01234}}",
    ],
)
def test_the_arxivs_id(fields: str) -> None:
    record = read_one(entry(fields, "misc"))
    assert (record.arxiv_id, record.doi, record.journal) == ("2611.01234", "", "")


def test_an_eprint_of_another_archive() -> None:
    assert read_one(entry("eprint = {2611.01234}, eprinttype = {hal}")).arxiv_id == ""


WEB_OF_SCIENCE = """\
@article{ WOS:000000000000001,
Author = {Lamp, Ada and Wick, Bo},
Title = {A gauge
   for rivers},
Journal = {INVENTED RIVERS},
Year = {{2026}},
Month = {{NOV 19}},
DOI = {{10.1000/WOS.1}},
Abstract = {{We listen.}},
}
"""
SCOPUS = """\
Scopus
EXPORT DATE: 29 November 2026

@ARTICLE{Lamp2026,
\tauthor = {Lamp, Ada and Wick, Bo},
\ttitle = {A gauge for rivers},
\tyear = {2026},
\tjournal = {Invented Rivers},
\tdoi = {10.1000/wos.1},
\tabstract = {We listen.},
\tauthor_keywords = {gauges; rivers},
\tkeywords = {Floods},
\tnote = {Cited by: 0}
}
"""
ADS = r"""
@ARTICLE{2026ApJ...1....1L,
       author = {{Lamp}, Ada and {Wick}, Bo},
        title = "{A gauge for rivers}",
      journal = {\apj},
         year = 2026,
        month = nov,
          doi = {10.1000/wos.1},
     abstract = "{We listen.}",
}
"""
DBLP = """\
@article{DBLP:journals/corr/abs-2611-01234,
  author       = {Ada Lamp 0002 and
                  Bo Wick},
  title        = {A gauge for rivers},
  journal      = {Invented Rivers},
  year         = {2026},
  abstract     = {We listen.},
  doi          = {10.1000/WOS.1},
}
"""


@pytest.mark.parametrize("text", [WEB_OF_SCIENCE, SCOPUS, ADS, DBLP])
def test_dialects(text: str) -> None:
    record = read_one(text)
    assert (record.title, record.abstract) == ("A gauge for rivers", "We listen.")
    assert record.authors == ("Ada Lamp", "Bo Wick")
    assert record.doi == "10.1000/wos.1"
    assert record.journal in ("INVENTED RIVERS", "Invented Rivers", "The Astrophysical Journal")
    assert record.published_on is not None


def test_the_rest_of_a_dialect() -> None:
    assert read_one(WEB_OF_SCIENCE).published_on == date(2026, 11, 19)
    assert read_one(SCOPUS).keywords == ("gauges", "rivers", "Floods")
    assert read_one(ADS.replace(r"\apj", r"\unheardof")).journal == ""


def test_macros_and_their_pieces() -> None:
    text = '@string{inv = "Invented"}\n@STRING(jir = inv # { Rivers})\n'
    assert read_one(text + entry("journal = JIR # {, A}")).journal == "Invented Rivers, A"


def test_macros_cannot_make_much_of_little() -> None:
    doubling = "".join(f"@string{{m{n} = m{n - 1} # m{n - 1}}}\n" for n in range(1, 22))
    text = '@string{m0 = "0123456789"}\n' + doubling + entry("year = 2026")
    page = read(text + entry("journal = m21"), "bibtex")
    assert len(page.records) == 1
    assert page.skipped[0].reason == "its journal uses a macro (@string) that is broken or too long"


def test_all_macros_of_a_file_have_one_budget() -> None:
    text = f'@string{{m = "{"x" * 1900}"}}\n'
    many = "".join(f"@article{{k{n}, title = m # m, year = 2026}}\n" for n in range(200))
    with pytest.raises(BadDump, match="expand to far more than the file itself"):
        read(text + many, "bibtex")


def test_a_broken_entry_costs_itself() -> None:
    broken = "@article{open,\n  title = {A gauge without an end,\n  year = 2026\n"
    page = read(entry("year = 2026") + broken + entry("year = 2025"))
    assert [record.published_on for record in page.records] == [date(2026, 1, 1), date(2025, 1, 1)]
    assert page.skipped[0].entry.startswith("@article{open,")
    assert page.skipped[0].reason == "its braces or commas do not match (line 5)"


def test_a_comma_that_is_missing() -> None:
    broken = "@article{k2, title = {A gauge}\n year = {2026}}"
    page = read(entry("year = 2026") + broken)
    assert page.skipped[0].entry == "k2"
    assert page.skipped[0].reason == "its title is broken: a comma or a brace may be missing"


def test_keys_that_come_twice() -> None:
    text = entry("year = 2026, keywords = {a}, keywords = {b}") + entry("year = 2025")
    page = read(text)
    assert [record.keywords for record in page.records] == [("a",), ()]


@pytest.mark.parametrize(
    "text",
    [
        "@ada and (bo) met",
        "mail ada@example.org {now}",
        "A paper on @article",
        "<html>@article{k,a=1",
    ],
)
def test_it_claims_nothing_else(text: str) -> None:
    assert not bibtex.looks_like(text.encode())


def test_a_file_without_entries() -> None:
    assert bibtex.looks_like(b'@string{a = "b"}')
    with pytest.raises(BadDump, match="There is no entry like"):
        read('@string{a = "b"}')


@pytest.mark.slow
@pytest.mark.parametrize(
    "text",
    [
        "@" * 1_000_000,
        "@a{" * 3_000,
        "@a{k, title = {x}, abstract = {" + "{" * 100_000 + "}" * 100_000 + "}}",
        "@a{k, title = {x}, author = {" + "a and " * 160_000 + "}}",
        "@a{k, title = {x}, abstract = {" + "<b>" * 12_000 + "}}",
        "@a{k, title = {x}, abstract = {" + r"\frac{" * 6_000 + "}" * 6_000 + "}}",
        "@a{k, title = {x}, abstract = {" + " " * 1_000_000 + "}}",
    ],
)
def test_hostile_text_is_read_in_time(text: str) -> None:
    result_or_reason(lambda: bibtex.parse(text.encode(), RECEIVED))


def test_survives() -> None:
    for data in damaged_copies(SAMPLES["bibtex"]):
        result_or_reason(lambda data=data: bibtex.parse(data, RECEIVED))
