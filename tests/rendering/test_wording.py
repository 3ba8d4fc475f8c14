"""The subject and the first sentences: true in every case, and short."""

from collections.abc import Sequence
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as settings_of_hypothesis
from hypothesis import strategies as st

from digest.mail.mime.wrapping import display_width
from digest.models import Digest, DigestFacts
from digest.rendering.digest_summary import DigestSummary
from digest.rendering.sections import chart
from digest.rendering.wording import heading, opening, subject
from subscriptions.models import Subscriber

FRIDAY = date(2026, 11, 20)
FRESH = {"state": "fresh", "newest_listing": "2026-11-20", "failed": 0}


def made(
    hits: Sequence[tuple[str, ...]] = (), facts: dict[str, Any] | None = None, *, read: int = 31,
    wanted: int = 3, trending: int = 0, kind: str = "scheduled", frequency: str = "daily",
) -> DigestSummary:  # fmt: skip
    facts = {"since": "2026-11-19", "catch_up": "", "source": FRESH} | (facts or {})
    person = Subscriber(email="ada@example.org", frequency=frequency)
    digest = Digest(
        subscriber=person, local_date=FRIDAY, kind=kind, papers_read=read,
        facts=DigestFacts.from_json(facts),
    )  # fmt: skip
    return DigestSummary(digest, hits, trending, wanted)


USUAL = "31 papers were listed since yesterday; 7 match your 3 keywords, best matches first."
SEVEN = [("diffusion model",)] * 4 + [("robot learning",)] * 3


def quiet(read: int = 118, state: str = "fresh", days: int = 7, **more: Any) -> dict[str, Any]:
    return {
        "quiet": {"days": days, "read": read, "last_hit": more.get("last_hit"), "near": []},
        "source": {"state": state, "newest_listing": "2026-11-12", "failed": more.get("failed", 0)},
    }


@pytest.mark.parametrize(
    ("summary", "said"),
    [
        (made(SEVEN), "7 papers: diffusion model, robot learning — Fri 20 Nov"),
        (made(SEVEN[:1]), "1 paper: diffusion model — Fri 20 Nov"),
        (made(SEVEN, frequency="weekly"),
         "7 papers this week: diffusion model, robot learning — Fri 20 Nov"),
        (made(SEVEN, {"catch_up": "pause"}),
         "7 papers since your pause: diffusion model — Fri 20 Nov"),
        (made(SEVEN, {"catch_up": "outage"}),
         "7 papers to catch up on: diffusion model, robot learning — Fri 20 Nov"),
        (made(SEVEN, kind="sample"), "A look back, 7 papers: diffusion model, robot learning"),
        (made(kind="sample"), "A look back: no match in the last 7 days"),
        (made(SEVEN, kind="copy"),
         "Sent again: 7 papers: diffusion model, robot learning — Fri 20 Nov"),
        (made(trending=5, wanted=0), "5 trending papers of the day — Fri 20 Nov"),
        (made(trending=1), "1 trending paper of the day — Fri 20 Nov"),
        (made(trending=9, frequency="weekly"), "9 trending papers of the week — Fri 20 Nov"),
        (made([], {"catch_up": "pause"}, trending=9), "9 trending papers — Fri 20 Nov"),
        (made(trending=9, kind="sample"), "A look back, 9 trending papers"),
        (made(wanted=0, kind="sample"), "A look back: no trending paper in the last 7 days"),
        (made([], quiet(), wanted=0), "No trending papers this week — Fri 20 Nov"),
        (made([], quiet()), "Nothing new this week for your 3 keywords — Fri 20 Nov"),
        (made([], quiet(days=3), wanted=1),
         "Nothing new in 3 days for your keyword — Fri 20 Nov"),
        (made([], quiet(0, "empty", 14)), "No new paper was listed in two weeks — Fri 20 Nov"),
        (made([], quiet(0, "late")), "No listing has reached us this week — Fri 20 Nov"),
        (made([], quiet(0, "failed")), "We could not read what was listed — Fri 20 Nov"),
        (made([("x" * 200,)]), f"1 paper: {'x' * 47}… — Fri 20 Nov"),
    ],
)  # fmt: skip
def test_subjects(summary: DigestSummary, said: str) -> None:
    assert subject(summary) == said


@settings_of_hypothesis(max_examples=50)
@given(st.lists(st.text(max_size=90), max_size=6), st.sampled_from(["", "pause", "outage"]),
       st.sampled_from(["daily", "weekly"]),
       st.sampled_from(["scheduled", "sample", "copy"]))  # fmt: skip
def test_no_keyword_breaks_a_subject(
    keywords: list[str], catch_up: str, frequency: str, kind: str
) -> None:
    hits = [tuple(keywords)] if keywords else []
    said = subject(made(hits, {"catch_up": catch_up}, frequency=frequency, kind=kind))
    assert 0 < len(said) <= 70
    assert not any(ord(char) < 32 or char in "\u202e\u2028\u2066\x7f" for char in said)


