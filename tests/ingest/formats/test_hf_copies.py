"""Copies of the daily page as web clippers, reader services, browsers and mirrors write them."""

from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.ingest.formats import FORMATS, BadDump, Page, Record, detect
from digest.ingest.formats.daily_page.hf_visible import Line, visible_lines
from digest.ingest.formats.fields.titles import is_navigation
from digest.ingest.formats.validation import why_no_title

RECEIVED = date(2026, 11, 29)
PAPERS = "https://huggingface.co/papers"
FIXTURES = Path(__file__).resolve().parent.parent.parent / "fixtures"
ONE = "Moles That Map Their Tunnels: Sensing [0, 1) Without Light"
TWO = "A Census of Hedgehogs"
DIG = "Moles dig where no lamp burns. We give them maps of [0, 1) and find that they dig less."
HEDGE = "We count hedgehogs in nine gardens, at night, and name each of them."
FIRST = Record(
    title=ONE, abstract=DIG, arxiv_id="2610.00011", url=f"{PAPERS}/2610.00011", upvotes=94,
    organization="Burrow Lab", published_on=date(2026, 10, 4), year_inferred=True, comment_count=3,
)  # fmt: skip
SECOND = Record(
    title=TWO, abstract=HEDGE, arxiv_id="2511.00022", url=f"{PAPERS}/2511.00022", author_count=1024,
    published_on=date(2025, 11, 7),
)  # fmt: skip
COPIES = (
    "hf_text/clipped.md", "hf_text/reader.md", "hf_text/numbered.md", "hf_text/quoted.md",
    "hf_text/addresses_below.txt", "hf_text/addresses_behind.txt", "hf_text/text_browser.txt",
    "hf_html/reader_view.html",
)  # fmt: skip


def fixture(name: str) -> str:
    return (FIXTURES / name).read_text()


CLIPPED, TRENDING = fixture("hf_text/clipped.md"), fixture("hf_text/trending.md")
NUMBERED = fixture("hf_text/numbered.md").partition("\n[1]: ")[0]


def parse(text: str, listed_on: date | None = None) -> Page:
    data = text.encode()
    return FORMATS[detect(data)](data, RECEIVED, listed_on)


@pytest.mark.parametrize("name", COPIES)
def test_every_field_in_every_copy(name: str) -> None:
    read = parse(fixture(name))
    assert (read.records, read.skipped) == ((FIRST, SECOND), ())
    assert read.listed_on == date(2026, 11, 20)


@pytest.mark.parametrize("dot", ["·", "· ", "•", "∙", ""])
def test_a_count_of_authors_is_no_abstract(dot: str) -> None:
    page = f"Daily Papers\n===\n\nNov 20\n\n### [{TWO}]({PAPERS}/2511.00022)\n\n{dot}8 authors\n"
    (record,) = parse(f"URL Source: {PAPERS}\n\n{page}").records
    assert (record.abstract, record.author_count) == ("", 8)


def test_references_whose_list_is_lost() -> None:
    read = parse(NUMBERED)
    assert [record.title for record in read.records] == [ONE, TWO]
    assert [record.abstract for record in read.records] == [DIG, HEDGE]
    assert [record.organization for record in read.records] == ["Burrow Lab", ""]
    assert [record.upvotes for record in read.records] == [94, None]
    assert [record.comment_count for record in read.records] == [3, None]
    assert {record.arxiv_id for record in read.records} == {""}


def test_a_trending_page_has_each_paper_once_and_no_day() -> None:
    read = parse(TRENDING)
    broken = "A Title of So Many Words That the Page Has Broken It in Two"
    assert [record.title for record in read.records] == [TWO, broken, "Short Words"]
    assert read.listed_on is None
    assert parse(TRENDING, date(2026, 11, 5)).listed_on == date(2026, 11, 5)
    assert read.records[0].author_count == 8
    assert read.records[0].code_url == "https://github.com/example/hedge"
    assert [record.upvotes for record in read.records] == [None, 12, None]


@pytest.mark.parametrize("period", ["week/2026-W47", "month/2026-11"])
def test_a_page_of_a_week_or_month_has_no_day(period: str) -> None:
    dayless = CLIPPED.replace(f'source: "{PAPERS}"', f'source: "{PAPERS}/{period}"')
    read = parse(dayless.replace("\nNov 20\n", "\n"))
    assert (len(read.records), read.listed_on) == (2, None)


def test_a_daily_page_without_its_day_asks_for_it() -> None:
    with pytest.raises(BadDump, match="--listed-on"):
        parse(CLIPPED.replace("\nNov 20\n", "\n"))


