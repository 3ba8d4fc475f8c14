"""What each keyword brought: counted from sent digests alone, and hints that are worth reading."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from digest.models import Digest, DigestEntry
from subscriptions.keyword_report import papers_brought
from subscriptions.keyword_report.papers_brought import PapersBrought, count_papers_brought
from subscriptions.keyword_report.report_lines import Hint, ReportLine, percent_of, report_lines
from subscriptions.models import Subscriber
from tests.support import factories

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
TODAY = NOON.date()
Queries = Callable[[int], Any]


def digest(
    person: Subscriber, days_ago: int, *keywords: tuple[str, ...], **fields: object
) -> Digest:
    day = NOON - timedelta(days=days_ago)
    values = {
        "kind": "scheduled", "state": "sent", "local_date": day.date(), "not_before": day,
        "expires_at": day, "composed_at": day, "from_seq": 0, "to_seq": 9,
        "entries": [DigestEntry(pk, each, "title hit") for pk, each in enumerate(keywords)],
    }  # fmt: skip
    return Digest.objects.create(subscriber=person, **(values | fields))


@pytest.fixture
def ada() -> Subscriber:
    return factories.subscriber("ada@example.org", "RL", "unlearning")


class TestCount:
    def test_by_keyword_as_typed(self, ada: Subscriber) -> None:
        digest(ada, 1, ("RL",), ("RL", "unlearning"), ())
        digest(ada, 2, ("rl",))
        digest(ada, 3, state="empty")
        assert count_papers_brought(ada.pk, TODAY) == PapersBrought(
            mails=2,
            papers=4,
            by_keyword={"RL": 2, "unlearning": 1, "rl": 1},
            trending=1,
            days=(date(2026, 11, 19), date(2026, 11, 18), date(2026, 11, 17)),
        )

    def test_nothing_else_counts(self, ada: Subscriber) -> None:
        other = factories.subscriber("eve@example.org", "RL")
        digest(other, 1, ("RL",))
        states = ("planned", "unknown", "failed", "expired", "cancelled", "suppressed")
        for number, state in enumerate(states):
            digest(ada, number, ("RL",), state=state)
        digest(ada, 20, ("RL",), kind="sample")
        digest(ada, 21, ("RL",), kind="copy")
        digest(ada, 22, pruned=True)
        digest(ada, 92, ("RL",))
        assert count_papers_brought(ada.pk, TODAY) == PapersBrought()
        digest(ada, 91, ("RL",))
        assert count_papers_brought(ada.pk, TODAY).papers == 1

    def test_of_very_many_papers_the_newest(
        self, ada: Subscriber, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for day in range(1, 6):
            digest(ada, day, *[("RL",)] * 10)
        size = len(str([each.to_json() for each in Digest.objects.all()[0].entries]))
        monkeypatch.setattr(papers_brought, "MOST_BYTES", size * 2)
        counts = count_papers_brought(ada.pk, TODAY)
        assert 20 <= counts.papers < 50
        assert counts.days[0] == date(2026, 11, 19)
        monkeypatch.setattr(papers_brought, "MOST_BYTES", 1)
        assert count_papers_brought(ada.pk, TODAY).papers == 10  # the newest, however long

    def test_in_one_query(self, ada: Subscriber, django_assert_num_queries: Queries) -> None:
        for day in range(1, 30):
            digest(ada, day, ("RL",))
        with django_assert_num_queries(1):
            count_papers_brought(ada.pk, TODAY)


def counted(days: int = 60, **hits: int) -> PapersBrought:
    """Counts of digests of that many days; `other` are papers of other keywords."""
    every = tuple(TODAY - timedelta(days=number) for number in range(1, days + 1))
    return PapersBrought(days, sum(hits.values()), hits, 0, every)


def lines(
    person: Subscriber, counts: PapersBrought, *, added: int = 200, kept: int | None = None
) -> dict[str, ReportLine]:
    person.subscriptions.update(
        created_at=NOON - timedelta(days=added),
        kept_at=None if kept is None else NOON - timedelta(days=kept),
    )
    rows = list(person.subscriptions.active())
    return {line.text: line for line in report_lines(person, rows, counts, NOON)}


class TestHints:
    @pytest.mark.parametrize(
        ("hits", "others", "hint"),
        [(10, 10, Hint.BROAD), (9, 11, Hint.NONE), (19, 0, Hint.NONE), (20, 0, Hint.BROAD)],
    )
    def test_a_keyword_that_brings_most_of_enough_papers(
        self, ada: Subscriber, hits: int, others: int, hint: Hint
    ) -> None:
        assert lines(ada, counted(RL=hits, other=others))["RL"].hint == hint

    def test_an_only_keyword_is_not_too_broad(self) -> None:
        person = factories.subscriber("ada@example.org", "RL", "-survey")
        assert lines(person, counted(RL=50))["RL"].hint == Hint.NONE
        person.trending_top = 5
        assert lines(person, counted(RL=50))["RL"].hint == Hint.BROAD

    @pytest.mark.parametrize(
        ("added", "days", "since"),
        [(29, 60, None), (30, 60, NOON - timedelta(days=30)), (200, 29, None),
         (200, 30, NOON - timedelta(days=30)), (200, 60, NOON - timedelta(days=60))],
    )  # fmt: skip
    def test_a_keyword_without_a_paper_for_a_month(
        self, ada: Subscriber, added: int, days: int, since: datetime | None
    ) -> None:
        line = lines(ada, counted(days, RL=1), added=added)["unlearning"]
        assert line.quiet_since == (since.date() if since else None)
        assert line.hint == (Hint.QUIET if since else Hint.NONE)
        assert line.is_quiet_since_added == (since is not None and added == 30)

    def test_few_digests_are_too_few_to_judge(self, ada: Subscriber) -> None:
        days = tuple(TODAY - timedelta(days=number) for number in (1, 2, 3, 60))
        counts = PapersBrought(4, 4, {"RL": 4}, 0, days)
        assert lines(ada, counts)["unlearning"].hint == Hint.NONE
        counts = PapersBrought(5, 5, {"RL": 5}, 0, (TODAY, *days))
        assert lines(ada, counts)["unlearning"].hint == Hint.QUIET

    def test_what_is_kept_has_no_hint_for_a_while(self, ada: Subscriber) -> None:
        assert lines(ada, counted(RL=50), kept=91)["RL"].hint == Hint.NONE
        line = lines(ada, counted(RL=50), kept=91)["unlearning"]
        assert (line.hint, line.quiet_since is None) == (Hint.NONE, False)
        assert lines(ada, counted(RL=50), kept=92)["RL"].hint == Hint.BROAD

    def test_nothing_is_said_before_the_first_digest(self, ada: Subscriber) -> None:
        assert {line.brought for line in lines(ada, PapersBrought()).values()} == {None}

    def test_an_exclusion_and_an_unusable_keyword_have_no_counts(self) -> None:
        person = factories.subscriber("ada@example.org", "RL", "-survey", "OR " * 60)
        found = lines(person, counted(RL=50))
        assert (found["-survey"].brought, found["-survey"].hint) == (None, Hint.NONE)
        assert found[("OR " * 60)].error
        assert [(line.up != "", line.down != "") for line in found.values()] == [
            (False, True), (True, True), (True, False),
        ]  # fmt: skip


@pytest.mark.parametrize(("count", "percent"), [(0, 0), (1, 1), (500, 50), (996, 100)])
def test_a_share_is_never_rounded_to_nothing(count: int, percent: int) -> None:
    assert percent_of(count, PapersBrought(papers=1000)) == percent
    assert percent_of(count, PapersBrought()) == 0
