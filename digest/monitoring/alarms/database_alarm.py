"""The alarm that the database cannot be used: sent at once, once a day for each machine.

It cannot be claimed in the database, so an empty file marks it as sent; where no file can be
created, the process remembers it.
"""

import contextlib
import logging
import os
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from django.conf import settings
from django.db import OperationalError
from django.utils import timezone

from digest.mail.alarm_url import Webhook
from digest.mail.mime.composer import compose_mail, derived_message_id, render_templates
from digest.mail.transport import Envelope, Result
from digest.models import AlarmKind
from digest.models.alarms import AlarmFacts
from digest.monitoring.health.folders import low_space, unwritable_folders
from subscriptions.links import address

from .alarm_delivery import open_direct_transport, post_to_webhook

log = logging.getLogger(__name__)

_sent: set[str] = set()


def alarm_without_database(wrong: Exception) -> bool:
    """Send the alarm to webhook and operators; return whether either was delivered.

    Folders that cannot be written are named too: a full disk is the usual cause on SQLite.
    """
    at = timezone.now()
    # Messages of other errors may repeat values of a row.
    message = str(wrong) if isinstance(wrong, OperationalError) else type(wrong).__name__
    first_line = message.strip().partition("\n")[0]
    cause = (
        f"The database cannot be used ({first_line}): check DATABASE_URL, and the free space on "
        "its disk."
    )
    facts = AlarmFacts("The database cannot be used", [cause, *unwritable_folders(), *low_space()])
    day = at.astimezone(UTC).date().isoformat()
    if not _claim(day):
        return False
    log.error("Alarm: %s.", facts.summary)
    hook = settings.ALARM_URL
    posted = isinstance(hook, Webhook) and not post_to_webhook(
        hook, AlarmKind.DATABASE, facts.summary, facts.details
    )
    mailed = _mail(facts, day, at)
    if not (posted or mailed):
        _give_back(day)
    return posted or mailed


def _mail(facts: AlarmFacts, day: str, at: datetime) -> bool:
    """Mail every operator; return whether all of these mails were accepted."""
    if not settings.OPERATORS:
        return False
    transport = open_direct_transport()
    try:
        outcomes = [
            transport.send(
                Envelope(settings.MAIL_SENDER, operator), _message(operator, facts, day, at), _leave
            )
            for operator in settings.OPERATORS
        ]
    finally:
        transport.close()
    return all(outcome.result == Result.ACCEPTED for outcome in outcomes)


def _leave() -> bool:
    return True


def _message(operator: str, facts: AlarmFacts, day: str, at: datetime) -> bytes:
    context = {
        "summary": facts.summary,
        "details": facts.details,
        "why_url": address("admin:why-nothing"),
        "home_url": address("home"),
    }
    subject, text, html = render_templates("alarm", context)
    key = f"alarm:{operator}:{AlarmKind.DATABASE}:{day}"
    return compose_mail(
        sender=settings.MAIL_FROM,
        recipient=operator,
        subject=subject,
        text=text,
        html=html,
        message_id=derived_message_id(settings.SECRET_KEY, key, settings.SITE_HOST),
        date=at,
        headers={"Auto-Submitted": "auto-generated"},
    ).message


def _marker_files(day: str) -> list[Path]:
    name = f"alarm-database-{day}"
    elsewhere = Path(tempfile.gettempdir()) / f"paper-digest-{os.getuid()}-{settings.PORT}-{name}"
    return [settings.DATA_DIR / name, elsewhere]


def _claim(day: str) -> bool:
    """Return whether this process is the first of the machine to send the alarm on that day."""
    if day in _sent:
        return False
    _sent.add(day)
    for marker in _marker_files(day):
        try:
            os.close(os.open(marker, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
            return True
        except FileExistsError:
            return False
        except OSError:
            continue
    return True


def _give_back(day: str) -> None:
    """Release the claim, so that the next turn tries again."""
    _sent.discard(day)
    for marker in _marker_files(day):
        with contextlib.suppress(OSError):
            marker.unlink()
