"""Tokenizing normalised text: words, joined spellings of hyphenated words, offsets."""

import re
from array import array
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

from .normalise import NormalisedText, normalise
from .plurals import fold, fold_capitals
from .symbols import GREEK, PLAIN, UMLAUTS, WITH_E

MAX_JOINED_PARTS = 5  # words of a hyphenated run that also make one joined term
_CACHED = 16_000  # chains; at most twice as many are kept, about 0.5 kB each
_INTERNED = 300_000  # words

# Scripts written without spaces: each character is a word, and words are phrases.
_UNSPACED = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u2e80-\u2fdf\u3005-\u3007\u3040-\u309f\u30a1-\u30fa"
    "\u30fc-\u30ff\u3400-\u4dbf"  # without the dot between words of katakana
    "\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff\U00020000-\U0003fffd"
)
_MARKS = (
    "\\u0483-\\u0489\\u0591-\\u05c7\\u0610-\\u061a\\u064b-\\u065f\\u0670\\u0901-\\u0903\\u093a-\\u094f"
    "\\u0955-\\u0957\\u0962\\u0963\\u0981-\\u0dff\\u0f18-\\u0fbc\\u3099\\u309a"
)
# Brackets connect (de)noising, model(s) and SO(3); not O(1), which is not "o1".
_CONNECTOR = (
    r"(?:[-/_'&@|+.×]|\)(?=[a-z]{3})|-\)(?=[a-z]{3})"
    r"|\((?:(?<=[a-z]{3}\()(?=[a-z]{1,3}\))|(?<=[A-Z]{2}\()(?=[0-9n]\))))"
)


def _chain_pattern(letter: str) -> tuple[str, str]:
    """Patterns of one piece and of a chain of pieces, given what counts as a letter."""
    piece = (
        r"(?:[A-Za-z](?:\+\+|\#(?![A-Za-z]))"  # C++ C#
        r"|[A-Za-z0-9]{1,2}\*(?![\w*])"  # A*
        rf"|[0-9]{{1,3}}(?:,[0-9]{{3}})+(?![0-9])"  # 1,000
        rf"|(?:{letter})+(?:(?<=[0-9])\.(?=[0-9])(?:{letter})+)*"  # GPT 3.5 Qwen2.5
        r"|∞)"
    )
    net = r"(?<![\w.)\]])\.(?:NET|Net|net)(?!\w)"
    chain = rf"{net}|{piece}(?:{_CONNECTOR}?{piece})*+"
    return rf"{net}|{piece}", chain


_ASCII = _chain_pattern("[A-Za-z0-9]")
_WORLD = _chain_pattern(rf"[^\W_{_UNSPACED}]|[{_MARKS}]")
_ASCII_CHAIN = re.compile(_ASCII[1])
_CHAIN = re.compile(rf"[{_UNSPACED}]|{_WORLD[1]}")
_PIECE = re.compile(rf"[{_UNSPACED}]|{_WORLD[0]}")
_ALL_GREEK = re.compile(r"[\u0370-\u03ff]{2,}")
_INITIALS = re.compile(r"[a-z]")


class Alternative(NamedTuple):
    """An alternative term for the tokens [start, end): a hyphenated run as one word, a word with an
    umlaut as it is spelled with an e, or a plural in capitals as its singular. `raw` is "" for the
    last."""

    start: int
    end: int
    term: str
    raw: str


@dataclass(frozen=True, slots=True)
class Chain:
    """Words connected by hyphens and the like.

    `terms` are folded, `raw_terms` unfolded; `spans` are offsets from the start of the chain.
    """

    terms: tuple[str, ...]
    raw_terms: tuple[str, ...]
    spans: tuple[tuple[int, int], ...]
    alternatives: tuple[Alternative, ...]


def spell_greek(word: str) -> str:
    """The word with Greek letters spelled out (ε -> epsilon), unless the whole word is Greek; ∞ is
    infinity."""
    if word.isascii() or _ALL_GREEK.fullmatch(word):
        return word
    return "".join(GREEK.get(char, char) for char in word)


