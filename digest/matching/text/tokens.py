"""From shown text to words: tokens, the joined spellings of hyphenated runs, their places."""

import re
from array import array
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

from .normalise import NormalisedText, normalise
from .plurals import fold, fold_capitals
from .symbols import GREEK

MAX_JOINED_PARTS = 5  # parts of one hyphenated run that are also read as one word
_REMEMBERED = 16_000  # chains; twice as many at most, each of about half a kB
_SPELLINGS = 300_000  # words of which one copy is kept

# Scripts written without spaces: each character is a word, neighbours make a phrase.
_UNSPACED = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u2e80-\u2fdf\u3005-\u3007\u3040-\u30ff\u3400-\u4dbf"
    "\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff\U00020000-\U0003fffd"
)
_MARKS = (
    "\\u0483-\\u0489\\u0591-\\u05c7\\u0610-\\u061a\\u064b-\\u065f\\u0670\\u0901-\\u0903\\u093a-\\u094f"
    "\\u0955-\\u0957\\u0962\\u0963\\u0981-\\u0dff\\u0f18-\\u0fbc\\u3099\\u309a"
)
_CONNECTORS = "-/_'&@|+.×"


def _chain_pattern(letter: str) -> tuple[str, str]:
    """Patterns of one piece and of a chain of pieces, given what counts as a letter."""
    piece = (
        r"(?:[A-Za-z](?:\+\+|\#(?![A-Za-z]))"  # C++ C#
        r"|[A-Za-z0-9]{1,2}\*(?![\w*])"  # A*
        rf"|[0-9]{{1,3}}(?:,[0-9]{{3}})+(?![0-9])"  # 1,000
        rf"|(?:{letter})+(?:(?<=[0-9])\.(?=[0-9])(?:{letter})+)*)"  # GPT 3.5 Qwen2.5
    )
    net = r"(?<![\w.)\]])\.(?:NET|Net|net)(?!\w)"
    chain = rf"{net}|{piece}(?:[{_CONNECTORS}]?{piece})*+"
    return rf"{net}|{piece}", chain


_ASCII = _chain_pattern("[A-Za-z0-9]")
_WORLD = _chain_pattern(rf"[^\W_{_UNSPACED}]|[{_MARKS}]")
_ASCII_CHAIN = re.compile(_ASCII[1])
_CHAIN = re.compile(rf"[{_UNSPACED}]|{_WORLD[1]}")
_PIECE = re.compile(rf"[{_UNSPACED}]|{_WORLD[0]}")
_ALL_GREEK = re.compile(r"[\u0370-\u03ff]{2,}")
_INITIALS = re.compile(r"[a-z]")


class Alternative(NamedTuple):
    """A second reading of the tokens [start, end): a hyphenated run as one word, or a shouted
    plural as its singular. `raw` is "" for the latter."""

    start: int
    end: int
    term: str
    raw: str


@dataclass(frozen=True, slots=True)
class Chain:
    """Words held together by hyphens and the like: `key` is a word's folded form, `raw` its
    unfolded one; `spans` count from the chain's start."""

    terms: tuple[str, ...]
    raw_terms: tuple[str, ...]
    spans: tuple[tuple[int, int], ...]
    alternatives: tuple[Alternative, ...]


def spell_greek(word: str) -> str:
    """Greek letters spelled out, unless the whole word is Greek: ε -> epsilon, μs stays Greek
    only as part of a Greek word."""
    if word.isascii() or _ALL_GREEK.fullmatch(word):
        return word
    return "".join(GREEK.get(char, char) for char in word)


def fold_joined(keys: Iterable[str]) -> str:
    """The folded form of words written as one: `k means` and `kmeans` meet."""
    return fold("".join(keys))


_copies: dict[str, str] = {}


def _one_copy(word: str) -> str:
    """The same word; always the same object, for an index holds each in many tables."""
    if len(_copies) >= _SPELLINGS:
        _copies.clear()
    return _copies.setdefault(word, word)


def _joins(glue: str, left: str, right: str) -> bool:
    """Whether two pieces may also be read as one word: not in "i.e." and "e.g."."""
    return glue != "." or not (_INITIALS.fullmatch(left) and _INITIALS.fullmatch(right))


