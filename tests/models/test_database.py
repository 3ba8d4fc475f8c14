"""Facts of the database that differ by kind."""

from pathlib import Path

import pytest

from digest.models.database import database_bytes
from tests.support.databases import database_file


@pytest.mark.django_db
def test_a_database_has_a_size() -> None:
    assert database_bytes() >= 0


def test_the_size_of_sqlite_has_what_waits_in_its_log(tmp_path: Path) -> None:
    for suffix, size in {"": 100, "-wal": 20, "-shm": 3, "-other": 4}.items():
        (tmp_path / f"db.sqlite3{suffix}").write_bytes(b"x" * size)
    with database_file(tmp_path / "db.sqlite3"):
        assert database_bytes() == 123