def test_hostile_keywords_stay_in_the_subject() -> None:
    said = subject(made([("a\r\nBcc: eve@example.org", "\x00\u202eb")]))
    assert said == "1 paper: a Bcc: eve@example.org, b — Fri 20 Nov"


@pytest.mark.parametrize(
    ("summary", "said"),
    [
        (made(SEVEN), USUAL),
        (made(SEVEN[:1], {"since": "2026-11-12"}, read=1, wanted=1),
         "1 paper was listed since Thu 12 Nov; 1 matches your keyword."),
        (made([], {"since": None}, trending=3),
         "31 papers were listed since you signed up; none matches your 3 keywords."),
        (made([], trending=3, wanted=0),
         "31 papers were listed since yesterday; here are 3 that are trending."),
        (made([], trending=1, wanted=0),
         "31 papers were listed since yesterday; here is one that is trending."),
        (made([], wanted=0, kind="sample"),
         "This is the look back you asked for: 31 papers were listed in the last 7 days; none is "
         "trending."),
        (made([], quiet(days=3), wanted=0), "Nothing was trending in 3 days: 118 papers read."),
        (made(SEVEN, {"doubtful_day": "2026-11-18", "catch_up": "unknown"}),
         f"{USUAL} Whether your mail of Wed 18 Nov arrived is not known, so some of its papers "
         "may come twice."),
        (made(SEVEN, {"catch_up": "pause"}),
         f"{USUAL} This mail covers the time of your pause too."),
        (made(SEVEN, {"source": FRESH | {"failed": 2}}),
         f"{USUAL} We could not read 2 listings that came; the papers follow when that is put "
         "right."),
        (made([], quiet(last_hit="2026-11-12")),
         "Nothing matched this week: 118 papers read, 0 for your 3 keywords; last hit Thu 12 Nov."),
        (made([], quiet(0, "empty")), "The listings that came held no paper that is new."),
        (made([], quiet(0, "late")),
         "No listing has reached us since that of Thu 12 Nov. That lies with the source or with "
         "us, not with your keywords; what is listed meanwhile comes later."),
        (made([], quiet(0, "failed")),
         "We could not read what was listed since that of Thu 12 Nov; the papers follow when that "
         "is put right."),
        (made(SEVEN[:1], {"sample": {"quiet_week": True, "newest_day": "2026-02-11"}},
                 kind="sample", read=1),
         "This is the look back you asked for: 1 paper was listed on Wed 11 Feb, the newest "
         "listing there is; 1 matches your 3 keywords."),
    ],
)  # fmt: skip
def test_openings(summary: DigestSummary, said: str) -> None:
    assert " ".join(opening(summary)) == said


def test_only_after_unknown_some_may_repeat() -> None:
    for catch_up in ("", "pause", "outage"):
        assert "twice" not in " ".join(opening(made(SEVEN, {"catch_up": catch_up})))


def test_a_row_of_an_older_release_says_what_is_known() -> None:
    old = made(SEVEN)
    old.digest.facts = DigestFacts.from_json({})
    assert opening(old)[0].startswith("31 papers were listed since your last digest; 7 match")
    assert heading(old) == "Fri 20 Nov"
    old.digest.kind = Digest.Kind.SAMPLE
    assert "in the last 7 days" in opening(old)[0]


@pytest.mark.parametrize(
    ("summary", "said"),
    [
        (made(), "Fri 20 Nov"),
        (made(frequency="weekly"), "Your week to Fri 20 Nov"),
        (made([], quiet()), "A quiet week"),
        (made([], quiet(days=3)), "3 quiet days"),
        (made([], quiet(0, "late", 3)), "Nothing to read in 3 days"),
        (made(kind="sample"), "The last 7 days"),
    ],
)
def test_headings(summary: DigestSummary, said: str) -> None:
    assert heading(summary) == said


def test_the_chart_says_its_numbers_in_words() -> None:
    rows = chart({"diffusion model": 20, "robot": 10, "深層学習": 1, "none": 0})
    assert [row.words for row in rows] == ["20 papers", "10 papers", "1 paper"]
    assert [row.bar for row in rows] == ["█" * 20, "█" * 10, "█"]
    assert all(display_width(row.line) <= 76 for row in rows)
    assert chart({"alone": 3}) == []


@settings_of_hypothesis(max_examples=30)
@given(st.dictionaries(st.text(max_size=200), st.integers(0, 10_000), max_size=40))
def test_a_bar_is_never_longer_than_its_place(hits: dict[str, int]) -> None:
    for row in chart(hits):
        assert 1 <= len(row.bar) <= 20
        assert display_width(row.line) <= 76