def test_cards_of_a_mirror() -> None:
    card = '<article><a class="paper" href="/papers/{}"><h2>{}</h2><p>{}</p>{}</a></article>'
    read = parse(
        '<!DOCTYPE html><html lang="zh"><head><title>AI</title>'
        '<link href="https://huggingface.ac.cn/papers" rel="canonical" /></head><body>'
        + card.format("2610.00011", "Moles", DIG, "<span>2026-10-04</span>")
        + card.format("2511.00022", TWO, HEDGE, "")
    )
    first, second = read.records
    assert (first.title, first.abstract, first.arxiv_id) == ("Moles", DIG, "2610.00011")
    assert (first.published_on, second.published_on) == (date(2026, 10, 4), None)
    assert (second.title, second.abstract) == (TWO, HEDGE)


@pytest.mark.parametrize(
    "text",
    [
        "Daily Papers\n\nNov 20\n\nDear colleagues\n\nwe meet on Monday.\n\nBest,\nA.",
        f"Daily Papers\n\nNov 20\n\nHi everyone\n\n{DIG} {HEDGE}\n\nYours\n\nA.",
        "Notes\n\nRead the Daily Papers.\n\nDaily Papers\n\nBuy milk.\n\nSell the cow.",
        f"# Reading list\n\n## Papers\n\n- [{ONE}]({PAPERS}/2610.00011)\n- [x]({PAPERS})\n",
        f"# Daily Papers\n\n## My notes\n\n{DIG}\n",
        f"# A model\n\nIt was trained as in [{ONE}]({PAPERS}/2610.00011).\n\n## License\n\nMIT\n",
    ],
)
def test_what_only_mentions_the_page_is_refused(text: str) -> None:
    with pytest.raises(BadDump):
        parse(text)


def test_another_sites_page_that_links_to_the_site_is_refused() -> None:
    with pytest.raises(BadDump):
        parse(f'<html><head><title>A blog</title></head><h3><a href="{PAPERS}/2610.00011">x</a>')


def test_menu_words_among_the_papers_refuse_the_page() -> None:
    wrong = CLIPPED.replace("[A Census of\\\\\nHedgehogs]", "[Next]")
    with pytest.raises(BadDump, match=r"Of its 2 titles 1 are none, the first being “Next”"):
        parse(wrong)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("[a\\_b](https://x.example/)", Line("a_b", "https://x.example/")),
        ("# **Bold**", Line("Bold", "", 1)),
        ("Over\n---", Line("Over", "", 2)),
        ("see [code](https://x.example/) " + "and so on " * 20,
         Line("see code " + "and so on " * 19 + "and so on")),
        ("[Re] A [0, 1) title", Line("[Re] A [0, 1) title")),
        ("- [ ] 7", Line("7")),
        ("[![x](y.png)](https://x.example/)", Line("")),
    ],
)  # fmt: skip
def test_visible_lines(text: str, line: Line) -> None:
    assert visible_lines(text)[0] == line


@pytest.mark.parametrize(
    ("title", "is_one"),
    [
        ("https://x.example/a", False), ("[Models](https://x.example)", False), ("[12]", False),
        ("[-] 1", False), ("1,024", False), ("11.3k", False), ("10.1000/inv.1", False),
        ("<b></b>", False), ("***", False), ("–", False), ("2001: A Space Audit", True),
        ("3 度目の正直", True), ("Why [12]?", True), ("<b>Bold</b>", True), ("x", True),
        ("https://x.example/a is Gone", True),
    ],
)  # fmt: skip
def test_what_a_title_is(title: str, is_one: bool) -> None:
    assert (why_no_title(title) == "") == is_one


PIECES = st.sampled_from(
    [*CLIPPED.split("\n\n")[4:], *NUMBERED.split("\n")[4:],
     *fixture("hf_text/addresses_below.txt").split("\n\n")[6:], "[12]", "Next", "### Models",
     "### [Subscribe](/login)", "[View all](https://huggingface.co/x)", "[7]: https://a"]
)  # fmt: skip


@given(st.lists(PIECES, max_size=25), st.sampled_from(["\n", "\n\n"]))
def test_no_title_is_a_link_a_number_or_a_word_of_the_menu(pieces: list[str], glue: str) -> None:
    try:
        read = parse(f"# Daily Papers\n\nNov 20\n\n{glue.join(pieces)}")
    except BadDump:
        return
    for record in read.records:
        assert not why_no_title(record.title)
        assert not is_navigation(record.title)
        assert "](" not in record.title
