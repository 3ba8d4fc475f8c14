"""A paper may have no link: the invented ones, searches for its title at Hugging Face, go."""

from django.apps.registry import Apps
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

_SEARCH = "https://huggingface.co/papers?q="


def drop_searches(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    papers = apps.get_model("digest", "Paper").objects.using(schema_editor.connection.alias)
    papers.filter(url__startswith=_SEARCH).update(url="")


class Migration(migrations.Migration):
    dependencies = [
        ("digest", "0027_titles_that_name_none"),
    ]

    operations = [
        migrations.AlterField(
            model_name="paper",
            name="url",
            field=models.URLField(blank=True, max_length=2000),
        ),
        migrations.RunPython(drop_searches, migrations.RunPython.noop, elidable=True),
    ]
