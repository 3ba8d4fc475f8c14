"""Adding, editing and ordering keywords: one list, each meaning once, nothing lost."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from digest.matching.query import MAX_KEYWORDS
from subscriptions import changes
from subscriptions.changes import ChangeRefused, Kind, LastKeyword, keyword_rows
from subscriptions.models import Subscriber, Subscription
from tests.support import factories

from .test_changes import keyword

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
WORDS = [f"w{number}" for number in range(MAX_KEYWORDS - 1)]


@pytest.fixture
def ada() -> Subscriber:
    return factories.subscriber("ada@example.org", "robot", "speech", "map")


class TestAdd:
    def test_at_the_end_in_the_order_typed(self, ada: Subscriber) -> None:
        added = changes.add(ada, ["zebra", "ant"])
        assert (added.new, added.known) == (("zebra", "ant"), ())
        assert ada.active_keywords() == ["robot", "speech", "map", "zebra", "ant"]

    def test_the_end_is_behind_keywords_that_were_moved(self, ada: Subscriber) -> None:
        changes.move(keyword(ada, "robot"), before=None)
        changes.add(ada, ["zebra"])
        assert ada.active_keywords() == ["speech", "map", "robot", "zebra"]

    def test_one_meaning_is_one_keyword(self, ada: Subscriber) -> None:
        added = changes.add(ada, ["RL", "rl", "ROBOT", "a OR b", "b OR a"])
        assert (added.new, added.known) == (("RL", "a OR b"), ("robot",))
        again = changes.add(ada, ["RL", "Rl", "b | a"])
        assert (again.new, again.known) == ((), ("RL", "a OR b"))

    def test_what_only_looks_like_the_key_of_another_meaning_is_another(self) -> None:
        person = factories.subscriber("ada@example.org", "robot", "a AND b")
        changes.drop(keyword(person, "a AND b"))
        assert changes.add(person, ["a & b"]).new == ("a & b",)

    def test_a_dropped_one_comes_back_to_the_end(self, ada: Subscriber) -> None:
        row = keyword(ada, "robot")
        changes.drop(row)
        with time_machine.travel(NOON + timedelta(days=9), tick=False):
            assert changes.add(ada, ["Robot"]).new == ("robot",)
        row.refresh_from_db()
        assert (row.active, row.dropped_at) == (True, None)
        assert row.created_at == NOON + timedelta(days=9)
        assert ada.active_keywords() == ["speech", "map", "robot"]

    def test_the_spelling_that_was_typed_comes_back_if_there_are_two(self, ada: Subscriber) -> None:
        for text in ("rl", "RL", "Rl"):
            ada.subscriptions.create(text=text, active=False)
        assert changes.add(ada, ["RL"]).new == ("RL",)

    def test_a_full_list_takes_all_or_none(self) -> None:
        person = factories.subscriber(
            "ada@example.org", *(f"w{n}" for n in range(MAX_KEYWORDS - 1))
        )
        with pytest.raises(ChangeRefused, match="room for 100 keywords"):
            changes.add(person, ["one", "two"])
        assert len(person.active_keywords()) == MAX_KEYWORDS - 1
        assert changes.add(person, ["one", "w3"]).new == ("one",)

    def test_many_in_a_fixed_number_of_queries(
        self, ada: Subscriber, django_assert_max_num_queries: object
    ) -> None:
        changes.drop(keyword(ada, "robot"))
        with django_assert_max_num_queries(12):  # type: ignore[operator]
            changes.add(ada, ["robot", *(f"word{n}" for n in range(90))])
        assert len(ada.active_keywords()) == 93

    def test_dropped_ones_do_not_pile_up(
        self, ada: Subscriber, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(keyword_rows, "KEPT_DROPPED", 2)
        for number in range(6):
            changes.add(ada, [f"word{number}"])
            changes.drop(keyword(ada, f"word{number}"))
        changes.add(ada, ["last"])
        dropped = Subscription.objects.filter(active=False)
        assert {row.text for row in dropped} == {"word4", "word5"}
        assert ada.active_keywords() == ["robot", "speech", "map", "last"]


class TestEdit:
    def test_takes_the_place_and_can_be_undone(self, ada: Subscriber) -> None:
        change = changes.edit(keyword(ada, "speech"), "speech AND music")
        assert change is not None
        assert change.kind == Kind.EDIT
        assert ada.active_keywords() == ["robot", "speech AND music", "map"]
        assert changes.is_in_force(change)
        assert changes.undo(change, at=NOON)
        assert not changes.undo(change, at=NOON)
        assert ada.active_keywords() == ["robot", "speech", "map"]

    def test_twice_is_once(self, ada: Subscriber) -> None:
        row = keyword(ada, "speech")
        first, second = changes.edit(row, "music"), changes.edit(row, "music")
        assert first == second
        assert ada.active_keywords() == ["robot", "music", "map"]

    def test_another_spelling_is_taken(self, ada: Subscriber) -> None:
        changes.edit(keyword(ada, "speech"), "SPEECH")
        assert ada.active_keywords() == ["robot", "SPEECH", "map"]

    def test_the_same_text_is_no_change(self, ada: Subscriber) -> None:
        assert changes.edit(keyword(ada, "speech"), "speech") is None

    def test_a_text_of_the_past_takes_the_place_too(self, ada: Subscriber) -> None:
        changes.edit(keyword(ada, "robot"), "arm")
        changes.edit(keyword(ada, "map"), "robot")
        assert ada.active_keywords() == ["arm", "speech", "robot"]

    def test_what_is_in_the_list_is_refused(self, ada: Subscriber) -> None:
        with pytest.raises(ChangeRefused, match="“robot” is already in your list"):
            changes.edit(keyword(ada, "speech"), "ROBOT")
        assert ada.active_keywords() == ["robot", "speech", "map"]

    def test_what_was_dropped_meanwhile_is_refused(self, ada: Subscriber) -> None:
        row = keyword(ada, "speech")
        changes.drop(row)
        with pytest.raises(ChangeRefused, match="“speech” is no longer in your list"):
            changes.edit(row, "music")
        assert ada.active_keywords() == ["robot", "map"]

    def test_the_last_keyword_does_not_become_an_exclusion(self) -> None:
        person = factories.subscriber("ada@example.org", "robot", "-survey")
        with pytest.raises(LastKeyword):
            changes.edit(keyword(person, "robot"), "-robot")
        assert person.active_keywords() == ["robot", "-survey"]

    def test_undoing_does_not_leave_only_exclusions(self) -> None:
        person = factories.subscriber("ada@example.org", "-survey", "robot")
        change = changes.edit(keyword(person, "-survey"), "speech")
        assert change is not None
        changes.drop(keyword(person, "robot"))
        with pytest.raises(LastKeyword):
            changes.undo(change, at=NOON)
        assert person.active_keywords() == ["speech"]


class TestMove:
    def test_in_front_of_another_and_to_the_end(self, ada: Subscriber) -> None:
        robot, speech = keyword(ada, "robot"), keyword(ada, "speech")
        for _ in range(2):  # as often as the browser sends it
            assert changes.move(robot, before=None)
            assert ada.active_keywords() == ["speech", "map", "robot"]
        assert changes.move(robot, before=speech.pk)
        assert ada.active_keywords() == ["robot", "speech", "map"]

    def test_what_is_not_in_the_list_moves_nothing(self, ada: Subscriber) -> None:
        other = factories.subscriber("eve@example.org", "secret")
        gone = keyword(ada, "map")
        changes.drop(gone)
        robot = keyword(ada, "robot")
        for before in (other.subscriptions.get().pk, gone.pk, robot.pk, 10**15):
            assert not changes.move(robot, before=before)
        assert not changes.move(gone, before=robot.pk)
        assert ada.active_keywords() == ["robot", "speech"]

    def test_in_a_fixed_number_of_queries(self, django_assert_max_num_queries: object) -> None:
        person = factories.subscriber("ada@example.org", *WORDS)
        first = keyword(person, "w0")
        with django_assert_max_num_queries(8):  # type: ignore[operator]
            changes.move(first, before=None)
        assert person.active_keywords() == [*WORDS[1:], "w0"]


def test_what_is_kept_says_when(ada: Subscriber) -> None:
    row = keyword(ada, "map")
    changes.keep(row, at=NOON)
    row.refresh_from_db()
    assert row.kept_at == NOON
    changes.drop(row)
    changes.keep(row, at=NOON + timedelta(1))
    row.refresh_from_db()
    assert row.kept_at == NOON


def test_undoing_a_drop_adds_no_second_keyword_of_that_meaning(ada: Subscriber) -> None:
    change = changes.drop(keyword(ada, "map"))
    ada.subscriptions.create(text="MAP")
    assert changes.undo(change, at=NOON)
    assert ada.active_keywords() == ["robot", "speech", "MAP"]
