"""Files of the data folder, which holds addresses and links, cannot be read by other users."""

import logging
import os
import stat
import traceback
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.core.exceptions import ImproperlyConfigured

from digest.environment import read_or_create_secret_key, read_secret_file, writable_folder
from digest.monitoring import checks
from digest.runner.private_files import restrict_files, restrict_umask
from subscriptions.suppression_key import check_key, link_keys
from tests.support.site import Site


def test_nobody_else_reads_a_folder_that_the_program_made(tmp_path: Path) -> None:
    folder = writable_folder(str(tmp_path / "new" / "var"))
    assert folder.stat().st_mode & 0o777 == 0o700


def test_a_folder_that_was_there_stays_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "var").mkdir()
    (tmp_path / "var").chmod(0o755)
    assert writable_folder(str(tmp_path / "var")).stat().st_mode & 0o777 == 0o755


def test_a_secret_that_cannot_be_read_is_named_and_not_shown(tmp_path: Path) -> None:
    path = tmp_path / "secret_key"
    assert read_secret_file(path) == ""
    assert (
        read_or_create_secret_key(tmp_path)
        == read_secret_file(path)
        == read_or_create_secret_key(tmp_path)
    )
    path.write_bytes(b"otL33\xff")
    with pytest.raises(
        ImproperlyConfigured, match=r"^\S+secret_key cannot be read \(it is no"
    ) as no:
        read_or_create_secret_key(tmp_path)
    assert "otL33" not in "".join(traceback.format_exception(no.value))
    path.unlink()
    path.mkdir()  # root can read what others cannot, but no folder
    with pytest.raises(
        ImproperlyConfigured, match=r"cannot be read \(Is a directory\)\. Run this as"
    ):
        read_or_create_secret_key(tmp_path)


@pytest.mark.django_db
def test_a_key_file_that_cannot_be_read_stops_the_mail(settings: Any, tmp_path: Path) -> None:
    settings.SUPPRESSION_KEY, settings.SUPPRESSION_KEY_FILE = "", tmp_path / "suppression_key"
    settings.SUPPRESSION_KEY_FILE.mkdir()
    assert check_key() == (
        f"{settings.SUPPRESSION_KEY_FILE} cannot be read (Is a directory). Run this as the same "
        "user as the site."
    )
    assert link_keys() == (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)


NAMES = ("secret_key", "db.sqlite3", "db.sqlite3-wal", "db.sqlite3-shm", "admin-password")
FOLDERS = ("outbox", "dumps", "replies", "broker")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A data folder that was made by an operator, with files of an earlier version."""
    tmp_path.chmod(0o755)
    for name in (*NAMES, "their-own"):
        (tmp_path / name).touch()
        (tmp_path / name).chmod(0o664)
    for name in (*FOLDERS, "inbox"):
        (tmp_path / name).mkdir()
        (tmp_path / name).chmod(0o777)
    return tmp_path


def modes(folder: Path) -> dict[str, int]:
    return {path.name: stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()}


def test_what_was_there_becomes_private_and_what_others_may_need_stays(folder: Path) -> None:
    assert list(restrict_files(folder)) == []
    wanted = dict.fromkeys(NAMES, 0o600) | dict.fromkeys(FOLDERS, 0o700)
    assert modes(folder) == wanted | {"their-own": 0o664, "inbox": 0o777}
    assert stat.S_IMODE(folder.stat().st_mode) == 0o755


def test_a_folder_that_is_shared_with_a_group_stays_shared(folder: Path) -> None:
    folder.chmod(0o2775)
    assert list(restrict_files(folder)) == []
    wanted = dict.fromkeys(NAMES, 0o660) | dict.fromkeys(FOLDERS, 0o770)
    assert modes(folder) == wanted | {"their-own": 0o664, "inbox": 0o777}


def test_a_link_leads_to_no_file_elsewhere(folder: Path, tmp_path_factory: Any) -> None:
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    elsewhere.chmod(0o755)
    (folder / "outbox").rmdir()
    (folder / "outbox").symlink_to(elsewhere)
    assert list(restrict_files(folder)) == []
    assert stat.S_IMODE(elsewhere.stat().st_mode) == 0o755


@pytest.mark.parametrize(("mode", "wanted"), [(0o755, 0o600), (0o2775, 0o660)])
def test_new_files_are_private_too(tmp_path: Path, mode: int, wanted: int) -> None:
    tmp_path.chmod(mode)
    before = os.umask(0o002)
    try:
        restrict_umask(tmp_path)
        (tmp_path / "new").touch()
    finally:
        os.umask(before)
    assert modes(tmp_path) == {"new": wanted}


def test_the_start_and_doctor_name_what_another_user_owns(
    folder: Path, settings: Any, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def refuse(path: Path, mode: int) -> None:
        raise PermissionError(1, "Operation not permitted")

    settings.DATA_DIR = folder
    # As the kernel does for files of another user; tests may run as root, whom it refuses nothing.
    monkeypatch.setattr(Path, "chmod", refuse)
    before = os.umask(0o022)
    with caplog.at_level(logging.WARNING, "digest"):
        apps.get_app_config("digest").ready()
    os.umask(before)
    assert len(caplog.messages) == len(NAMES) + len(FOLDERS)
    assert f"chmod go= {folder / 'db.sqlite3'}" in caplog.text
    assert any("can read" in sentence for sentence in checks.check_disk())


@pytest.mark.slow
def test_a_start_makes_an_existing_folder_private(folder: Path) -> None:
    (folder / "db.sqlite3").unlink()
    Site(folder).run("migrate", "-v0")
    found = modes(folder)
    assert {found[name] for name in ("db.sqlite3", "secret_key")} == {0o600}
    assert {found[name] for name in FOLDERS} == {0o700}
