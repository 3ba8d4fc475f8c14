"""Files of subscribers that an operator imports, and their refused rows."""

from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Q


class SubscriberImportQuerySet(models.QuerySet["SubscriberImport"]):
    def unfinished(self) -> Self:
        """Files that are being checked or imported."""
        return self.filter(
            state__in=(SubscriberImport.State.CHECKING, SubscriberImport.State.IMPORTING)
        )


class SubscriberImport(models.Model):
    """One file: it is checked to its end, shown to the operator, and imported when they say so.

    `data` has addresses: it is deleted as soon as the file is imported or refused, and with the row
    after a day (`prune`).
    """

    class State(models.TextChoices):
        CHECKING = "checking", "being checked"
        CHECKED = "checked", "checked"
        IMPORTING = "importing", "being imported"
        IMPORTED = "imported", "imported"
        REFUSED = "refused", "refused"

    class Consent(models.TextChoices):
        ASK = "ask", "Send each a confirmation letter; they are subscribed once they confirm"
        RECORDED = "recorded", "They have agreed already: subscribe them at once"

    data = models.BinaryField(null=True, editable=False)
    state = models.CharField(max_length=9, choices=State, default=State.CHECKING)
    consent = models.CharField(max_length=8, choices=Consent, default=Consent.ASK)
    consent_source = models.CharField(max_length=200, blank=True)
    consent_on = models.DateField(null=True, blank=True)
    operator = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, editable=False
    )
    created_at = models.DateTimeField()
    rows_done = models.PositiveIntegerField(
        default=0, help_text="Rows that this pass has dealt with."
    )
    added = models.PositiveIntegerField(default=0, help_text="Rows that are, or would be, added.")
    skipped = models.PositiveIntegerField(
        default=0, help_text="Subscribed or suppressed already, or listed twice."
    )
    refused = models.PositiveIntegerField(default=0, help_text="Invalid rows.")
    error = models.CharField(max_length=500, blank=True, help_text="Why the file was refused.")

    objects = SubscriberImportQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        default_permissions = ()
        constraints = [
            models.CheckConstraint(
                condition=~Q(consent="recorded")
                | (~Q(consent_source="") & Q(consent_on__isnull=False)),
                name="recorded_consent_says_whence",
            ),
        ]

    def __str__(self) -> str:
        return f"import {self.pk}"


class UnimportedRow(models.Model):
    """A row that is not imported, and why. It names nobody: the operator has the file."""

    file = models.ForeignKey(SubscriberImport, models.CASCADE, related_name="unimported")
    line = models.PositiveIntegerField(help_text="Where the row begins in the file, from 1.")
    is_refused = models.BooleanField(help_text="Invalid; otherwise there was nothing to do.")
    reason = models.CharField(max_length=300)

    class Meta:
        ordering = ["line", "pk"]
        default_permissions = ()

    def __str__(self) -> str:
        return f"line {self.line}: {self.reason}"
