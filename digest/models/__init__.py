"""The nouns of the pipeline: fields, constraints, named querysets and state changes."""

from .corpus import AcronymDefinition, CorpusState, ShortForm, WordCount
from .counts import (
    CountedTerms,
    DailyStatistic,
    KeywordVector,
    KeywordVectorQuerySet,
    OutcomeCount,
    OutcomeCountQuerySet,
    StageTime,
    Tally,
    minute_now,
    vector_key,
)
from .digest_contents import DigestContents, DigestEntry, DigestFacts, FollowUp
from .digests import Digest, DigestQuerySet
from .dumps import Dump, RawChunk
from .events import MailEvent, Run
from .holds import DatabaseEpoch, Held, Hold, OfferedPermission
from .letters import Letter
from .monitoring import Alarm, AlarmKind, ClockReference, Heartbeat, Machine
from .outgoing import (
    BEFORE_SENT,
    LEASE,
    PERMIT_LEASE,
    WITHHELD,
    AcceptedMail,
    Outgoing,
    OutgoingQuerySet,
    State,
)
from .papers import Catalogue, FormerName, Listing, Paper, PaperQuerySet, SearchDocument
from .sources import PushToken, Source, Turn

__all__ = [
    "BEFORE_SENT",
    "LEASE",
    "PERMIT_LEASE",
    "WITHHELD",
    "AcceptedMail",
    "AcronymDefinition",
    "Alarm",
    "AlarmKind",
    "Catalogue",
    "ClockReference",
    "CorpusState",
    "CountedTerms",
    "DailyStatistic",
    "DatabaseEpoch",
    "Digest",
    "DigestContents",
    "DigestEntry",
    "DigestFacts",
    "DigestQuerySet",
    "Dump",
    "FollowUp",
    "FormerName",
    "Heartbeat",
    "Held",
    "Hold",
    "KeywordVector",
    "KeywordVectorQuerySet",
    "Letter",
    "Listing",
    "Machine",
    "MailEvent",
    "OfferedPermission",
    "OutcomeCount",
    "OutcomeCountQuerySet",
    "Outgoing",
    "OutgoingQuerySet",
    "Paper",
    "PaperQuerySet",
    "PushToken",
    "RawChunk",
    "Run",
    "SearchDocument",
    "ShortForm",
    "Source",
    "StageTime",
    "State",
    "Tally",
    "Turn",
    "WordCount",
    "minute_now",
    "vector_key",
]
