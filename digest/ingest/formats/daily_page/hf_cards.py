"""The cards of the daily-papers page as copied text: papers without abstracts.

Submitted by
somebody
94                          votes
Title
acme Acme Labs              an organisation, on some
·
533 authors
5                           comments
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

_NUMBER = re.compile(r"\d{1,3}(?:,\d{3})+|\d{1,9}", re.ASCII)
_VOTES = re.compile(r"\d[\d.,]*[kK]?|-", re.ASCII)
_START = re.compile(r"submitted by(?: (?P<name>.{1,60}))?", re.IGNORECASE)
AUTHORS = re.compile(r"(?:[·•∙⋅] ?)?(?P<count>\d[\d,]*) authors?", re.IGNORECASE | re.ASCII)
DOTS = frozenset("·•∙⋅")
_ORGANIZATION = re.compile(r"(?P<slug>[\w.-]+) (?P<name>\S.{0,118})")


@dataclass(frozen=True, slots=True)
class Card:
    """One card's fields; `is_whole`: something follows its title, so it is not cut off there."""

    title: str
    upvotes: int | None = None
    organization: str = ""
    author_count: int | None = None
    comment_count: int | None = None
    is_whole: bool = False


def starts_card(line: str) -> bool:
    """Return whether this line is the first of a card."""
    return _START.fullmatch(line) is not None


def read_cards(lines: Sequence[str]) -> Iterator[Card]:
    """Yield the cards in these lines (see hf_lines.clean_lines).

    Lines before the first are ignored.
    """
    card: list[str] | None = None
    for line in filter(None, lines):
        if match := _START.fullmatch(line):
            if card is not None:
                yield _card(card)
            card = [match["name"]] if match["name"] else []
        elif card is not None:
            card.append(line)
    if card is not None:
        yield _card(card)


def read_number(text: str) -> int | None:
    """Return the count in these digits, commas between thousands allowed; None if it is none."""
    return int(text.replace(",", "")) if _NUMBER.fullmatch(text) else None


def _card(lines: Sequence[str]) -> Card:
    start = _title_place(lines)
    end = next((at for at in range(start, len(lines)) if _ends_title(lines[at])), len(lines))
    title, organization = _apart(lines[start:end])
    rest = [line for line in lines[end:] if line not in DOTS]
    authors = AUTHORS.fullmatch(rest[0]) if rest else None
    after = rest[1:] if authors else rest
    return Card(
        title=title,
        upvotes=read_number(lines[start - 1]) if start else None,
        organization=organization,
        author_count=read_number(authors["count"]) if authors else None,
        comment_count=read_number(after[0]) if after else None,
        is_whole=end < len(lines),
    )


def _title_place(lines: Sequence[str]) -> int:
    """Return the index of the title's first line: after the name, if any, and the votes."""
    for at in (1, 0):
        if at < len(lines) - 1 and _VOTES.fullmatch(lines[at]):
            return at + 1
    return min(1, len(lines))


def _ends_title(line: str) -> bool:
    return line in DOTS or AUTHORS.fullmatch(line) is not None


def _apart(lines: Sequence[str]) -> tuple[str, str]:
    """Return title and organisation.

    The latter is a last line with one name twice, "slug Display Name".
    """
    if len(lines) > 1 and (match := _ORGANIZATION.fullmatch(lines[-1])):
        slug, name = match["slug"], match["name"]
        if _letters(slug) in _letters(name) or _letters(name) in _letters(slug):
            return " ".join(lines[:-1]), name
    return " ".join(lines), ""


def _letters(text: str) -> str:
    return "".join(filter(str.isalnum, text)).casefold()
