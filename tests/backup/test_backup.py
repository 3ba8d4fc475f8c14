"""Backups of a site in a folder of its own: what they hold, and what is refused in a sentence."""

import json
import os
import shutil
import sqlite3
import stat
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connection

from digest.backup import BackupError, making, restoring
from digest.backup.manifest import applied_migrations, read_manifest
from digest.epochs import checking
from digest.models import DatabaseEpoch, Dump, Hold, Paper
from digest.process_facts.version import release
from subscriptions.models import Subscriber
from tests.support import factories
from tests.support.databases import database_file
from tests.support.restorable import sqlite_file

pytestmark = pytest.mark.django_db
DUMP = "ab" + "0" * 62


class Here(NamedTuple):
    data: Path
    backup: Path


@pytest.fixture
def here(tmp_path: Path, settings: Any) -> Any:
    """A site with a person, a paper, raw bytes, keys and a journal."""
    if connection.vendor != "sqlite":
        pytest.skip("the tests run on PostgreSQL")
    data = tmp_path / "data"
    data.mkdir()
    use(settings, data)
    for path, text in {
        f"dumps/ab/{DUMP}": "raw",
        "inbox/waiting.txt": "waits",
        "inbox/done/read.txt": "was read",
        "replies/1.replies": "journal",
        "secret_key": "s",
        "suppression_key": "k",
    }.items():
        (data / path).parent.mkdir(parents=True, exist_ok=True)
        (data / path).write_text(text)
    with sqlite_file(data / "db.sqlite3"):
        factories.subscriber("ada@example.org", "robot")
        factories.paper("A robot")
        yield Here(data, tmp_path / "backup")


def use(settings: Any, data: Path) -> None:
    settings.DATA_DIR = data
    settings.BASE_DIR = data.parent
    settings.DUMPS_DIR, settings.INBOX_DIR = data / "dumps", data / "inbox"
    settings.JOURNAL_DIR = data / "replies"
    settings.SUPPRESSION_KEY_FILE = data / "suppression_key"
    settings.SUPPRESSION_KEY = "k"


def run(*arguments: Any) -> str:
    from io import StringIO

    call_command(*map(str, arguments), stdout=(out := StringIO()))
    return out.getvalue()


def test_it_holds_everything_and_nobody_else_can_read_it(here: Here) -> None:
    (here.data.parent / ".env").write_text("SITE_URL=https://digest.example.org\n")
    said = run("backup", here.backup)
    assert said.startswith(f"Backed up: {here.backup}, of 20")
    found = {str(path.relative_to(here.backup)) for path in here.backup.rglob("*")}
    assert found >= {
        "manifest.json", "database.sqlite3", f"dumps/ab/{DUMP}", "inbox/waiting.txt",
        "replies/1.replies", "keys/secret_key", "keys/suppression_key", "env",
    }  # fmt: skip
    assert "inbox/done/read.txt" not in found
    modes = {stat.S_IMODE(path.stat().st_mode) for path in here.backup.rglob("*")}
    assert modes | {stat.S_IMODE(here.backup.stat().st_mode)} == {0o600, 0o700}
    manifest = json.loads((here.backup / "manifest.json").read_text())
    assert manifest["version"] == release()
    assert manifest["migrations"] == applied_migrations()
    assert "digest.0001_initial" in manifest["migrations"]
    assert len(manifest["files"]) == len([p for p in here.backup.rglob("*") if p.is_file()]) - 1
    assert run("backup", here.backup, "--verify").startswith("Intact")


def test_a_restore_elsewhere_has_it_all_and_is_held(
    here: Here, settings: Any, tmp_path: Path
) -> None:
    (here.data.parent / ".env").write_text("SITE_URL=https://digest.example.org\n")
    run("backup", here.backup)
    other = tmp_path / "other"
    other.mkdir()
    (other / "suppression_key").write_text("another")
    use(settings, other)
    with database_file(other / "db.sqlite3"):
        said = run("restore", here.backup)
        assert Subscriber.objects.get().email == "ada@example.org"
        assert Paper.objects.get().title == "A robot"
        assert DatabaseEpoch.objects.get().number == 2
        assert DatabaseEpoch.objects.get().is_waiting
        assert Hold.objects.get().scope == "everything"
    assert checking.WAITING in said
    assert f"{here.backup / 'env'}; they were not applied" in said
    assert (other / "suppression_key").read_text() == "k"
    assert (other / "secret_key").read_text() == "s"
    (former,) = other.glob("suppression_key.before-*")
    assert former.read_text() == "another"
    assert (other / "dumps/ab" / DUMP).read_text() == "raw"
    assert (other / "replies/1.replies").read_text() == "journal"
    assert stat.S_IMODE((other / "db.sqlite3").stat().st_mode) == 0o600


def test_a_restore_into_a_database_with_tables_is_refused_unless_told(here: Here) -> None:
    run("backup", here.backup)
    late = factories.subscriber("late@example.org")
    with pytest.raises(CommandError, match="--replace"):
        run("restore", here.backup)
    assert Subscriber.objects.filter(pk=late.pk).exists()
    said = run("restore", here.backup, "--replace")
    assert not Subscriber.objects.filter(pk=late.pk).exists()
    (former,) = here.data.glob("db.sqlite3.before-*")
    assert str(former) in said
    with closing(sqlite3.connect(former)) as before:
        (count,) = before.execute("SELECT COUNT(*) FROM subscriptions_subscriber").fetchone()
    assert count == 2


