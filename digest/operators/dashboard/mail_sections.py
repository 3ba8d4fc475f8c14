"""Sections about mail: today's, and what came back."""

from collections.abc import Sequence
from datetime import datetime

from django.conf import settings

from digest.models import State
from digest.monitoring.dashboard import daily_counts
from digest.monitoring.dashboard.daily_counts import DailyCounts
from digest.monitoring.dashboard.mail_today import (
    QUEUED_BY_DOMAIN,
    DomainOfMail,
    MailQueue,
    MailToday,
    mail_today,
)
from digest.monitoring.dashboard.problems import is_overdue, queue_problems
from digest.monitoring.delays import BOUNDS, LATER, bound_of_share
from digest.monitoring.heartbeats import format_duration

from .charts import Chart, Limit, Series, percent
from .section import Figure, Section, Table

# https://support.google.com/a/answer/81126: below 0.10 %, and never 0.30 % or more.
_COMPLAINTS_HIGH = 0.10
_COMPLAINT_LIMITS = (
    Limit(_COMPLAINTS_HIGH, "0.10 %: stay below"),
    Limit(0.30, "0.30 %: mail may be rejected"),
)
_ENDS = (
    ("Sent", "one", State.SENT),
    ("Nothing matched", "quiet", State.EMPTY),
    ("Refused", "bad", State.FAILED),
    ("No reply", "four", State.UNKNOWN),
    ("Too late", "two", State.EXPIRED),
)
# Classes of `count_by_delay` that are drawn together, by their last bound.
_DELAYS = (
    ("Within 5 minutes", "one", 5),
    ("15 minutes", "three", 15),
    ("An hour", "two", 60),
    ("Longer", "bad", None),
)


def todays_mail(at: datetime) -> Section:
    """Whether today's mail went out, how fast, and the days before."""
    found, mail = mail_today(at), daily_counts.mail_by_day(at)
    has_mail = bool(found.planned or found.queue.letters or mail.by_day)
    return Section(
        at,
        title="Today’s mail",
        problems=list(queue_problems(found.queue, at)),
        figures=_figures(found, at) if has_mail else [],
        sentences=[*_speed(found), *_queue(found.queue, at)] if has_mail else [],
        charts=[_hours(found), _days(mail), _delays(daily_counts.delays_by_day(at))],
        tables=[_domains(found)],
        pages=[
            ("digest_digest_changelist", "Digests"),
        ],
        blank="No digests yet. The first ones are planned when a subscriber is due.",
    )


def _figures(found: MailToday, at: datetime) -> list[Figure]:
    queue, refused, unknown = found.queue, found.total("refused"), found.total("unknown")
    return [
        Figure("planned", f"{found.planned:,}"),
        Figure("sent", f"{found.total('sent'):,}"),
        Figure("waiting", f"{queue.waiting + queue.sending:,}", is_bad=is_overdue(queue.since, at)),
        Figure("deferred", f"{queue.put_off:,}"),
        Figure("refused", f"{refused:,}"),
        *([Figure("no reply", f"{unknown:,}", is_bad=True)] if unknown else []),
        Figure("to come", f"{found.total('to_come'):,}"),
    ]


def _speed(found: MailToday) -> list[str]:
    total = sum(found.delays.values())
    if not total:
        return []
    half, most = (bound_of_share(found.delays, share) for share in (0.5, 0.95))
    digests = "The last digest" if total == 1 else f"Of the last {total:,} digests sent, half"
    if half is None or most is None:
        return [f"{digests} left more than {BOUNDS[-1]} minutes after being due, or 5% did."]
    if total == 1:
        return [f"{digests} left within {_minutes(most)} of being due."]
    return [f"{digests} left within {_minutes(half)} of being due, 95% within {_minutes(most)}."]


def _minutes(bound: int) -> str:
    return "a minute" if bound == 1 else f"{bound} minutes"


