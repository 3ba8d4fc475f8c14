"""What digests hold, as JSON: rows of every release are read, and new ones stay small."""

import json
from datetime import date
from typing import Any

import pytest
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st

from digest.models import Digest, DigestEntry, DigestFacts, FollowUp
from digest.models.digest_contents import LookBack, NearMiss, Neighbour, QuietNotice, SourceStatus
from digest.rendering.digest_summary import DigestSummary
from tests.support import factories
from tests.support.factories import MORNING

DAY = date(2026, 11, 19)


@pytest.mark.parametrize(
    ("stored", "entry"),
    [
        # The first releases, those before follow-ups, and the last without "v".
        ({"paper": 7, "keywords": ["robot"]}, DigestEntry(7, ("robot",), "", None, None)),
        ({"paper": 7, "keywords": ["robot", "map"], "why": "title match · 2 keywords"},
         DigestEntry(7, ("robot", "map"), "title match · 2 keywords", None, None)),
        ({"paper": 7, "keywords": [], "why": "80 upvotes", "code": False, "comments": 0,
          "updated": False}, DigestEntry(7, (), "80 upvotes")),
        ({"paper": 7, "keywords": ["robot"], "why": "", "code": True, "comments": 60,
          "updated": True}, DigestEntry(7, ("robot",), "", True, 60, True)),
        # Today's.
        ({"v": 1, "paper": 7, "keywords": [], "why": ""}, DigestEntry(7)),
        ({"v": 1, "paper": 7, "keywords": ["robot"], "why": "title hit", "code": True,
          "comments": 60, "updated": True},
         DigestEntry(7, ("robot",), "title hit", True, 60, True)),
    ],
)  # fmt: skip
def test_an_entry_of_every_release_is_read(stored: dict[str, Any], entry: DigestEntry) -> None:
    assert DigestEntry.from_json(stored) == entry


def test_what_an_old_entry_does_not_say_stays_unknown_when_it_is_written_again() -> None:
    old = {"paper": 7, "keywords": ["robot"], "why": "title hit"}
    again = json.loads(json.dumps(DigestEntry.from_json(old).to_json()))
    assert again == old
    assert DigestEntry.from_json(again) == DigestEntry.from_json(old)


@pytest.mark.parametrize(
    ("stored", "follow_up"),
    [
        ({"paper": 7, "fact": "code", "sent_on": "2026-11-19"}, FollowUp(7, "code", DAY)),
        ({"paper": 7, "fact": "discussed"}, FollowUp(7, "discussed", None)),
        ({"v": 1, "paper": 7, "fact": "withdrawn", "sent_on": "2026-11-19"},
         FollowUp(7, "withdrawn", DAY)),
    ],
)  # fmt: skip
def test_a_follow_up_of_every_release_is_read(stored: dict[str, Any], follow_up: FollowUp) -> None:
    assert FollowUp.from_json(stored) == follow_up


OLD: dict[str, Any] = {
    "since": "2026-11-19",
    "catch_up": "outage",
    "doubtful_day": "2026-11-19",
    "papers_matched": 3,
    "source": {"state": "late", "newest_listing": "2026-11-19", "failed": 2},
    "quiet": {
        "days": 14,
        "read": 118,
        "last_hit": "2026-11-19",
        "near": [{"paper": 7, "keyword": "a b", "says": "the title says “a”", "widen": "a AND b"}],
    },
    "trending_of": 5,
    "sample": {"quiet_week": True, "newest_day": "2026-11-19"},
    "by_day": {"2026-11-19": 3},
    "by_keyword": {"a b": 3, "robot": 0},
    "change": 4711,
    "copied_day": "2026-11-19",
    "neighbours": [{"paper": 9, "keyword": "a b"}],
}
READ = DigestFacts(
    since=DAY,
    since_known=True,
    catch_up="outage",
    doubtful_day=DAY,
    papers_matched=3,
    trending_of=5,
    by_day={"2026-11-19": 3},
    by_keyword={"a b": 3, "robot": 0},
    source=SourceStatus("late", DAY, 2),
    quiet=QuietNotice(14, 118, DAY, (NearMiss(7, "a b", "the title says “a”", "a AND b"),)),
    sample=LookBack(quiet_week=True, newest_day=DAY),
    change=4711,
    copied_day=DAY,
    neighbours=(Neighbour(9, "a b"),),
)
# A usual digest as the last release without "v" wrote it: all that is not known is there, empty.
USUAL: dict[str, Any] = {
    "since": None,
    "catch_up": "",
    "doubtful_day": None,
    "papers_matched": 0,
    "source": {"state": "fresh", "newest_listing": None, "failed": 0},
    "quiet": None,
    "trending_of": 0,
    "sample": {},
    "by_day": {},
    "by_keyword": {},
    "change": 0,
}


