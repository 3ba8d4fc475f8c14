"""Each change is idempotent, can be undone, and never leaves a subscriber without papers."""

from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from digest.matching.query import MAX_KEYWORDS, parse
from subscriptions import changes
from subscriptions.changes import Change, ChangeRefused, Kind, LastKeyword, wider
from subscriptions.models import Subscriber, Subscription
from tests.support import factories

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


def keyword(person: Subscriber, text: str) -> Subscription:
    return person.subscriptions.get(text=text)


def state() -> list[dict[str, object]]:
    return [*Subscriber.objects.values(), *Subscription.objects.order_by("pk").values()]


def test_dropping_twice_is_dropping_once_and_can_be_undone_twice() -> None:
    person = factories.subscriber("ada@example.org", "robot", "speech")
    before = state()
    change = changes.drop(keyword(person, "robot"))
    assert changes.drop(keyword(person, "robot")) == change
    assert person.active_keywords() == ["speech"]
    assert changes.is_in_force(change)
    assert changes.undo(change, at=NOON)
    assert not changes.undo(change, at=NOON)
    assert state() == before


@pytest.mark.parametrize("others", [(), ("-survey",), ("OR " * 60,), ("-a", "-b")])
def test_the_last_keyword_that_asks_for_something_stays(others: tuple[str, ...]) -> None:
    person = factories.subscriber("ada@example.org", "robot", *others)
    for _ in range(2):
        with pytest.raises(LastKeyword):
            changes.drop(keyword(person, "robot"))
    assert person.active_keywords() == ["robot", *others]


def test_an_exclusion_may_always_be_dropped() -> None:
    person = factories.subscriber("ada@example.org", "-robot")
    changes.drop(keyword(person, "-robot"))
    assert person.active_keywords() == []


def test_a_full_list_takes_nothing_back() -> None:
    person = factories.subscriber("ada@example.org", *(f"word{n}" for n in range(MAX_KEYWORDS)))
    change = changes.drop(keyword(person, "word7"))
    person.subscriptions.create(text="another")
    with pytest.raises(ChangeRefused, match="100 keywords"):
        changes.undo(change, at=NOON)
    assert changes.is_in_force(change)
    with pytest.raises(ChangeRefused, match="100 keywords"):
        changes.exclude(person, "-survey")
    assert "-survey" not in person.active_keywords()


def test_widening_and_back() -> None:
    person = factories.subscriber("ada@example.org", "federated learning", "robot")
    row = keyword(person, "federated learning")
    change = changes.widen(row)
    assert changes.widen(row) == change
    assert person.active_keywords() == ["federated AND learning", "robot"]
    assert changes.undo(change, at=NOON)
    assert not changes.undo(change, at=NOON)
    assert person.active_keywords() == ["federated learning", "robot"]
    # The wide row is there, switched off: it is used again.
    assert changes.widen(row) == change


def test_undoing_leaves_a_wide_form_that_was_there_before() -> None:
    texts = ("federated learning", "federated AND learning")
    person = factories.subscriber("ada@example.org", *texts)
    change = changes.widen(keyword(person, texts[0]))
    assert person.active_keywords() == [texts[1]]
    changes.undo(change, at=NOON)
    assert person.active_keywords() == list(texts)


def test_a_keyword_that_is_off_is_not_widened() -> None:
    person = factories.subscriber("ada@example.org", "federated learning", "robot")
    row = keyword(person, "federated learning")
    changes.drop(row)
    with pytest.raises(ChangeRefused, match="no longer in your list"):
        changes.widen(row)
    assert person.active_keywords() == ["robot"]


@pytest.mark.parametrize(
    ("text", "wide"),
    [
        ("federated learning", "federated AND learning"),
        ("vision-language model", "vision-language AND model"),
        ("search and rescue", "search AND and AND rescue"),
        ("robot", ""),
        ("a AND b", ""),
        ('"exact words"', ""),
        ("title:two words", ""),
        ("-two words", ""),
        ("robot robot", "robot AND robot"),
        ("OR " * 60, ""),
        (("long " * 32).strip(), ""),
    ],
)
def test_what_has_a_wider_form(text: str, wide: str) -> None:
    assert wider(text) == wide


@given(st.text(max_size=60))
def test_a_wider_form_is_a_keyword_of_another_meaning(text: str) -> None:
    if wide := wider(text):
        assert parse(wide) != parse(text)
        assert wider(wide) == ""


def test_a_rule_is_added_once_and_taken_back() -> None:
    person = factories.subscriber("ada@example.org", "robot")
    change = changes.exclude(person, "-survey")
    assert changes.exclude(person, "-survey") == change
    assert person.active_keywords() == ["robot", "-survey"]
    changes.undo(change, at=NOON)
    assert person.active_keywords() == ["robot"]
    assert changes.exclude(person, "-survey") == change


def test_a_rule_needs_something_to_leave_papers_out_of() -> None:
    person = factories.subscriber("ada@example.org")
    with pytest.raises(ChangeRefused, match="no keyword"):
        changes.exclude(person, "-survey")
    assert not Subscription.objects.exists()
    Subscriber.objects.update(trending_top=5)
    changes.exclude(person, "-survey")
    assert person.active_keywords() == ["-survey"]


@given(st.sampled_from(Kind), st.lists(st.integers(0, 2**62), min_size=3, max_size=3))
def test_a_change_is_read_as_it_was_written(kind: Kind, rows: list[int]) -> None:
    change = Change(
        kind, tuple(rows[: {Kind.WIDEN: 3, Kind.EDIT: 3, Kind.TRENDING: 2}.get(kind, 1)])
    )
    assert Change.read(str(change)) == change


@given(st.text())
def test_other_text_is_no_change(text: str) -> None:
    with pytest.raises(ValueError):
        Change.read(text)


STEPS = ["drop a", "drop b", "drop trending", "widen a", "exclude", "undo", "pause", "resume"]


@settings(max_examples=30, deadline=None)
@given(st.lists(st.sampled_from(STEPS), max_size=12))
def test_whatever_is_changed_some_papers_are_always_selected(steps: list[str]) -> None:
    Subscriber.objects.all().delete()
    person = factories.subscriber("ada@example.org", "robot arm", "speech", trending_top=3)
    a, b = keyword(person, "robot arm"), keyword(person, "speech")
    made: list[Change] = []
    for step in steps:
        try:
            match step:
                case "drop a" | "drop b":
                    made.append(changes.drop(a if step == "drop a" else b))
                case "drop trending":
                    made.append(changes.drop_trending(person))
                case "widen a":
                    made.append(changes.widen(a))
                case "exclude":
                    made.append(changes.exclude(person, "-survey"))
                case "pause":
                    made.append(changes.pause(person, at=NOON))
                case "resume":
                    changes.resume(person.pk, at=NOON)
                case "undo" if made:
                    changes.undo(made.pop(), at=NOON)
        except ChangeRefused:
            pass
        person.refresh_from_db()
        keywords = changes.usable_keywords(person.active_keywords())
        assert person.trending_top or any(not each.excludes for each in keywords)
