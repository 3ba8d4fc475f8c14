"""Several schedulers do no harm: tasks are wake-ups, and the database decides what is due.
Planners at the same moment: tests/sending/test_planning_at_once.py."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from digest import tasks
from digest.celery import app
from digest.mail.outbox import mails
from digest.models import Digest, Machine
from digest.monitoring import heartbeats
from digest.monitoring.scheduler import Scheduler
from subscriptions.models import Subscriber
from tests.support import factories
from tests.support.factories import MORNING

PEOPLE = 5


@pytest.fixture(autouse=True)
def eager(settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A scheduler runs the tasks itself, in place of a broker and a worker."""
    for name in ("DATA_DIR", "DUMPS_DIR", "INBOX_DIR", "OUTBOX_DIR", "JOURNAL_DIR"):
        setattr(settings, name, tmp_path / name.lower())
        (tmp_path / name.lower()).mkdir()
    monkeypatch.setattr(Scheduler, "apply_async", lambda _, entry, **__: run_task(entry.task))
    monkeypatch.setattr(heartbeats, "_last", {})


def run_task(name: str) -> None:
    getattr(tasks, name.rpartition(".")[2]).apply().get()


def people() -> None:
    factories.paper("A robot")
    for number in range(PEOPLE):
        factories.subscriber(f"ada{number}@example.org", "robot")


def run_schedule() -> None:
    """What one scheduler does in two minutes: every entry of the schedule, twice."""
    for _ in range(2):
        scheduler = Scheduler(app=app)
        vars(scheduler)["producer"] = None  # else it would wait for a broker
        for entry in scheduler.schedule.values():
            entry.last_run_at -= timedelta(hours=1)
        for _ in scheduler.schedule:
            scheduler.tick()


@pytest.mark.django_db
def test_two_that_take_turns(
    settings: Any, in_the_morning: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("digest.monitoring.scheduler.connections.close_all", lambda: None)
    people()
    for _ in range(2):
        run_schedule()
    assert Digest.objects.count() == PEOPLE
    assert set(Digest.objects.values_list("state", flat=True)) == {"sent"}
    assert len(mails(settings.OUTBOX_DIR)) == PEOPLE
    assert (
        Subscriber.objects.filter(next_due_at__gt=MORNING + timedelta(hours=12)).count() == PEOPLE
    )
    assert Machine.objects.get().scheduler_at
