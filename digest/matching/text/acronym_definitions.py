"""Acronyms that a text defines, such as "reinforcement learning (RL)".

The rule is that of A. Schwartz and M. Hearst, "A simple algorithm for identifying abbreviation
definitions in biomedical text" (PSB 2003): from the right, each letter and digit of the short form
is looked for in the words before the bracket, the first one at the start of a word. It finds the
shortest long form, "policy optimization" for PPO; so words whose initials are the short form are
looked for first, and a hyphenated word is not cut. It also reads "RL (reinforcement learning)".
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from .normalise import normalise
from .symbols import PLAIN
from .tokens import tokenize

SHORTEST, LONGEST = 2, 10  # characters of a short form
MOST_DEFINITIONS = 20  # of one text
LONGEST_LONG_FORM = 160  # characters; 15 words at most (see _word_limit)
_BRACKET = re.compile(r"\(\s?(?P<inside>[^()\[\]\n]{2,160}?)\s?\)")
_FIRST_PART = re.compile(r"[,;:]\s")  # (GAN; Invented et al., 2014)
# Where the words before a bracket begin at the latest: a sentence, another bracket.
_BOUNDARY = re.compile(r"[.;:!?]\s|[()\[\]]|\n\n")
_LAST_WORD = re.compile(r"\w+\Z")
_PLURAL = re.compile(r"[^\Wa-z_]s\Z")
_BLANKS = re.compile(r"\s+")
_WORD = re.compile(r"[^\W_]+")
# Words that a short form may leave out: mixture of experts (MoE, and ME).
_SKIPPED = frozenset({"a", "an", "and", "by", "for", "from", "in", "of", "on", "the", "to", "with"})


@dataclass(frozen=True, slots=True)
class AcronymDefinition:
    """A short form as it is written, without the s of a plural, and its long form.

    `key` is the short form as a folded word, `long` has the folded words of the long form, with
    blanks between them: both as the terms of keywords are.
    """

    short: str
    key: str
    long: str


def has_capitals(word: str) -> bool:
    """Whether a word is written like a short form: with two capitals or more."""
    return sum(map(str.isupper, word)) >= 2


def acronym_definitions(text: str) -> list[AcronymDefinition]:
    """Return the definitions of a text, in order, each once and MOST_DEFINITIONS at most.

    Linear in the length of the text: for each bracket 160 characters on either side are read.
    """
    return definitions_in(normalise(text).text.translate(PLAIN)) if "(" in text else []


def definitions_in(shown: str) -> list[AcronymDefinition]:
    """Return the definitions of a normalised text: see acronym_definitions()."""
    found: dict[AcronymDefinition, None] = {}
    for short, long in _pairs(shown):
        if (definition := _definition(short, long)) is not None:
            found.setdefault(definition)
            if len(found) == MOST_DEFINITIONS:
                break
    return list(found)


def _pairs(text: str) -> Iterator[tuple[str, str]]:
    """Yield short forms, each with its long form as it is written."""
    for bracket in _BRACKET.finditer(text):
        inside = _FIRST_PART.split(bracket["inside"], maxsplit=1)[0]
        start = _start_before(text, bracket.start())
        before = text[start : bracket.start()].rstrip()
        if (short := short_form(inside)) is not None:
            words = before[_first_word(before, _word_limit(short)) :]
            if (start_of_long := long_form_start(short, words)) is not None:
                yield short, words[start_of_long:]
        elif (word := _LAST_WORD.search(before)) is not None:
            short = short_form(word[0])
            if short is not None and long_form_start(short, inside) == 0:
                yield short, inside


def _start_before(text: str, bracket: int) -> int:
    """Return where the sentence of a bracket begins, or a word about 160 characters before it."""
    start = max(bracket - LONGEST_LONG_FORM, 0)
    ends = [boundary.end() for boundary in _BOUNDARY.finditer(text, start, bracket)]
    if ends:
        return ends[-1]
    while 0 < start < bracket and text[start - 1].isalnum():
        start += 1
    return start


def _word_limit(short: str) -> int:
    """Return how many words a long form may have."""
    return min(len(short) + 5, len(short) * 2)


def _first_word(words: str, most: int) -> int:
    """Return where the last `most` of some words begin."""
    starts = [blank.end() for blank in _BLANKS.finditer(words)]
    return starts[-most] if len(starts) >= most else 0


def short_form(written: str) -> str | None:
    """Return a short form without the s of its plural; None if the text is none: one word of two to
    ten letters and digits, two of them capitals."""
    short = written[:-1] if _PLURAL.search(written) else written
    fits = SHORTEST <= len(short) <= LONGEST and short.isalnum()
    return short if fits and has_capitals(short) else None


def long_form_start(short: str, words: str) -> int | None:
    """Return where in some normalised words the long form of `short` begins, which ends with them;
    None if they hold none."""
    low = words.lower()  # as long as `words`, because normalised text has no İ
    start = _start_by_initials(short.lower(), low)
    if start is None:
        start = _start_by_letters(short.lower(), low)
    if start is None or len(low) - start <= len(short):
        return None
    return None if short.lower() in _WORD.findall(low, start) else start


def _start_by_initials(short: str, words: str) -> int | None:
    """Return where the last words with these initials begin; None if they have others."""
    left = len(short)
    for word in reversed(list(_WORD.finditer(words))):
        if word[0][0] == short[left - 1]:
            left -= 1
        elif word[0] not in _SKIPPED:
            return None
        if not left:
            return word.start()
    return None


def _start_by_letters(short: str, words: str) -> int | None:
    """Return where the letters begin, each the last one before the next; None if one is missing."""
    at = len(words)
    for number, char in enumerate(reversed(short), 1):
        at = words.rfind(char, 0, at)
        while number == len(short) and at > 0 and words[at - 1].isalnum():
            at = words.rfind(char, 0, at)
        if at < 0:
            return None
    return at if words[at - 1 : at] != "-" else _compound_start(words, at)


def _compound_start(words: str, at: int) -> int | None:
    """Return where the hyphenated word around a place begins; None if with another letter."""
    start = max(words.rfind(" ", 0, at), words.rfind("\n", 0, at)) + 1
    return start if words[start] == words[at] else None


def _definition(short: str, written: str) -> AcronymDefinition | None:
    key, long = tokenize(short).terms, " ".join(tokenize(written).terms)
    if len(key) != 1 or not SHORTEST <= len(key[0]) <= LONGEST:
        return None
    if not long or len(long) > LONGEST_LONG_FORM:
        return None
    return AcronymDefinition(short, key[0], long)