def _queue(queue: MailQueue, at: datetime) -> list[str]:
    if not queue.since and not queue.letters:
        return ["Nothing is waiting."]
    found = []
    if queue.since:
        waited = format_duration(at - queue.since)
        found.append(f"The first digest in the queue has waited for {waited}.")
    if queue.letters_since:
        waited = format_duration(at - queue.letters_since)
        noun = "letter waits" if queue.letters == 1 else "letters wait"
        found.append(f"{queue.letters:,} {noun}, the first for {waited}.")
    return found


def _hours(found: MailToday) -> Chart:
    hours = found.hours
    return Chart(
        "Digests by hour (UTC)",
        "Hour",
        [f"{hour.start:%H:%M}" for hour in hours],
        [
            Series("Sent", "one", [hour.sent for hour in hours]),
            Series("Refused", "bad", [hour.refused for hour in hours]),
            Series("No reply", "four", [hour.unknown for hour in hours]),
            Series("To come", "quiet", [hour.to_come for hour in hours]),
        ],
        note="Digests without a match are not sent, and are not counted once that is known.",
    )


def _days(mail: DailyCounts) -> Chart:
    series = [Series(name, tone, mail.series(state)) for name, tone, state in _ENDS]
    return Chart("Digests by day", "Day", _day_names(mail), series)


def _delays(counts: DailyCounts) -> Chart:
    series, first = [], 0
    for name, tone, last in _DELAYS:
        classes = [str(each) for each in BOUNDS if first < each and (not last or each <= last)]
        series.append(Series(name, tone, counts.series(*classes, *([] if last else [LATER]))))
        first = last or 0
    return Chart("From due to sent", "Day", _day_names(counts), series)


def _day_names(counts: DailyCounts) -> list[str]:
    return [f"{day:%-d %b}" for day in counts.days]


def _domains(found: MailToday) -> Table:
    is_part = found.queue.queued > QUEUED_BY_DOMAIN
    queued = f"In the queue’s first {QUEUED_BY_DOMAIN:,}" if is_part else "In the queue"
    return Table(
        "Today by domain",
        ["Domain", "Sent", "Refused", "No reply", queued],
        [_row(each) for each in found.domains],
    )


def _row(each: DomainOfMail) -> list[str]:
    counts = each.sent, each.refused, each.unknown, each.queued
    return [each.domain or "Other domains", *(f"{count:,}" for count in counts)]


def reputation(at: datetime) -> Section:
    """Bounces and complaints in percent, with the limits of providers."""
    mail = daily_counts.mail_by_day(at)
    found, days = daily_counts.reputation(mail), _day_names(mail)
    alarm = settings.ALARM_LIMITS.refused
    limits = [Limit(alarm, f"{alarm:g} %: alarm")] if alarm else []
    return Section(
        at,
        title="Bounces and complaints",
        figures=[
            _recent("complaints", found.recent_percentage(found.complained), _COMPLAINTS_HIGH),
            _recent("bounced or refused", found.recent_percentage(found.bounced), alarm),
        ]
        if any(found.tried)
        else [],
        charts=[
            _percentages("Complaints", "bad", days, found.percentages(found.complained),
                         _COMPLAINT_LIMITS),
            _percentages("Bounced or refused", "two", days, found.percentages(found.bounced),
                         limits),
        ],
        pages=[("digest_mailevent_changelist", "Mail events")],
        blank="No bounces and no complaints so far. Days are counted once they are over.",
    )  # fmt: skip


def _recent(name: str, value: float | None, limit: float) -> Figure:
    is_bad = bool(limit and value and value >= limit)
    return Figure(f"{name}, 7 days", "–" if value is None else percent(value), is_bad)


def _percentages(
    name: str, tone: str, days: list[str], values: list[float | None], limits: Sequence[Limit]
) -> Chart:
    title, series = f"{name}, % of the day’s digests", [Series(name, tone, values)]
    return Chart(title, "Day", days, series, stacked=False, limits=limits, shown=percent)
