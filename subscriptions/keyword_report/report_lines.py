"""The keywords of a list as the preferences page shows them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from digest.matching.query import Expansions, Keyword, KeywordError
from subscriptions import changes
from subscriptions.forms.wording_ticks import WordingTick, wording_ticks
from subscriptions.models import Subscriber, Subscription

from .papers_brought import PERIOD, PapersBrought

BROAD_SHARE, BROAD_PAPERS = 0.5, 20  # of the papers; how many papers there must be
QUIET_DAYS, QUIET_DIGESTS = 30, 4  # without a paper, before a hint says so
_NEW = timedelta(days=1)


class Hint(StrEnum):
    """What a keyword might need."""

    NONE = ""
    BROAD = "broad"
    QUIET = "quiet"


@dataclass(frozen=True, slots=True)
class ReportLine:
    """One keyword, what it means, and what it brought.

    translation: a query of another service in our language. notes: what was not read as an
    operator, or not kept of such a query, as clauses. offers: other wordings that the reader may
    switch on. error: why it cannot be used any more.
    brought: its papers, None if nothing was counted; percent: of all papers. quiet_since: from when
    on it brought none, if that is long enough to judge. wide: its wider form, for Hint.QUIET alone,
    "" if there is none. up, down: what it moves in front of, as the form sends it, "" where it
    cannot move.
    """

    pk: int
    text: str
    meaning: str = ""
    translation: str = ""
    notes: tuple[str, ...] = ()
    offers: tuple[WordingTick, ...] = ()
    error: str = ""
    excludes: bool = False
    wide: str = ""
    is_new: bool = False
    brought: int | None = None
    percent: int = 0
    hint: Hint = Hint.NONE
    quiet_since: date | None = None
    is_quiet_since_added: bool = False
    up: str = ""
    down: str = ""


def report_lines(
    person: Subscriber, rows: Sequence[Subscription], counts: PapersBrought, at: datetime
) -> list[ReportLine]:
    """Return a line for each active keyword, in the subscriber's order."""
    maker = _Lines(person, rows, counts, at)
    return [maker.line(place) for place in range(len(rows))]


def percent_of(count: int, counts: PapersBrought) -> int:
    """Return a share of the papers in percent, at least 1 unless it is none."""
    return max(1, round(100 * count / counts.papers)) if count and counts.papers else 0


def _parsed(row: Subscription) -> Keyword | KeywordError:
    try:
        return row.parsed()
    except KeywordError as wrong:
        return wrong


class _Lines:
    """Builds the lines of one list."""

    def __init__(
        self,
        person: Subscriber,
        rows: Sequence[Subscription],
        counts: PapersBrought,
        at: datetime,
    ) -> None:
        self._person, self._rows, self._counts, self._at = person, rows, counts, at
        self._read = [_parsed(row) for row in rows]
        selecting = sum(isinstance(each, Keyword) and not each.excludes for each in self._read)
        self._has_others = selecting + bool(person.trending_top) > 1

    def line(self, place: int) -> ReportLine:
        row, keyword = self._rows[place], self._read[place]
        after_next = self._rows[place + 2].pk if place + 2 < len(self._rows) else "end"
        up = str(self._rows[place - 1].pk) if place else ""
        down = str(after_next) if place + 1 < len(self._rows) else ""
        if isinstance(keyword, KeywordError):
            return ReportLine(row.pk, row.text, error=keyword.message, up=up, down=down)
        brought = None
        if self._counts.days and not keyword.excludes:
            brought = self._counts.by_keyword.get(row.text, 0)
        since = self._quiet_since(row) if brought == 0 else None
        hint = self._hint(row, brought, since)
        return ReportLine(
            row.pk,
            row.text,
            meaning=keyword.meaning(),
            translation=keyword.translation,
            notes=keyword.notes,
            offers=tuple(wording_ticks(Expansions(offers=row.offers))),
            excludes=keyword.excludes,
            wide=changes.wider(row.text) if hint is Hint.QUIET else "",
            is_new=self._at - row.created_at < _NEW,
            brought=brought,
            percent=percent_of(brought or 0, self._counts),
            hint=hint,
            quiet_since=since,
            is_quiet_since_added=since is not None and since == self._added_on(row),
            up=up,
            down=down,
        )

    def _added_on(self, row: Subscription) -> date:
        return row.created_at.astimezone(self._person.zone).date()

    def _quiet_since(self, row: Subscription) -> date | None:
        """Return from when on the keyword was looked for; None if that is too short to judge."""
        assert self._counts.since is not None
        since = max(self._added_on(row), self._counts.since)
        tried = sum(day > since for day in self._counts.days)
        long_enough = (self._at.astimezone(self._person.zone).date() - since).days >= QUIET_DAYS
        return since if long_enough and tried >= QUIET_DIGESTS else None

    def _hint(self, row: Subscription, brought: int | None, quiet_since: date | None) -> Hint:
        if row.kept_at is not None and self._at - row.kept_at < PERIOD:
            return Hint.NONE
        if quiet_since:
            return Hint.QUIET
        papers = self._counts.papers
        is_broad = papers >= BROAD_PAPERS and (brought or 0) >= BROAD_SHARE * papers
        return Hint.BROAD if is_broad and self._has_others else Hint.NONE
