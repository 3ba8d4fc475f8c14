"""Files and raw bytes past their retention period are deleted, and no dump loses what it needs."""

import os
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from digest.ingest import pipeline as ingest
from digest.ingest import raw_storage
from digest.models import Dump
from digest.monitoring.retention import expired_files, pruning
from digest.monitoring.retention.retention_periods import RetentionPeriods
from tests.support.factories import MORNING

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def folders(tmp_path: Path, settings: Any) -> None:
    settings.INBOX_DIR, settings.OUTBOX_DIR = tmp_path / "inbox", tmp_path / "outbox"
    settings.DUMPS_DIR = tmp_path / "dumps"


def days_later(days: float) -> datetime:
    return MORNING + timedelta(days=days)


def aged(path: Path, text: str = "") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    os.utime(path, (0, 0))  # a page that was saved long ago
    return path


@pytest.mark.real_clock
def test_files_go_thirty_days_after_they_came(settings: Any) -> None:
    inbox, outbox = settings.INBOX_DIR, settings.OUTBOX_DIR
    old = [aged(outbox / "1.eml"), aged(outbox / ".1.tmp"), aged(inbox / "done" / "a.txt"),
           aged(inbox / "failed" / "b.txt"), aged(inbox / "failed" / "b.txt.why.txt")]  # fmt: skip
    waiting = aged(inbox / "waits.txt")
    came = RetentionPeriods(), timezone.now() + timedelta(days=29)
    assert expired_files.find_expired_files(*came) == {"outbox files": [], "inbox files": []}
    counts = pruning.prune(timezone.now() + timedelta(days=31))
    assert (counts["outbox files"], counts["inbox files"]) == (2, 3)
    assert [path.exists() for path in (*old, waiting)] == [False] * 5 + [True]


def received(text: str, **fields: Any) -> Dump:
    dump = ingest.receive(text.encode(), "page", at=MORNING)
    Dump.objects.filter(pk=dump.pk).update(**({"state": "parsed"} | fields))
    dump.refresh_from_db()
    return dump


def test_raw_bytes_go_when_nothing_needs_them_any_more() -> None:
    parsed, refused = received("a"), received("b", state="quarantined", error="no")
    waits, unread = received("c", state="waiting"), received("d", state="received")
    parts = received("e", total_parts=2)
    part = Dump.objects.create(sha256=parts.sha256, part=1, total_parts=2, name="page",
                               received_at=MORNING)  # fmt: skip
    archive = received("f", format="archive")
    member = received("g", state="waiting", archive=archive)

    def kept(days: float) -> str:
        pruning.prune(days_later(days))
        return "".join(
            name for name, dump in zip(
                "abcdef", (parsed, refused, waits, unread, parts, archive), strict=True
            ) if raw_storage.exists(dump.sha256)
        )  # fmt: skip

    assert kept(90) == "abcdef"
    assert kept(90.1) == "bcdef"
    assert kept(180.1) == "cdef"
    Dump.objects.filter(pk__in=(part.pk, member.pk)).update(state="parsed")
    assert kept(181) == "cd"
    assert not raw_storage.exists(member.sha256)


def test_a_dump_without_its_bytes_is_not_read_again_until_they_are_handed_in() -> None:
    dump = received("just a note", state="quarantined", error="no")
    pruning.prune(days_later(181))
    options = ingest.ReadOptions("jsonl")
    with pytest.raises(ingest.Unreadable, match=r"were deleted on 20 May 2027.*file again"):
        ingest.read_again(dump, options, at=days_later(182))
    dump.refresh_from_db()
    assert (dump.state, dump.error) == ("quarantined", "no")
    ingest.receive(b"just a note", "page", at=days_later(182))
    assert "just now" not in ingest.read_again(dump, options, at=days_later(182)).error
    dump.refresh_from_db()
    assert dump.raw_deleted_at is None
