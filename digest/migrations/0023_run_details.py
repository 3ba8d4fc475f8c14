"""The field `told` of Run is called `details`; its column keeps its name, and no table is touched."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('digest', '0022_facts'),
    ]

    operations = [
        migrations.AlterField(
            model_name='run',
            name='told',
            field=models.JSONField(blank=True, db_column='told', default=dict),
        ),
        migrations.RenameField(model_name='run', old_name='told', new_name='details'),
    ]
