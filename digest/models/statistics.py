"""Counts of days whose rows may have been deleted since."""

from typing import Self

from django.db import models


class DailyStatisticQuerySet(models.QuerySet["DailyStatistic"]):
    def of(self, metric: "DailyStatistic.Metric") -> Self:
        return self.filter(metric=metric)


class DailyStatistic(models.Model):
    """How many there were of something on one day. It names nobody: a domain with few people is
    counted as "other"."""

    class Metric(models.TextChoices):
        DIGESTS = "digests", "digests by state, recipient domain and backend"
        LETTERS = "letters", "letters by state, recipient domain and purpose"
        EVENTS = "events", "mail events by kind and provider"
        PAPERS = "papers", "papers by the source that listed them: new, updated or unchanged"
        SUBSCRIBERS = "subscribers", "subscribers by status"

    day = models.DateField()
    metric = models.CharField(max_length=12, choices=Metric)
    state = models.CharField(max_length=16)
    domain = models.CharField(max_length=255, blank=True)
    source = models.CharField(max_length=255, blank=True)
    count = models.BigIntegerField()

    objects = DailyStatisticQuerySet.as_manager()

    class Meta:
        ordering = ["day", "metric", "state", "domain", "source"]
        constraints = [
            models.UniqueConstraint(
                fields=["day", "metric", "state", "domain", "source"], name="one_count_a_day"
            )
        ]

    def __str__(self) -> str:
        return f"{self.day} {self.metric} {self.state}: {self.count}"
