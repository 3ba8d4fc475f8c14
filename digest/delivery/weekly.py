"""The week by keyword: counts and a bar of block characters."""

from collections.abc import Mapping
from typing import NamedTuple

from digest.delivery.account import counted
from digest.delivery.card import clipped, isolated
from digest.mail.mime.header_fields import header_text
from digest.mail.mime.wrapping import columns

ROWS = 15
BAR = 20  # characters of the longest bar
_NAME = 32  # columns of the text part
_EIGHTHS = " ▏▎▍▌▋▊▉"


class Row(NamedTuple):
    """A keyword, its count in words, its bar, and the line of the text part."""

    keyword: str
    words: str
    bar: str
    line: str


def chart(hits: Mapping[str, int]) -> list[Row]:
    """The keywords that hit most, most first; nothing where there is nothing to compare."""
    shown = [(keyword, number) for keyword, number in hits.items() if number][:ROWS]
    if len(shown) < 2:
        return []
    most = max(number for _, number in shown)
    return [
        _row(isolated(clipped(header_text(keyword), _NAME)), number, most)
        for keyword, number in shown
    ]


def _row(keyword: str, number: int, most: int) -> Row:
    bar, count = _bar(number, most), counted(number, "paper")
    line = f"{keyword}{' ' * (_NAME - columns(keyword))} {bar.ljust(BAR)} {count}"
    return Row(keyword, count, bar, line)


def _bar(number: int, most: int) -> str:
    eighths = max(1, round(number * BAR * 8 / most))
    return "█" * (eighths // 8) + _EIGHTHS[eighths % 8].strip()
