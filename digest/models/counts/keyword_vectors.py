"""The words of the papers that a keyword matched, from which neighbours are found."""

from collections.abc import Collection, Iterable, Mapping
from functools import lru_cache
from hashlib import sha256
from typing import NamedTuple

from django.db import models, transaction

AT_ONCE = 500  # rows of a statement


@lru_cache(1 << 15)
def vector_key(canonical: str) -> str:
    """The key of a keyword's meaning, given its canonical form, which may be long."""
    return sha256(canonical.encode(errors="replace")).hexdigest()


class CountedTerms(NamedTuple):
    """A row's counts, of the papers numbered up to `through_seq`; None: nothing was counted."""

    through_seq: int | None
    matches: int
    terms: Mapping[str, int]


class KeywordVectorQuerySet(models.QuerySet["KeywordVector"]):
    def counts(self, meanings: Iterable[str]) -> dict[str, CountedTerms]:
        """Map these meanings to their counts, in one query for every AT_ONCE; those that nobody
        asked to be counted are missing."""
        wanted, found = list(meanings), {}
        for start in range(0, len(wanted), AT_ONCE):
            rows = self.filter(meaning__in=wanted[start : start + AT_ONCE])
            for meaning, *counted in rows.values_list("meaning", *CountedTerms._fields):
                found[meaning] = CountedTerms(*counted)
        return found

    def keep_only(self, meanings: Collection[str]) -> int:
        """Delete the rows of other meanings and add those that are missing; return how many rows
        were deleted."""
        kept = dict(self.values_list("meaning", "pk"))
        unwanted = [pk for meaning, pk in kept.items() if meaning not in meanings]
        for start in range(0, len(unwanted), AT_ONCE):
            self.filter(pk__in=unwanted[start : start + AT_ONCE]).delete()
        missing = [KeywordVector(meaning=each) for each in meanings if each not in kept]
        self.bulk_create(missing, batch_size=AT_ONCE, ignore_conflicts=True)
        return len(unwanted)

    def behind(self, through_seq: int) -> list[tuple[int, str, int | None]]:
        """Id, meaning and `through_seq` of the rows that lack papers up to that number, those that
        lack most first."""
        lacking = models.Q(through_seq__lt=through_seq) | models.Q(through_seq__isnull=True)
        order = models.F("through_seq").asc(nulls_first=True), "pk"
        return list(
            self.filter(lacking).order_by(*order).values_list("pk", "meaning", "through_seq")
        )

    def record(self, pk: int, before: int | None, counted: CountedTerms) -> bool:
        """Store counts that were `before` of papers up to another number. False: another worker
        has counted in the meantime, and nothing was changed."""
        rows = self._up_to(before).filter(pk=pk)
        return bool(rows.update(**counted._asdict()))

    def skip_to(self, pks: Iterable[int], before: int | None, through_seq: int) -> None:
        """Note that no paper between the two numbers matched these."""
        wanted = list(pks)
        with transaction.atomic():
            for start in range(0, len(wanted), AT_ONCE):
                some = self._up_to(before).filter(pk__in=wanted[start : start + AT_ONCE])
                some.update(through_seq=through_seq)

    def recount(self) -> int:
        """Have all counted anew, because papers that were counted are gone; return how many."""
        counted = self.filter(through_seq__isnull=False)
        return counted.update(through_seq=None, matches=0, terms={})

    def _up_to(self, through_seq: int | None) -> "KeywordVectorQuerySet":
        if through_seq is None:
            return self.filter(through_seq__isnull=True)
        return self.filter(through_seq=through_seq)


class KeywordVector(models.Model):
    """Counts of the terms of the papers that a keyword matched.

    One row for each meaning, shared by all subscribers with related papers. It holds no personal
    data, and is deleted when none of them has the keyword any more.
    """

    meaning = models.CharField(
        max_length=64, help_text="SHA-256 of the keyword in its canonical form."
    )
    matches = models.PositiveIntegerField(default=0, help_text="Papers that it matched.")
    terms = models.JSONField(
        default=dict, blank=True, help_text="Folded words, and how many of these papers have each."
    )
    through_seq = models.BigIntegerField(
        null=True, blank=True, help_text="Papers up to this listing number have been counted."
    )

    objects = KeywordVectorQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["meaning"], name="one_vector_a_meaning"),
        ]

    def __str__(self) -> str:
        return f"{self.meaning[:12]}: {self.matches} papers"
