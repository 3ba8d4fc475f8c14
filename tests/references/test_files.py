"""Files of references are read back as they were written, by the parsers of the same formats."""

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from types import ModuleType

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from digest.ingest.formats import Record
from digest.ingest.formats import bibtex as bibtex_parser
from digest.ingest.formats import ris as ris_parser
from digest.references import Reference, bibtex_file, line, ris_file

TODAY = date(2026, 11, 29)
GAUGES = Reference(
    title="Gauges & Rivers: 100 % of {Them}, at $5_000 # each",
    authors=("Ada Lamp", "Ludwig van Wick", "Søren Öl Jr.", "山田 例子"),
    journal="Rivers & Streams",
    published_on=date(2026, 11, 20),
    doi="10.1000/gauge_1(2)",
    arxiv_id="2611.01234",
    categories=("cs.LG", "stat.ML"),
    url="https://example.org/~ada/gauge_1?page=2",
    keywords=("river", "R&D"),
    abstract="We read rivers.\n\nAt night, for 3^2 \\ 4 ~ 5 <b>hours</b>.",
)
FORMATS = {"bibtex": (bibtex_file, bibtex_parser), "ris": (ris_file, ris_parser)}


@pytest.fixture(params=FORMATS)
def round_trip(request: pytest.FixtureRequest) -> Callable[..., list[Record]]:
    writer, parser = FORMATS[request.param]
    return lambda *references: read(writer, parser, *references)


def read(writer: ModuleType, parser: ModuleType, *references: Reference) -> list[Record]:
    data = writer.write(references).encode()
    assert parser.looks_like(data)
    page = parser.parse(data, TODAY)
    assert page.skipped == ()
    return list(page.records)


def test_every_field_comes_back(round_trip: Callable[..., list[Record]]) -> None:
    (record,) = round_trip(GAUGES)
    assert record.title == line(GAUGES.title) == "Gauges & Rivers: 100 % of Them, at $5_000 # each"
    assert record.authors == GAUGES.authors
    assert record.author_count == 4
    assert record.journal == GAUGES.journal
    assert (record.published_on, record.published_precision) == (date(2026, 11, 20), "day")
    assert record.doi == GAUGES.doi
    assert record.arxiv_id == GAUGES.arxiv_id
    assert record.url.replace("%7E", "~") == GAUGES.url
    assert record.keywords == GAUGES.keywords
    assert record.abstract == line(GAUGES.abstract)


@pytest.mark.parametrize(
    ("precision", "expected"),
    [
        ("day", (date(2026, 11, 20), "day")),
        ("month", (date(2026, 11, 1), "month")),
        ("season", (date(2026, 1, 1), "year")),
        ("year", (date(2026, 1, 1), "year")),
    ],
)
def test_a_date_is_as_exact_as_it_is_known(
    round_trip: Callable[..., list[Record]], precision: str, expected: tuple[date, str]
) -> None:
    (record,) = round_trip(replace(GAUGES, published_precision=precision))
    assert (record.published_on, record.published_precision) == expected


def test_what_is_not_known_is_left_out(round_trip: Callable[..., list[Record]]) -> None:
    (record,) = round_trip(Reference("Gauges of rivers"))
    assert record == Record("Gauges of rivers")


def test_a_cut_list_of_authors_says_so() -> None:
    cut = replace(GAUGES, authors=("Ada Lamp",), author_count=300)
    assert "{Ada Lamp and others}" in bibtex_file.write([cut])
    (record,) = read(bibtex_file, bibtex_parser, cut)
    assert (record.authors, record.author_count) == (("Ada Lamp",), None)


def test_formulas_are_readable(round_trip: Callable[..., list[Record]]) -> None:
    (record,) = round_trip(replace(GAUGES, title=r"Sets of $\mathcal{O}(n^2)$ {\AA}ngstr{\"o}m"))
    assert record.title == "Sets of O(n²) Ångström"


