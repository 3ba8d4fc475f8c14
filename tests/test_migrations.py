"""New columns can be left out by the release before, which runs while a migration does."""

import pytest
from django.db import connection, migrations, models
from django.db.migrations.loader import MigrationLoader
from django.db.models import NOT_PROVIDED, Field

from digest.concurrent_index import AddIndexWhileRunning

# The first of each app that was written with this rule; the earlier ones have been applied.
FIRST = {"digest": "0022", "subscriptions": "0013"}
# The same of the rule that indexes of tables with rows are built without a lock.
FIRST_WITHOUT_LOCK = {"digest": "0037", "subscriptions": "0021"}
MIGRATIONS = {
    f"{app}.{name}": migration
    for (app, name), migration in MigrationLoader(None).disk_migrations.items()
    if app in FIRST and name >= FIRST[app]
}

WITHOUT_LOCK = [
    name
    for name, migration in MIGRATIONS.items()
    if migration.name >= FIRST_WITHOUT_LOCK[migration.app_label]
]


def is_optional(field: "Field[object, object]") -> bool:
    has_default = getattr(field, "db_default", NOT_PROVIDED) is not NOT_PROVIDED
    return field.null or field.many_to_many or has_default


@pytest.mark.parametrize("name", WITHOUT_LOCK)
def test_an_index_of_an_old_table_is_built_while_the_site_runs(name: str) -> None:
    operations = MIGRATIONS[name].operations
    made = {each.name for each in operations if isinstance(each, migrations.CreateModel)}
    added = [
        each.model_name
        for each in operations
        if isinstance(each, migrations.AddIndex) and not isinstance(each, AddIndexWhileRunning)
    ]
    assert [model for model in added if model not in {name.lower() for name in made}] == []


@pytest.mark.django_db(transaction=True)
def test_such_an_index_is_built_on_this_database() -> None:
    index = models.Index(fields=["reason"], name="hold_by_reason")
    operation, before = AddIndexWhileRunning("hold", index), MigrationLoader(None).project_state()
    after = before.clone()
    operation.state_forwards("digest", after)
    with connection.schema_editor(atomic=False) as editor:
        operation.database_forwards("digest", editor, before, after)
        assert index.name in names_of_indexes()
        operation.database_backwards("digest", editor, after, before)
    assert index.name not in names_of_indexes()


def names_of_indexes() -> set[str]:
    with connection.cursor() as cursor:
        return set(connection.introspection.get_constraints(cursor, "digest_hold"))


@pytest.mark.parametrize("name", MIGRATIONS)
def test_a_new_column_has_a_default_of_the_database_or_may_be_null(name: str) -> None:
    added = [each for each in MIGRATIONS[name].operations if isinstance(each, migrations.AddField)]
    wrong = [f"{each.model_name}.{each.name}" for each in added if not is_optional(each.field)]
    assert wrong == []
