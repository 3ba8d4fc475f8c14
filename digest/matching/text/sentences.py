"""Sentences of an abstract, and the one that says what the paper does.

A full stop ends no sentence after an abbreviation or an initial ("et al.", "Fig. 3", "J. Doe"), in
a number, or before a small letter.
"""

import re
from functools import lru_cache
from typing import NamedTuple

_ABBREVIATIONS = {
    "al", "a.m", "approx", "ca", "cf", "ch", "def", "dr", "e.g", "eq", "eqs", "et", "fig", "figs",
    "i.e", "incl", "lem", "max", "min", "mr", "mrs", "ms", "no", "nos", "p.m", "pp", "prof", "prop",
    "ref", "refs", "resp", "sec", "secs", "sect", "st", "suppl", "tab", "thm", "u.k", "u.s", "viz",
    "vol", "vs",
}  # fmt: skip
_END = re.compile(
    r"""(?P<stop>[.!?]+|…)["'’”»)\]]*   # the end, and what closes behind it
        (?=\s+["'‘“«(\[]*[^\Wa-z_])      # the next one begins with a capital, a digit or a script
      | [。！？]["'’”」』）]*            # scripts that put no blank between sentences
    """,
    re.VERBOSE,
)
_LAST_WORD = re.compile(r"[\w.]+$")
_LOOK_BACK = 12  # characters, longer than any abbreviation

# What announces that a sentence tells what the authors did. The verbs are stems.
_VERBS = (
    "analy[sz]e|argue|build|built|compare|construct|demonstrat|derive|describ|design|develop|"
    "discover|establish|evaluat|examine|find|found|formulate|give|identif|introduc|investigat|"
    "measure|observe|offer|present|propos|prov(?:e|ide)|report|reveal|show|solve|study|studied"
)
_STRONG = (
    "demonstrat|describ|develop|discover|establish|find|found|introduc|present|propos|prove|report|"
    "reveal|show"
)
_SUBJECT = r"\b(?:we|the authors|(?:this|our|the present) [\w-]+(?: [\w-]+)?)"
_OWN = r"\bour (?:approach|framework|method|model|system)\b"
_CLAIM = re.compile(rf"{_SUBJECT},?(?: (?!also)[\w-]+)?,? (?:{_STRONG})\w*", re.IGNORECASE)
_WEAK_CLAIM = re.compile(rf"{_SUBJECT},?(?: [\w-]+)?,? (?:{_VERBS})\w*|{_OWN}", re.IGNORECASE)


class Sentence(NamedTuple):
    """Where a sentence begins and ends, without the blanks around it."""

    start: int
    end: int


@lru_cache(maxsize=4096)
def sentences(text: str) -> tuple[Sentence, ...]:
    """The sentences of a text, in order; all of it but the blanks between them is in one."""
    found, start = [], 0
    for mark in _END.finditer(text):
        if _ends(text, mark):
            found.append(_stripped(text, start, mark.end()))
            start = mark.end()
    found.append(_stripped(text, start, len(text)))
    return tuple(each for each in found if each.start < each.end)


def _stripped(text: str, start: int, end: int) -> Sentence:
    inside = text[start:end]
    lead = len(inside) - len(inside.lstrip())
    return Sentence(start + lead, max(start + lead, start + len(inside.rstrip())))


def _ends(text: str, mark: re.Match[str]) -> bool:
    """Whether a sentence ends here: not after an abbreviation or an initial."""
    if mark["stop"] != ".":
        return True
    at = mark.start()
    word = _LAST_WORD.search(text, max(at - _LOOK_BACK, 0), at)
    if word is None:
        return True
    last = word[0].lower()
    if last in _ABBREVIATIONS:
        return False
    is_initial = len(last) == 1 and word[0].isupper()
    return not is_initial or last == "i"


@lru_cache(maxsize=4096)
def claim_sentence(text: str) -> Sentence | None:
    """The first sentence with a cue such as "we propose", "this paper shows"; if none has, the
    first with a weaker one ("we compare"). Returns None without any."""
    for cue in (_CLAIM, _WEAK_CLAIM):
        for each in sentences(text):
            if cue.search(text, *each):
                return each
    return None
