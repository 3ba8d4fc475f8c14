"""The bytes of a withdrawn dump, by every way in; and the command that withdraws."""

import io
import os
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone

from digest import tasks
from digest.ingest.pipeline import read, receive
from digest.ingest.sources.intake import ingest_bytes, quarantine_message
from digest.ingest.sources.watched_folder import ingest_inbox
from digest.ingest.withdrawal import withdraw as withdrawal
from digest.ingest.withdrawal.withdraw import withdraw
from digest.models import Dump, Paper, PushToken, Source
from digest.selection import source_status
from tests.ingest.formats.listing_pages import AT, full_entry, page

pytestmark = pytest.mark.django_db
GOOD = page(full_entry("One"), full_entry("Two"))
SENTENCE = "It was withdrawn on 22 November 2026"


@pytest.fixture(autouse=True)
def dump(settings: Any, tmp_path: Path) -> Dump:
    settings.DUMPS_DIR = tmp_path / "dumps"
    settings.INBOX_DIR = tmp_path / "inbox"
    settings.INBOX_DIR.mkdir()
    return withdraw(read(receive(GOOD, "page.txt", at=AT), at=AT), AT + timedelta(days=1))


def nothing_came() -> bool:
    return not Paper.objects.exists() and Dump.objects.get().state == "withdrawn"


def run(*arguments: str) -> str:
    output = io.StringIO()
    call_command(*arguments, stdout=output)
    return output.getvalue()


def test_over_http() -> None:
    source = Source.objects.create(
        name="Push", kind="push", enabled=True, enabled_at=timezone.now()
    )
    token = {"Authorization": f"Bearer {PushToken.make('lab', source)[1]}"}
    client = Client()
    answer = client.post("/api/dumps/", GOOD, content_type="text/plain", headers=token)
    assert (answer.status_code, answer.json()["state"]) == (200, "withdrawn")
    said = client.get(answer.json()["address"], headers=token).json()
    assert SENTENCE in said["error"]
    tasks.ingest()
    assert nothing_came()


def test_in_the_inbox(settings: Any) -> None:
    path = settings.INBOX_DIR / "again.txt"
    path.write_bytes(GOOD)
    os.utime(path, (time.time() - 10,) * 2)
    ingest_inbox(AT)
    assert SENTENCE in (settings.INBOX_DIR / "failed" / "again.txt.why.txt").read_text()
    assert nothing_came()


def test_on_the_command_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "copy.txt"
    path.write_bytes(GOOD)
    with pytest.raises(SystemExit) as ended:
        call_command("ingest", str(path), "--new")
    assert ended.value.code == 1
    assert f"copy.txt: withdrawn. {SENTENCE}" in capsys.readouterr().out
    with pytest.raises(SystemExit):
        call_command("ingest", str(path), "--dry-run")
    assert SENTENCE in capsys.readouterr().out
    assert nothing_came()


def test_from_a_source() -> None:
    source = Source.objects.create(name="Daily", kind="push")
    again = ingest_bytes(source, GOOD, "page", AT, time.monotonic() + 9)
    assert SENTENCE in quarantine_message(again)
    assert nothing_came()
    assert Dump.objects.get().source is None


def test_to_a_digest_it_is_no_failed_dump() -> None:
    assert source_status._dumps(AT - timedelta(days=1)).failed == []


class TestTheCommand:
    def test_says_what_it_would_do(self) -> None:
        other = read(receive(page(full_entry("Three")), "b.txt", at=AT), at=AT)
        said = run("withdraw", other.sha256[:12], "--dry-run")
        assert said == "b.txt:\n1 paper that only this dump lists will go.\n"
        assert Paper.objects.count() == 1

    def test_asks_first(self, monkeypatch: pytest.MonkeyPatch) -> None:
        other = read(receive(page(full_entry("Three")), "b.txt", at=AT), at=AT)
        monkeypatch.setattr("builtins.input", lambda _: "no")
        with pytest.raises(CommandError, match="Nothing was changed"):
            run("withdraw", str(other.pk))
        assert Paper.objects.count() == 1
        monkeypatch.setattr("builtins.input", lambda _: "withdraw")
        assert run("withdraw", str(other.pk)).endswith("b.txt: withdrawn. 1 paper is gone.\n")
        assert not Paper.objects.exists()

    def test_undoes_it(self, dump: Dump) -> None:
        assert run("withdraw", str(dump.pk), "--undo") == "page.txt: read again, 2 papers, 2 new.\n"
        assert Paper.objects.count() == 2
        with pytest.raises(CommandError, match="not withdrawn"):
            run("withdraw", str(dump.pk), "--undo")

    def test_a_number_of_eight_digits_is_a_number(self) -> None:
        received = receive(page(full_entry("Three")), "b.txt", at=AT)
        Dump.objects.filter(pk=received.pk).update(id=10_000_003)
        read(Dump.objects.get(pk=10_000_003), at=AT)
        assert run("withdraw", "10000003", "--dry-run").startswith("b.txt:\n1 paper")

    def test_eight_digits_that_are_no_number_begin_a_sha256(self, dump: Dump) -> None:
        Dump.objects.filter(pk=dump.pk).update(sha256="10000003" + "a" * 56)
        with pytest.raises(CommandError, match=SENTENCE):
            run("withdraw", "10000003", "--yes")

    @pytest.mark.parametrize(
        ("name", "sentence"),
        [
            ("page.txt", "neither the number nor the SHA-256"),
            ("9999999", "There is no dump 9999999"),
            ("0" * 64, "There is no dump"),
            ("abc", "neither"),
        ],
    )
    def test_names_what_it_cannot_find(self, name: str, sentence: str) -> None:
        with pytest.raises(CommandError, match=sentence):
            run("withdraw", name, "--yes")

    def test_it_is_withdrawn_once(self, dump: Dump) -> None:
        with pytest.raises(CommandError, match=SENTENCE):
            run("withdraw", dump.sha256, "--yes")


def test_the_tick_goes_on_with_what_was_interrupted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(withdrawal, "_BATCH", 1)
    other = read(receive(page(full_entry("Three"), full_entry("Four")), "b.txt", at=AT), at=AT)
    assert withdraw(other, AT, seconds=-1).state == "withdrawing"
    tasks.ingest()
    assert set(Dump.objects.values_list("state", flat=True)) == {"withdrawn"}
    assert not Paper.objects.exists()
