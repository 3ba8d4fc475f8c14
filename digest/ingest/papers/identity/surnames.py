"""Surnames of authors, in one spelling whatever the order, the initials and the accents."""

import re
from collections.abc import Iterable
from functools import lru_cache

from digest.matching.text.normalise import normalise
from digest.matching.text.symbols import PLAIN

_TOKEN = re.compile(r"[^\s.,;()\[\]*†‡§¹²³]+")
_INITIALS = re.compile(r"[A-Z](?:-?[A-Z]){0,2}")
_SUFFIXES = frozenset({"jr", "sr", "ii", "iii", "iv", "md", "phd", "msc", "mph", "dr"})
_GROUPS = frozenset({"collaboration", "consortium", "group", "team", "network", "investigators"})
# Müller is Mueller in many records. What is lost is small: Bauer is “baur” on both sides.
_UMLAUTS = (("ae", "a"), ("oe", "o"), ("ue", "u"))
_LONGEST_NAME = 200


def surnames(authors: Iterable[str]) -> tuple[str, ...]:
    """Return the folded surnames in the order of the authors; names without letters are left
    out.
    """
    return tuple(filter(None, map(surname, authors)))


@lru_cache(maxsize=65536)
def surname(name: str) -> str:
    """Return the last word of an author's surname, folded: without case, accents and hyphens.

    Reads “Ada Lamp”, “A. Lamp”, “Lamp, Ada”, “Lamp AB” and “van der Lamp, Ada”. Of a collaboration
    it is the whole name. Returns "" if there is none.
    """
    text = normalise(name[:_LONGEST_NAME]).text.translate(PLAIN)
    last, comma, _ = text.partition(",")
    tokens = _TOKEN.findall(last if comma and last.strip() else text)
    while len(tokens) > 1 and _folded(tokens[-1]) in _SUFFIXES:
        tokens.pop()
    if not tokens or _folded(tokens[-1]) in ("al", "others"):
        return ""
    if _folded(tokens[-1]) in _GROUPS:
        return _folded("".join(tokens))
    if not comma and not text.isupper():
        tokens = _without_initials(tokens)
    return _folded(re.split("[-‐‑–]", tokens[-1].rstrip("-‐‑–"))[-1])


def _without_initials(tokens: list[str]) -> list[str]:
    """Return the words before the initials of “Lamp AB”, as PubMed writes names."""
    end = len(tokens)
    while end > 1 and _INITIALS.fullmatch(tokens[end - 1].strip("-")):
        end -= 1
    return tokens[:end] if any(map(str.islower, "".join(tokens[:end]))) else tokens


def _folded(word: str) -> str:
    kept = "".join(sign for sign in word.casefold() if sign.isalpha())
    for written, letter in _UMLAUTS:
        kept = kept.replace(written, letter)
    return kept