def fold_joined(keys: Iterable[str]) -> str:
    """The folded form of words written as one, by which `k means` and `kmeans` are equal."""
    return fold("".join(keys))


_copies: dict[str, str] = {}


def _interned(word: str) -> str:
    """Intern a word: an index has each in many tables."""
    if len(_copies) >= _INTERNED:
        _copies.clear()
    return _copies.setdefault(word, word)


def _may_join(glue: str, left: str, right: str) -> bool:
    """Whether two words may also be read as one: not those of "i.e." and "e.g."."""
    return glue != "." or not (_INITIALS.fullmatch(left) and _INITIALS.fullmatch(right))


def _read_chain(chain: str) -> Chain:
    """The words of one chain, such as `state-of-the-art` or `C++17`."""
    pieces = [(m[0], m.start(), m.end()) for m in _PIECE.finditer(chain)]
    glued: list[bool] = []
    kept: list[tuple[str, int, int]] = []
    for word, start, end in pieces:
        glue = chain[kept[-1][2] : start] if kept else ""
        if kept and glue == "'" and _ends_possessive(word, kept[-1][0]):
            kept[-1] = (*kept[-1][:2], end)
            continue
        if kept:
            glued.append(_may_join(glue, chain[kept[-1][1] : kept[-1][2]], word))
        kept.append((word.replace(",", "") if word[0].isdigit() else word, start, end))
    written = [spell_greek(word) for word, _, _ in kept]
    words = [word if word.isascii() else word.translate(PLAIN) for word in written]
    keys, raws = _keys_and_raws(words)
    edges = (*_joined_runs(keys, raws, glued), *_capital_plurals(words))
    if words != written:
        edges += tuple(_spellings_with_e(written, edges, glued))
    raws = keys if raws == keys else raws
    return Chain(keys, raws, tuple((start, end) for _, start, end in kept), edges)


