"""A model's summary of a paper in the formats that carry one: kept apart, and short."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.ingest.formats import FORMATS, Record, detect
from digest.ingest.formats.validation import short_summary
from digest.ingest.papers.merge import RankedRecord, paper_fields

from .listing_pages import RECEIVED

SUMMARY = "A model says that gauges agree."
PAPER = {"id": "2611.00001", "title": "Gauges", "summary": "We read two.", "ai_summary": SUMMARY}


def read(data: bytes) -> Record:
    (record,) = FORMATS[detect(data)](data, RECEIVED, None).records
    return record


@pytest.mark.parametrize(
    "value",
    [
        [{"paper": PAPER | {"upvotes": 1}}],
        [{"paper": {**PAPER, "ai_summary": None}, "ai_summary": SUMMARY}],
        PAPER | {"upvotes": 3, "authors": [{"_id": "a", "name": "Ada"}]},
        PAPER,
        [PAPER],
    ],
    ids=["entry", "outside", "one paper", "json lines", "json list"],
)
def test_it_is_kept_beside_the_abstract(value: object) -> None:
    record = read(json.dumps(value).encode())
    assert (record.abstract, record.ai_summary) == ("We read two.", SUMMARY)
    ranked = RankedRecord(record, RECEIVED, "a", 0)
    assert paper_fields("2611.00001", [ranked])["ai_summary"] == SUMMARY


@pytest.mark.parametrize("value", [None, 7, ["A"], {"a": 1}, "", "\ud800", "a\x00"])
def test_what_is_no_text_is_no_summary(value: object) -> None:
    assert short_summary(value) == ""


def test_a_long_one_is_cut_behind_a_word() -> None:
    assert short_summary("x" * 300) == "x" * 300
    assert short_summary("x" * 301) == "x" * 299 + "…"
    assert short_summary("gauge, " * 60) == ("gauge, " * 42).rstrip(", ") + "…"
    assert short_summary(f"{'a' * 299} b") == "a" * 299 + "…"
    assert short_summary(f"{'a' * 290} {'b' * 20}") == "a" * 290 + "…"


@given(st.text(st.sampled_from("ab ,.\n"), max_size=700))
def test_any_summary_is_a_beginning(text: str) -> None:
    found = short_summary(text)
    words = " ".join(text.split())
    assert len(found) <= 300
    assert found == words or words.startswith(found.removesuffix("…"))
