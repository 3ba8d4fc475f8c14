"""Ticks that switch other wordings of keywords on and off."""

from collections.abc import Mapping
from dataclasses import dataclass

from django.http import QueryDict

from digest.matching.query import Expansions, Pair

SHOWN, TICKED = "wording", "also"  # fields: a wording that the form shows, and one that is ticked
_MOST_READ = 400  # fields of one form
_LONGEST = 200  # characters of one


@dataclass(frozen=True, slots=True)
class WordingTick:
    """Another wording of a keyword as a form shows it; `value` is what the form sends."""

    other: str
    value: str
    is_on: bool


def wording_ticks(wordings: Expansions) -> list[WordingTick]:
    """Return the wordings in force, then those that may be switched on."""
    known = dict.fromkeys((*wordings.pairs, *wordings.declined, *wordings.offers))
    return [
        WordingTick(pair.shown, f"{pair.term}={pair.other}", pair in wordings.pairs)
        for pair in known
    ]


def chosen_wordings(data: QueryDict | Mapping[str, object]) -> dict[Pair, bool]:
    """Return the wordings that a form has shown, and whether each was ticked."""
    if not isinstance(data, QueryDict):
        return {}
    ticked = set(data.getlist(TICKED)[:_MOST_READ])
    found = {}
    for value in data.getlist(SHOWN)[:_MOST_READ]:
        term, separator, other = value.partition("=")
        if separator and term and other and len(value) <= _LONGEST:
            found[Pair(term, other)] = value in ticked
    return found
