"""A replaced index is freed at once, whatever was asked of it."""

import gc
import subprocess
import sys
from collections.abc import Iterator
from datetime import date
from weakref import ref

import pytest

from digest import paper_index
from digest.matching.index import PaperIndex
from digest.matching.query import parse
from digest.matching.ranking import rank, select
from digest.matching.suggestions import suggestions_for
from digest.models import Catalogue, Digest, Paper
from digest.selection.paper_news import recent_news
from digest.selection.window import windows_of
from tests.support import factories
from tests.support.factories import MORNING

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("in_the_morning")]
TODAY = MORNING.date()
ROBOT = parse("robot")


@pytest.fixture
def no_collector() -> Iterator[None]:
    """Only reference counts free memory, as for what the collector is told to leave alone."""
    gc.collect()
    gc.disable()
    yield
    gc.enable()


def use(digest: Digest) -> PaperIndex:
    """All that keeps something by index."""
    (window,) = windows_of([digest], [0], [TODAY], [[ROBOT]])
    index = window.index
    assert isinstance(index, PaperIndex)
    assert window.change is not None
    recent_news(index, window.change).since(0, window.after)
    rank(index, select(index, [ROBOT, parse('"a robot"~3')], window.bits), today=TODAY)
    suggestions_for(index, ROBOT)
    index.prepare()
    return index


def rebuild(paper: Paper, number: int) -> None:
    """Have the next look at the shared index build it anew."""
    catalogue = Catalogue.lock()
    catalogue.change += 1
    catalogue.save()
    Paper.objects.filter(pk=paper.pk).update(change=catalogue.change, title=f"Robot {number}")


def test_a_hundred_rebuilds_leave_one_index(no_collector: None) -> None:
    papers = [factories.paper(f"A robot {number}", listed_on=TODAY) for number in range(4)]
    digest = Digest(subscriber=factories.subscriber(), local_date=date(2026, 11, 20))
    seen = []
    for number in range(100):
        rebuild(papers[number % 4], number)
        index = use(digest) if number % 10 == 0 else paper_index.index_for(0, 4)[0]
        seen += [ref(index), *map(ref, index._blocks)]
    del index
    assert paper_index._shared is not None
    alive = {id(found) for each in seen if (found := each()) is not None}
    assert alive == set(map(id, [paper_index._shared.index, *paper_index._shared.index._blocks]))


def test_rebuilds_freeze_nothing() -> None:
    paper = factories.paper("A robot", listed_on=TODAY)
    digest = Digest(subscriber=factories.subscriber(), local_date=date(2026, 11, 20))
    use(digest)
    frozen = gc.get_freeze_count()
    rebuild(paper, 1)
    use(digest)
    assert gc.get_freeze_count() == frozen


FORKED = """
import gc
from digest import celery
from celery.signals import worker_before_create_process
counts = []
for _ in range(3):
    gc.collect()
    worker_before_create_process.send(sender=None)
    counts.append(gc.get_freeze_count())
    kept = [[] for _ in range(1000)]
print(*counts)
"""


def test_a_worker_freezes_once_before_its_first_fork() -> None:
    done = subprocess.run(
        [sys.executable, "-c", FORKED], capture_output=True, text=True, check=True
    )
    first, *later = map(int, done.stdout.split())
    assert first > 10_000
    assert later == [first, first]
