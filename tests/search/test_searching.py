"""Order, days, limits and budgets of a search."""

from collections.abc import Iterator
from datetime import date, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from digest import paper_index
from digest.matching.full_text import document
from digest.matching.query import parse
from digest.models import Paper
from digest.search import full_text, search, searching
from tests.support import factories

pytestmark = pytest.mark.django_db
DAY = date(2026, 11, 20)


def titles(text: str, **choices: object) -> list[str]:
    result = search(parse(text), **choices)  # type: ignore[arg-type]
    return [Paper.objects.get(pk=pk).title for pk in result.paper_ids]


@pytest.fixture
def shelf() -> None:
    """Papers of robots on several days: undated, years ago, last year, this month, ahead."""
    today = timezone.now().date()
    for title, day in {
        "undated": None, "long ago": date(1998, 5, 1), "last year": date(today.year - 1, 3, 1),
        "today": today, "last month": today.replace(day=1) - timedelta(days=3),
        "ahead": today + timedelta(days=200),
    }.items():  # fmt: skip
        factories.paper(f"Robots, {title}", listed_on=day)


@pytest.fixture(params=[True, False], ids=["full text", "index"])
def engine(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[bool]:
    if not request.param:
        monkeypatch.setattr(searching, "has_full_text", lambda: False)
    yield request.param
    paper_index._shared = None


@pytest.mark.usefixtures("shelf")
def test_the_newest_come_first_however_old_they_are() -> None:
    expected = ["ahead", "today", "last month", "last year", "long ago", "undated"]
    assert titles("robot") == [f"Robots, {each}" for each in expected]
    assert titles("robot NOT absent") == titles("robot")
    assert sorted(titles("robot", best=True)) == sorted(titles("robot"))


@pytest.mark.usefixtures("shelf")
def test_days_are_inclusive_and_leave_out_what_has_none() -> None:
    today = timezone.now().date()
    assert titles("robot", first=date(1998, 5, 1), last=date(1998, 5, 1)) == ["Robots, long ago"]
    assert titles("robot", first=date(1998, 5, 2), last=today)[-1] == "Robots, last year"
    assert titles("robot", first=today, last=today) == ["Robots, today"]
    assert titles("robot", first=today + timedelta(days=1)) == ["Robots, ahead"]
    assert titles("robot", last=date(1998, 4, 30)) == ["Robots, undated"]
    assert titles("robot", first=today, last=today - timedelta(days=1)) == []


def test_best_first_is_the_order_of_the_mails(engine: bool) -> None:
    today = timezone.now().date()
    for title, abstract in {
        "A long title about many things and one robot": "None. " * 40,
        "Robots": "Robot after robot. " * 5,
        "Looms": "A robot among looms. " + "Looms. " * 30,
    }.items():
        factories.paper(title, abstract=abstract, listed_on=today)
    assert titles("robot", best=True)[0] == "Robots"
    assert titles("robot", best=True)[-1] == "Looms"
    assert titles("robot") == titles("robot")[:3]
    assert titles("robot")[0] == "Looms"


def test_at_most_so_many_are_found_and_it_says_that_there_are_more(engine: bool) -> None:
    for number in range(5):
        day = timezone.now().date() - timedelta(days=5 - number)
        factories.paper(f"Robot {number}", listed_on=day)
    result = search(parse("robot"), most=3)
    assert len(result.paper_ids) == 3
    assert result.has_more
    assert titles("robot", most=3) == ["Robot 4", "Robot 3", "Robot 2"]
    assert not search(parse("robot"), most=5).has_more
    assert set(search(parse("robot"), most=3, best=True).paper_ids) == set(result.paper_ids)


def test_it_looks_further_until_it_knows_of_more(monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(6):
        factories.paper(f"Robot {number}")
    monkeypatch.setattr(full_text, "_CHUNK", 3)
    assert search(parse("robot"), most=3).has_more
    assert not search(parse("robot"), most=6).has_more


@pytest.mark.parametrize(("text", "reads"), [("robot arm", 0), ("rob*", 0), ('"robot arm"', 1)])
def test_texts_are_read_only_where_documents_do_not_tell(text: str, reads: int) -> None:
    factories.paper("A robot arm")
    with CaptureQueriesContext(connection) as queries:
        assert len(search(parse(text)).paper_ids) == 1
    read = [each for each in queries if '"digest_paper"."abstract"' in each["sql"]]
    assert len(read) == reads


def test_without_full_text_only_the_papers_in_memory_are_searched(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    today = timezone.now().date()
    factories.paper("New robot", listed_on=today)
    factories.paper("Old robot", listed_on=today - timedelta(days=400))
    assert titles("robot") == ["New robot", "Old robot"]
    assert search(parse("robot")).days == 0
    monkeypatch.setattr(searching, "has_full_text", lambda: False)
    assert titles("robot") == ["New robot"]
    assert search(parse("robot")).days == 45
    assert titles("robot", last=today - timedelta(days=1)) == []


def test_a_sqlite_without_fts5_has_no_full_text(monkeypatch: pytest.MonkeyPatch) -> None:
    full_text.has_full_text.cache_clear()
    assert full_text.has_full_text()
    full_text.has_full_text.cache_clear()
    monkeypatch.setattr(connection.introspection, "table_names", lambda: ["digest_paper"])
    assert full_text.has_full_text() is (connection.vendor == "postgresql")
    full_text.has_full_text.cache_clear()


def test_it_stops_after_so_many_candidates_and_says_where(monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(9):
        factories.paper(f"Deep sea, state of the robot {number}", listed_on=DAY + timedelta(number))
    monkeypatch.setattr(searching, "MAX_CANDIDATES", 4)
    monkeypatch.setattr(full_text, "_CHUNK", 2)
    result = search(parse('"sea robot"~1 OR "4 robot"~1'))
    assert result.paper_ids == ()
    assert result.stopped_at == DAY + timedelta(days=5)
    assert not result.has_more
    monkeypatch.setattr(searching, "MAX_CANDIDATES", 40)
    result = search(parse('"sea robot"~1 OR "4 robot"~1'))
    assert len(result.paper_ids) == 1
    assert result.stopped_at is None


def test_a_search_without_end_is_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(300):
        factories.paper(f"Robot {number}")
    monkeypatch.setattr(searching, "SECONDS", 0.02)

    def slow(*_: object) -> Iterator[list[full_text.Candidate]]:
        with connection.cursor() as cursor:
            if connection.vendor == "postgresql":
                cursor.execute("SELECT pg_sleep(20)")
            else:
                cursor.execute(
                    "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) "
                    "SELECT count(*) FROM n"
                )
        yield []

    monkeypatch.setattr(searching, "newest_candidates", slow)
    result = search(parse("robot"))
    assert result.paper_ids == ()
    assert result.stopped_at == timezone.now().date()
    # The limit ends with the search.
    monkeypatch.undo()
    assert len(search(parse("robot")).paper_ids) == 300


def test_reading_texts_is_stopped_too(monkeypatch: pytest.MonkeyPatch) -> None:
    factories.paper("Robot", listed_on=DAY)
    late = "digest.search.verified.monotonic", lambda: float("inf")
    with monkeypatch.context() as patched:
        patched.setattr(*late)
        assert len(search(parse("robot")).paper_ids) == 1  # its document is enough
    monkeypatch.setattr(document, "_MAX_WORDS", 5)
    factories.paper("Robots, a book about each of its words", listed_on=DAY)
    assert len(search(parse("robot")).paper_ids) == 2
    monkeypatch.setattr(*late)
    result = search(parse("robot"))
    assert (result.paper_ids, result.stopped_at) == ((), timezone.now().date())


def test_papers_not_ordered_in_time_are_the_last(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for title in ("Robots", "Looms"):
        factories.paper(title, abstract="A robot. " * 3 + title)
    assert titles("rob*", best=True) == ["Robots", "Looms"]
    monkeypatch.setattr("digest.search.verified.READ_SECONDS", -1)
    assert titles("rob*", best=True) == ["Looms", "Robots"]  # newest first


def test_an_exclusion_cannot_be_searched_for() -> None:
    with pytest.raises(ValueError, match="only excludes"):
        search(parse("-robot"))


@pytest.mark.parametrize(
    "text", ["the", "the of", " ".join(f"w{n:02}" for n in range(32)), "模" * 30, "a OR the"]
)
def test_common_and_very_long_keywords_are_searched(text: str) -> None:
    factories.paper(f"{text} robots")
    factories.paper("Looms")
    assert titles(text) == [f"{text} robots"]
