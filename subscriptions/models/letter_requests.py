"""Requests for letters, as the pages store them for the worker. Imported by no other model."""

from django.db import models
from django.utils.timezone import now


class LetterRequest(models.Model):
    """A form sent on the web, until the worker processes it within seconds.

    The page only writes this row, for every address, so that neither its answer nor its duration
    tells whether an address is known.
    """

    class Kind(models.TextChoices):
        SIGN_UP = "sign-up", "sign-up"
        LINK = "link", "link to the preferences"

    kind = models.CharField(max_length=7, choices=Kind)
    email = models.EmailField("e-mail", max_length=320, help_text="As typed.")
    asked = models.JSONField(default=dict, blank=True, help_text="What a sign-up asks for.")
    asked_at = models.DateTimeField(default=now)

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return self.get_kind_display()
