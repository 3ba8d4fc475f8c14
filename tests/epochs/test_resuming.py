"""How sending goes on after a restore: no date has a second mail, and no paper is lost unseen."""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest
import time_machine
from django.utils import timezone

from digest.epochs import checking, resuming
from digest.epochs.checking import MAY_BE_SENT
from digest.epochs.resuming import NothingToResume, Resumed, gap_figures, gap_papers, resume
from digest.models import DatabaseEpoch, Digest, Hold, Letter
from digest.sending import planning
from digest.sending.drain import drain
from subscriptions import request_queue, signup
from subscriptions.models import LetterRequest, Subscriber
from subscriptions.schedule import zone_info
from tests.support import factories
from tests.support.factories import MORNING
from tests.support.restorable import Restorable
from tests.support.stub_transport import StubTransport

pytestmark = pytest.mark.django_db
NEXT, LATER = MORNING + timedelta(days=1, hours=2), MORNING + timedelta(days=2)
BOTH = list(Resumed)


@pytest.fixture(autouse=True)
def settled(settings: Any, tmp_path: Any) -> Iterator[None]:
    settings.JOURNAL_DIR = tmp_path / "replies"
    with time_machine.travel(NEXT):
        yield


def send(at: Any) -> dict[str, list[str]]:
    """Plan and drain as workers do; the titles that each was sent."""
    server = StubTransport()
    if not checking.check():
        planning.plan(at)
    before = set(Digest.objects.filter(state="sent").values_list("pk", flat=True))
    drain(server, lambda: at)
    sent = Digest.objects.filter(state="sent").exclude(pk__in=before)
    return {row.subscriber.email: titles(row) for row in sent.select_related("subscriber")}


def titles(row: Digest) -> list[str]:
    from digest.models import Paper

    names = Paper.objects.by_any_id(entry.paper for entry in row.entries)
    return sorted(paper.title for paper in names.values())


@pytest.fixture
def restored(database: Restorable) -> None:
    """The backup is of just after planning; then it was sent, and a later day was too."""
    factories.subscriber("ada@example.org", "robot")
    factories.subscriber("bob@example.org", "robot", timezone="Pacific/Auckland")
    factories.paper("A robot")
    planning.plan(MORNING)
    database.save()
    assert send(MORNING)["ada@example.org"] == ["A robot"]
    factories.paper("A lost robot")
    assert send(NEXT)["ada@example.org"] == ["A lost robot"]
    database.take_back()
    checking.check()
    factories.paper("A lost robot")  # read again from its source


def test_from_now_nobody_sees_a_paper_twice_and_the_gap_is_listed(restored: None) -> None:
    figures = gap_figures(DatabaseEpoch.objects.get(), NEXT)
    assert (figures.may_be_sent, figures.papers, figures.new_papers) == (2, 2, 1)
    row = resume(Resumed.FROM_NOW, NEXT)
    assert (row.resumed, row.is_waiting) == ("now", False)
    assert not Hold.objects.exists()
    assert send(NEXT) == {}
    factories.paper("A new robot")
    assert send(NEXT + timedelta(hours=5)) == {}  # the date has had its mail
    both = {name: ["A new robot"] for name in ("ada@example.org", "bob@example.org")}
    assert send(LATER) == both
    listed = gap_papers(DatabaseEpoch.objects.get(), LATER)
    assert sorted(listed.values_list("title", flat=True)) == ["A lost robot", "A robot"]
    lines = list(resuming.paper_lines(listed))
    assert lines[0] == ("number", "listed on", "title", "address")
    assert [line[2] for line in lines[1:]] == ["A robot", "A lost robot"]


def test_where_it_stood_no_paper_is_lost(restored: None) -> None:
    figures = gap_figures(DatabaseEpoch.objects.get(), NEXT)
    assert figures.people == 2
    row = resume(Resumed.WHERE_IT_STOOD, NEXT)
    assert (row.resumed, row.gap_after) == ("stood", None)
    assert send(NEXT) == {}
    both = {name: ["A lost robot", "A robot"] for name in ("ada@example.org", "bob@example.org")}
    assert send(LATER) == both
    assert gap_papers(row, LATER).count() == 0


