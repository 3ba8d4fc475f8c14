"""Seconds of stages: measured in a process, summed up in the database."""

from typing import Any

import pytest
from django.db import OperationalError

from digest import tasks
from digest.models import Heartbeat, StageTime
from digest.monitoring import heartbeats
from digest.process_facts.stage_times import StageSum, add, measure, take_sums
from tests.support import factories


@pytest.fixture(autouse=True)
def fresh(monkeypatch: pytest.MonkeyPatch) -> None:
    take_sums()
    monkeypatch.setattr(heartbeats, "_last", {})


def test_runs_and_seconds_are_added_up() -> None:
    add({"plan": StageSum(2, 0.5)})
    add({"plan": StageSum(1, 0.25), "drain": StageSum(1, 1.0)})
    assert take_sums() == {"plan": StageSum(3, 0.75), "drain": StageSum(1, 1.0)}
    assert take_sums() == {}


def test_a_run_that_fails_counts() -> None:
    with pytest.raises(ZeroDivisionError), measure("plan"):
        _ = 1 / 0
    assert take_sums()["plan"].runs == 1


@pytest.mark.django_db
class TestStored:
    def test_with_the_heartbeat(self) -> None:
        add({"plan": StageSum(2, 0.5)})
        heartbeats.record_heartbeat(Heartbeat.Kind.WORKER)
        row = StageTime.objects.get()
        assert (row.stage, row.runs, row.seconds) == ("plan", 2, 0.5)
        assert take_sums() == {}

    def test_nothing_is_lost_without_a_database(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def broken(*_: Any) -> None:
            raise OperationalError("gone")

        add({"plan": StageSum(2, 0.5)})
        monkeypatch.setattr(StageTime.objects, "add", broken)
        heartbeats.record_heartbeat(Heartbeat.Kind.WORKER)
        assert take_sums() == {"plan": StageSum(2, 0.5)}

    def test_a_task_is_a_stage(self) -> None:
        tasks.erase.apply()
        assert StageTime.objects.get().stage == "erase"
        assert StageTime.objects.get().runs == 1

    def test_the_size_of_the_index(self, in_the_morning: None) -> None:
        from digest import paper_index
        from digest.models import Run

        factories.paper("Robots that walk")
        paper_index.index_for(0, 1)
        heartbeats.record_heartbeat(Heartbeat.Kind.WORKER)
        facts = Run.objects.get(task="index").details
        assert facts["papers"] == 1
        assert facts["bytes"] > 0
