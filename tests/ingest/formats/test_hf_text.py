"""The daily-papers text in its layouts; one test for each odd page."""

from datetime import date
from pathlib import Path

import pytest

from digest.ingest.formats import BadDump, Record, Skipped, detect

from .listing_pages import LONG, entry, full_entry, page, parse, titles

FIXTURES = Path(__file__).resolve().parent.parent.parent / "fixtures"


def test_a_whole_page() -> None:
    read = parse((FIXTURES / "listing.txt").read_bytes())
    assert (read.format, read.listed_on, read.skipped) == ("hf_text", date(2026, 11, 20), ())
    first, second, third, fourth = read.records
    assert first == Record(
        title="Tide Tables for Tokens: Scheduling Attention by the Moon",
        abstract="Attention rises and falls. We print tables of when, and find that sampling at "
        "ebb saves\na third of the work.".replace("\n", " "),
        author_count=7,
        published_on=date(2025, 7, 10),
        comment_count=15,
    )
    assert second.organization == "Salt & Harbour Lab"
    assert second.author_count is None
    assert second.published_on == date(2026, 11, 17)
    assert second.year_inferred
    assert second.comment_count == 0
    assert (third.author_count, third.organization, third.published_on) == (None, "", None)
    assert third.comment_count is None
    assert fourth.abstract.split("\n\n") == [
        "The first paragraph says what we did.",
        "The second one says why it matters.",
    ]
    assert fourth.author_count == 1


def test_a_page_without_meta_lines() -> None:
    read = parse(page(entry("One"), entry("Two?"), entry("Three!")))
    assert titles(read) == ["One", "Two?", "Three!"]
    assert {record.abstract for record in read.records} == {LONG}
    assert {record.comment_count for record in read.records} == {None}


@pytest.mark.parametrize(
    "header",
    [
        "Nov 20\n\n",
        "new\n\nGet trending papers in your email inbox!\n\nSubscribe\n\nNov 20\n\n",
        "new\n\nbyAK and the research community\n\nNov\n20\n\n",
        "Models\nLog In\n\nDaily Papers\nby AK and the research community\nNov 20\n\n",
        "Daily Papers\n\nNov 20, 2026\n\n",
        "Daily Papers\n\nNovember 20, 2026\n\n",
    ],
)
def test_headers(header: str) -> None:
    data = (header + full_entry("One") + "\n" + full_entry("Two")).encode()
    assert detect(data) == "hf_text"
    read = parse(data)
    assert titles(read) == ["One", "Two"]
    assert read.listed_on == date(2026, 11, 20)


def test_a_record_without_meta_among_others() -> None:
    read = parse(page(full_entry("One"), entry("Two"), full_entry("Three", authors=12)))
    assert titles(read) == ["One", "Two", "Three"]
    assert [record.author_count for record in read.records] == [3, None, 12]


@pytest.mark.parametrize(
    ("lines", "count", "day", "comments"),
    [
        (["  • 1 author", "·", "Nov 3 4"], 1, date(2026, 11, 3), 4),
        (["• 1,024 authors", "·", "Nov 3"], 1024, date(2026, 11, 3), 0),
        (["3 authors", "·", "Jul 10,", "2025 15"], 3, date(2025, 7, 10), 15),
        (["3 authors", "·", "Jul 10, 2025", "15"], 3, date(2025, 7, 10), 15),
        (["3 authors", "·", "Jul", "10, 2025"], 3, date(2025, 7, 10), 0),
        (["3 authors", "", "·", "", "Jul", "", "10"], 3, date(2026, 7, 10), 0),
        (["3 authors", "·"], 3, None, None),
        (["·", "Jul 10"], None, date(2026, 7, 10), 0),
        (["·", "3 authors", "Sept 1 2025 2"], 3, date(2025, 9, 1), 2),
        (["3 authors", "·", "Feb 30"], 3, None, 0),
        (["3 authors", "·", "Feb 29, 2025"], 3, None, 0),
        (["3 authors", "·", "Feb 29, 2024"], 3, date(2024, 2, 29), 0),
    ],
)
def test_meta_lines(
    lines: list[str], count: int | None, day: date | None, comments: int | None
) -> None:
    read = parse(page(entry("One", LONG, *lines), full_entry("Two")))
    assert titles(read) == ["One", "Two"]
    record = read.records[0]
    assert record.abstract == LONG
    assert (record.author_count, record.published_on, record.comment_count) == (
        count,
        day,
        comments,
    )


@pytest.mark.parametrize(
    ("line", "name"),
    [
        ("saltlab Salt & Harbour Lab", "Salt & Harbour Lab"),
        ("Gull Gull", "Gull"),
        ("gull-ai.v2", "gull-ai.v2"),
    ],
)
def test_organizations(line: str, name: str) -> None:
    read = parse(page(entry("One", LONG, line, "·", "Nov 3"), full_entry("Two")))
    assert read.records[0].organization == name
    assert read.records[0].abstract == LONG


