"""The nouns of the pipeline: fields, constraints, named querysets and state changes."""

from .counts import DailyStatistic, OutcomeCount, OutcomeCountQuerySet, Tally, minute_now
from .digest_contents import DigestContents, DigestEntry, DigestFacts, FollowUp
from .digests import Digest, DigestQuerySet
from .dumps import Dump, RawChunk
from .events import MailEvent, Run
from .holds import Held, Hold, OfferedPermission
from .letters import Letter
from .monitoring import Alarm, AlarmKind, ClockReference, Heartbeat
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
from .papers import Catalogue, Listing, Paper, PaperQuerySet
from .sources import PushToken, Source, Turn

__all__ = [
    "BEFORE_SENT",
    "LEASE",
    "PERMIT_LEASE",
    "WITHHELD",
    "AcceptedMail",
    "Alarm",
    "AlarmKind",
    "Catalogue",
    "ClockReference",
    "DailyStatistic",
    "Digest",
    "DigestContents",
    "DigestEntry",
    "DigestFacts",
    "DigestQuerySet",
    "Dump",
    "FollowUp",
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
