"""What people ask for: keywords, and requests for letters that wait for the worker."""

from typing import Self

from django.db import models
from django.utils.timezone import now

from .subscribers import Subscriber


class SubscriptionQuerySet(models.QuerySet["Subscription"]):
    def active(self) -> Self:
        return self.filter(active=True)


class Subscription(models.Model):
    """One keyword of one subscriber."""

    subscriber = models.ForeignKey(Subscriber, models.CASCADE, related_name="subscriptions")
    text = models.CharField("keyword", max_length=200, help_text="As typed.")
    active = models.BooleanField(default=True)
    created_at = models.DateTimeField(default=now, editable=False)

    objects = SubscriptionQuerySet.as_manager()

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["subscriber", "text"], name="one_subscription_a_person_and_keyword"
            )
        ]

    def __str__(self) -> str:
        return self.text


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
