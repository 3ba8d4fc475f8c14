"""Sequences through migrations: SQLite builds tables anew, and would begin them at what is left."""

from pathlib import Path

import pytest
from django.apps import apps
from django.db import connection, models

from digest.epochs import checking
from digest.epochs.sequences import GAP, jump, remember_sequences, restore_sequences
from digest.models import Digest
from tests.support import factories
from tests.support.restorable import Restorable, sqlite_file

pytestmark = pytest.mark.django_db


def rebuild(model: type[models.Model]) -> None:
    with connection.schema_editor() as editor:
        editor._remake_table(model)  # type: ignore[attr-defined]


def test_a_table_that_is_built_anew_gives_no_id_again(tmp_path: Path) -> None:
    if connection.vendor != "sqlite":
        pytest.skip("the tests run on PostgreSQL")
    with sqlite_file(tmp_path / "site.sqlite3"):
        factories.subscriber("ada@example.org")
        checking.begin()
        for is_remembered in (False, True):
            jump(GAP)
            before = checking.current().last_digest
            if is_remembered:
                remember_sequences()
            connection.cursor().execute("PRAGMA foreign_keys=OFF")
            rebuild(Digest)
            assert checking.current().last_digest == 0
            restore_sequences()
            assert checking.current().last_digest == (before if is_remembered else 0)


def test_a_table_that_never_had_a_row_jumps_too(tmp_path: Path) -> None:
    if connection.vendor != "sqlite":
        pytest.skip("the tests run on PostgreSQL")
    with sqlite_file(tmp_path / "site.sqlite3"):
        connection.cursor().execute("DELETE FROM sqlite_sequence")
        jump(GAP)
        assert factories.subscriber("ada@example.org").pk == GAP + 1


def test_migrate_does_both() -> None:
    from django.db.models.signals import post_migrate, pre_migrate

    sender = apps.get_app_config("digest")
    assert remember_sequences in receivers(pre_migrate, sender)
    assert restore_sequences in receivers(post_migrate, sender)


def receivers(signal: models.signals.ModelSignal, sender: object) -> list[object]:
    return list(signal._live_receivers(sender)[0])


def test_ids_of_32_bits_without_room_stay(database: Restorable, caplog: object) -> None:
    """Django's own tables have such ids on PostgreSQL; the others jump all the same."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SELECT SETVAL('auth_user_id_seq', 2147483000)")
    last = factories.subscriber("ada@example.org").pk
    jump(GAP)
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT last_value FROM auth_user_id_seq")
            assert cursor.fetchone() == (2147483000,)
    assert factories.subscriber("eve@example.org").pk == last + GAP + 1


def test_every_table_of_ours_has_ids_of_64_bits() -> None:
    narrow = [
        model._meta.label
        for label in ("digest", "subscriptions")
        for model in apps.get_app_config(label).get_models(include_auto_created=True)
        if isinstance(model._meta.pk, models.AutoField)
        and not isinstance(model._meta.pk, models.BigAutoField)
    ]
    assert narrow == []
