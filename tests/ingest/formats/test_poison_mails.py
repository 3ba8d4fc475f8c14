"""A mailbox in which some mails cannot be read: the later ones are read."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from digest.ingest.sources import fetch_due
from digest.models import Source
from tests.support.imap_server import PASSWORD, USER, Box

from .listing_pages import AT, full_entry, page
from .poison import nested_mail

pytestmark = pytest.mark.django_db
GOOD = page(full_entry("Good"))


@pytest.fixture(autouse=True)
def folder(settings: Any, tmp_path: Path) -> None:
    settings.DUMPS_DIR = tmp_path / "dumps"


@pytest.fixture
def source(box: Box, monkeypatch: pytest.MonkeyPatch) -> Source:
    monkeypatch.setenv("MAILBOX_PASSWORD", PASSWORD)
    return Source.objects.create(
        name="Mails", kind="mailbox", every_minutes=15, enabled=True, enabled_at=AT,
        next_run_at=AT, first_fetched_at=AT - timedelta(days=9), mail_host="localhost",
        mail_port=box.port, mail_user=USER, password_variable="MAILBOX_PASSWORD",
        allow_private=True,
    )  # fmt: skip


def test_mails_behind_it_are_taken(box: Box, source: Source) -> None:
    box.put(nested_mail(), GOOD)
    (fetched,) = fetch_due(lambda: AT)
    assert [dump.state for dump in fetched.dumps] == ["quarantined", "parsed"]
    assert "nested deeper" in fetched.error
    assert box.seen == {1, 2}


def test_one_that_the_server_refuses_or_has_no_more(box: Box, source: Source) -> None:
    box.put(b"refused", b"gone", GOOD)
    box.refused, box.gone = {1}, {2}
    (fetched,) = fetch_due(lambda: AT)
    assert [dump.state for dump in fetched.dumps] == ["parsed"]
    assert "Message 1 cannot be read" in fetched.error
    assert box.seen == {3}
