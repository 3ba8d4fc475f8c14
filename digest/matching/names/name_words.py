"""The words of a name as written: initials, particles, hyphenated words; titles and suffixes are
left out."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import compress
from typing import NamedTuple

from digest.matching.text import NormalisedText
from digest.matching.text.readable import readable

from .folding import UNSPACED, fold_name, joined

MOST_WORDS = 8  # of a person's name; more are those of a group
_LONGEST = 255  # characters of a name that are read
_WORD = re.compile(r"[^\s\x00-\x1f\x7f-\x9f.,;:()\[\]{}<>\"“”„*†‡§¶·・，、；]+\.?|[,，]")
_HYPHENS = re.compile("[-‐‑‒–_/]")
_APOSTROPHES = "'’‘ʼ`´′"


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


_VOWELS = re.compile("[aeiouy]|[^a-z]")
_SHORT_NAMES = _set(
    "ai al an ao ba bi bo bu ca ci cu da de di do du ed el en er fa fu ga ge gu ha he ho hu ji jo "
    "ju ka ke ki ko ku la le li lo lu ma me mi mo mu na ne ni nu ou oz pa pi po pu qi qu re ri ro "
    "ru sa se si so su ta te ti to tu ty um ut va vo vu wa wo wu xi xu ya ye yi yo yu za ze zi "
    "zu"
)
# `al-Rashid` and `Al Rashid` are names with a particle like `van der Berg`.
_PARTICLES = _set(
    "van von vom zu zum zur de der den des del della dello delle degli di da das do dos du la le "
    "les lo los ten ter te op het af av al el ibn bin bint ben abu san st saint mac mc fitz o d l "
    "t y e"
)
_HYPHENATED_PARTICLES = frozenset({"al", "el", "ibn", "bin", "ben", "abu"})
_TITLES = frozenset({"dr", "prof", "professor", "mr", "mrs", "sir", "dame"})
_SUFFIXES = frozenset({"jnr", "snr", "2nd", "3rd", "4th", "phd", "msc", "mph"})
_SHORT_SUFFIXES = frozenset({"jr", "sr", "ii", "iii", "iv", "md"})  # or initials
_SURE_SUFFIX = re.compile(r"[JS]r\.?|jr\.|sr\.|[JS]R\.")
_GROUPS = _set(
    "collaboration collaborations consortium group team teams network investigators committee "
    "society institute university laboratory"
)

# Words that are more than one of a name.
SPECIAL = _PARTICLES | _TITLES | _SUFFIXES | _SHORT_SUFFIXES | _GROUPS


class Element(NamedTuple):
    """A part of a given name. `is_short`: only its beginning is written, as `J.` or `Chr.`;
    `is_linked`: a hyphen ties it to the one before."""

    text: str
    is_short: bool = False
    is_linked: bool = False


@dataclass(slots=True)
class NameWord:
    """A word of a name, at [start, end) of its text.

    `parts`: between its hyphens, folded; `folded`: all of it. `particle`: 2 if it is one, 1 if it
    may be one.
    `may_be_initials`: two or three letters, such as `JA`; `are_initials`: they are no given name.
    """

    parts: tuple[Element, ...]
    folded: str
    raw: str
    start: int
    end: int
    particle: int = 0
    may_be_initials: bool = False
    are_initials: bool = False

    @property
    def is_short(self) -> bool:
        return all(part.is_short for part in self.parts)

    @property
    def names(self) -> set[str]:
        """What a single word of a keyword may be to find it; its beginning as `j*`."""
        found = {self.folded, *(part.text for part in self.parts)}
        return found | {f"{name[0]}*" for name in found}

    @property
    def without_particle(self) -> str:
        """`rashid` of `al-Rashid`, "" for a word without a particle."""
        if len(self.parts) > 1 and self.parts[0].text in _HYPHENATED_PARTICLES:
            return joined("".join(part.text for part in self.parts[1:]))
        return ""

    def as_initials(self) -> "NameWord":
        """The word read as initials."""
        initials = tuple(Element(letter, True) for letter in self.folded)
        return replace(self, parts=initials, are_initials=False)


@dataclass(frozen=True)
class NameWords:
    """The words of a name; those before the comma if it has one are the `family` name.

    `unspaced`: its characters of scripts without blanks. `is_plain`: all letters are small, or all
    are capitals, so that they tell nothing about initials.
    """

    words: tuple[NameWord, ...]
    family: int = 0
    unspaced: str = ""
    is_plain: bool = False

    @property
    def is_group(self) -> bool:
        """Whether it is the name of a group rather than of a person."""
        return len(self.words) > MOST_WORDS or any(w.folded in _GROUPS for w in self.words)


def name_words(name: str) -> Iterator[NameWords]:
    """Yield the words of a name, twice if letters such as ö have two spellings in it."""
    shown = _shown(name[:_LONGEST])
    text = shown.text
    unspaced = "".join(UNSPACED.findall(text))
    tokens = [found for found in _WORD.finditer(text) if not UNSPACED.search(found[0])]
    letters = [char for token in tokens for char in token[0].rstrip(".") if char.isalpha()]
    has_small = any(map(str.islower, letters))
    has_capitals = any(map(str.isupper, letters))
    is_plain = not (has_small and has_capitals)
    for spelling in (0, -1):
        words, commas = _words(tokens, spelling, shown)
        _mark_particles(words, has_capitals)
        yield _cleaned(words, commas, unspaced, is_plain)
        if all(len(fold_name(token[0])) < 2 for token in tokens):
            return


def _shown(name: str) -> NormalisedText:
    r"""The name with LaTeX as letters: `Erd\H{o}s` is Erdős."""
    if "\\" in name or "{" in name or "&" in name:
        return readable(name).shown
    return NormalisedText(name)


def _words(
    tokens: list[re.Match[str]], spelling: int, shown: NormalisedText
) -> tuple[list[NameWord], list[int]]:
    """The words, and before how many of them each comma is."""
    words: list[NameWord] = []
    commas: list[int] = []
    end = -1
    for token in tokens:
        raw = token[0]
        if raw in ",，":
            commas.append(len(words))
            continue
        parts = tuple(_parts(raw, spelling))
        if not any(char.isalpha() for part in parts for char in part.text):
            continue  # the number that tells namesakes apart, or a mark
        start, before = shown.original(*token.span()), end
        end = token.end()
        if raw[0] in "-‐‑–" and before == token.start() and words:  # J.-P.
            first, *rest = parts
            last = words[-1]
            last.parts = (*last.parts, first._replace(is_linked=True), *rest)
            last.folded, last.end = _as_one(last.parts), start[1]
            continue
        bare = raw.rstrip(".")
        may_be = len(parts) == 1 and len(bare) in (2, 3) and bare.isalpha() and bare == raw
        words.append(NameWord(parts, _as_one(parts), raw, *start, may_be_initials=may_be))
    return words, commas


def _as_one(parts: tuple[Element, ...]) -> str:
    return parts[0].text if len(parts) == 1 else joined("".join(part.text for part in parts))


def _parts(raw: str, spelling: int) -> Iterator[Element]:
    is_dotted = raw[-1] == "."
    pieces = [piece for piece in _HYPHENS.split(raw.rstrip(".")) if fold_name(piece)]
    for place, piece in enumerate(pieces):
        text = fold_name(piece)[spelling]
        is_last = place == len(pieces) - 1
        is_short = len(piece) == 1 or (is_dotted and is_last and len(piece) < 4)
        yield Element(text, is_short, place > 0)


def _mark_particles(words: list[NameWord], has_capitals: bool) -> None:
    """Mark the words that are particles or may be."""
    are = [_is_particle_word(word) for word in words]
    for place in compress(range(len(words)), are):
        word = words[place]
        raw = word.raw
        is_in_row = any(are[place + 1 : place + 2] + are[max(place - 1, 0) : place])
        is_small = raw[0].islower() and has_capitals
        is_one = is_small or raw[0] in _APOSTROPHES or raw[-1] in _APOSTROPHES
        # `D de la Cruz`: one letter is an initial unless small letters say otherwise.
        is_sure = is_one or (is_in_row and place > 0 and len(word.folded) > 1)
        word.particle = 2 if is_sure else 1


def _is_particle_word(word: NameWord) -> bool:
    if len(word.parts) > 1 or word.raw[-1] == ".":
        return word.raw.lower() == "st."
    if len(word.folded) == 1 and word.raw.isupper():
        return word.folded == "o"  # O Brien
    return word.folded in _PARTICLES


def _cleaned(words: list[NameWord], commas: list[int], unspaced: str, is_plain: bool) -> NameWords:
    """The words without titles and suffixes."""
    kept = list(range(len(words)))
    if len(kept) > 1 and words[0].folded in _TITLES and not words[0].raw.isupper():
        kept = kept[1:]
    family = next((comma for comma in commas if 0 < comma < len(words)), 0)
    named = [place for place in kept if not _is_suffix(words, kept, place, family)]
    kept = named or kept
    before = sum(place < family for place in kept)
    family = before if 0 < before < len(kept) else 0
    found = _marked([words[place] for place in kept], family, is_plain=is_plain)
    return NameWords(found, family, unspaced, is_plain)


def _is_suffix(words: list[NameWord], kept: list[int], place: int, family: int) -> bool:
    word = words[place].folded
    if place == kept[0] or len(words[place].parts) > 1:
        return False
    if word in _SUFFIXES or _SURE_SUFFIX.fullmatch(words[place].raw):
        return True
    if word not in _SHORT_SUFFIXES:
        return False
    names = [each for each in kept if each < place and not words[each].particle]
    ends = place in (kept[-1], family - 1)
    return ends and (len(names) > 1 or place == family - 1)


def initial_readings(name: NameWords) -> Iterator[tuple[tuple[NameWord, ...], bool]]:
    """Yield the words with the last or the first of them read as initials, where that may be, and
    whether they surely are."""
    words = name.words
    for place in {len(words) - 1: 0, name.family: 0}:
        word = words[place]
        may_be = word.may_be_initials and name.is_plain and len(word.folded) == 2
        if word.are_initials or may_be:
            yield (*words[:place], word.as_initials(), *words[place + 1 :]), word.are_initials


def _marked(words: list[NameWord], family: int, *, is_plain: bool) -> tuple[NameWord, ...]:
    """The words, with the first and the last marked that are initials rather than a name."""
    for place in {len(words) - 1, family} if len(words) > 1 else ():
        word = words[place]
        are = _are_initials(word.folded) if is_plain else word.raw.isupper()
        word.are_initials = word.may_be_initials and are
    return tuple(words)


def _are_initials(text: str) -> bool:
    """Whether letters of which no capitals tell anything are no name."""
    return not _VOWELS.search(text) or (len(text) == 2 and text not in _SHORT_NAMES)
