"""A simulation gets a database of its own, and no other."""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg
import pytest

from digest.simulation.own_database import CannotUse, own_database
from tests.support import servers

ELSEWHERE: dict[str, Any] = {"NAME": "/srv/db.sqlite3", "HOST": "", "PORT": ""}


def test_a_file_that_goes_with_the_simulation(tmp_path: Path) -> None:
    with own_database("", tmp_path, ELSEWHERE) as url:
        path = Path(url.removeprefix("sqlite:///"))
        assert path.parent == tmp_path
        with closing(sqlite3.connect(path)) as connection:
            connection.execute("CREATE TABLE papers (id INTEGER)")
    assert list(tmp_path.iterdir()) == []


def test_an_empty_file_that_was_there_is_used_and_kept(tmp_path: Path) -> None:
    path = tmp_path / "empty.sqlite3"
    path.touch()
    with own_database(f"sqlite:///{path}", tmp_path, ELSEWHERE) as url:
        assert url == f"sqlite:///{path}"
    assert path.exists()


def test_the_sites_own_is_refused_even_if_it_is_empty(tmp_path: Path) -> None:
    path = tmp_path / "db.sqlite3"
    site = {"NAME": str(path), "HOST": "", "PORT": ""}
    with (
        pytest.raises(CannotUse, match="the site’s own database"),
        own_database(f"sqlite:///{path}", tmp_path, site),
    ):
        pass
    assert not path.exists()


@pytest.mark.parametrize(
    ("table", "sentence"),
    [("subscriptions_subscriber", "may hold people"), ("recipes", "is not empty")],
)
def test_a_file_with_tables_is_refused_and_kept(tmp_path: Path, table: str, sentence: str) -> None:
    path = tmp_path / "other.sqlite3"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(f"CREATE TABLE {table} (id INTEGER)")
    with (
        pytest.raises(CannotUse, match=sentence),
        own_database(f"sqlite:///{path}", tmp_path, ELSEWHERE),
    ):
        pass
    assert path.exists()


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        ("mysql://localhost/simulation", "no address of a database"),
        ("sqlite:////no/such/folder/file", "There is no folder"),
        ("postgres://nobody@127.0.0.1:1/simulation", "cannot be used"),
    ],
)
def test_what_cannot_be_used_is_said(tmp_path: Path, url: str, sentence: str) -> None:
    with pytest.raises(CannotUse, match=sentence), own_database(url, tmp_path, ELSEWHERE):
        pass


def test_another_kind_of_file_is_refused_and_kept(tmp_path: Path) -> None:
    path = tmp_path / "letter.txt"
    path.write_text("Dear Ada, " * 100)
    with (
        pytest.raises(CannotUse, match="no database of SQLite"),
        own_database(f"sqlite:///{path}", tmp_path, ELSEWHERE),
    ):
        pass
    assert path.read_text().startswith("Dear Ada")


@pytest.mark.slow
@pytest.mark.postgres
def test_databases_of_postgresql(postgres: str, tmp_path: Path) -> None:
    url = f"{postgres.rpartition('/')[0]}/simulated"
    # Two options of Django's, the first one for PgBouncer, and one of libpq's.
    options = "DISABLE_SERVER_SIDE_CURSORS=True&assume_role=postgres&application_name=simulation"
    asked = f"{url}?{options}"
    with (
        own_database(asked, tmp_path, ELSEWHERE) as given,
        psycopg.connect(url, autocommit=True) as own,
    ):
        assert given == asked
        own.execute("CREATE TABLE subscriptions_subscriber (id integer)")
        # Another simulation, or a second one by mistake.
        with (
            pytest.raises(CannotUse, match="may hold people"),
            own_database(asked, tmp_path, ELSEWHERE),
        ):
            pass
        assert own.execute("SELECT count(*) FROM subscriptions_subscriber").fetchone() == (0,)
    with pytest.raises(psycopg.OperationalError, match="does not exist"):
        psycopg.connect(url)
    empty = servers.new_database(postgres, "empty")
    with own_database(empty, tmp_path, ELSEWHERE):
        pass
    psycopg.connect(empty).close()  # what it did not create it does not delete
