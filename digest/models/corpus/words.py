"""In how many papers a word occurs, and how far the papers are counted."""

from django.db import models
from django.db.models import Q


class WordCount(models.Model):
    """In how many papers a folded word of five letters or more is written in lower case."""

    word = models.CharField(max_length=40, primary_key=True)
    papers = models.PositiveIntegerField(default=0, db_default=0)

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.word}: {self.papers}"


class CorpusState(models.Model):
    """One row: by which rules papers are counted, and which are not counted yet.

    It is read and changed under the catalogue's lock. A paper is counted if its id is greater than
    `uncounted_through`, so what it added can be subtracted when it changes.
    """

    id = models.PositiveSmallIntegerField(primary_key=True, default=1, editable=False)
    rules = models.PositiveIntegerField(
        default=0,
        db_default=0,
        help_text="The version of the rules; 0: everything is to be counted anew.",
    )
    uncounted_through = models.BigIntegerField(
        default=0, db_default=0, help_text="Papers with ids up to this one are not counted yet."
    )

    class Meta:
        default_permissions = ()
        constraints = [models.CheckConstraint(condition=Q(id=1), name="one_corpus_state")]

    def __str__(self) -> str:
        return f"rules {self.rules}, not counted through {self.uncounted_through}"

    @classmethod
    def current(cls) -> "CorpusState":
        """Return the row as it is now."""
        return cls.objects.filter(pk=1).first() or cls()
