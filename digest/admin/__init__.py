"""Admin pages of papers, dumps, sources, mails and monitoring."""

from .acronyms import AcronymAdmin
from .admin_log import AccessAttemptAdmin, LogEntryAdmin
from .dumps import DumpAdmin
from .events import MailEventAdmin
from .holds import HoldAdmin
from .monitoring import AlarmAdmin, HeartbeatAdmin
from .outgoing import DigestAdmin, LetterAdmin
from .papers import PaperAdmin
from .sources import SourceAdmin
from .tokens import PushTokenAdmin

__all__ = [
    "AccessAttemptAdmin",
    "AcronymAdmin",
    "AlarmAdmin",
    "DigestAdmin",
    "DumpAdmin",
    "HeartbeatAdmin",
    "HoldAdmin",
    "LetterAdmin",
    "LogEntryAdmin",
    "MailEventAdmin",
    "PaperAdmin",
    "PushTokenAdmin",
    "SourceAdmin",
]