@pytest.mark.parametrize("how", BOTH)
def test_todays_date_is_closed_in_each_zone(restored: None, how: Resumed) -> None:
    resume(how, NEXT)
    closed = dict(Subscriber.objects.values_list("email", "last_local_date"))
    assert closed == {"ada@example.org": date(2026, 11, 21), "bob@example.org": date(2026, 11, 21)}
    due = Subscriber.objects.get(email="bob@example.org").next_due_at
    assert due is not None
    assert due.astimezone(zone_info("Pacific/Auckland")).day == 22


@pytest.mark.parametrize("how", BOTH)
def test_what_send_now_planned_meanwhile_is_closed_too(restored: None, how: Resumed) -> None:
    planning.send_now(Subscriber.objects.get(email="ada@example.org"), NEXT)
    resume(how, NEXT)
    assert send(NEXT) == {}


@pytest.mark.parametrize("how", BOTH)
def test_it_is_done_once(restored: None, how: Resumed) -> None:
    resume(how, NEXT)
    before = list(Subscriber.objects.order_by("pk").values())
    with pytest.raises(NothingToResume):
        resume(Resumed.FROM_NOW, NEXT)
    assert list(Subscriber.objects.order_by("pk").values()) == before


def test_without_a_restore_there_is_nothing_to_resume(database: Restorable) -> None:
    checking.check()
    with pytest.raises(NothingToResume):
        resume(Resumed.FROM_NOW, NEXT)


@pytest.mark.parametrize("how", BOTH)
def test_a_crash_on_the_way_changes_nothing(
    restored: None, how: Resumed, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = list(Subscriber.objects.order_by("pk").values())
    with monkeypatch.context() as patch:
        patch.setattr(resuming, "lift_hold", lambda: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            resume(how, NEXT)
    assert DatabaseEpoch.objects.get().is_waiting
    assert list(Subscriber.objects.order_by("pk").values()) == before
    assert resume(how, NEXT).resumed == how


def test_a_hold_of_an_operator_stays(restored: None) -> None:
    Hold.objects.all().delete()
    Hold.objects.create(scope="everything", reason="Holiday", set_by="bob")
    checking.check()
    resume(Resumed.WHERE_IT_STOOD, NEXT)
    assert Hold.objects.get().reason == "Holiday"


def test_who_still_pauses_keeps_the_papers_of_the_pause(restored: None) -> None:
    end = NEXT + timedelta(days=5)
    paused = Subscriber.objects.filter(email="bob@example.org")
    paused.update(status="paused", paused_until=end)
    resume(Resumed.FROM_NOW, NEXT)
    assert paused.get().confirmed_through_seq == 0
    assert Subscriber.objects.get(email="ada@example.org").confirmed_through_seq > 0


def test_letters_come_again_where_it_stood_and_not_from_now(database: Restorable) -> None:
    signup.request("ada@example.org", signup.SignUpRequest(("robot",)), at=NEXT)
    request_queue.queue_preferences_link("bob@example.org", at=NEXT)
    database.save()
    for how, letters in ((Resumed.FROM_NOW, []), (Resumed.WHERE_IT_STOOD, ["ada@example.org"])):
        checking.note_drain()
        database.take_back()
        checking.check()
        assert Letter.objects.get().reply_text == MAY_BE_SENT
        with time_machine.travel(NEXT + timedelta(days=700)):  # the database's clock is real
            DatabaseEpoch.objects.update(begun_at=timezone.now())
        resume(how, NEXT)
        drain(server := StubTransport(), lambda: NEXT)
        assert server.recipients == letters
        assert LetterRequest.objects.count() == (how == Resumed.WHERE_IT_STOOD)


def test_what_a_visitor_asks_for_while_it_waits_is_sent_afterwards(restored: None) -> None:
    signup.request("new@example.org", signup.SignUpRequest(("robot",)), at=NEXT)
    drain(StubTransport(), lambda: NEXT)
    resume(Resumed.FROM_NOW, NEXT)
    drain(server := StubTransport(), lambda: NEXT)
    assert server.recipients == ["new@example.org"]


def test_the_queries_do_not_grow_with_the_people(
    restored: None, django_assert_max_num_queries: Any
) -> None:
    for number in range(30):
        factories.subscriber(f"p{number}@example.org", "robot")
    with django_assert_max_num_queries(30):
        resume(Resumed.FROM_NOW, NEXT)
