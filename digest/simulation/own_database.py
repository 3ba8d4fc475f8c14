"""The database of a simulation: one of its own, never one that holds anything."""

import contextlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
from psycopg import conninfo, pq, sql

from digest.environment import database_config

_MAINTENANCE = "postgres"  # the database that every cluster has


class CannotUse(Exception):
    """The database cannot be used; the message is a sentence for the operator."""


@contextlib.contextmanager
def own_database(url: str, folder: Path, site: dict[str, Any]) -> Iterator[str]:
    """An empty database for the block; yields its address. What this creates, it deletes.

    `url` names a database that does not exist yet or is empty; without it a file in `folder` is
    used. Raises CannotUse for one with tables, and for the site's own (`site`, its settings).
    """
    config = _config(url or f"sqlite:///{folder / 'simulated.sqlite3'}")
    if all(config[key] == site[key] for key in ("NAME", "HOST", "PORT")):
        raise CannotUse("This is the site’s own database. Name another, which does not exist yet.")
    if config["ENGINE"].endswith("sqlite3"):
        with _file(Path(config["NAME"])):
            yield f"sqlite:///{config['NAME']}"
    else:
        with _postgres_database(config):
            yield url


def _config(url: str) -> dict[str, Any]:
    try:
        return database_config(url)
    except ValueError:
        raise CannotUse(
            "This is no address of a database. Write it like "
            "postgres://user:password@host:5432/simulation or sqlite:////tmp/simulation.sqlite3."
        ) from None


@contextlib.contextmanager
def _file(path: Path) -> Iterator[None]:
    is_new = not path.exists()
    if not path.parent.is_dir():
        raise CannotUse(f"There is no folder {path.parent}.")
    if not is_new:
        _check_empty(str(path), _sqlite_tables(path))
    try:
        yield
    finally:
        if is_new:
            for each in (path, Path(f"{path}-wal"), Path(f"{path}-shm")):
                each.unlink(missing_ok=True)


def _sqlite_tables(path: Path) -> list[str]:
    try:
        with contextlib.closing(sqlite3.connect(path)) as connection:
            rows = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
            return [name for (name,) in rows]
    except sqlite3.DatabaseError as wrong:
        raise CannotUse(f"{path} is no database of SQLite ({wrong}).") from wrong


@contextlib.contextmanager
def _postgres_database(config: dict[str, Any]) -> Iterator[None]:
    name, maintenance = config["NAME"], _conninfo(config, _MAINTENANCE)
    with _connected(maintenance) as connection:
        known = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name])
        is_new = known.fetchone() is None
        if is_new:
            connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    if not is_new:
        _check_empty(name, _postgres_tables(_conninfo(config, name)))
    try:
        yield
    finally:
        if is_new:
            with _connected(maintenance) as connection:
                drop = sql.SQL("DROP DATABASE {} WITH (FORCE)")
                connection.execute(drop.format(sql.Identifier(name)))


def _conninfo(config: dict[str, Any], name: str) -> str:
    """The connection string of libpq for a database of that server, without Django's own options
    (DISABLE_SERVER_SIDE_CURSORS and the like)."""
    login = {part.lower(): config[part] for part in ("HOST", "PORT", "USER", "PASSWORD")}
    known = {each.keyword.decode() for each in pq.Conninfo.get_defaults()}
    options = {key: value for key, value in config.get("OPTIONS", {}).items() if key in known}
    given = {key: value for key, value in (options | login).items() if value}
    return conninfo.make_conninfo(dbname=name, **given)


@contextlib.contextmanager
def _connected(info: str) -> Iterator["psycopg.Connection[tuple[object, ...]]"]:
    try:
        with psycopg.connect(info, autocommit=True, connect_timeout=10) as connection:
            yield connection
    except psycopg.Error as wrong:
        raise CannotUse(f"The database cannot be used: {str(wrong).strip()}") from None


def _postgres_tables(info: str) -> list[str]:
    with _connected(info) as connection:
        rows = connection.execute(
            "SELECT tablename FROM pg_tables "
            "WHERE schemaname NOT IN ('pg_catalog', 'information_schema')"
        )
        return [str(name) for (name,) in rows]


def _check_empty(name: str, tables: list[str]) -> None:
    if "subscriptions_subscriber" in tables:
        raise CannotUse(
            f"{name} is the database of a site, which may hold people. Name one that does not "
            "exist yet."
        )
    if tables:
        raise CannotUse(f"{name} is not empty. Name a database that does not exist yet.")
