import logging

from django.apps import AppConfig
from django.conf import settings
from django.contrib.admin import apps as admin_apps
from django.contrib.auth.signals import user_logged_in
from django.db.models.signals import post_migrate, pre_migrate

from digest.runner import private_files

log = logging.getLogger(__name__)


class DigestConfig(AppConfig):
    name = "digest"
    default = True
    default_auto_field = "django.db.models.BigAutoField"
    verbose_name = "papers and digests"

    def ready(self) -> None:
        from digest.epochs.checking import ensure_epoch
        from digest.epochs.sequences import remember_sequences, restore_sequences
        from digest.operators.groups import offer_permissions

        private_files.restrict_umask(settings.DATA_DIR)
        for sentence in private_files.restrict_files(settings.DATA_DIR):
            log.warning("%s", sentence)

        # Sent once all migrations are done: this app stands for all.
        post_migrate.connect(offer_permissions, sender=self)
        pre_migrate.connect(remember_sequences, sender=self)
        post_migrate.connect(restore_sequences, sender=self)
        post_migrate.connect(ensure_epoch, sender=self)


class AdminConfig(admin_apps.SimpleAdminConfig):
    """The admin, which digest.urls loads: commands have no use for it."""

    default = False
    default_site = "digest.operators.admin_site.OperatorsSite"

    def ready(self) -> None:
        from digest.operators.admin_site import end_session_later

        super().ready()
        user_logged_in.connect(end_session_later)
