"""Any course of days with crashes and a restore: S1, a date gets one mail; L2, no paper is lost."""

import shutil
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from digest.epochs import checking, resuming
from digest.epochs.resuming import Resumed, gap_papers, resume
from digest.mail.transport import AskPermit, Mail, Outcome, Result, Steps
from digest.models import DatabaseEpoch, Digest, Paper
from digest.sending import planning
from digest.sending.drain import drain, reap
from tests.support import factories
from tests.support.caches import forget
from tests.support.factories import MORNING
from tests.support.restorable import sqlite_file
from tests.support.stub_transport import TAKEN, StubTransport

pytestmark = [pytest.mark.django_db, pytest.mark.slow]
PEOPLE = {
    "ada@example.org": {"timezone": "UTC"},
    "bob@example.org": {"timezone": "Pacific/Auckland"},
    "cyd@example.org": {"timezone": "America/Los_Angeles", "frequency": "weekdays"},
}
LATER_ON = Outcome(Result.REFUSED, "RCPT", 450, "4.2.1 later")


class Killed(BaseException):
    """Stands for kill -9: nothing after it runs but what unwinds."""


@dataclass
class Sending:
    """What left: subscriber, date and titles, and whether it was before the restore."""

    mails: list[tuple[str, Any, frozenset[str]]] = field(default_factory=list)

    def dates(self) -> Counter[tuple[str, Any]]:
        return Counter((who, day) for who, day, _ in self.mails)

    def papers(self) -> set[tuple[str, str]]:
        return {(who, title) for who, _, titles in self.mails for title in titles}


class Server(StubTransport):
    """Takes mails as `fates` say: "take", "later", or a kill before or after the dot."""

    def __init__(self, sending: Sending, fates: list[str]) -> None:
        super().__init__()
        self._sending, self._fates = sending, fates

    def steps(self, mail: Mail) -> Steps:
        fate = self._fates.pop() if self._fates else "take"
        if fate == "later":
            return LATER_ON
        if fate == "killed before":
            raise Killed
        mail.write()
        if not (yield AskPermit(self.name)):
            return Outcome(Result.NO_PERMIT)
        row = mail.row
        assert isinstance(row, Digest)
        papers = Paper.objects.by_any_id(entry.paper for entry in row.entries)
        titles = frozenset(paper.title for paper in papers.values())
        self._sending.mails.append((row.subscriber.email, row.local_date, titles))
        if fate == "killed after":
            raise Killed
        return TAKEN


def a_tick(sending: Sending, at: datetime, fates: list[str]) -> None:
    """What workers do at that time; the rows of a dead one lapse at once."""
    if not checking.check():
        planning.plan(at)
    try:
        drain(Server(sending, fates), lambda: at)
    except Killed:
        held = Digest.objects.filter(state__in=("leased", "sending"))
        held.update(lease_until=MORNING - timedelta(days=900))
    reap(at)


FATES = st.lists(
    st.sampled_from(["take", "take", "later", "killed before", "killed after"]), max_size=4
)
# Hours until the next tick, papers that come before it, and what becomes of its mails.
TICK = st.tuples(st.integers(1, 15), st.integers(0, 2), FATES)


@given(
    before=st.lists(TICK, max_size=3),
    lost=st.lists(TICK, min_size=1, max_size=3),
    waiting=st.integers(0, 30),
    how=st.sampled_from(list(Resumed)),
    crashes=st.integers(0, 2),
)
@settings(max_examples=8, suppress_health_check=list(HealthCheck))
def test_one_mail_a_date_and_no_paper_lost(
    tmp_path_factory: Any,
    before: list[tuple[int, int, list[str]]],
    lost: list[tuple[int, int, list[str]]],
    waiting: int,
    how: Resumed,
    crashes: int,
) -> None:
    if connection.vendor != "sqlite":
        pytest.skip("the tests run on PostgreSQL")
    forget()
    folder: Path = tmp_path_factory.mktemp("restore")
    with sqlite_file(folder / "site.sqlite3") as database:
        _run(database, before, lost, waiting, how, crashes)
    shutil.rmtree(folder)


def _run(database: Any, before: Any, lost: Any, waiting: int, how: Resumed, crashes: int) -> None:
    sending, clock, titles = Sending(), MORNING, []
    for email, fields in PEOPLE.items():
        factories.subscriber(email, "robot", **fields)

    def passes(ticks: Any) -> None:
        nonlocal clock
        for hours, papers, fates in ticks:
            clock += timedelta(hours=hours)
            with time_machine.travel(clock):
                for _ in range(papers):
                    titles.append(f"Robot number{len(titles)}")
                    factories.paper(titles[-1], listed_on=clock.date())
                a_tick(sending, clock, list(fates))

    passes(before)
    known = len(titles)
    checking.note_drain()
    database.save()
    checking.note_drain()
    passes(lost)
    in_lost_time = sending.papers()
    database.take_back()
    clock += timedelta(hours=waiting)
    with time_machine.travel(clock):
        a_tick(sending, clock, [])
        assert DatabaseEpoch.objects.get().is_waiting
        for title in titles[known:]:  # the sources are read again
            factories.paper(title, listed_on=clock.date())
        _resume(how, clock, crashes)
    count = len(sending.mails)
    passes([(1, 1, []), (7, 0, []), *[(12, 0, [])] * 4])
    assert [date for date, mails in sending.dates().items() if mails > 1] == []
    row = DatabaseEpoch.objects.get()
    listed = set(gap_papers(row, clock).values_list("title", flat=True))
    missed = {(who, title) for who in PEOPLE for title in titles} - sending.papers()
    ends = {person.email: person.confirmed_through_seq for person in _people()}
    numbers = dict(Paper.objects.values_list("title", "seq"))
    open_still = {(who, title) for who, title in missed if numbers[title] > ends[who]}
    if how == Resumed.WHERE_IT_STOOD:
        assert missed - open_still == set()
        assert listed == set()
    else:
        assert {title for _, title in missed - open_still} <= listed
        again = Sending(sending.mails[count:]).papers()
        assert again & in_lost_time == set()


def _resume(how: Resumed, at: datetime, crashes: int) -> None:
    for _ in range(crashes):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(resuming, "lift_hold", _killed)
            with pytest.raises(Killed):
                resume(how, at)
    resume(how, at)


def _killed() -> None:
    raise Killed


def _people() -> Any:
    from subscriptions.models import Subscriber

    return Subscriber.objects.all()
