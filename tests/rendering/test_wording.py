"""The subject and the first sentences: true in every case, and short."""

from collections.abc import Sequence
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as settings_of_hypothesis
from hypothesis import strategies as st

from digest.models import Digest, DigestFacts
from digest.rendering.digest_summary import DigestSummary
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


USUAL = "7 of the 31 new papers since yesterday match your 3 keywords, best matches first."
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
         "7 papers since you paused: diffusion model — Fri 20 Nov"),
        (made(SEVEN, {"catch_up": "outage"}),
         "7 papers: diffusion model, robot learning — Fri 20 Nov"),
        (made(SEVEN, {"catch_up": "missed"}),
         "7 papers to catch up on: diffusion model, robot learning — Fri 20 Nov"),
        (made(SEVEN, kind="sample"), "Your sample: 7 papers from the last 7 days"),
        (made(kind="sample"), "Your sample: no matches in the last 7 days"),
        (made(SEVEN, kind="copy"),
         "Sent again: 7 papers: diffusion model, robot learning — Fri 20 Nov"),
        (made(trending=5, wanted=0), "5 trending papers — Fri 20 Nov"),
        (made(trending=1), "1 trending paper — Fri 20 Nov"),
        (made(trending=9, frequency="weekly"), "9 trending papers this week — Fri 20 Nov"),
        (made([], {"catch_up": "pause"}, trending=9), "9 trending papers — Fri 20 Nov"),
        (made(trending=9, kind="sample"), "Your sample: 9 trending papers from the last 7 days"),
        (made(wanted=0, kind="sample"), "Your sample: no trending papers in the last 7 days"),
        (made([], quiet(), wanted=0), "No trending papers this week — Fri 20 Nov"),
        (made([], quiet()), "Nothing new this week for your 3 keywords — Fri 20 Nov"),
        (made([], quiet(days=3), wanted=1),
         "Nothing new in the last 3 days for your keyword — Fri 20 Nov"),
        (made([], quiet(0, "empty", 14)),
         "No new papers were listed in the last two weeks — Fri 20 Nov"),
        (made([], quiet(0, "late")), "No new papers have reached us this week — Fri 20 Nov"),
        (made([], quiet(0, "failed")),
         "We couldn’t read the papers listed this week — Fri 20 Nov"),
        (made([("x" * 200,)]), f"1 paper: {'x' * 47}… — Fri 20 Nov"),
    ],
)  # fmt: skip
def test_subjects(summary: DigestSummary, said: str) -> None:
    assert subject(summary) == said


@settings_of_hypothesis(max_examples=50)
@given(st.lists(st.text(max_size=90), max_size=6), st.sampled_from(["", "pause", "missed"]),
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
         "The one new paper since Thu 12 Nov matches your keyword."),
        (made(SEVEN[:1]), "1 of the 31 new papers since yesterday matches your 3 keywords."),
        (made(SEVEN, read=7),
         "All 7 new papers since yesterday match your 3 keywords, best matches first."),
        (made(SEVEN, wanted=0),
         "7 of the 31 new papers since yesterday matched the keywords you had, best matches "
         "first."),
        (made(read=0), "No new papers since yesterday."),
        (made(read=1), "The one new paper since yesterday doesn’t match your 3 keywords."),
        (made([], {"since": None}, trending=3),
         "None of the 31 new papers since you signed up matches your 3 keywords."),
        (made([], trending=3, wanted=0),
         "Of the 31 new papers since yesterday, these 3 are trending."),
        (made([], trending=1, wanted=0),
         "Of the 31 new papers since yesterday, this one is trending."),
        (made([], wanted=0, kind="sample"),
         "This is the sample you asked for: of the 31 papers from the last 7 days, none is "
         "trending."),
        (made([], quiet(days=3), wanted=0),
         "None of the 118 new papers in the last 3 days was trending."),
        (made(SEVEN, {"doubtful_day": "2026-11-18", "catch_up": "unknown"}),
         f"{USUAL} We don’t know whether your e-mail of Wed 18 Nov arrived, so some papers may "
         "appear again."),
        (made(SEVEN, {"catch_up": "pause"}), f"{USUAL} This includes everything from your pause."),
        (made(SEVEN, {"catch_up": "outage"}), f"{USUAL} This e-mail covers more days than usual."),
        (made(SEVEN, {"catch_up": "missed"}),
         f"{USUAL} An earlier e-mail wasn’t sent, so its papers are included here."),
        (made(SEVEN, {"source": FRESH | {"failed": 2}}),
         f"{USUAL} We couldn’t read 2 listings that we received; the papers will follow when this "
         "is fixed."),
        (made([], quiet(last_hit="2026-11-12")),
         "None of the 118 new papers this week matched your 3 keywords. Your last match was on "
         "Thu 12 Nov."),
        (made([], quiet(0, "empty")), "The listings we received had no new papers."),
        (made([], quiet(0, "late")),
         "No papers have reached us since those of Thu 12 Nov. Anything listed later will still "
         "be sent."),
        (made([], quiet(0, "failed")),
         "We couldn’t read the newest listings; the papers will follow when this is fixed."),
        (made(SEVEN[:1], {"sample": {"quiet_week": True, "newest_day": "2026-02-11"}},
                 kind="sample", read=1),
         "This is the sample you asked for: the one paper in the newest listing, of Wed 11 Feb, "
         "matches your 3 keywords."),
    ],
)  # fmt: skip
def test_openings(summary: DigestSummary, said: str) -> None:
    assert " ".join(opening(summary)) == said


def test_only_after_unknown_some_may_repeat() -> None:
    for catch_up in ("", "pause", "outage", "missed"):
        assert "again" not in " ".join(opening(made(SEVEN, {"catch_up": catch_up})))


def test_a_row_of_an_older_release_says_what_is_known() -> None:
    old = made(SEVEN)
    old.digest.facts = DigestFacts.from_json({})
    assert opening(old)[0].startswith("7 of the 31 new papers since your last digest match")
    assert heading(old) == "7 papers — Fri 20 Nov"
    old.digest.kind = Digest.Kind.SAMPLE
    assert "from the last 7 days" in opening(old)[0]


@pytest.mark.parametrize(
    ("summary", "said"),
    [
        (made(SEVEN), "7 papers — Fri 20 Nov"),
        (made(SEVEN, trending=5), "7 papers — Fri 20 Nov"),
        (made(SEVEN, frequency="weekly"), "7 papers this week — Fri 20 Nov"),
        (made(trending=5), "5 trending papers — Fri 20 Nov"),
        (made(), "No papers — Fri 20 Nov"),
        (made([], quiet()), "Nothing new this week for your 3 keywords — Fri 20 Nov"),
        (
            made([], quiet(0, "late", 3)),
            "No new papers have reached us in the last 3 days — Fri 20 Nov",
        ),
        (made(SEVEN, kind="sample"), "Your sample: 7 papers from the last 7 days"),
    ],
)
def test_headings(summary: DigestSummary, said: str) -> None:
    assert heading(summary) == said
    for part in said.split(" — "):
        assert part in subject(summary)
