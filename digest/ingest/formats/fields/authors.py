"""The authors in a line of names, as feeds, repositories, tables and exports write them.

Names are separated by semicolons, bars, colons, line ends, commas, “and” or “&”; a comma may also
stand between last and first name. Which one it is, the line as a whole shows: “Lamp, A., Wick, B.”
and “Lamp, Ada; Wick, Bo” are two names each, as is “Ada Lamp, Bo Wick”. Names are returned in
spoken order. Time is linear in the length of the line, of which 200,000 characters are read.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from ..validation import is_storable, one_line
from .author_names import IS_DEGREE, bare_line, bare_name

_LONGEST_LINE = 200_000
_STRONG = re.compile(r";|:(?=\s|[^\W\d_])|\s[·•]\s")
_AND = re.compile(r"(?:^|\s)(?:and|AND|und|&|\\&|et(?!\.?\s+al\b))(?=\s)")
_COMMA_AND = re.compile(r",\s*(?:and|AND|&|\\&)(?=\s)")
_SUFFIX = re.compile(r"(?:Jr|Sr|Jun|Sen)\.?|I{2,3}|IV|2nd|3rd", re.IGNORECASE)
_SUFFIX_AT_END = re.compile(rf"(?P<text>.+) (?P<suffix>{_SUFFIX.pattern})", re.IGNORECASE)
_INITIALS = re.compile(r"(?:[^\W\d_]\.[ -]?)+|[A-Z](?:-?[A-Z]){0,2}")
_ENDS_IN_INITIALS = re.compile(r".*[ .-][^\W\d_]\.|.*[a-zß-ÿ] [A-Z](?:-?[A-Z]){0,2}")
_PARTICLE = re.compile(r"(?:d[aeiou]s?|del|della|der|den|la|le|van|von|vom|zu|ter|ten|af|av|bin) ")
_PUBMED = re.compile(
    r"(?P<last>(?:\S+ ){0,3}\S*[^\W\d_A-Z][^\s.]*) (?!II)"
    r"(?P<first>[A-Z](?:-?[A-Z]){0,2}|[A-Z]\.(?:[ -]?[A-Z]\.){0,3})"
    r"(?P<suffix> (?:Jr|Sr|2nd|3rd)\.?)?"
)
# Where each name is known to be one of these: any last name, and as many initials as there are.
_ABBREVIATED = re.compile(
    r"(?P<last>\S.*) (?P<first>[A-Z](?:-?[A-Z]){0,3})(?P<suffix> (?:Jr|Sr|2nd|3rd)\.?)?"
)
_GROUP = re.compile(r"Collaboration|Consortium|Group|Team|Network|Investigators|Study", re.I)
_ORGANISATION = re.compile(
    r"\b(?:Agency|Association|Cent(?:er|re)s?|Commission|Committee|Council|Department|Facult|"
    r"Foundation|Institut|Laborator|Ministry|Office|Organi[sz]ation|Society|Universi)",
    re.IGNORECASE,
)
# Han, kana and Hangul are written without a blank between family and given name.
_EAST_ASIAN = re.compile("[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")


@dataclass(frozen=True, slots=True)
class _Part:
    """What stands between two commas: a name or half of one, and the suffix that follows it."""

    text: str
    suffix: str = ""

    @property
    def is_one_word(self) -> bool:
        return " " not in self.text

    def named(self) -> str:
        return f"{self.text} {self.suffix}".strip()


def split_authors(line: str, *, spoken_order: bool = False) -> tuple[str, ...]:
    """Return the authors in a line of names, in spoken order; () if there is none.

    Affiliations and their marks, addresses, degrees and “et al.” are left out, LaTeX accents become
    letters. `spoken_order`: the source never writes the last name first, as the arXiv.
    """
    text = bare_line(line[:_LONGEST_LINE])
    entries = [entry for one in _lines(text) for entry in _STRONG.split(one)]
    pieces = [_parts(piece) for entry in entries for piece in _pieces(entry)]
    pieces = [piece for piece in pieces if piece]
    if spoken_order:
        return tuple(part.named() for piece in pieces for part in piece)
    is_turned = _turns_pairs(pieces, has_entries=len(list(filter(str.strip, entries))) > 1)
    written = [part.named() for piece in pieces for part in piece]
    names = [name for piece in pieces for name in _names(piece, is_turned)]
    return _pubmed(names) if names == written else tuple(names)


def _lines(text: str) -> list[str]:
    """Return the lines if each is an entry, else the text as one: it was only wrapped."""
    lines = [stripped for line in text.split("\n") if (stripped := line.strip())]
    ends = [line[-1] in ",;" for line in lines[:-1]]
    inside = [line.strip(",; ") for line in lines]
    is_list = all(ends) or all(
        " " in line and line.count(",") < 2 and ";" not in line and not _AND.search(line)
        for line in inside
    )
    # A comma at the end of each line is a separator like others, unless more stand inside.
    if not is_list or (all(ends) and any("," in line for line in inside)):
        return [" ".join(lines)]
    return inside


def _pieces(entry: str) -> list[str]:
    """Split at “and”, unless it is a word of an organisation's name; the comma before it counts."""
    entry = _COMMA_AND.sub(",", entry)
    if _ORGANISATION.search(entry) and entry.count(",") < 2 and len(_AND.findall(entry)) < 2:
        before, *_ = _AND.split(entry)
        if _ORGANISATION.search(before):
            return [entry]
    return _AND.split(entry)


