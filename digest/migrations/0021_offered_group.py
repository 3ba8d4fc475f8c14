from typing import Any

from django.db import migrations, models


def note_groups(apps: Any, schema_editor: Any) -> None:
    """The groups of those names are taken for the ones that were made."""
    using = schema_editor.connection.alias
    offered = apps.get_model("digest", "OfferedPermission").objects.using(using)
    names = set(offered.values_list("group", flat=True))
    for group in apps.get_model("auth", "Group").objects.using(using).filter(name__in=names):
        offered.filter(group=group.name).update(group_pk=group.pk)


class Migration(migrations.Migration):

    dependencies = [
        ('auth', '0012_alter_user_first_name_max_length'),
        ('digest', '0020_retention'),
    ]

    operations = [
        migrations.AddField(
            model_name='offeredpermission',
            name='group_pk',
            field=models.BigIntegerField(help_text='The id of that group; none if it was gone already.', null=True),
        ),
        migrations.RunPython(note_groups, migrations.RunPython.noop, elidable=True),
    ]
