"""Tasks are wake-ups: lost or doubled ones change nothing, and requests work without a broker."""

import os
import re
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as site_settings
from django.db import connection
from django.urls import reverse
from django.utils import timezone

from digest import tasks
from digest.celery import app
from digest.mail.outbox import mails
from digest.models import Digest, Paper
from digest.sending import planning
from subscriptions.models import LetterRequest
from tests.support import factories


@pytest.fixture
def outbox(settings: Any, tmp_path: Path) -> Path:
    settings.OUTBOX_DIR = tmp_path / "outbox"
    settings.INBOX_DIR = tmp_path / "inbox"
    settings.DUMPS_DIR = tmp_path / "dumps"
    settings.INBOX_DIR.mkdir()
    return tmp_path / "outbox"


def test_a_worker_retries_its_broker_without_limit() -> None:
    """Celery gives up after 100 tries, some 45 minutes, and the worker ends."""
    assert app.conf.broker_connection_max_retries is None


@pytest.mark.django_db(transaction=True)
def test_a_dead_broker_does_not_reach_the_visitor(client: Any) -> None:
    assert not site_settings.BROKER_SOCKET.exists()
    answer = client.post(
        reverse("subscribe"),
        {"email": "ada@example.org", "keywords": "robot", "timezone": "UTC", "send_at": "07:00",
         "frequency": "daily", "weekly_on": "0", "trending_top": "0"},
    )  # fmt: skip
    assert answer.status_code == 302
    assert LetterRequest.objects.get().email == "ada@example.org"


@pytest.mark.django_db
@pytest.mark.parametrize("times", [1, 5])
def test_each_task_any_number_of_times(outbox: Path, settings: Any, times: int) -> None:
    factories.subscriber("ada@example.org", "robot", next_due_at=timezone.now())
    page = "Daily Papers\n\nNov 20, 2026\n\nA robot\n\nIt walks.\n\n  • 2 authors\n·\nNov 19\n"
    landed = settings.INBOX_DIR / "page.txt"
    landed.write_text(page)
    os.utime(landed, (0, 0))
    for task in (tasks.ingest, tasks.plan, tasks.drain, tasks.reap):
        for _ in range(times):
            task()
    assert [digest.state for digest in Digest.objects.all()] == ["sent"]
    assert len(mails(outbox)) == 1
    assert Paper.objects.count() == 1


def test_every_beat_entry_is_a_task_that_takes_nothing_and_expires() -> None:
    for entry in site_settings.CELERY_BEAT_SCHEDULE.values():
        assert entry["task"] in app.tasks
        assert "args" not in entry
        assert entry["options"]["expires"] <= entry["schedule"]


def test_the_table_of_contents_stays_one() -> None:
    source = Path(tasks.__file__).read_text()
    assert re.findall(r"@shared_task\ndef (\w+)", source) == [
        "fetch",
        "ingest",
        "take_requests",
        "plan",
        "drain",
        "reap",
        "bounces",
        "prune",
        "erase",
        "fill_search",
        "fill_counts",
        "offer_wordings",
        "fit_profiles",
        "count_matches",
    ]


@pytest.mark.django_db
@pytest.mark.parametrize(("people", "helped"), [(0, False), (2, False), (3, True), (7, True)])
def test_a_crowd_brings_a_second_planner(
    outbox: Path,
    monkeypatch: pytest.MonkeyPatch,
    django_capture_on_commit_callbacks: Any,
    people: int,
    helped: bool,
) -> None:
    monkeypatch.setattr(planning, "BATCH", 2)
    for number in range(people):
        factories.subscriber(f"p{number}@example.org", next_due_at=timezone.now())
    with django_capture_on_commit_callbacks() as wakes:
        tasks.plan()
    together = connection.features.has_select_for_update_skip_locked
    assert len(wakes) == 1 + (helped and together)
    assert Digest.objects.count() == people
    # The one that was woken finds nothing left, and wakes no other.
    with django_capture_on_commit_callbacks() as wakes:
        tasks.plan()
    assert len(wakes) == 1
