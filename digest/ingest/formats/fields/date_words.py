"""Names of months and seasons in the languages of most journals, and periods as they are shown."""

import unicodedata
from calendar import monthrange
from datetime import date
from functools import lru_cache
from typing import Literal, NamedTuple

Kind = Literal["M", "S", ""]
# A month, or the first month of a season on the northern half of the earth, by its names in
# English, German, French, Spanish, Italian and Portuguese, without accents.
_MONTHS = (
    "jan january januar janner janvier janv enero ene gennaio gen janeiro",
    "feb february februar fevrier fevr febrero febbraio febb fevereiro fev",
    "mar march marz mars marzo marco mrz",
    "apr april avril avr abril abr aprile",
    "may mai mayo maggio mag maio",
    "jun june juni juin junio giugno giu junho",
    "jul july juli juillet juil julio luglio lug julho",
    "aug august aout agosto ago",
    "sep sept september septembre septiembre setiembre settembre sett setembro set",
    "oct october oktober okt octobre octubre ottobre ott outubro out",
    "nov november novembre noviembre novembro",
    "dec december dezember dez decembre diciembre dic dicembre dezembro",
)
_SEASONS = {
    3: "spring fruhling fruhjahr printemps primavera",
    6: "summer sommer ete verano estate verao",
    9: "autumn fall herbst automne otono autunno outono",
    12: "winter hiver invierno inverno",
}
# “19 de noviembre”, “1st of May”, “Thu, 19 Nov”.
_SILENT = (
    "de del of the mon tue tues wed thu thur thurs fri sat sun "
    "monday tuesday wednesday thursday friday saturday sunday"
)
_WORDS: dict[str, tuple[Kind, int]] = {
    **dict.fromkeys(_SILENT.split(), ("", 0)),
    **{word: ("S", month) for month, words in _SEASONS.items() for word in words.split()},
    **{word: ("M", at + 1) for at, words in enumerate(_MONTHS) for word in words.split()},
}
_LONGEST_WORD = 20


class DateWord(NamedTuple):
    """What a word of a date is: a month, a season (its first month), or ""."""

    kind: Kind
    month: int


def date_word(word: str) -> DateWord | None:
    """Return what the word, in any case, says in a date; None if it says nothing there."""
    if len(word) > _LONGEST_WORD:
        return None
    plain = unicodedata.normalize("NFKD", word.casefold())
    found = _WORDS.get("".join(filter(str.isalpha, plain)))
    return DateWord(*found) if found else None


@lru_cache(maxsize=4096)  # strftime takes a tenth of the time of a card
def shown_period(first: date | None, precision: str, *, whole_words: bool = False) -> str:
    """Return the period like “8 Nov 2026”, “Nov 2026”, “Autumn 2026”, “Winter 2026/27”, “2026”.

    `precision` is one of Precision, anything else counts as a day; `whole_words` writes November.
    Returns "" without a date.
    """
    if first is None:
        return ""
    month = f"{first:%B}" if whole_words else f"{first:%b}"
    match precision:
        case "year":
            return f"{first.year}"
        case "season":
            return _season(first)
        case "month":
            return f"{month} {first.year}"
        case _:  # no leading zero, whatever the platform's strftime does
            return f"{first.day} {month} {first.year}"


def _season(first: date) -> str:
    name = ("Winter", "Spring", "Summer", "Autumn")[first.month % 12 // 3]
    if name != "Winter":
        return f"{name} {first.year}"
    year = first.year if first.month == 12 else first.year - 1
    return f"Winter {year}/{(year + 1) % 100:02}"


def last_day(first: date, precision: str) -> date:
    """Return the last day of the period that begins on `first`; a season has three months."""
    months = {"month": 1, "season": 3, "year": 12}.get(precision)
    if months is None:
        return first
    years, month = divmod(first.month - 1 + months - 1, 12)
    year = first.year + years
    if year > date.max.year:
        return date.max
    return date(year, month + 1, monthrange(year, month + 1)[1])


def period_of(day: date, precision: str) -> date:
    """Return the first day of the period of that length which holds `day`."""
    match precision:
        case "year":
            return day.replace(month=1, day=1)
        case "season":
            back = day.month % 3  # months since March, June, September or December
            years, month = divmod(day.year * 12 + day.month - 1 - back, 12)
            return date(years, month + 1, 1) if years >= date.min.year else date.min
        case "month":
            return day.replace(day=1)
        case _:
            return day
