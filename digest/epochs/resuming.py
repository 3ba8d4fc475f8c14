"""How sending resumes after a restore.

Either way, dates that the lost time may have had a mail for get none: each subscriber's next digest
is of a later date. The two differ in its papers.

    from now          it begins with papers that are listed from now on: nobody sees a paper twice.
                      The papers of the gap, which some may have missed, are listed.
    where it stood    it begins where the restored database stood: no paper is missed, and some may
                      be seen again.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from functools import lru_cache

from django.conf import settings
from django.db import transaction
from django.db.models import Min, Q
from django.db.models.functions import Now

from digest.models import Catalogue, DatabaseEpoch, Digest, Letter, Paper, PaperQuerySet, State
from digest.sending.journal_replay import replay
from digest.sending.planned_rows import PlannedPeriod, advance_schedules
from subscriptions.models import LetterRequest, Subscriber, SubscriberQuerySet
from subscriptions.schedule import next_due, zone_info

from .checking import MAY_BE_SENT, close_open, lift_hold

Resumed = DatabaseEpoch.Resumed
Status = Subscriber.Status
_BATCH = 20_000  # people
_PERIODS = 1_000  # a statement
_SCHEDULE = ("timezone", "send_at", "frequency", "weekly_on", "last_local_date")


class NothingToResume(Exception):
    """No restore waits for an operator, or another operator was quicker."""


@dataclass(frozen=True, slots=True)
class GapFigures:
    """What operators should know before they choose.

    `may_be_sent`: digests that were open when the backup was made, not proven sent. `people`: those
    who may see papers again if it resumes where it stood. `papers`: those of the gap if it resumes
    from now, `new_papers` of them read since the restore.
    """

    may_be_sent: int
    people: int
    papers: int
    new_papers: int


def gap_figures(row: DatabaseEpoch, at: datetime) -> GapFigures:
    """Count what each way to resume would do at that time."""
    newest = Catalogue.current().newest_seq
    return GapFigures(
        may_be_sent=Digest.objects.filter(state=State.UNKNOWN, reply_text=MAY_BE_SENT).count(),
        people=_mailed(at).filter(confirmed_through_seq__lt=newest).count(),
        papers=gap_papers(row, at).count(),
        new_papers=Paper.objects.between(row.first_seq, newest).count(),
    )


def gap_papers(row: DatabaseEpoch, at: datetime) -> PaperQuerySet:
    """Return the papers that resuming from now skips, or skipped, for at least one person."""
    if row.is_waiting:
        return Paper.objects.between(_lowest_watermark(at), Catalogue.current().newest_seq)
    if row.gap_after is None or row.gap_through is None:
        return Paper.objects.none()
    return Paper.objects.between(row.gap_after, row.gap_through)


def resume(how: Resumed, at: datetime) -> DatabaseEpoch:
    """Resume sending after a restore; return the row.

    Replies in journals are applied first. All the rest is one transaction. Raises NothingToResume.
    """
    replay(settings.JOURNAL_DIR, at)
    with transaction.atomic():
        row = DatabaseEpoch.objects.select_for_update().filter(pk=1).first()
        if row is None or not row.is_waiting:
            raise NothingToResume
        close_open(Digest.objects.scheduled())  # "send now" may have planned some since
        _close_dates(at)
        if how == Resumed.FROM_NOW:
            row.gap_after, row.gap_through = _lowest_watermark(at), Catalogue.current().newest_seq
            _skip_gap(row, at)
        else:
            _plan_letters_again(at)
        row.resumed, row.resumed_at = how, Now()
        row.save(update_fields=["resumed", "resumed_at", "gap_after", "gap_through"])
        lift_hold()
        for model in (Letter, Digest):
            model.objects.release_held_back(at)
    row.refresh_from_db()
    return row


def _mailed(at: datetime) -> SubscriberQuerySet:
    """People who may have been mailed in the lost time: not those who still pause, whose next
    digest is to cover their pause."""
    mailed = Subscriber.objects.filter(confirmed_at__isnull=False)
    left = Q(status__in=(Status.PENDING, Status.UNSUBSCRIBED))
    return mailed.exclude(left | Q(status=Status.PAUSED) & ~Q(paused_until__lte=at))


def _lowest_watermark(at: datetime) -> int:
    newest = Catalogue.current().newest_seq
    lowest = _mailed(at).aggregate(lowest=Min("confirmed_through_seq"))["lowest"]
    return newest if lowest is None else min(lowest, newest)


def _skip_gap(row: DatabaseEpoch, at: datetime) -> None:
    """Move the watermarks to the newest paper, and drop requests that may have been answered."""
    through = row.gap_through
    _mailed(at).filter(confirmed_through_seq__lt=through).update(confirmed_through_seq=through)
    LetterRequest.objects.filter(asked_at__lt=row.begun_at).delete()


def _plan_letters_again(at: datetime) -> None:
    """Letters may be sent twice rather than not at all: somebody waits for them."""
    letters = Letter.objects.filter(state=State.UNKNOWN, reply_text=MAY_BE_SENT, expires_at__gt=at)
    letters.update(state=State.PLANNED, reply_text="", not_before=at)


def _close_dates(at: datetime) -> None:
    """Give everybody's next digest a date later than today's, in their time zone."""
    people, last = Subscriber.objects.order_by("pk"), 0
    while rows := list(people.filter(pk__gt=last).values_list("pk", *_SCHEDULE)[:_BATCH]):
        last = rows[-1][0]
        periods: dict[PlannedPeriod, list[int]] = defaultdict(list)
        for pk, *schedule in rows:
            periods[_next_period(at, *schedule)].append(pk)
        _advance(list(periods.items()), at)


@lru_cache(maxsize=10_000)  # thousands share a zone and an hour
def _next_period(
    at: datetime,
    zone: str,
    send_at: time,
    frequency: str,
    weekly_on: int,
    last_date: date | None,
) -> PlannedPeriod:
    """The period that is dealt with at that time, and when the one after it is due."""
    info = zone_info(zone)
    today = at.astimezone(info).date()
    closed = max(today, last_date or today)
    due = next_due(
        at,
        zone=info,
        send_at=send_at,
        frequency=frequency,
        weekly_on=weekly_on,
        last_date=closed,
    )
    return PlannedPeriod(closed, due)


def _advance(periods: Sequence[tuple[PlannedPeriod, list[int]]], at: datetime) -> None:
    for start in range(0, len(periods), _PERIODS):
        advance_schedules(periods[start : start + _PERIODS], at)


def paper_lines(papers: PaperQuerySet) -> Iterator[tuple[str, str, str, str]]:
    """Yield listing number, day, title and address of each paper, in order, after a heading."""
    yield "number", "listed on", "title", "address"
    for paper in papers.order_by("seq").iterator(chunk_size=1_000):
        title = " ".join(paper.title.split())
        yield str(paper.seq), str(paper.listed_on or ""), title, paper.url