def _parts(piece: str) -> list[_Part]:
    parts: list[_Part] = []
    if not is_storable(piece):  # the other half of a name would be left
        return parts
    for text in map(bare_name, piece.split(",")):
        is_degree = IS_DEGREE.fullmatch(text) and parts and not parts[-1].is_one_word
        if parts and _SUFFIX.fullmatch(text):
            parts[-1] = _Part(parts[-1].text, text)
        elif found := _SUFFIX_AT_END.fullmatch(text):
            parts.append(_Part(found["text"], found["suffix"]))
        elif text and not is_degree:
            parts.append(_Part(text))
    return parts


def _turns_pairs(pieces: Sequence[Sequence[_Part]], *, has_entries: bool) -> bool:
    """Return whether the commas of the pieces stand inside of names, where a piece does not show
    it.
    """
    pairs = [(piece[0], piece[1]) for piece in pieces if len(piece) == 2]
    if any(len(piece) > 2 for piece in pieces):
        return False
    if len(pieces) > 1 and any(_is_surely_turned(*pair) for pair in pairs):
        return True
    is_spoken = not has_entries and any(
        len(piece) == 1 and not piece[0].is_one_word and not _GROUP.search(piece[0].text)
        for piece in pieces
    )
    return not is_spoken and not any(_are_two(*pair) for pair in pairs)


def _names(piece: Sequence[_Part], is_turned: bool) -> list[str]:
    pairs = list(zip(piece[::2], piece[1::2], strict=False))
    sure = [_is_surely_turned(*pair) for pair in pairs]
    if len(piece) == 2:
        turns = not _is_never_turned(*pairs[0]) and (is_turned or sure[0])
    else:
        is_even = len(piece) % 2 == 0
        turns = is_even and not any(_are_two(*pair) for pair in pairs) and sum(sure) * 2 > len(sure)
    return [_turned(*pair) for pair in pairs] if turns else [part.named() for part in piece]


def _turned(last: _Part, first: _Part) -> str:
    return " ".join(filter(None, (first.text, last.text, first.suffix or last.suffix)))


def _is_surely_turned(last: _Part, first: _Part) -> bool:
    if _is_never_turned(last, first):
        return False
    return bool(
        _INITIALS.fullmatch(first.text)
        or _ENDS_IN_INITIALS.fullmatch(first.text)
        or _PARTICLE.match(last.text)
        or (last.is_one_word and first.is_one_word)
    )


def _are_two(last: _Part, first: _Part) -> bool:
    """Return whether both sides of a comma are whole names."""
    if _is_never_turned(last, first):
        return True
    return not (last.is_one_word or first.is_one_word or _is_surely_turned(last, first))


def _is_never_turned(last: _Part, first: _Part) -> bool:
    together = f"{last.text} {first.text}"
    return bool(
        _EAST_ASIAN.search(together)
        or _GROUP.search(together)
        or _ENDS_IN_INITIALS.fullmatch(last.text)
    )


def _pubmed(names: list[str]) -> tuple[str, ...]:
    """Turn names as PubMed and Embase abbreviate them (“Lamp AB”, “Lamp A.B.”), if all of them
    are.
    """
    shorn = _without_full_stop(names)
    found = [None if _GROUP.search(name) else _PUBMED.fullmatch(name) for name in shorn]
    people = [match for match in found if match]
    others = [name for name, match in zip(shorn, found, strict=True) if not match]
    is_clear = len(people) > 1 or any("." in match["first"] for match in people)
    if not is_clear or not all(map(_GROUP.search, others)):
        return tuple(names)
    return tuple(
        _turned_match(match) if match else name for name, match in zip(shorn, found, strict=True)
    )


def _without_full_stop(names: list[str]) -> list[str]:
    """Return the names without the full stop that ends their line: none of the others has one."""
    *others, last = names or [""]
    is_of_line = others and last.endswith(".") and not any("." in name for name in others)
    return [*others, last[:-1]] if is_of_line else names


def turn_abbreviated(name: str) -> str:
    """Return one name as PubMed abbreviates it (“van den Berg BC”) in spoken order; others as they
    are.
    """
    name = one_line(name)
    found = None if _GROUP.search(name) else _ABBREVIATED.fullmatch(name)
    return _turned_match(found) if found else name


def _turned_match(match: re.Match[str]) -> str:
    return f"{match['first']} {match['last']}{match['suffix'] or ''}"
