"""Folding: the rules by which a word and its plural are the same term."""

import re
from importlib.resources import files

_SIBILANT_ES = re.compile(r"(?:ss|x|zz|tz|ch|sh)es$")
_ACRONYM_S = re.compile(r"(?:.*[A-Z]|.*[A-Z].*[0-9]|[0-9]+[A-Z]+)s$")
_SHORTEST_SHOUTED = 6
_NO_FOLD = ("ss", "us", "is", "as", "os")


def _read_exceptions() -> dict[str, str]:
    """Plural -> singular; a word that is not folded maps to itself."""
    text = files("digest.matching.text").joinpath("plurals.txt").read_text(encoding="utf-8")
    rows = (line.split("#")[0].split() for line in text.splitlines())
    return {row[0]: row[-1] for row in rows if row}


EXCEPTIONS = _read_exceptions()


def fold(word: str) -> str:
    """The common form of a word and its plural, in lower case.

    `word` is one token without accents, with its capitals: they distinguish the plural of an
    acronym (`LLMs`, folded at any length) from a name (`DOS`, `iOS`, never folded).
    """
    low = word.casefold()
    if word[-1:].isupper():
        return low
    if (known := EXCEPTIONS.get(low)) is not None:
        return known
    if low[-1:] != "s":
        return low
    if len(word) > 2 and _ACRONYM_S.match(word):
        return low[:-1]
    return _fold_common(low)


def _fold_common(low: str) -> str:
    """Fold a plural in lower case, of four letters or more.

    "es" is removed only after a sibilant (classes, boxes, matches): after a single s or z the e
    nearly always belongs to the singular (databases, sizes, uses).
    """
    if sum(map(str.isalpha, low)) < 4 or not low[-2].isalnum() or low.endswith(_NO_FOLD):
        return low
    if low.endswith("ies"):
        return low[:-3] + "y"
    return low[:-2] if _SIBILANT_ES.search(low) else low[:-1]


def fold_capitals(word: str) -> str | None:
    """The folded form of a word in capitals such as `MODELS`; None if it is no plural.

    A title in capitals must be found by `models`; a *keyword* in capitals is never folded.
    """
    low = word.casefold()
    if not word.isupper():
        return None
    if (known := EXCEPTIONS.get(low)) is not None:
        # GPAS and MICE may be acronyms, MATRICES is none.
        is_plural = known not in (low, low[:-1]) and len(low) >= _SHORTEST_SHOUTED
        return known if is_plural else None
    if word[-1] != "S":
        return None
    folded = _fold_common(low)
    return folded if folded != low else None


def fold_keeping_case(word: str) -> str:
    """The folded form of a word with the capitals of the word: `LLMs` becomes `LLM`."""
    folded = fold(word)
    same = 0
    while word[same : same + 1].casefold() == folded[same : same + 1] != "":
        same += 1
    return word[:same] + folded[same:]


def possible_folds(raw: str) -> tuple[str, ...]:
    """The folded forms that a word in lower case may have, depending on its capitals."""
    if raw[-1] == "s":
        return tuple({raw, raw[:-1], fold(raw)})
    return (raw, EXCEPTIONS[raw]) if raw in EXCEPTIONS else (raw,)
