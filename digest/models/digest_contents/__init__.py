"""What a digest holds, fixed when it is composed: its papers, its follow-ups and its facts.

Each class here reads and writes its own JSON (`from_json`, `to_json`). Objects carry their form as
"v": 1; those without it are of older releases, where a missing key means that the value is not
known. Empty values are left out. Keys may come back in another order: PostgreSQL keeps its own.
"""

from dataclasses import dataclass, field

from .digest_entries import DigestEntry, FollowUp
from .digest_facts import (
    DigestFacts,
    LookBack,
    NearMiss,
    Neighbour,
    QuietNotice,
    SourceStatus,
    WordingOffer,
)
from .json_fields import EntriesField, FactsField, FollowUpsField

__all__ = [
    "DigestContents",
    "DigestEntry",
    "DigestFacts",
    "EntriesField",
    "FactsField",
    "FollowUp",
    "FollowUpsField",
    "LookBack",
    "NearMiss",
    "Neighbour",
    "QuietNotice",
    "SourceStatus",
    "WordingOffer",
]


@dataclass(frozen=True, slots=True)
class DigestContents:
    """The papers numbered in (after, through] that one person gets, best first; `read` is how many
    there were. At most three follow-ups."""

    after: int
    through: int
    read: int
    entries: list[DigestEntry]
    follow_ups: list[FollowUp] = field(default_factory=list)
    facts: DigestFacts = field(default_factory=DigestFacts)
