"""The most wanted keywords: counted by a worker, kept without anybody's address, erased."""

from datetime import timedelta

import pytest

from digest import tasks
from digest.models import Run
from digest.monitoring.dashboard.keyword_demand import count_keywords, is_due, stored_figures
from digest.personal_data.erase import erase
from tests.support import factories
from tests.support.factories import MORNING

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def wanted() -> None:
    factories.paper("Diffusion models for maps")
    factories.paper("A diffusion model of rivers")
    factories.subscriber("ada@example.org", "diffusion model", "knitting", "-survey")
    factories.subscriber("bob@example.org", "Diffusion Models", "knitting", "crochet")
    factories.subscriber("eve@example.org", "diffusion model", status="paused")


def test_keywords_of_one_meaning_are_one_and_exclusions_are_left_out() -> None:
    assert stored_figures() is None
    count_keywords(MORNING)
    stored = stored_figures()
    assert stored
    figures, at = stored
    assert (figures.read, figures.unmatched, figures.papers, at) == (3, 2, 2, MORNING)
    top = {each.text.lower().rstrip("s"): (each.people, each.papers) for each in figures.top}
    assert top == {"diffusion model": (2, 2), "knitting": (2, 0), "crochet": (1, 0)}
    assert [(each.text, each.people) for each in figures.without_match] == [
        ("knitting", 2), ("crochet", 1),
    ]  # fmt: skip


def test_only_the_keywords_of_most_people_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("digest.monitoring.dashboard.keyword_demand.MOST_READ", 1)
    count_keywords(MORNING)
    stored = stored_figures()
    assert stored
    assert [each.text for each in stored[0].top] == ["knitting"]


def test_what_was_counted_goes_with_a_person() -> None:
    count_keywords(MORNING)
    erase("bob@example.org", MORNING)
    assert stored_figures() is None
    assert is_due(MORNING)


def test_the_worker_counts_once_a_day_after_pruning() -> None:
    tasks.prune()
    assert stored_figures() is None
    tasks.prune()
    run = Run.objects.get(task="keywords")
    tasks.prune()
    assert Run.objects.get(task="keywords").ended_at == run.ended_at
    assert not is_due(run.ended_at + timedelta(hours=19))
    assert is_due(run.ended_at + timedelta(hours=20))