def test_a_page_without_blank_lines() -> None:
    data = page(
        full_entry("One"), entry("Two", LONG, "gull Gull", "·", "Nov 3 7"), full_entry("Three")
    )
    squeezed = b"\n".join(line for line in data.split(b"\n") if line.strip())
    assert parse(squeezed) == parse(data)


@pytest.mark.parametrize(
    "change",
    [
        lambda data: data.replace(b"\n", b"\r\n"),
        lambda data: data.replace(b"\n", b"\r"),
        lambda data: b"\xef\xbb\xbf" + data,
        lambda data: data.replace(b"\n", b"   \n"),
        lambda data: data.replace(b"\n", "\u00a0\t\n".encode()),
        lambda data: data.replace(b" ", "\u00a0".encode()),
        lambda data: data + b"\n\n\n",
        lambda data: data.rstrip(),
        lambda data: data.replace(b"\n\n", b"\n\n\n\n"),
        lambda data: data.decode().encode("cp1252"),
        lambda data: data.decode().encode("utf-16"),
    ],
)
def test_line_ends_blanks_and_encodings_change_nothing(change: object) -> None:
    data = page(full_entry("Über “quoted” – dashes"), full_entry("Two"))
    assert callable(change)
    assert parse(change(data)) == parse(data)
    assert detect(change(data)) == "hf_text"


@pytest.mark.parametrize(
    "paragraph",
    [
        "A second paragraph, which ends as they do.",
        "Code: https://example.org/code",
        "We list what we bring:",
        LONG,
    ],
)
def test_paragraphs_stay_with_their_abstract(paragraph: str) -> None:
    long = f"{LONG}\n\n{paragraph}"
    with_meta = parse(page(full_entry("One", abstract=long), full_entry("Two")))
    without = parse(page(entry("One", long), entry("Two"), entry("Three")))
    assert titles(with_meta) == ["One", "Two"]
    assert titles(without) == ["One", "Two", "Three"]
    assert with_meta.records[0].abstract == without.records[0].abstract == long


def test_wrapped_lines_are_one_paragraph() -> None:
    read = parse(page(full_entry("One\nin two lines", abstract=LONG.replace(". ", ".\n"))))
    assert read.records[0].title == "One in two lines"
    assert read.records[0].abstract == LONG


def test_a_cut_page_keeps_the_rest_and_names_the_cut_entry() -> None:
    read = parse(page(full_entry("One"), full_entry("Two"), "Three: A Title"))
    assert titles(read) == ["One", "Two"]
    assert read.skipped == (Skipped("Three: A Title", "it has no abstract"),)


def test_a_page_cut_inside_an_abstract_names_the_entry() -> None:
    data = page(entry("One"), entry("Two"), entry("Three"), entry("Four"))
    cut = parse(data[: data.rindex(b"agree")])
    assert titles(cut) == ["One", "Two", "Three"]
    assert cut.skipped == (Skipped("Four", "the file ends in the middle of its abstract"),)


def test_a_page_cut_inside_meta_lines_keeps_the_entry() -> None:
    data = page(full_entry("One"), full_entry("Two"))
    for end in (b"  \xe2\x80\xa2 3 au", b"  \xe2\x80", b"3 authors", b"3 authors\n\xc2\xb7\nNov 1"):
        read = parse(data[: data.rindex(end) + len(end)])
        assert titles(read) == ["One", "Two"]
        assert read.records[1].abstract == LONG


def test_a_title_with_meta_but_no_abstract_is_kept() -> None:
    read = parse(page(full_entry("One"), "Two\n\n  • 4 authors\n·\nNov 3"))
    assert titles(read) == ["One", "Two"]
    assert read.records[1].abstract == ""
    assert read.records[1].author_count == 4


def test_damaged_entries_are_skipped_and_named() -> None:
    data = page(
        full_entry("One"),
        full_entry("Tw\x00o"),
        full_entry("Three ü"),
        full_entry("Four ü"),
        full_entry("Five"),
    )
    read = parse(data.replace("Three ü".encode(), b"Three \xc3"))
    assert titles(read) == ["One", "Four ü", "Five"]
    assert [skipped.reason for skipped in read.skipped] == ["it contains damaged characters"] * 2


def test_the_wrong_encoding_is_said() -> None:
    garbled = page(full_entry("One"), full_entry("Two")).decode("cp1252").encode()
    with pytest.raises(BadDump, match="wrong encoding"):
        detect(garbled)


def test_a_page_without_a_day_asks_for_it() -> None:
    data = ("Daily Papers\n\n" + full_entry("One")).encode()
    with pytest.raises(BadDump, match="--listed-on"):
        parse(data)
    read = parse(data, date(2026, 11, 5))
    assert (titles(read), read.listed_on) == (["One"], date(2026, 11, 5))


def test_what_the_site_prints_below_is_no_paper() -> None:
    read = parse(page(entry("One"), entry("Two"), "Previous", "Next", "Company", "TOS"))
    assert (titles(read), read.skipped) == (["One", "Two"], ())
    assert read.records[1].abstract == LONG
