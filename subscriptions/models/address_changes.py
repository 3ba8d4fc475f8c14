"""Changes of a subscriber's address, which the new address confirms and the old one can undo."""

from django.db import models
from django.utils.timezone import now

from .subscribers import Subscriber


class AddressChange(models.Model):
    """A request to send a subscriber's digests to another address.

    It takes effect when the new address confirms it, and can be undone from the former one.
    """

    subscriber = models.ForeignKey(Subscriber, models.CASCADE, related_name="address_changes")
    email = models.EmailField("new e-mail", max_length=320, help_text="As typed.")
    email_key = models.CharField(max_length=320, editable=False)
    former_email = models.EmailField("former e-mail", max_length=320)
    former_email_key = models.CharField(max_length=320, editable=False)
    requested_at = models.DateTimeField(default=now)
    confirmed_at = models.DateTimeField(null=True, blank=True)
    undone_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-requested_at", "-pk"]

    def __str__(self) -> str:
        return f"change of address {self.pk}"
