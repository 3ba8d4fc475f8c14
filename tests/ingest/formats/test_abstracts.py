"""Which text is an abstract: citation lines, labels, teasers; and what an issue holds besides."""

from datetime import date
from itertools import permutations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from digest.ingest.formats.fields.abstracts import best_abstract, best_text, read_text
from digest.ingest.formats.fields.dates import PublishedOn
from digest.ingest.formats.fields.front_matter import is_front_matter
from digest.ingest.formats.fields.journals import journal_name

FULL = "We watch the sea fall for a year, at nine harbours, and find that it rises again. " * 3


@pytest.mark.parametrize(
    "text",
    ["Letters of the Tidal Society\n\nDOI: 10.5555/s1", "DOI: 10.5555/s1\n\nResearch Article",
     "Volume 8, Issue 2, March 2026, Page 1-9\n\n.", "·", "1–9"],
)  # fmt: skip
def test_a_name_beside_a_citation_and_a_text_without_letters_are_no_abstract(text: str) -> None:
    assert read_text(text).abstract == ""


@pytest.mark.parametrize("abstract", ["Tides Fall.", "The sea falls for a year", "潮が引く"])
def test_a_short_abstract_beside_a_citation_stays(abstract: str) -> None:
    assert read_text(f"DOI: 10.5555/s1\n\n{abstract}").abstract == abstract


def test_a_name_alone_may_be_an_abstract() -> None:
    assert read_text("Tide Letters").abstract == "Tide Letters"


@pytest.mark.parametrize(
    ("line", "journal", "day", "doi", "authors"),
    [
        ("Tide Letters, Volume 8, Issue 2", "Tide Letters", None, "", ""),
        ("Tide Letters, Volume 8, Issue 2, Page 1-9, March 2026.", "Tide Letters",
         PublishedOn(date(2026, 3, 1), "month"), "", ""),
        ("Volume 12, Issue 3, March 2026, Page 123-140.", "",
         PublishedOn(date(2026, 3, 1), "month"), "", ""),
        ("Tides, Shores, and Sands, Vol. 3, No. 4, pp. 12–19", "Tides, Shores, and Sands", None,
         "", ""),
        ("Advanced Tides, EarlyView. ", "Advanced Tides", None, "", ""),
        ("Journal of Tides, Ahead of Print.", "Journal of Tides", None, "", ""),
        ("Tide. Commun., 2026, Advance Article", "Tide. Commun.",
         PublishedOn(date(2026, 1, 1), "year"), "", ""),
        ("Tides, Published online: 19 November 2026; doi:10.5555/s1", "Tides",
         PublishedOn(date(2026, 11, 19)), "10.5555/s1", ""),
        ("Tides, Published online: 2026-11-19; | doi:10.5555/s1", "Tides",
         PublishedOn(date(2026, 11, 19)), "10.5555/s1", ""),
        ("Publication date: Available online 20 November 2026\n\nSource: Tide Letters\n\n"
         "Author(s): Ann Ebb, Bo Flood", "Tide Letters", PublishedOn(date(2026, 11, 20)), "",
         "Ann Ebb, Bo Flood"),
        ("Publication date: March 2026Source: Tides, Volume 9Author(s): Ann Ebb", "Tides",
         PublishedOn(date(2026, 3, 1), "month"), "", "Ann Ebb"),
        ("[Tide. Rev. B 105, 184110] Published Fri Nov 27, 2026", "Tide. Rev. B",
         PublishedOn(date(2026, 11, 27)), "", ""),
        ("Tides. 2026 Nov 19;8(2):1-9. doi: 10.5555/s1. Online ahead of print.", "Tides",
         PublishedOn(date(2026, 11, 19)), "10.5555/s1", ""),
        ("PMID:12345678 | DOI:10.5555/s1", "", None, "10.5555/s1", ""),
        ("DOI: 10.5555/S1, Communication", "", None, "10.5555/s1", ""),
        ("https://doi.org/10.5555/s1", "", None, "10.5555/s1", ""),
    ],
)  # fmt: skip
def test_a_citation_is_no_abstract(
    line: str, journal: str, day: PublishedOn | None, doi: str, authors: str
) -> None:
    read = read_text(f"{line}\nWe ebb.")
    assert read.abstract == "We ebb."
    cited = read.citation
    assert (cited.journal, cited.published_on, cited.doi) == (journal, day, doi)
    assert cited.authors == authors


@pytest.mark.parametrize(
    "text",
    [
        "We measured the sea in 2026. It fell.",
        "Volume 8, Issue 2 of the log holds nothing.",
        "We study a shore with sand, gulls and a harbour wall, in press",
        "The sea fell. The ebb, Volume 3",
        "This was published online on many days; we count them.",
        "Abstract algebra counts tides.",
        "See doi:10.5555/s1 for the data that we use.",
        "Tides. 2026 was a year of floods.",
    ],
)
def test_a_sentence_is_no_citation(text: str) -> None:
    assert read_text(text).abstract == text


