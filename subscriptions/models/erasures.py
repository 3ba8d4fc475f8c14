"""Deletions that readers asked for, as far as the worker has still to carry them out."""

from django.db import models
from django.utils.timezone import now


class ErasureRequest(models.Model):
    """The addresses of a deleted subscriber, until the worker has removed them from other rows.

    The page deletes the subscriber's rows. To search the texts of all others, such as replies of
    mail servers, takes longer than a request may.
    """

    spellings = models.JSONField(help_text="All spellings of the addresses.")
    asked_at = models.DateTimeField(default=now)

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"deletion {self.pk}"
