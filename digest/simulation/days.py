"""The days of a simulation, one after the other, in the database of this process's settings."""

import statistics
import time
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from random import Random

from django.apps import apps
from django.db.models import Min
from django.utils import timezone

from digest.ingest import pipeline
from digest.models import Digest, Dump, State
from digest.models.database import database_bytes
from digest.process_facts.stage_times import measure
from digest.sending import planning
from subscriptions.models import Subscriber

from . import bulk_rows, invented_papers, invented_people, postgresql_process
from .invented_papers import Vocabulary
from .mail_sink import RunningSink
from .plan import DayResult, Plan, Stage, add_stages
from .process_costs import peak_memory, processor
from .worker_processes import WorkerProcesses

DAY = timedelta(days=1)
COUNTED_WITHIN = 5.0  # seconds until the mail server has reported the last mail
SAMPLE = 2000  # digests, for the median


class SimulatedDays:
    """Days that begin at midnight UTC, today's first. `workers` and `sink` run already."""

    def __init__(self, plan: Plan, workers: WorkerProcesses, sink: RunningSink) -> None:
        self._plan, self._workers, self._sink = plan, workers, sink
        self._random = Random(plan.seed)  # noqa: S311
        self._vocabulary = Vocabulary.invent(self._random)
        self._start = datetime.combine(timezone.now().date(), datetime.min.time(), UTC)
        self._accepted = 0
        self._own_stages: dict[str, float] = {}

    def subscribe(self) -> None:
        """Insert the people: each is due once on the first day."""
        keywords = self._vocabulary.keywords(self._random)
        plan, until = self._plan, self._start + DAY
        invented_people.subscribe(plan.subscribers, keywords, plan.keywords, until, plan.seed)
        bulk_rows.analyze()

    def run(self) -> Iterator[DayResult]:
        """Yield the result of each day as it ends."""
        for number in range(self._plan.days):
            yield self._day(number)

    def _day(self, number: int) -> DayResult:
        start = self._start + number * DAY
        result = DayResult(start.date())
        spent, stages, log = self._processor(), self._stages(), postgresql_process.log_position()
        began = time.perf_counter()
        result.papers = self._ingest(start, number * self._plan.papers)
        for at in _due_instants(start + DAY):
            with measure("plan"):
                result.due += planning.plan(at)["planned"]
            self._workers.drain(at)
        result.seconds = time.perf_counter() - began
        result.processor = _difference(self._processor(), spent)
        result.stages = _difference(self._stages(), stages)
        result.wal_bytes = postgresql_process.log_position() - log
        self._count(result, start)
        return result

    def _ingest(self, at: datetime, after: int) -> int:
        """Hand in the papers of a day; returns how many are new. (As the operator's --new does.)"""
        plan = self._plan
        data = invented_papers.dump(self._vocabulary, self._random, plan.papers, at.date(), after)
        name = f"{at.date()}.jsonl"
        received = pipeline.receive(data, name, intent=Dump.Intent.NEW, unlimited=True, at=at)
        with measure("ingest"):
            return pipeline.read(received, at=at).new

    def _processor(self) -> dict[str, float]:
        own = {"program": time.process_time() + self._workers.processor()}
        own["mail server"] = self._sink.processor()
        if (pid := postgresql_process.postmaster()) is not None:
            own["database"] = processor(pid)
        return own

    def _stages(self) -> dict[str, float]:
        """Seconds by stage, of all processes together; sending without matching."""
        self._own_stages = add_stages(self._own_stages)
        workers = [report.stages for report in self._workers.reports]
        total = {
            stage: own + sum(stages[stage] for stages in workers)
            for stage, own in self._own_stages.items()
        }
        total[Stage.SENDING] -= total[Stage.MATCHING]
        return total

    def _count(self, result: DayResult, start: datetime) -> None:
        day = Digest.objects.filter(not_before__gte=start, not_before__lt=start + DAY)
        states = Counter(day.counts())
        result.sent, result.empty = states.pop(State.SENT, 0), states.pop(State.EMPTY, 0)
        result.others = states.total()
        result.accepted = self._newly_accepted(result.sent)
        entries = day.filter(state=State.SENT).order_by("pk").values_list("entries", flat=True)
        result.median_papers = statistics.median([len(each) for each in entries[:SAMPLE]] or [0])
        result.peak = max([peak_memory(), *(report.peak for report in self._workers.reports)])
        result.rows, result.database_bytes = _rows(), database_bytes()

    def _newly_accepted(self, expected: int) -> int:
        """The mails that the mail server has counted since the last day."""
        until, before = time.monotonic() + COUNTED_WITHIN, self._accepted
        while (now := self._sink.accepted()) < before + expected and time.monotonic() < until:
            time.sleep(0.05)
        self._accepted = now
        return now - before


def _due_instants(until: datetime) -> Iterator[datetime]:
    """The instants before `until` at which somebody is due, each after the last was dealt with."""
    people = Subscriber.objects.active().filter(next_due_at__lt=until)
    while (at := people.aggregate(at=Min("next_due_at"))["at"]) is not None:
        yield at


def _difference(after: dict[str, float], before: dict[str, float]) -> dict[str, float]:
    return {name: value - before.get(name, 0.0) for name, value in after.items()}


def _rows() -> int:
    """Of all tables of the program."""
    labels = ("digest", "subscriptions")
    models = [model for label in labels for model in apps.get_app_config(label).get_models()]
    return sum(model._base_manager.count() for model in models)
