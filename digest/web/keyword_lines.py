"""A list of keywords in words: how much each would bring, and what is worth knowing about it.

The keyword preview, the confirmation and the preferences show it with `digest/keyword_line.html`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from urllib.parse import urlencode

from django.urls import reverse
from django.utils import timezone

from digest import paper_index
from digest.matching.keyword_preview import Alternative, PreviewLine, preview_keywords
from digest.matching.query import MAX_KEYWORDS, Expansions, distinct_keywords
from digest.matching.query.widening.expansions import NO_EXPANSIONS
from subscriptions import changes
from subscriptions.forms.wording_ticks import WordingTick, wording_ticks

MAIL_SIZE = 20  # papers of a mail, unless the subscriber chose another number
FEW = 4  # papers in 30 days: a wider keyword is offered up to here
_LENGTHS = {"day": 1, "week": 7, "month": 30}  # days
_LONGEST_SHOWN = 60  # characters of several keywords on a button
_MOST_READ = 2 * MAX_KEYWORDS  # texts of a list that are compared with each other


@dataclass(frozen=True, slots=True)
class Cure:
    """A keyword offered instead of another one: `label` says why, `pace` what it would bring, or
    `papers` how many it found.

    It may be several keywords, one a line: `shown` is what a button says then.
    """

    label: str
    keyword: str
    pace: str = ""
    shown: str = ""
    papers: int = 0

    @property
    def button(self) -> str:
        """What the button says that takes the keyword."""
        return self.shown or self.keyword

    @property
    def ending(self) -> str:
        """What follows the keyword."""
        if self.papers:
            return f" ({_count(self.papers, 'paper')})"
        if self.pace:
            return f", {self.pace}"
        return "" if self.label.endswith(":") else "?"


@dataclass(frozen=True, slots=True)
class KeywordLine:
    """One keyword, its `pace` ("about 3 a day") or what else there is to say, and at most one cure.

    `found`: the preview's facts for the details. `days` and `paper_count`: what was searched, on
    the day `today`. `wordings`: the other wordings it has, or may have.
    """

    found: PreviewLine
    pace: str
    cure: Cure | None
    days: int
    paper_count: int
    today: date
    wordings: Expansions = NO_EXPANSIONS

    @property
    def has_details(self) -> bool:
        return not self.found.error

    @property
    def search_address(self) -> str:
        """Path and query of the search that shows the papers counted; "" if there is none."""
        if self.found.error or self.found.excludes:
            return ""
        first = self.today - timedelta(days=self.days)
        asked = {"q": self.found.text, "from": str(first)}
        # A search has the usual wordings, or none.
        if not self.wordings.pairs and (self.wordings.declined or not self.wordings.version):
            asked["words"] = "typed"
        return f"{reverse('search')}?{urlencode(asked)}"

    @property
    def ticks(self) -> list[WordingTick]:
        """Its other wordings, for a form that switches them on and off."""
        return wording_ticks(self.wordings)


@dataclass(frozen=True, slots=True)
class KeywordLines:
    """The lines of a list, and a sentence about all of it."""

    lines: tuple[KeywordLine, ...]
    summary: str


def keyword_lines(
    texts: Sequence[str],
    wordings: Mapping[str, Expansions] | None = None,
    *,
    mail_size: int = MAIL_SIZE,
    weekly: bool = False,
) -> KeywordLines:
    """Preview a list of keywords over the papers of the last 30 days; equal ones share a line.

    `wordings`: keyword as typed -> its other wordings; None for the usual ones. `mail_size`: the
    most papers of a mail. `weekly`: whether a mail covers a week.
    """
    texts = distinct_keywords(texts[:_MOST_READ])
    if not texts:
        return KeywordLines((), "")
    if wordings is None:
        wordings = changes.resolve_wordings(texts)
    today = timezone.now().date()
    index, within = paper_index.recent_papers(paper_index.PREVIEW_DAYS, today)
    days = max(paper_index.days_covered(paper_index.PREVIEW_DAYS, today), 1)
    read = within.bit_count()
    many = mail_size * days // (7 if weekly else 1)
    pairs = {text: each.pairs for text, each in wordings.items()}
    found = preview_keywords(texts, index, within, today, pairs=pairs, many=many)
    lines = tuple(
        KeywordLine(
            line,
            _line_pace(line, days),
            _cure(line, days),
            days,
            read,
            today,
            wordings.get(line.text, NO_EXPANSIONS),
        )
        for line in found.lines
    )
    summary = f"{_count(len(texts), 'keyword')}{_whole_list(lines, texts, found.total, days)}"
    if found.total is not None and found.total > many:
        each = "each weekly e-mail" if weekly else "each e-mail"
        summary += f"; {each} shows the best {mail_size}"
    return KeywordLines(lines, summary)


def pace(count: int, days: int, noun: str = "") -> str:
    """Return how often that is, in the first unit that makes it one or more: "about 3 a day".

    With the noun "paper" it is "about 3 papers a day".
    """
    for unit, length in _LENGTHS.items():
        if times := round(count * length / days):
            what = f" {noun}{'s' * (times > 1)}" if noun else ""
            return f"about {times if times > 1 else 'one'}{what} a {unit}"
    return f"less than one {noun} a month" if noun else "less than one a month"


def _line_pace(line: PreviewLine, days: int) -> str:
    if line.error:
        return ""
    if line.too_broad:
        return "too broad to count"
    if line.excludes:
        return f"leaves out {pace(line.count, days)}" if line.count else "leaves out none so far"
    return pace(line.count, days) if line.count else f"none in {days} days"


def _cure(line: PreviewLine, days: int) -> Cure | None:
    """What may be meant: an author, another spelling, more papers for few, fewer for many."""
    if line.author:
        label = "No paper contains these words. Search for the author:"
        return Cure(label, line.author.text, papers=line.author.count)
    if line.spelling:
        return Cure("Did you mean", line.spelling)
    if line.instead:
        return _several(line.instead)
    if line.excludes:
        return None
    if line.operators and line.operators.count > line.count:
        return _replacement("With AND or OR as an operator:", line.operators, days)
    if line.count * 30 <= FEW * days and line.wider and line.wider.count > line.count:
        return _replacement("Words anywhere:", line.wider, days)
    if line.cased and 0 < line.cased.count < line.count:
        return _replacement("Only with these capitals:", line.cased, days)
    if line.narrower and line.narrower.count:
        return _replacement("Narrower:", line.narrower, days)
    return None


def _several(keywords: Sequence[str]) -> Cure:
    """Offer keywords that take the place of one."""
    if len(keywords) == 1:
        return Cure("Use this instead:", keywords[0])
    listed = " · ".join(keywords)
    many = f"these {len(keywords)} keywords"
    shown = listed if len(listed) <= _LONGEST_SHOWN else many
    return Cure(f"Use {many} instead:", "\n".join(keywords), shown=shown)


def _replacement(label: str, other: Alternative, days: int) -> Cure:
    return Cure(label, other.text, pace(other.count, days))


def _whole_list(
    lines: Sequence[KeywordLine], texts: Sequence[str], total: int | None, days: int
) -> str:
    """What follows the number of keywords in the summary."""
    if len(texts) > MAX_KEYWORDS:
        return f"; the limit is {MAX_KEYWORDS}"
    found = [line.found for line in lines]
    if wrong := sum(bool(line.error) for line in found):
        return ", which cannot be used" if len(found) == 1 else f"; {wrong} cannot be used"
    if broad := sum(line.too_broad for line in found):
        return ", too broad to count" if len(found) == 1 else f"; {broad} too broad to count"
    if total is None:
        return " that only exclude papers" if len(found) > 1 else " that only excludes papers"
    if lines[0].paper_count == 0:
        return "; there are no papers yet"
    return f", {pace(total, days, 'paper')}" if total else f", no papers in the last {days} days"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'s' * (number != 1)}"
