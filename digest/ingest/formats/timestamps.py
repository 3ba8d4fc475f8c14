"""Points in time as machines write them, as days in UTC."""

from datetime import UTC, date, datetime
from email.utils import parsedate_to_datetime


def utc_day(text: str | None) -> date | None:
    """The day of an ISO 8601 date or time, or of a mail's (RFC 5322); None where it is neither.

    A time without a zone is UTC.
    """
    text = (text or "").strip()
    try:
        return _utc(datetime.fromisoformat(text))
    except (ValueError, OverflowError):
        return _mail_day(text)


def _mail_day(text: str) -> date | None:
    try:
        return _utc(parsedate_to_datetime(text))
    except (ValueError, OverflowError, TypeError, IndexError):
        return None


def _utc(moment: datetime) -> date:
    return (moment if moment.tzinfo is None else moment.astimezone(UTC)).date()
