"""Follow-ups: what became of papers that arrived, reported once."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from digest.mail.outbox import OutboxTransport, mails
from digest.models import Digest, FollowUp, Paper
from digest.sending import planning
from digest.sending.drain import drain
from subscriptions.models import Subscriber
from tests.support import factories
from tests.support.factories import MORNING
from tests.support.history import earlier, entry, found

pytestmark = pytest.mark.django_db
SEEN = {"code": False, "comments": 49}
CODE = {"code_url": "https://example.org/code"}
GONE = {"withdrawn_at": date(2026, 11, 19)}


@pytest.fixture
def ada() -> Subscriber:
    return factories.subscriber("ada@example.org", "robot", confirmed_through_seq=10_000)


def facts(person: Subscriber) -> list[tuple[int, str]]:
    return [(each.paper, each.fact) for each in found(person).follow_ups]


@pytest.mark.parametrize(
    ("now", "fact"),
    [(CODE, "code"), (GONE, "withdrawn"), ({"comment_count": 50}, "discussed"),
     (CODE | GONE, "withdrawn"), (CODE | {"comment_count": 50}, "code")],
)  # fmt: skip
def test_what_changed_is_told_with_its_day(ada: Subscriber, now: dict[str, Any], fact: str) -> None:
    paper = factories.paper(**now)
    earlier(ada, 8, entries=[entry(paper.pk, "robot", **SEEN)])
    assert found(ada).follow_ups == [FollowUp(paper.pk, fact, date(2026, 11, 12))]


@pytest.mark.parametrize(
    ("was", "now"),
    [({"code": True, "comments": 0}, CODE), (SEEN, {"comment_count": 49}),
     ({"code": False, "comments": 50}, {"comment_count": 60}), ({}, CODE | {"comment_count": 60})],
)  # fmt: skip
def test_what_was_so_already_or_is_not_known_is_not_told(
    ada: Subscriber, was: dict[str, Any], now: dict[str, Any]
) -> None:
    earlier(ada, 8, entries=[entry(factories.paper(**now).pk, "robot", **was)])
    assert found(ada).follow_ups == []


def test_an_old_entry_can_tell_a_withdrawal(ada: Subscriber) -> None:
    paper = factories.paper(**GONE)
    earlier(ada, 8, entries=[entry(paper.pk, "robot")])
    assert facts(ada) == [(paper.pk, "withdrawn")]


@pytest.mark.parametrize(
    ("days", "state"), [(90, "sent"), (8, "unknown"), (8, "empty"), (8, "failed")]
)
def test_only_mails_of_the_last_90_days_that_arrived(
    ada: Subscriber, days: int, state: str
) -> None:
    earlier(ada, days, state, entries=[entry(factories.paper(**CODE).pk, "robot", **SEEN)])
    assert found(ada).follow_ups == []


def test_the_last_mail_that_held_the_paper_decides(ada: Subscriber) -> None:
    paper = factories.paper(**CODE)
    earlier(ada, 9, entries=[entry(paper.pk, "robot", **SEEN)])
    earlier(ada, 2, entries=[entry(paper.pk, "robot", code=True, comments=0)])
    assert found(ada).follow_ups == []


def test_told_once_if_that_mail_arrived(ada: Subscriber) -> None:
    paper = factories.paper(**CODE)
    earlier(ada, 9, entries=[entry(paper.pk, "robot", **SEEN)])
    fact = FollowUp(paper.pk, "code", date(2026, 11, 11))
    later = earlier(ada, 2, "unknown", follow_ups=[fact])
    assert facts(ada) == [(paper.pk, "code")]
    Digest.objects.filter(pk=later.pk).update(state="sent")
    assert facts(ada) == []
    Paper.objects.update(comment_count=50)
    assert facts(ada) == [(paper.pk, "discussed")]
    Paper.objects.update(**GONE)
    assert facts(ada) == [(paper.pk, "withdrawn")]


def test_at_most_three_the_most_important_first_then_the_newest(ada: Subscriber) -> None:
    discussed, old, new, gone = (
        factories.paper("a", comment_count=50),
        factories.paper("b", **CODE),
        factories.paper("c", **CODE),
        factories.paper("d", **GONE),
    )
    earlier(ada, 9, entries=[entry(p.pk, "robot", **SEEN) for p in (old, gone)])
    earlier(ada, 5, entries=[entry(p.pk, "robot", **SEEN) for p in (new, discussed)])
    assert facts(ada) == [(gone.pk, "withdrawn"), (new.pk, "code"), (old.pk, "code")]


def test_who_does_not_want_them_gets_none(ada: Subscriber) -> None:
    earlier(ada, 9, entries=[entry(factories.paper(**CODE).pk, "robot", **SEEN)])
    ada.follow_ups = False
    assert found(ada).follow_ups == []


def test_a_deleted_paper_is_passed_over(ada: Subscriber) -> None:
    earlier(ada, 9, entries=[entry(4711, "robot", **SEEN)])
    assert found(ada).follow_ups == []


def test_somebody_else_s_papers_are_no_news(ada: Subscriber) -> None:
    bob = factories.subscriber("bob@example.org", "robot")
    earlier(bob, 9, entries=[entry(factories.paper(**CODE).pk, "robot", **SEEN)])
    assert found(ada).follow_ups == []


def test_alone_they_make_no_mail_and_wait(tmp_path: Path) -> None:
    ada = factories.subscriber("ada@example.org", "robot", confirmed_through_seq=10_000)
    earlier(ada, 1, entries=[entry(factories.paper(**CODE).pk, "robot", **SEEN)])
    planning.plan(MORNING)
    drain(OutboxTransport(tmp_path), lambda: MORNING)
    assert (Digest.objects.latest("local_date").state, mails(tmp_path)) == ("empty", [])
    assert len(found(ada).follow_ups) == 1


@settings(
    max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    changes=st.lists(
        st.tuples(st.booleans(), st.booleans(), st.integers(0, 99), st.booleans()), max_size=6
    )
)
def test_told_day_after_day_each_fact_comes_once_and_then_there_is_silence(
    changes: list[tuple[bool, bool, int, bool]],
) -> None:
    ada = factories.subscriber("ada@example.org", "robot", confirmed_through_seq=10_000)
    entries = []
    for number, (code, gone, comments, had_code) in enumerate(changes):
        paper = factories.paper(f"P{number}", comment_count=comments, **(CODE if code else {}),
                           **(GONE if gone else {}))  # fmt: skip
        entries.append(entry(paper.pk, "robot", code=had_code, comments=0))
    earlier(ada, 60, entries=entries)
    output: list[tuple[int, str]] = []
    for days in range(30, 24, -1):
        news = found(ada).follow_ups
        assert len(news) <= 3
        output += [(each.paper, each.fact) for each in news]
        earlier(ada, days, follow_ups=news)
    assert len(output) == len(set(output))
    assert found(ada).follow_ups == []
    ada.delete()
    Paper.objects.all().delete()
