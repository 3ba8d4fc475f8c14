"""The meaning of keywords in plain words, for pages that show single ones."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from digest.matching.keyword_preview import AS_TYPED
from digest.matching.query import KeywordError, Pair, parse


class KeywordMeaning(NamedTuple):
    """A keyword, and its meaning in plain words; `error` says why it cannot be used any more.

    `translation`: a query of another service in our language. `notes`: what was not kept of it, or
    not read as an operator.
    """

    text: str
    meaning: str = ""
    error: str = ""
    excludes: bool = False
    translation: str = ""
    notes: tuple[str, ...] = ()


def meanings(
    texts: Sequence[str], pairs: Mapping[str, Sequence[Pair]] = AS_TYPED
) -> list[KeywordMeaning]:
    """Return each keyword with its meaning. `pairs`: keyword -> its other wordings."""
    return [meaning_of(text, pairs.get(text, ())) for text in texts]


def meaning_of(text: str, pairs: Sequence[Pair]) -> KeywordMeaning:
    """Return a keyword, which has these other wordings, with its meaning."""
    try:
        keyword = parse(text, pairs)
        return KeywordMeaning(
            text,
            keyword.meaning(),
            excludes=keyword.excludes,
            translation=keyword.translation,
            notes=keyword.notes,
        )
    except KeywordError as wrong:
        return KeywordMeaning(text, error=wrong.message)
