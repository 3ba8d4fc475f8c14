"""Counts that are kept in the database: of mails, of the words of papers, and of seconds."""

from .keyword_vectors import CountedTerms, KeywordVector, KeywordVectorQuerySet, vector_key
from .mail_counts import (
    DailyStatistic,
    DailyStatisticQuerySet,
    OutcomeCount,
    OutcomeCountQuerySet,
    Tally,
    database_minute,
    minute_now,
)
from .stage_times import StageTime, StageTimeQuerySet

__all__ = [
    "CountedTerms",
    "DailyStatistic",
    "DailyStatisticQuerySet",
    "KeywordVector",
    "KeywordVectorQuerySet",
    "OutcomeCount",
    "OutcomeCountQuerySet",
    "StageTime",
    "StageTimeQuerySet",
    "Tally",
    "database_minute",
    "minute_now",
    "vector_key",
]