@pytest.mark.parametrize(
    ("stored", "facts"),
    [
        (OLD, READ),
        (OLD | {"v": 1}, READ),
        (USUAL, DigestFacts(since_known=True, change=0)),
        ({}, DigestFacts()),
        ({"since": None}, DigestFacts(since_known=True)),
        ({"copied_day": "2026-11-19"}, DigestFacts(copied_day=DAY)),
        ({"neighbours": None}, DigestFacts()),
        ({"quiet": {"near": None}, "sample": None, "source": None},
         DigestFacts(quiet=QuietNotice())),
        ({"quiet": {"days": 7, "near": [{"paper": 7, "keyword": "a", "widen": None}]}},
         DigestFacts(quiet=QuietNotice(7, 0, None, (NearMiss(7, "a"),)))),
        ({"sample": {"quiet_week": False}}, DigestFacts(sample=LookBack())),
    ],
)  # fmt: skip
def test_facts_of_every_release_are_read(stored: dict[str, Any], facts: DigestFacts) -> None:
    """With every key that was ever written, and with none."""
    assert DigestFacts.from_json(stored) == facts


def test_empty_values_are_left_out() -> None:
    assert DigestFacts().to_json() == {}
    assert DigestFacts(since_known=True, change=0).to_json() == {"v": 1, "since": None, "change": 0}
    assert DigestEntry(7).to_json() == {"v": 1, "paper": 7, "keywords": (), "why": ""}
    assert len(json.dumps(READ.to_json())) <= len(json.dumps(OLD | {"v": 1}))


def test_what_older_releases_count_on_is_written() -> None:
    """Two releases may run side by side while one takes over."""
    assert {"paper", "keywords", "why"} <= DigestEntry(7).to_json().keys()
    assert FollowUp(7, "code", DAY).to_json().keys() >= {"paper", "fact", "sent_on"}
    written = READ.to_json()
    assert written == OLD | {"v": 1}
    assert "since" in DigestFacts(since_known=True).to_json()


DAYS = st.none() | st.dates()
TEXTS = st.text(max_size=9)
ENTRIES = st.builds(
    DigestEntry,
    paper=st.integers(1),
    keywords=st.lists(TEXTS, max_size=3).map(tuple),
    why=TEXTS,
    code=st.none() | st.booleans(),
    comments=st.none() | st.integers(0),
    updated=st.booleans(),
)
FOLLOW_UPS = st.builds(
    FollowUp, st.integers(1), st.sampled_from(["code", "discussed", "withdrawn"]), DAYS
)
NEAR = st.builds(NearMiss, st.integers(1), TEXTS, TEXTS, TEXTS)
COUNTS = st.dictionaries(TEXTS, st.integers(0), max_size=3)


