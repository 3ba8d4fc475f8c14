"""The nouns of the pipeline: fields, constraints, named querysets and state changes."""

from .clocks import ClockReference
from .controls import Held, Hold
from .digests import Digest, DigestQuerySet
from .dumps import Dump
from .events import MailEvent, Run
from .letters import Letter
from .monitoring import Alarm, AlarmKind, Heartbeat
from .operators import OfferedPermission
from .outcomes import OutcomeCount, OutcomeCountQuerySet, Tally, minute_now
from .outgoing import (
    BEFORE_SENT,
    LEASE,
    LICENCE_LEASE,
    WITHHELD,
    Answered,
    Outgoing,
    OutgoingQuerySet,
    State,
)
from .papers import Catalogue, Listing, Paper, PaperQuerySet
from .raw_chunks import RawChunk
from .sources import PushToken, Source, Turn
from .statistics import DailyStatistic

__all__ = [
    "BEFORE_SENT",
    "LEASE",
    "LICENCE_LEASE",
    "WITHHELD",
    "Alarm",
    "AlarmKind",
    "Answered",
    "Catalogue",
    "ClockReference",
    "DailyStatistic",
    "Digest",
    "DigestQuerySet",
    "Dump",
    "Heartbeat",
    "Held",
    "Hold",
    "Letter",
    "Listing",
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
    "Source",
    "State",
    "Tally",
    "Turn",
    "minute_now",
]