def _read_chain(chain: str) -> Chain:
    """The words of one chain, such as `state-of-the-art` or `C++17`."""
    pieces = [(m[0], m.start(), m.end()) for m in _PIECE.finditer(chain)]
    glued: list[bool] = []
    kept: list[tuple[str, int, int]] = []
    for word, start, end in pieces:
        glue = chain[kept[-1][2] : start] if kept else ""
        if kept and glue == "'" and word == "s":  # Newton's: the word is Newton
            kept[-1] = (*kept[-1][:2], end)
            continue
        if kept:
            glued.append(_joins(glue, chain[kept[-1][1] : kept[-1][2]], word))
        kept.append((word.replace(",", "") if word[0].isdigit() else word, start, end))
    words = [spell_greek(word) for word, _, _ in kept]
    keys = tuple(_one_copy(fold(word)) for word in words)
    raws = tuple(_one_copy(word.casefold()) for word in words)
    edges = (*_runs(keys, raws, glued), *_shouts(words))
    raws = keys if raws == keys else raws
    return Chain(keys, raws, tuple((start, end) for _, start, end in kept), edges)


def _runs(keys: tuple[str, ...], raws: tuple[str, ...], glued: list[bool]) -> Iterator[Alternative]:
    for start in range(len(keys) - 1):
        for end in range(start + 2, min(start + MAX_JOINED_PARTS, len(keys)) + 1):
            if not glued[end - 2]:
                break
            key, raw = fold_joined(keys[start:end]), "".join(raws[start:end])
            yield Alternative(start, end, _one_copy(key), _one_copy(raw))


def _shouts(words: list[str]) -> Iterator[Alternative]:
    for place, word in enumerate(words):
        if (key := fold_capitals(word)) is not None:
            yield Alternative(place, place + 1, key, "")


class _Memory(dict[str, Chain]):
    """Chains already read; the same few words make up most text. Those asked for since it was
    last full are kept when it is full again."""

    def __init__(self) -> None:
        self._older: dict[str, Chain] = {}

    def __missing__(self, chain: str) -> Chain:
        found = self._older.get(chain) or _read_chain(chain)
        if len(chain) <= 80:
            if len(self) >= _REMEMBERED:
                self._older = dict(self)
                self.clear()
            self[chain] = found
        return found


_MEMORY = _Memory()


def tokenize_chain(chain: str) -> Chain:
    """The words of one chain, such as `state-of-the-art` or `C++17`."""
    return _MEMORY[chain]


@dataclass(frozen=True, slots=True)
class Tokens:
    """The words of one text: token i is `keys[i]` (folded) and `raws[i]` (not folded);
    `edges` are the second readings, in order of their start."""

    terms: list[str]
    raw_terms: list[str]
    alternatives: list[Alternative]


def tokenize(text: str) -> Tokens:
    """The words of `text`, quickly, without their places."""
    keys: list[str] = []
    raws: list[str] = []
    edges: list[Alternative] = []
    shown = normalise(text).text
    pattern = _ASCII_CHAIN if shown.isascii() else _CHAIN
    for chain in map(_MEMORY.__getitem__, pattern.findall(shown)):
        if chain.alternatives:
            edges += _moved(chain.alternatives, len(keys))
        keys += chain.terms
        raws += chain.raw_terms
    return Tokens(keys, raws, edges)


def _moved(edges: tuple[Alternative, ...], by: int) -> list[Alternative]:
    return [Alternative(start + by, end + by, key, raw) for start, end, key, raw in edges]


@dataclass(frozen=True, slots=True)
class TokensWithOffsets:
    """A reading with its places: token i is `starts[i]` to `ends[i]` of the shown text, `gaps[i]`
    what stands between it and the next (spaces as one)."""

    text: NormalisedText
    tokens: Tokens
    starts: "array[int]"  # a list of pairs would be most of what a kept text weighs
    ends: "array[int]"
    gaps: list[str]

    @property
    def spans(self) -> list[tuple[int, int]]:
        return list(zip(self.starts, self.ends, strict=True))

    def original(self, first: int, last: int) -> tuple[int, int]:
        """Where tokens [first, last) stand in the original characters."""
        return self.text.original(self.starts[first], self.ends[last - 1])


def tokenize_with_offsets(text: str) -> TokensWithOffsets:
    """The words of `text` with their places and what stands between them."""
    shown = normalise(text)
    reading = Tokens([], [], [])
    spans: list[tuple[int, int]] = []
    pattern = _ASCII_CHAIN if shown.text.isascii() else _CHAIN
    for match in pattern.finditer(shown.text):
        chain, at = _MEMORY[match[0]], match.start()
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