@st.composite
def facts(draw: st.DrawFn) -> DigestFacts:
    known = draw(st.booleans())
    return DigestFacts(
        since=draw(DAYS) if known else None,
        since_known=known,
        catch_up=draw(st.sampled_from(["", "pause", "outage", "unknown"])),
        doubtful_day=draw(DAYS),
        papers_matched=draw(st.integers(0)),
        trending_of=draw(st.integers(0)),
        by_day=draw(COUNTS),
        by_keyword=draw(COUNTS),
        source=draw(st.builds(SourceStatus, TEXTS, DAYS, st.integers(0))),
        quiet=draw(
            st.none()
            | st.builds(
                QuietNotice, st.integers(0), st.integers(0), DAYS, st.lists(NEAR).map(tuple)
            )
        ),
        sample=draw(st.none() | st.builds(LookBack, st.booleans(), DAYS)),
        change=draw(st.none() | st.integers(0)),
        copied_day=draw(DAYS),
        neighbours=draw(st.lists(st.builds(Neighbour, st.integers(1), TEXTS)).map(tuple)),
    )


@given(ENTRIES | FOLLOW_UPS | facts())
def test_what_is_written_is_read_as_it_was(held: DigestEntry | FollowUp | DigestFacts) -> None:
    assert type(held).from_json(json.loads(json.dumps(held.to_json()))) == held


def stored(entries: list[Any], follow_ups: list[Any], facts: dict[str, Any]) -> Digest:
    """A digest whose columns hold this JSON."""
    digest = Digest.objects.create(
        subscriber=factories.subscriber("ada@example.org", "robot"), local_date=DAY,
        not_before=MORNING, expires_at=MORNING, composed_at=MORNING, from_seq=0, to_seq=1,
    )  # fmt: skip
    kind = "jsonb" if connection.vendor == "postgresql" else "text"
    values = ", ".join(f"{name} = CAST(%s AS {kind})" for name in ("entries", "follow_ups", "told"))
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE digest_digest SET {values} WHERE id = %s",
            [*map(json.dumps, (entries, follow_ups, facts)), digest.pk],
        )
    digest.refresh_from_db()
    return digest


@pytest.mark.django_db
class TestColumns:
    def test_an_old_row_is_read(self) -> None:
        digest = stored([{"paper": 7, "keywords": ["robot"]}], [{"paper": 8, "fact": "code"}], OLD)
        assert digest.entries == [DigestEntry(7, ("robot",), "", None, None)]
        assert digest.follow_ups == [FollowUp(8, "code", None)]
        assert digest.facts == READ
        assert digest.entry_of(7) == digest.entries[0]
        assert digest.entry_of(8) is None

    def test_a_part_of_it_is_read_alone(self) -> None:
        stored([], [], OLD)
        names = ("facts__change", "facts__catch_up", "facts__source__failed")
        assert Digest.objects.values_list(*names).get() == (4711, "outage", 2)
        assert Digest.objects.filter(facts__change=4711, facts__catch_up="outage").exists()
        assert not Digest.objects.filter(facts__change=1).exists()

    def test_a_row_is_found_by_all_it_holds(self) -> None:
        digest = stored([{"paper": 7, "keywords": ["robot"]}], [], {})
        assert not Digest.objects.filter(entries=[]).exists()
        Digest.objects.update(entries=digest.entries, facts=READ)
        assert Digest.objects.filter(entries=digest.entries, facts=READ).exists()
        assert Digest.objects.filter(follow_ups=[]).exists()
        again = Digest.objects.get()
        assert (again.entries, again.facts) == (digest.entries, READ)

    def test_a_row_that_was_only_planned_holds_nothing(self) -> None:
        digest = stored([], [], {})
        assert (digest.entries, digest.follow_ups, digest.facts) == ([], [], DigestFacts())
        assert DigestSummary(digest, [], 0, 1).facts == DigestFacts()
        digest.save()
        with connection.cursor() as cursor:
            cursor.execute("SELECT CAST(entries AS text), CAST(told AS text) FROM digest_digest")
            assert cursor.fetchone() == ("[]", "{}")
