"""Sources that are a mailbox or a folder: each message, each file a dump."""

import os
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from digest.ingest.sources import fetch_due
from digest.models import Catalogue, Dump, Paper, Source
from tests.support.imap_server import PASSWORD, USER, Box
from tests.support.raw import raw_bytes

from .source_factory import MORNING, TODAY, copied_page

pytestmark = pytest.mark.django_db
ALERT = Path(__file__).parents[2] / "fixtures" / "scholar_alert" / "new_results.eml"


@pytest.fixture
def box(box: Box, monkeypatch: pytest.MonkeyPatch) -> Box:
    monkeypatch.setenv("MAILBOX_PASSWORD", PASSWORD)
    return box


@pytest.fixture(autouse=True)
def folders(settings: Any, tmp_path: Path) -> None:
    settings.DATA_DIR = tmp_path
    settings.DUMPS_DIR = tmp_path / "dumps"


def source(**values: Any) -> Source:
    usual: dict[str, Any] = {
        "name": "Mails",
        "every_minutes": 15,
        "enabled": True,
        "enabled_at": MORNING,
        "next_run_at": MORNING,
        "first_fetched_at": MORNING - timedelta(days=9),
    }
    return Source.objects.create(**(usual | values))


def mailbox(box: Box, **values: Any) -> Source:
    usual: dict[str, Any] = {
        "kind": "mailbox",
        "mail_host": "localhost",
        "mail_port": box.port,
        "mail_user": USER,
        "password_variable": "MAILBOX_PASSWORD",
        "allow_private": True,
    }
    return source(**(usual | values))


def run(seconds: float = 45) -> str:
    (fetched,) = fetch_due(lambda: MORNING, seconds)
    return fetched.error


class TestMailbox:
    def test_unseen_messages_become_dumps_byte_for_byte(self, box: Box) -> None:
        made = mailbox(box)
        sent = [copied_page(TODAY, "Robots"), copied_page(TODAY, "Maps") + b"\r\n)\r\nA1 OK"]
        box.put(*sent)
        run()
        kept = [raw_bytes(dump) for dump in Dump.objects.order_by("pk")]
        assert kept == sent
        assert box.seen == {1, 2}
        assert set(Dump.objects.values_list("source", flat=True)) == {made.pk}
        assert Paper.objects.numbered().filter(title="Robots").exists()

    def test_alerts_of_google_scholar_are_news(self, box: Box) -> None:
        mailbox(box)
        box.put(ALERT.read_bytes())
        assert run() == ""
        dump = Dump.objects.get()
        assert (dump.format, dump.state, dump.new) == ("scholar_alert", "parsed", 4)
        assert Paper.objects.numbered().filter(title="Reading rivers with large models").exists()

    def test_the_next_time_only_what_is_new(self, box: Box) -> None:
        mailbox(box)
        box.put(copied_page(TODAY, "Robots"))
        run()
        Source.objects.update(next_run_at=MORNING)
        box.put(copied_page(TODAY, "Maps"))
        run()
        assert sum("BODY.PEEK" in command for command in box.commands) == 2
        assert Paper.objects.count() == 2

    def test_a_message_is_seen_only_once_it_is_kept(self, box: Box, settings: Any) -> None:
        made = mailbox(box)
        box.put(copied_page(TODAY, "Robots"))
        (Path(settings.DATA_DIR) / "full").write_bytes(b"")
        settings.DUMPS_DIR = Path(settings.DATA_DIR) / "full"
        assert "cannot be kept" in run()
        assert not box.seen
        made.refresh_from_db()
        assert made.failures == 1

    def test_what_is_no_listing_is_kept_and_told_and_not_asked_again(self, box: Box) -> None:
        made = mailbox(box)
        box.put(b"Subject: lunch\r\n\r\nAt noon?")
        assert "was rejected" in run()
        assert Dump.objects.get().state == "quarantined"
        assert box.seen == {1}
        made.refresh_from_db()
        assert (made.failures, made.last_success_at) == (0, MORNING)
        assert "was rejected" in made.trouble

    def test_a_message_that_is_too_large_stays(self, box: Box, settings: Any) -> None:
        mailbox(box)
        settings.MAX_DUMP_BYTES = 1000
        box.put(b"x" * 1001, copied_page(TODAY, "Robots"))
        assert "Message 1 has 1,001 bytes" in run()
        assert box.seen == {2}
        assert not any("FETCH 1 (BODY" in command for command in box.commands)

    def test_a_step_that_is_over_goes_on(self, box: Box) -> None:
        made = mailbox(box)
        box.put(copied_page(TODAY, "Robots"), copied_page(TODAY, "Maps"))
        run(seconds=4)
        made.refresh_from_db()
        assert box.seen == {1}
        assert made.next_run_at == MORNING + timedelta(seconds=30)

    @pytest.mark.parametrize(
        ("wrong", "sentence"),
        [
            ({"mail_user": "else"}, "cannot be read: said"),
            ({"mail_folder": 'No "such'}, "cannot be read: said"),
            ({"mail_folder": "Gelöscht"}, "cannot be used in IMAP"),
            ({"mail_folder": "a\r\nA9 LOGOUT"}, "cannot be used in IMAP"),
            ({"allow_private": False}, "allow a private address"),
            ({"mail_port": 1}, "Connection refused"),
            ({"password_variable": "MAILBOX_NOTHING"}, "Set MAILBOX_NOTHING"),
        ],
    )
    def test_what_is_wrong_is_said(self, box: Box, wrong: dict[str, Any], sentence: str) -> None:
        mailbox(box, **wrong)
        box.put(copied_page(TODAY, "Robots"))
        output = run(seconds=3)
        assert sentence in output
        assert PASSWORD not in output
        assert not Dump.objects.exists()

    def test_a_certificate_that_nobody_vouches_for(
        self, box: Box, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.delenv("SSL_CERT_FILE")
        mailbox(box)
        assert "certificate" in run()
        assert not box.commands

    def test_a_password_outside_ascii(self, box: Box, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("MAILBOX_PASSWORD", "pässword")
        mailbox(box)
        output = run()
        assert "not plain ASCII" in output
        assert "ssword" not in output.replace("password", "").replace("PASSWORD", "")


class TestFolder:
    def put(self, folder: Path, name: str, data: bytes) -> None:
        folder.mkdir(exist_ok=True)
        (folder / name).write_bytes(data)
        os.utime(folder / name, (0, 0))

    def test_files_are_taken_and_moved(self, tmp_path: Path) -> None:
        folder = tmp_path / "incoming"
        made = source(kind="folder", folder=str(folder))
        self.put(folder, "a.txt", copied_page(TODAY, "Robots"))
        self.put(folder, "b.txt", b"no listing")
        assert "“b.txt” was rejected" in run()
        assert {path.name for path in folder.iterdir()} == {"done", "failed"}
        assert Dump.objects.get(name="a.txt").source == made

    def test_what_is_there_at_first_is_backfill(self, tmp_path: Path) -> None:
        folder = tmp_path / "incoming"
        source(kind="folder", folder=str(folder), first_fetched_at=None)
        self.put(folder, "a.txt", copied_page(TODAY, "Robots"))
        run()
        assert (Paper.objects.count(), Catalogue.current().newest_seq) == (1, 0)
        Source.objects.update(next_run_at=MORNING)
        self.put(folder, "b.txt", copied_page(TODAY, "Maps"))
        run()
        assert Catalogue.current().newest_seq == 1

    def test_a_folder_that_is_not_there(self, tmp_path: Path) -> None:
        source(kind="folder", folder=str(tmp_path / "nowhere"))
        assert "There is no folder" in run()
