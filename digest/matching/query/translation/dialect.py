"""What distinguishes the query language of one service from that of another."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from .nodes import Node
from .notes import Notes

JOURNALS = "journals can’t be searched"
TYPES = "types of publication can’t be searched"
LANGUAGES = "languages can’t be searched"
NUMBERS = "it names single papers or people by number"
NOT_NEW = "digests bring what is new"
FILTERS = "we can’t filter by that"
TOPICS = "subject headings are looked for as words in titles and abstracts: {}"
KEYWORDS = "keyword lists are not searched, so titles and abstracts are: {}"
FULL_TEXT = "full texts are not searched, only titles and abstracts: {}"


class Untranslatable(ValueError):
    """A query that is not written as its service wants it; `args[0]` says why, as a clause."""


class Kind(StrEnum):
    """What is done with a part of a query that has a field or a tag."""

    FIELD = "field"
    LEFT_OUT = "left out"
    YEARS = "years"
    TOPIC = "topic"


@dataclass(frozen=True, slots=True)
class Rule:
    """How one field or tag is translated.

    `field`: ours; "" is title or abstract. `why`: why it is left out. `note`: a clause that says
    what is different, `{}` being the part.
    """

    kind: Kind = Kind.FIELD
    field: str = ""
    why: str = ""
    note: str = ""


TEXT = Rule()
TITLE, ABSTRACT = Rule(field="title"), Rule(field="abstract")
AUTHOR, ORGANISATION = Rule(field="author"), Rule(field="org")
YEARS = Rule(Kind.YEARS)
TOPIC = Rule(Kind.TOPIC, note=TOPICS)


def left_out(why: str) -> Rule:
    """The rule of a part that is left out."""
    return Rule(Kind.LEFT_OUT, why=why)


Special = tuple[re.Pattern[str], Callable[[re.Match[str], Notes], Node | None]]


@dataclass(frozen=True)
class Dialect:
    """The query language of a service.

    `precedence`: operators from the loosest to the tightest. `operators`: matches one, in a group
    named after it; a number after it is its distance. `prefixes` matches a field before its value,
    whose name is looked up in `rules` in lower case; `tags` is the same after a value, in brackets.
    `specials`: parts that are read as a whole. `is_phrase`: words next to each other are a phrase.
    `one_by_one`: an operator takes one word only. `loose_quotes`: quotes allow for plurals.
    """

    name: str
    precedence: tuple[frozenset[str], ...]
    operators: re.Pattern[str]
    prefixes: re.Pattern[str] | None = None
    rules: Mapping[str, Rule] = field(default_factory=dict)
    tags: Mapping[str, Rule] = field(default_factory=dict)
    specials: tuple[Special, ...] = ()
    is_phrase: bool = True
    one_by_one: bool = False
    loose_quotes: bool = False
    has_braces: bool = False
    wildcards: str = "*"


def levels(*groups: str) -> tuple[frozenset[str], ...]:
    """Precedence from texts such as "AND NOT", the loosest first."""
    return tuple(frozenset(group.split()) for group in groups)
