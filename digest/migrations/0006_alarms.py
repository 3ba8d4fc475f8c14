import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('digest', '0005_mail_events'),
        ('subscriptions', '0002_mail_wishes'),
    ]

    operations = [
        migrations.AddField(
            model_name='letter',
            name='email',
            field=models.EmailField(blank=True, help_text='Of an operator; subscribers have theirs.', max_length=320, verbose_name='e-mail'),
        ),
        migrations.AddField(
            model_name='letter',
            name='told',
            field=models.JSONField(blank=True, default=dict, help_text='Facts of the time it was written down at.'),
        ),
        migrations.AlterField(
            model_name='letter',
            name='purpose',
            field=models.CharField(choices=[('confirm', 'confirm the subscription'), ('preferences', 'link to the preferences'), ('alarm', 'alarm to an operator')], max_length=16),
        ),
        migrations.AlterField(
            model_name='letter',
            name='subscriber',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='letters', to='subscriptions.subscriber'),
        ),
        migrations.AddIndex(
            model_name='digest',
            index=models.Index(condition=models.Q(('state', 'unknown')), fields=['not_before'], name='digest_unknown'),
        ),
        migrations.AddConstraint(
            model_name='letter',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('email', ''), ('subscriber__isnull', False)), models.Q(('subscriber__isnull', True), models.Q(('email', ''), _negated=True)), _connector='OR'), name='letter_has_one_recipient'),
        ),
    ]
