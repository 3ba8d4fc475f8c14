"""Links to the private feed of a subscriber's digests."""

from django.db import models

from .subscribers import Subscriber


class FeedLink(models.Model):
    """Which link to a subscriber's feed works, if any.

    The link itself is not stored: it is made anew from these columns and the key that signs it.
    """

    subscriber = models.OneToOneField(
        Subscriber, models.CASCADE, primary_key=True, related_name="feed_link"
    )
    serial = models.PositiveIntegerField(
        default=0, help_text="Rises with each new link: only the newest one works."
    )
    made_at = models.DateTimeField(
        null=True, blank=True, help_text="When the newest link was made; empty if it is off."
    )

    def __str__(self) -> str:
        return f"feed link {self.serial}"

    @property
    def is_on(self) -> bool:
        """Whether there is a link, made for the subscriber's present address."""
        made_at = self.made_at and self.made_at.replace(microsecond=0)  # as tokens have it
        return made_at is not None and not self.subscriber.link_has_ended(made_at)
