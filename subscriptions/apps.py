from django.apps import AppConfig
from django.db.models.signals import post_migrate


class SubscriptionsConfig(AppConfig):
    name = "subscriptions"
    default_auto_field = "django.db.models.BigAutoField"
    verbose_name = "subscribers"

    def ready(self) -> None:
        from . import suppression_key

        post_migrate.connect(suppression_key.ensure_key_check, sender=self)