@pytest.mark.parametrize(
    "text",
    [
        "Abstract\n\nWe ebb.", "ABSTRACT: We ebb.", "Abstract. We ebb.", "Summary — We ebb.",
        "AbstractWe ebb.", "摘要\nWe ebb.", "Résumé\n\nWe ebb.", "We ebb.\n\nRead more",
        "We ebb.\nContinue reading “On ebb”", "We ebb.\n\nThe post On ebb appeared first on Tides.",
        "On ebb\n\nWe ebb.", "Tide Letters\n\nWe ebb.",
    ],
)  # fmt: skip
def test_labels_and_formulas_are_left_out(text: str) -> None:
    assert read_text(text, ["On ebb", "Tide Letters"]).abstract == "We ebb."


def test_the_longest_real_text_wins() -> None:
    citation = "Publication date: March 2026\n\nSource: Tides, Volume 9\n\nAuthor(s): Ann Ebb"
    read = best_text([citation, "We ebb.", "We ebb and flood.", "x" * 20_001])
    assert read.abstract == "We ebb and flood."
    assert read.citation.authors == "Ann Ebb"
    assert best_text(["Tides, EarlyView.", ""]).abstract == ""


@pytest.mark.parametrize(
    "teaser",
    [FULL[:90], f"{FULL[:90]}…", f"{FULL[:200]} [...]", f"{FULL[:120]}... Read more", "Tides fall.",
     f"All of it is told in another way, and at some length, which ends before{' x' * 40} […]"],
)  # fmt: skip
def test_a_teaser_never_displaces_an_abstract(teaser: str) -> None:
    assert best_abstract([teaser, FULL]) == FULL
    assert best_abstract([FULL, teaser]) == FULL
    assert best_abstract(["", teaser, ""]) == teaser


def test_of_two_abstracts_the_newest_wins() -> None:
    revised = FULL.replace("nine", "ten")
    assert best_abstract([revised, FULL]) == revised
    assert best_abstract([FULL, revised]) == FULL


def test_a_longer_text_that_is_cut_still_beats_its_own_beginning() -> None:
    assert best_abstract(["Tides fall.", "Tides fall. They rise…"]) == "Tides fall. They rise…"


TEXTS = st.lists(
    st.sampled_from(
        ["", "a b", "a b…", "a b c d e f", "a b c d e f…", "x y", "a b c x y z…", FULL]
    ),
    max_size=5,
)


@settings(max_examples=60)
@given(TEXTS)
def test_one_of_the_texts_is_chosen_and_never_a_beginning_of_another(texts: list[str]) -> None:
    chosen = best_abstract(texts)
    assert chosen in texts or not any(texts)
    words = chosen.rstrip("…")
    assert all(not text.startswith(words) or text.rstrip("…") == words for text in texts if text)
    lengths = {len(best_abstract(list(order))) for order in permutations(set(texts))}
    assert all(2 * length >= max(lengths) for length in lengths)


@pytest.mark.parametrize(
    "title",
    ["Editorial Board", "EDITORIAL BOARD", "Table of Contents", "Contents", "Contributors",
     "Issue Information", "Issue Information - TOC", "Cover Image, Volume 12, Issue 3", "Masthead",
     "Front Cover: How tides fall (Tide Lett. 3/2026)", "Front Matter", "Outside Front Cover",
     "Editorial Board and Table of Contents", "IEEE Transactions on Tides Publication Information",
     "Aims and Scope", "Information for Authors", "In this issue", "Author Index",
     "IFC (Ed. Board)", "Editorial Advisory Board, Volume 3", "List of contributors"],
)  # fmt: skip
def test_front_matter(title: str) -> None:
    assert is_front_matter(title)
    assert not is_front_matter(title, FULL * 2)


@pytest.mark.parametrize(
    "title",
    ["Editorial", "Corrigendum", "Erratum to: On ebb", "Introduction", "Contents of the sea",
     "Contributors to ebb", "Cover crops on dunes", "Index of tides", "Retraction",
     "Announcements: effects on ebb", "Contributors: who makes tides", "Covers of spaces",
     "In memoriam", "Masthead light"],
)  # fmt: skip
def test_papers_of_an_issue(title: str) -> None:
    assert not is_front_matter(title)


@pytest.mark.parametrize(
    "title",
    ["Tide Letters", "ScienceDirect Publication: Tide Letters", "Tide Letters - new TOC",
     " Tide Letters - new TOC ", "Wiley: Tide Letters: Table of Contents",
     "Tide Letters Current Issue", "Tide Letters Advance Access", "Tide Letters: Latest Results",
     "Tide Letters | RSS Feed",
     "Table of Contents for Tide Letters. Ahead of Print", "Latest Results for Tide Letters",
     "Tide Letters, Published online: 2026-11-19; | doi:10.5555/s1"],
)  # fmt: skip
def test_names_of_journals(title: str) -> None:
    assert journal_name(title).rstrip(".") == "Tide Letters"


@pytest.mark.slow
@pytest.mark.parametrize(
    "unit", ["Volume 1, ", "a, ", "doi:", "Source: ", "in press, ", "… ", ". "]
)
def test_hostile_text_ends(unit: str) -> None:
    text = unit * (200_000 // len(unit))
    read_text(text)
    read_text(text.replace(" ", "\n"))
    best_abstract([text, f"{text}x"])
