"""The full text of the search documents: FTS5 (SQLite), a column of lexemes (PostgreSQL)."""

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

_SQLITE = (
    "CREATE VIRTUAL TABLE digest_fulltext USING fts5("
    "text, content='digest_searchdocument', content_rowid='id', tokenize='ascii')",
    "CREATE TRIGGER digest_fulltext_insert AFTER INSERT ON digest_searchdocument BEGIN "
    "INSERT INTO digest_fulltext (rowid, text) VALUES (new.id, new.text); END",
    "CREATE TRIGGER digest_fulltext_delete AFTER DELETE ON digest_searchdocument BEGIN "
    "INSERT INTO digest_fulltext (digest_fulltext, rowid, text) "
    "VALUES ('delete', old.id, old.text); END",
    "CREATE TRIGGER digest_fulltext_update AFTER UPDATE ON digest_searchdocument BEGIN "
    "INSERT INTO digest_fulltext (digest_fulltext, rowid, text) "
    "VALUES ('delete', old.id, old.text); "
    "INSERT INTO digest_fulltext (rowid, text) VALUES (new.id, new.text); END",
)
_POSTGRESQL = (
    "ALTER TABLE digest_searchdocument ADD COLUMN lexemes tsvector "
    "GENERATED ALWAYS AS (array_to_tsvector(string_to_array(text, ' '))) STORED",
    "CREATE INDEX digest_searchdocument_lexemes ON digest_searchdocument USING gin (lexemes)",
)
_BACK = {
    "sqlite": (
        "DROP TRIGGER IF EXISTS digest_fulltext_insert",
        "DROP TRIGGER IF EXISTS digest_fulltext_delete",
        "DROP TRIGGER IF EXISTS digest_fulltext_update",
        "DROP TABLE IF EXISTS digest_fulltext",
    ),
    "postgresql": (
        "DROP INDEX digest_searchdocument_lexemes",
        "ALTER TABLE digest_searchdocument DROP COLUMN lexemes",
    ),
}


def create(apps: Apps, editor: BaseDatabaseSchemaEditor) -> None:
    if editor.connection.vendor == "postgresql":
        statements = _POSTGRESQL
    else:
        with editor.connection.cursor() as cursor:
            cursor.execute("SELECT 1 FROM pragma_module_list WHERE name = 'fts5'")
            has_fts5 = cursor.fetchone() is not None
        # Without FTS5 only the newest papers are searched, and the page says so.
        statements = _SQLITE if has_fts5 else ()
    for statement in statements:
        editor.execute(statement)


def drop(apps: Apps, editor: BaseDatabaseSchemaEditor) -> None:
    for statement in _BACK[editor.connection.vendor]:
        editor.execute(statement)


def mark_papers(apps: Apps, editor: BaseDatabaseSchemaEditor) -> None:
    """Leave the papers that are stored already to the task that adds their documents."""
    newest = apps.get_model("digest", "Paper").objects.order_by("-pk").first()
    if newest is not None:
        apps.get_model("digest", "Catalogue").objects.update(unsearchable_through=newest.pk)


class Migration(migrations.Migration):
    dependencies = [("digest", "0031_search_documents")]

    operations = [
        migrations.RunPython(create, drop),
        migrations.RunPython(mark_papers, migrations.RunPython.noop),
    ]
