"""What people ask for: keywords, and requests for letters that wait for the worker."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.timezone import now

from .subscribers import Subscriber

# The parser is loaded where keywords are read: a pipe starts a process that has these models for
# each bounce.
if TYPE_CHECKING:
    from digest.matching.query import Expansions, Keyword, Pair


class SubscriptionQuerySet(models.QuerySet["Subscription"]):
    def active(self) -> Self:
        return self.filter(active=True)


class Subscription(models.Model):
    """One keyword of one subscriber."""

    subscriber = models.ForeignKey(Subscriber, models.CASCADE, related_name="subscriptions")
    text = models.CharField("keyword", max_length=200, help_text="As typed.")
    active = models.BooleanField(default=True)
    position = models.PositiveIntegerField(
        default=0,
        db_default=0,
        editable=False,
        help_text="In the subscriber's order; keywords of one position stand as they were added.",
    )
    created_at = models.DateTimeField(
        "added at", default=now, editable=False, help_text="When it was added, the last time."
    )
    dropped_at = models.DateTimeField(null=True, blank=True, editable=False)
    kept_at = models.DateTimeField(
        null=True,
        blank=True,
        editable=False,
        help_text="When the reader last chose to keep it; its hint is hidden for some time then.",
    )

    expansions = models.JSONField(
        default=dict,
        db_default=models.Value({}, models.JSONField()),
        blank=True,
        editable=False,
        help_text="Other wordings of the keyword that it matches too, or may match.",
    )
    wordings_checked_at = models.DateTimeField(
        null=True,
        blank=True,
        editable=False,
        help_text="When other wordings were looked for that could be offered.",
    )
    wordings_offered_at = models.DateTimeField(
        null=True,
        blank=True,
        editable=False,
        help_text="When a mail named what is offered.",
    )

    objects = SubscriptionQuerySet.as_manager()

    class Meta:
        ordering = ["position", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["subscriber", "text"], name="one_subscription_a_person_and_keyword"
            )
        ]
        indexes = [
            models.Index(
                fields=["wordings_checked_at"],
                name="subscription_wordings",
                condition=Q(active=True),
            )
        ]

    def __str__(self) -> str:
        return self.text

    @property
    def wordings(self) -> "Expansions":
        """The other wordings stored with it."""
        from digest.matching.query import Expansions

        return Expansions.from_json(self.expansions)

    @property
    def pairs(self) -> "tuple[Pair, ...]":
        """The other wordings in force."""
        return stored_pairs(self.expansions)

    @property
    def offers(self) -> "tuple[Pair, ...]":
        """The other wordings that its owner may switch on."""
        return self.wordings.offers if settings.KEYWORD_EXPANSIONS else ()

    def parsed(self) -> "Keyword":
        """The keyword as it is matched. Raises KeywordError if this release cannot read it."""
        from digest.matching.query import parse

        return parse(self.text, self.pairs)


def stored_pairs(expansions: Mapping[str, Any]) -> "tuple[Pair, ...]":
    """Return the wordings in force of stored expansions; none if the site has switched them off."""
    from digest.matching.query import Expansions

    if not expansions or not settings.KEYWORD_EXPANSIONS:
        return ()
    return Expansions.from_json(expansions).pairs


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
    asked = models.JSONField(default=dict, blank=True, help_text="What a sign-up requests.")
    asked_at = models.DateTimeField(default=now)

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return self.get_kind_display()
