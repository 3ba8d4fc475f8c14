"""The operators' pages: papers, dumps and the mails that are owed."""

from django.contrib import admin

from .dumps import DumpAdmin
from .events import MailEventAdmin
from .holds import HoldAdmin
from .monitoring import AlarmAdmin, HeartbeatAdmin
from .outgoing import DigestAdmin, LetterAdmin
from .papers import PaperAdmin
from .sources import SourceAdmin
from .tokens import PushTokenAdmin

__all__ = [
    "AlarmAdmin",
    "DigestAdmin",
    "DumpAdmin",
    "HeartbeatAdmin",
    "HoldAdmin",
    "LetterAdmin",
    "MailEventAdmin",
    "PaperAdmin",
    "PushTokenAdmin",
    "SourceAdmin",
]

admin.site.site_header = admin.site.site_title = "Paper Digest"
admin.site.index_title = "Operators’ desk"
