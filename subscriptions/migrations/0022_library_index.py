from django.db import migrations, models

from digest.concurrent_index import AddIndexWhileRunning


class Migration(migrations.Migration):

    atomic = False

    dependencies = [
        ('subscriptions', '0021_library'),
    ]

    operations = [
        AddIndexWhileRunning(
            model_name='profile',
            index=models.Index(condition=models.Q(('library_forgotten_at__isnull', False)), fields=['library_forgotten_at'], name='profile_forgotten_library'),
        ),
    ]
