"""The daily report: once a day "all is well", or what is not, to operators and into the log.

Where it stays away, nothing watches any more.
"""

import logging
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from django.conf import settings
from django.db.models import Sum

from digest.models import Alarm, AlarmKind, Dump, OutcomeCount, Tally, minute_now
from digest.models.alarms import AlarmFacts, raise_alarm

log = logging.getLogger(__name__)

_DAY = timedelta(days=1)
_MINUTES_OF_A_DAY = 24 * 60


def report_day(at: datetime) -> bool:
    """Make the report of the day (UTC) once DAILY_REPORT has come; return whether this call did.

    Of several processes one makes it: a constraint lets one row of a kind and day be.
    """
    moment = at.astimezone(UTC)
    if settings.DAILY_REPORT is None or moment.time() < settings.DAILY_REPORT:
        return False
    if Alarm.objects.filter(kind=AlarmKind.DAILY, day=moment.date()).exists():
        return False
    facts = daily_facts(at)
    if not raise_alarm(AlarmKind.DAILY, facts, at):
        return False
    log.info("Daily report: %s. %s", facts.summary, " ".join(facts.details))
    return True


def daily_facts(at: datetime) -> AlarmFacts:
    """Return "All is well" or the number of problems, with what happened in the last 24 hours."""
    from digest.monitoring.checks import run_checks  # it loads what a watchdog has no use for

    found = [sentence for sentences in run_checks(at).values() for sentence in sentences]
    raised = Alarm.objects.without_reports().filter(raised_at__gt=at - _DAY)
    alarms = [f"Alarm: {summary}." for summary in raised.values_list("summary", flat=True)]
    return AlarmFacts(_summary(alarms, found), [_figures(at), *alarms, *found])


def _summary(alarms: Sequence[str], found: Sequence[str]) -> str:
    counts = ((len(alarms), "alarm"), (len(found), "thing"))
    parts = [f"{n} {noun}{'s' * (n != 1)}" for n, noun in counts if n]
    if not parts:
        return "All is well"
    return f"{' and '.join(parts)} to look at"


def _figures(at: datetime) -> str:
    minute = minute_now()
    day = OutcomeCount.objects.filter(domain="", minute__gt=minute - _MINUTES_OF_A_DAY)
    tally = day.by("domain").get("", Tally())
    sent = max(tally.tried - tally.refused - tally.unknown, 0)
    papers = Dump.objects.filter(received_at__gt=at - _DAY).aggregate(new=Sum("new"))["new"] or 0
    return (
        f"In the last 24 hours {sent:,} digests were sent, {tally.refused:,} were refused, "
        f"{tally.unknown:,} got no reply, and {papers:,} new papers came."
    )