def _keys_and_raws(words: list[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    keys = tuple(_interned(fold(word)) for word in words)
    return keys, tuple(_interned(word.casefold()) for word in words)


def _ends_possessive(word: str, before: str) -> bool:
    """Whether a word behind an apostrophe is the ending of the one before: Newton's, NEWTON'S."""
    return word == "s" or (word == "S" and len(before) > 1 and before.isupper())


def _spellings_with_e(
    written: list[str], known: tuple[Alternative, ...], glued: list[bool]
) -> Iterator[Alternative]:
    """The words with umlauts as they are spelled with an e (Müller: Mueller), alone and joined."""
    keys, raws = _keys_and_raws([word.translate(WITH_E) for word in written])
    for place, word in enumerate(written):
        if not UMLAUTS.keys().isdisjoint(word):
            yield Alternative(place, place + 1, keys[place], raws[place])
    yield from (each for each in _joined_runs(keys, raws, glued) if each not in known)


def _joined_runs(
    keys: tuple[str, ...], raws: tuple[str, ...], glued: list[bool]
) -> Iterator[Alternative]:
    for start in range(len(keys) - 1):
        for end in range(start + 2, min(start + MAX_JOINED_PARTS, len(keys)) + 1):
            if not glued[end - 2]:
                break
            key, raw = fold_joined(keys[start:end]), "".join(raws[start:end])
            yield Alternative(start, end, _interned(key), _interned(raw))


def _capital_plurals(words: list[str]) -> Iterator[Alternative]:
    for place, word in enumerate(words):
        if (key := fold_capitals(word)) is not None:
            yield Alternative(place, place + 1, key, "")


class _ChainCache(dict[str, Chain]):
    """Cache of chains, because the same few words make up most text.

    When full, it keeps those used since it was last full.
    """

    def __init__(self) -> None:
        self._older: dict[str, Chain] = {}

    def __missing__(self, chain: str) -> Chain:
        found = self._older.get(chain) or _read_chain(chain)
        if len(chain) <= 80:
            if len(self) >= _CACHED:
                self._older = dict(self)
                self.clear()
            self[chain] = found
        return found


_CHAINS = _ChainCache()


def tokenize_chain(chain: str) -> Chain:
    """The words of one chain, such as `state-of-the-art` or `C++17`."""
    return _CHAINS[chain]


def chains(shown: str) -> list[str]:
    """The chains of a normalised text, as they are written."""
    return (_ASCII_CHAIN if shown.isascii() else _CHAIN).findall(shown)


@dataclass(frozen=True, slots=True)
class Tokens:
    """The tokens of one text: token i is `terms[i]` (folded) and `raw_terms[i]` (unfolded).

    `alternatives` are sorted by their start.
    """

    terms: list[str]
    raw_terms: list[str]
    alternatives: list[Alternative]


def tokenize(text: str) -> Tokens:
    """Tokenize a text, without offsets (faster)."""
    keys: list[str] = []
    raws: list[str] = []
    edges: list[Alternative] = []
    for chain in map(_CHAINS.__getitem__, chains(normalise(text).text)):
        if chain.alternatives:
            edges += _moved(chain.alternatives, len(keys))
        keys += chain.terms
        raws += chain.raw_terms
    return Tokens(keys, raws, edges)


def _moved(edges: tuple[Alternative, ...], by: int) -> list[Alternative]:
    return [Alternative(start + by, end + by, key, raw) for start, end, key, raw in edges]


@dataclass(frozen=True, slots=True)
class TokensWithOffsets:
    """Tokens with offsets: token i is `starts[i]` to `ends[i]` of the normalised text.

    `gaps[i]` is what is between it and the next token, any white space as one space.
    """

    text: NormalisedText
    tokens: Tokens
    starts: "array[int]"  # a list of pairs would take most of the memory
    ends: "array[int]"
    gaps: list[str]

    @property
    def spans(self) -> list[tuple[int, int]]:
        return list(zip(self.starts, self.ends, strict=True))

    def words(self, umlauts: dict[int, str] = PLAIN) -> list[str]:
        """The words before they are folded, with their capitals; umlauts in one of their
        spellings, PLAIN or WITH_E."""
        shown = self.text.text
        return [_written(shown[start:end], umlauts) for start, end in self.spans]

    def original(self, first: int, last: int) -> tuple[int, int]:
        """The range of the original characters of tokens [first, last)."""
        return self.text.original(self.starts[first], self.ends[last - 1])


def _written(token: str, umlauts: dict[int, str]) -> str:
    """A word as written, without its possessive ending and the commas of a number."""
    if token.isalnum() and token.isascii():
        return token
    word = _PIECE.match(token)
    assert word is not None
    shown = word[0].replace(",", "") if token[0].isdigit() else word[0]
    return spell_greek(shown).translate(umlauts)


def tokenize_with_offsets(text: str) -> TokensWithOffsets:
    """Tokenize a text, with offsets and gaps."""
    shown = normalise(text)
    reading = Tokens([], [], [])
    spans: list[tuple[int, int]] = []
    pattern = _ASCII_CHAIN if shown.text.isascii() else _CHAIN
    for match in pattern.finditer(shown.text):
        chain, at = _CHAINS[match[0]], match.start()
        if chain.alternatives:
            reading.alternatives.extend(_moved(chain.alternatives, len(spans)))
        reading.terms.extend(chain.terms)
        reading.raw_terms.extend(chain.raw_terms)
        spans += [(at + start, at + end) for start, end in chain.spans]
    gaps = [shown.text[end:start] for (_, end), (start, _) in pairwise(spans)]
    starts, ends = (array("I", [span[side] for span in spans]) for side in (0, 1))
    return TokensWithOffsets(
        shown, reading, starts, ends, [" " if gap.isspace() else gap for gap in gaps]
    )
