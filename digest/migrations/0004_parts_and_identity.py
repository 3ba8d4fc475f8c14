from django.db import migrations, models
import django.db.models.deletion


class Migration(migrations.Migration):

    dependencies = [
        ('digest', '0003_sources'),
    ]

    operations = [
        migrations.AddField(
            model_name='dump',
            name='archive',
            field=models.ForeignKey(blank=True, help_text='The archive that it came in.', null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='members', to='digest.dump'),
        ),
        migrations.AddField(
            model_name='listing',
            name='apart',
            field=models.CharField(blank=True, db_index=True, default='', help_text='Set by an operator: listings that share it are a paper of their own.', max_length=32),
        ),
        migrations.AddField(
            model_name='paper',
            name='former',
            field=models.JSONField(blank=True, default=list, help_text='Ids of papers that proved to be this one: who was sent them, was sent it.'),
        ),
        migrations.AlterField(
            model_name='paper',
            name='renumbered',
            field=models.BooleanField(default=False, help_text='Numbered anew: its abstract came later, or two papers proved to be one.'),
        ),
    ]