def test_a_restore_that_is_cut_off_is_held_at_the_next_start(
    here: Here, monkeypatch: pytest.MonkeyPatch
) -> None:
    run("backup", here.backup)
    monkeypatch.setattr(restoring, "_restore_files", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        run("restore", here.backup, "--replace")
    assert DatabaseEpoch.objects.get().number == 1
    assert checking.check() == checking.WAITING


def test_a_restore_while_the_site_runs_is_refused(here: Here) -> None:
    from digest.runner.data_folder import lock_data_folder

    run("backup", here.backup)
    with lock_data_folder(here.data, "process 7"), pytest.raises(CommandError, match="running"):
        run("restore", here.backup, "--replace")
    assert Subscriber.objects.count() == 1


def test_one_of_a_newer_release_is_refused(here: Here) -> None:
    run("backup", here.backup)
    change(here.backup, lambda found: found["migrations"].append("digest.9999_future"))
    with pytest.raises(CommandError, match=r"newer release \(.+, digest.9999_future\)"):
        run("restore", here.backup, "--replace")
    change(here.backup, lambda found: found.update(format=2))
    with pytest.raises(CommandError, match="newer release"):
        run("backup", here.backup, "--verify")


def test_one_of_another_database_is_refused(here: Here) -> None:
    run("backup", here.backup)
    manifest = replace(read_manifest(here.backup), engine="postgresql")
    with pytest.raises(BackupError, match="is of postgresql, but DATABASE_URL names sqlite"):
        restoring._check_fits(manifest, replace=True)


def change(folder: Path, by: Callable[[Any], object]) -> None:
    path = folder / "manifest.json"
    found = json.loads(path.read_text())
    by(found)
    path.write_text(json.dumps(found))


def cut(folder: Path) -> None:
    os.truncate(folder / "database.sqlite3", 4096)


def flip(folder: Path) -> None:
    path = folder / f"dumps/ab/{DUMP}"
    path.write_text("rAw")


def lose(folder: Path) -> None:
    (folder / "keys/secret_key").unlink()


@pytest.mark.parametrize(
    ("damage", "named"),
    [(cut, "database.sqlite3"), (flip, DUMP), (lose, "keys/secret_key")],
)
def test_damage_is_found_and_named(here: Here, damage: Any, named: str) -> None:
    run("backup", here.backup)
    damage(here.backup)
    for command in (("backup", here.backup, "--verify"), ("restore", here.backup, "--replace")):
        with pytest.raises(CommandError, match=named):
            run(*command)
    assert DatabaseEpoch.objects.get().number == 1


def test_a_database_that_is_damaged_with_its_manifest_right_is_found(here: Here) -> None:
    run("backup", here.backup)
    path = here.backup / "database.sqlite3"
    data = bytearray(path.read_bytes())
    data[4096 : 4096 + 2000] = b"\0" * 2000
    path.write_bytes(data)
    found = making.hashed(path)
    change(
        here.backup,
        lambda manifest: manifest["files"]["database.sqlite3"].update(sha256=found.sha256),
    )
    with pytest.raises(CommandError, match="is damaged"):
        run("backup", here.backup, "--verify")


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"format": 1, "files": {"../x": {}}}'])
def test_a_manifest_that_is_none_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "manifest.json").write_text(text)
    with pytest.raises(CommandError, match="damaged"):
        run("backup", tmp_path, "--verify")
    with pytest.raises(CommandError, match="is not a backup"):
        run("backup", tmp_path / "none", "--verify")


def test_a_path_out_of_the_backup_is_refused(here: Here) -> None:
    run("backup", here.backup)
    change(
        here.backup,
        lambda found: found["files"].update({"dumps/../../x": {"sha256": "", "bytes": 0}}),
    )
    with pytest.raises(CommandError, match="damaged"):
        run("restore", here.backup, "--replace")


def test_a_target_that_exists_is_refused(here: Here) -> None:
    here.backup.mkdir()
    with pytest.raises(CommandError, match="exists already"):
        run("backup", here.backup)
    with pytest.raises(CommandError, match="does not exist"):
        run("backup", here.backup / "a" / "b")


def test_a_short_disk_is_refused_before_anything_is_written(
    here: Here, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = shutil.disk_usage(here.data)._replace(free=10**6)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage)
    with pytest.raises(CommandError, match="1 MB free: name a folder on another disk"):
        run("backup", here.backup)
    assert not here.backup.exists()


def test_a_backup_that_fails_leaves_nothing(here: Here, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(making, "copy_private", full)
    with pytest.raises(CommandError, match="No space left"):
        run("backup", here.backup)
    assert sorted(path.name for path in here.backup.parent.iterdir()) == ["data"]


def test_a_copy_that_is_damaged_on_the_way_is_no_backup(
    here: Here, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = making.Manifest.write

    def write_and_damage(manifest: making.Manifest, folder: Path) -> None:
        write(manifest, folder)
        flip(folder)

    monkeypatch.setattr(making.Manifest, "write", write_and_damage)
    with pytest.raises(CommandError, match=f"{DUMP} is not what was written"):
        run("backup", here.backup)
    assert not here.backup.exists()


def test_the_manifest_reads_what_was_written(here: Here) -> None:
    run("backup", here.backup)
    manifest = read_manifest(here.backup)
    assert manifest.progress == checking.current().progress
    assert manifest.files["keys/secret_key"].bytes == 1
    assert Dump.objects.count() == 0
