"""Keywords that together mean the same as a query that is too long for one."""

import re
from dataclasses import dataclass

from digest.matching.query.atom_builders import MAX_TERMS

from . import translate
from .splitting import split_at_ors, word_count

_LONGEST_CURE = 800  # characters of keywords in a sentence
_OR = re.compile(r"\bOR\b")


@dataclass(frozen=True, slots=True)
class Shortened:
    """Keywords that take the place of a query, and clauses on what they leave out."""

    keywords: tuple[str, ...]
    notes: tuple[str, ...]

    def cure(self) -> str:
        """Sentences that say what to do with the query."""
        many = len(self.keywords) != 1
        fits = f"It fits as {len(self.keywords)} keywords" if many else "It fits"
        lost = f", without what can’t be kept ({'; '.join(self.notes)})" if self.notes else ""
        listed = "; ".join(self.keywords)
        if len(listed) <= _LONGEST_CURE:
            return f"{fits}{lost}. Paste this instead: {listed}"
        return f"{fits}{lost}. Remove that, and paste it again: it is then split at its ORs."


def is_short(text: str, longest: int) -> bool:
    """Whether a text is short enough for one keyword, or cannot be split at an OR."""
    if len(text) > longest:
        return False
    return word_count(text) <= MAX_TERMS or not _OR.search(text)


def shortened(text: str, longest: int) -> Shortened | None:
    """Keywords of at most `longest` characters that mean the same as a query; None if there are
    none, or if all that is needed is to split it into a list.

    Raises KeywordError as `translate` does.
    """
    sign = "-" if text[:1] == "-" else ""
    translated = translate(text[len(sign) :])
    body = translated.text if translated else text[len(sign) :]
    whole = f"-({body})" if sign else body
    notes = translated.notes if translated else ()
    if translated and len(whole) <= longest and word_count(whole) <= MAX_TERMS:
        return Shortened((whole,), notes)
    parts = split_at_ors(f"{sign}{body}", longest)
    return Shortened(tuple(parts), notes) if parts else None
