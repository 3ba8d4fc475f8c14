"""What subscribers keep of single papers: their ratings, and papers saved for later."""

from django.db import models
from django.db.models import Q
from django.utils.timezone import now

from .subscribers import Subscriber


class Rating(models.Model):
    """A reader's judgement of a paper; rating it again replaces the value."""

    class Value(models.IntegerChoices):
        MORE = 1, "more like this"
        LESS = -1, "less important"

    subscriber = models.ForeignKey(Subscriber, models.CASCADE, related_name="ratings")
    paper = models.ForeignKey("digest.Paper", models.CASCADE, related_name="ratings")
    value = models.SmallIntegerField(choices=Value)
    rated_at = models.DateTimeField(default=now)

    class Meta:
        ordering = ["-rated_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["subscriber", "paper"], name="one_rating_a_person_and_paper"
            ),
            models.CheckConstraint(condition=Q(value__in=(-1, 1)), name="rating_is_up_or_down"),
        ]

    def __str__(self) -> str:
        return self.get_value_display()


class SavedPaper(models.Model):
    """A paper that a reader saved for later."""

    subscriber = models.ForeignKey(Subscriber, models.CASCADE, related_name="saved_papers")
    paper = models.ForeignKey("digest.Paper", models.CASCADE, related_name="saved_by")
    saved_at = models.DateTimeField(default=now)

    class Meta:
        ordering = ["-saved_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["subscriber", "paper"], name="one_saved_paper_a_person_and_paper"
            )
        ]

    def __str__(self) -> str:
        return f"saved: {self.paper}"
