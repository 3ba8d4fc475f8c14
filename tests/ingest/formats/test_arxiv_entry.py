"""What the arXiv's formats share: names out of a line, withdrawals, categories, days, mark-up."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.ingest.formats import Record, Skipped
from digest.ingest.formats.entries.arxiv_entry import (
    ArxivEntry,
    arxiv_categories,
    entry_to_record,
    says_withdrawn,
)
from digest.ingest.formats.fields.dates import utc_day
from digest.ingest.formats.records import BadDump
from digest.ingest.formats.text.markup import plain_text
from digest.ingest.formats.validation import DELETED, REPLACEMENT, build_page

TODAY = date(2026, 11, 20)


@pytest.mark.parametrize(
    ("comment", "abstract"),
    [
        ("This paper has been withdrawn", "x"),
        ("This submission has been withdrawn by arXiv administrators", "x"),
        ("Withdrawn by the authors", "x"),
        ("paper withdrawn due to an error", "x"),
        ("The article has been temporarily withdrawn", "x"),
        ("12 pages. This manuscript is being withdrawn.", "x"),
        ("", "This paper\nhas been withdrawn by the author."),
        ("", "We count. This paper has since been withdrawn."),
        ("", "(withdrawn)"),
    ],
)
def test_withdrawn(comment: str, abstract: str) -> None:
    assert says_withdrawn(comment, abstract)


@pytest.mark.parametrize(
    ("comment", "abstract"),
    [
        ("12 pages", "Troops were withdrawn."),
        ("Supersedes arXiv:0704.0001, which has been withdrawn", "x"),
        ("", "We study a drug that has been withdrawn from the market."),
        ("", "In this paper withdrawn drugs are studied; this paper has 3 parts."),
        ("", "Why was this paper published? Cash withdrawn at night."),
    ],
)
def test_not_withdrawn(comment: str, abstract: str) -> None:
    assert not says_withdrawn(comment, abstract)


def test_a_withdrawal_without_a_date_bears_the_pages() -> None:
    read = entry_to_record(ArxivEntry("2611.00017", "T", comment="Withdrawn"), TODAY)
    assert isinstance(read, Record)
    assert read.withdrawn_on == TODAY


@pytest.mark.parametrize(
    ("entry", "reason"),
    [
        (ArxivEntry("nonsense", "A title"), "its arXiv id cannot be read"),
        (ArxivEntry("2611.00017", " \n"), "it has no title"),
        (ArxivEntry("2611.00017", "A\x00"), "damaged characters"),
        (ArxivEntry("2611.00017", "A" * 501), "more than 500"),
    ],
)
def test_no_paper(entry: ArxivEntry, reason: str) -> None:
    read = entry_to_record(entry, TODAY)
    assert isinstance(read, Skipped)
    assert reason in read.reason


def test_lost_bytes_count_only_where_bytes_were_lost() -> None:
    entry = ArxivEntry("2611.00017", "A \ufffd B")
    assert isinstance(entry_to_record(entry, TODAY), Record)
    assert isinstance(entry_to_record(entry, TODAY, damaged=True), Skipped)


def test_categories() -> None:
    terms = ["cs.CL", "hep-th", "cond-mat.mtrl-sci", "astro-ph.CO", "q-bio.NC", "physics.ins-det"]
    others = ["I.2.7", "68T50", "68T50, 68T05", "Machine Learning", "", "cs.CL "]
    assert arxiv_categories([*terms, *others, "cs.CL"]) == tuple(terms)


def test_what_is_left_out_on_purpose_does_not_count_against_the_page() -> None:
    left_out = [Skipped("a", REPLACEMENT)] * 3 + [Skipped("b", DELETED)] * 3
    read = build_page("feed", TODAY, [*left_out, Record("T")], "Again.")
    assert (len(read.records), len(read.skipped)) == (1, 6)
    with pytest.raises(BadDump, match="2 of 3"):
        build_page("feed", TODAY, [*left_out, Record("T"), *[Skipped("c", "bad")] * 2], "Again.")


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("2026-11-19T23:30:00-05:00", date(2026, 11, 20)),
        ("2026-11-19T23:30:00Z", date(2026, 11, 19)),
        ("2026-11-19T23:30:00", date(2026, 11, 19)),
        (" 2026-11-19\n", date(2026, 11, 19)),
        ("Wed, 18 Nov 2026 23:30:00 -0500", date(2026, 11, 19)),
        ("Fri,  9 Jun 23 00:44:20 GMT", date(2023, 6, 9)),
        ("Wed  7 Jun 23 18:00:00 GMT", date(2023, 6, 7)),
        ("0001-01-01T00:00:00+23:00", None),
        ("2026", None),
        ("yesterday", None),
        ("", None),
        (None, None),
    ],
)
def test_days(text: str | None, day: date | None) -> None:
    assert utc_day(text) == day


@given(st.text(max_size=60))
def test_any_text_is_a_day_or_none(text: str) -> None:
    assert utc_day(text) is None or isinstance(utc_day(text), date)


@pytest.mark.parametrize(
    ("fragment", "text"),
    [
        ("plain & simple", "plain & simple"),
        ("<p>One</p><p>Two</p>", "\n\nOne\n\n\n\nTwo\n\n"),
        ("a<b and c>d, p<n", "a<b and c>d, p<n"),
        ("H<sub>2</sub>O <i class='x'>in</i> <em>vivo</em>", "H2O in vivo"),
        ("x<br/>y", "x\ny"),
        ("&lt;p&gt; is a tag, &amp;lt; is not", "<p> is a tag, &lt; is not"),
        ("a<!-- not <p>seen</p> -->b<script>alert(1)</script>c", "abc"),
        ("<jats:p>Text</jats:p>", "\n\nText\n\n"),
    ],
)
def test_plain_text(fragment: str, text: str) -> None:
    assert plain_text(fragment) == text
