"""The field `told` is called `facts`; its column keeps its name, and no table is touched."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('digest', '0021_offered_group'),
        # It knows the field by its old name.
        ('subscriptions', '0008_one_key_a_mailbox'),
    ]

    operations = [
        migrations.AlterField(
            model_name='digest',
            name='told',
            field=models.JSONField(blank=True, db_column='told', default=dict, help_text='Other facts of the time it was composed at.'),
        ),
        migrations.RenameField(model_name='digest', old_name='told', new_name='facts'),
        migrations.AlterField(
            model_name='letter',
            name='told',
            field=models.JSONField(blank=True, db_column='told', default=dict, help_text='Facts of the time it was written down at.'),
        ),
        migrations.RenameField(model_name='letter', old_name='told', new_name='facts'),
    ]