def test_keys_are_plain_and_each_is_one_entry_s() -> None:
    titles = ["The Gauges", "Gauges again", "深層学習", "&%$"]
    references = [replace(GAUGES, title=title) for title in titles]
    references += [
        Reference("深層学習"),
        Reference("An é", ("Zoë Ågren",)),
        Reference("Of é", ("Å",)),
    ]
    keys = re.findall(r"^@\w+\{(.*),$", bibtex_file.write(references), re.MULTILINE)
    assert keys == [
        "lamp2026gauges", "lamp2026gauges-2", "lamp2026", "lamp2026-2", "paper", "agren", "paper-2",
    ]  # fmt: skip


WORDS = st.text(
    st.sampled_from("abcXYZ019 .,;:!?()[]&%$#_~^@*+=/|<>'\"-–—“”éßøΣλжあ漢字עברית🤖\u200f"),
    max_size=60,
)
NAMES = st.text(st.sampled_from("abcdeXYZ éßøΣжあ漢.-'"), min_size=2, max_size=30)


def sound(text: str) -> bool:
    """Whether a reader of LaTeX has no other reading of it, as of -- and ``."""
    return line(line(text)) == line(text) and not re.search(r"--|''|``|<", text)


@pytest.mark.slow
@pytest.mark.parametrize("name", FORMATS)
@given(title=WORDS.filter(sound), abstract=WORDS.filter(sound))
@example(title="~ ^ $ _ # %", abstract="$1 & $2")
def test_texts_come_back(name: str, title: str, abstract: str) -> None:
    title, abstract = f"Gauges {title} of rivers", f"We read {abstract} rivers."
    (record,) = read(*FORMATS[name], replace(GAUGES, title=title, abstract=abstract))
    # Of \textasciicircum the reader makes the circumflex that is an accent.
    assert record.title.replace("ˆ", "^") == line(title)
    assert record.abstract.replace("ˆ", "^") == line(abstract)


@pytest.mark.slow
@pytest.mark.parametrize("name", FORMATS)
@given(names=st.lists(NAMES.map(str.strip).filter(lambda name: sound(name) and name), min_size=2))
@example(names=["Lamp and Sons", "Others", "others", "Ada, Bo and Co."])
def test_names_come_back(name: str, names: list[str]) -> None:
    names = [f"Xa {line(each)}" for each in names]
    (record,) = read(*FORMATS[name], replace(GAUGES, authors=tuple(names)))
    if name == "ris" and any("," in each for each in names):
        return
    assert record.authors == tuple(names)


ANYTHING = st.text(max_size=80) | st.sampled_from(
    [
        "}",
        "{",
        "{{",
        "}}{",
        "\\",
        '"',
        "@article{x,",
        "\nER  - \nTY  - JOUR\n",
        "\x00",
        "\u2028TI  - x",
    ]
)


@pytest.mark.slow
@pytest.mark.parametrize("name", FORMATS)
@given(st.lists(st.tuples(*[ANYTHING] * 8), min_size=1, max_size=3))
def test_no_text_ends_its_field(name: str, texts: list[tuple[str, ...]]) -> None:
    """Whatever one field holds, the next ones and the next reference are read."""
    references = [
        Reference(
            f"Gauges {title}", (author, "Ada Lamp"), 2, f"Rivers {journal}", TODAY, "day",
            f"10.1000/{doi}", "2611.01234", (category,), f"https://example.org/{url}",
            (keyword, "river"), f"We read. {abstract} The end.",
        )
        for title, author, journal, doi, category, url, keyword, abstract in texts
    ]  # fmt: skip
    writer, parser = FORMATS[name]
    page = parser.parse(writer.write([*references, GAUGES]).encode(), TODAY)
    assert len(page.records) == len(references) + 1
    for record in page.records:
        assert record.title.startswith("Gauges")
        assert record.published_on in (TODAY, GAUGES.published_on)
        assert "river" in record.keywords
        assert record.arxiv_id == "2611.01234"
    assert page.records[-1].title == line(GAUGES.title)
