"""Ways to write the name of one person, made from its parts: what the matcher is compared with."""

from collections.abc import Iterator
from dataclasses import dataclass

UMLAUTS = {"ä": "ae", "ö": "oe", "ü": "ue", "ø": "oe", "ß": "ss", "ł": "l", "é": "e"}
BARE = {"ä": "a", "ö": "o", "ü": "u", "ø": "o", "ß": "ss", "ł": "l", "é": "e"}


@dataclass(frozen=True)
class Person:
    """A family name without its particles, and given names; those of two syllables, as `Xiao` and
    `Ming`, are one name and written with a hyphen, together or apart."""

    family: str
    given: tuple[str, ...]
    particles: str = ""
    is_joined: bool = False

    @property
    def whole(self) -> str:
        return f"{self.particles} {self.family}".strip()


def ways(person: Person) -> set[str]:
    """All ways to write a name that tell the same person."""
    written = set(_orders(person))
    written |= {f"{each} Jr." for each in written if "," not in each and len(each.split()) > 2}
    written |= {each.upper() for each in _full(person)} | {each.lower() for each in _full(person)}
    return {spelling for each in written for spelling in _spellings(each)}


def _orders(person: Person) -> Iterator[str]:
    for given in _given(person):
        yield f"{given} {person.whole}"
        yield f"{person.whole}, {given}"
        if person.particles:
            yield f"{person.family}, {given} {person.particles}"
    initials = [name[0] for name in person.given]
    for behind in {"".join(initials), " ".join(initials), ". ".join(initials) + ".", initials[0]}:
        yield f"{person.whole} {behind}"
    yield f"{''.join(initials)} {person.whole}"
    if person.is_joined and not person.particles:
        yield f"{person.whole} {person.given[0]}{person.given[1].lower()}"


def _full(person: Person) -> Iterator[str]:
    yield f"{' '.join(person.given)} {person.whole}"
    yield f"{person.whole}, {' '.join(person.given)}"


def _given(person: Person) -> Iterator[str]:
    first, *rest = person.given
    yield f"{first[0]}."
    yield " ".join(person.given)
    yield "".join(f"{name[0]}." for name in person.given)
    yield " ".join(f"{name[0]}." for name in person.given)
    if person.is_joined:
        (second,) = rest
        yield from (f"{first}-{second}", f"{first}-{second.lower()}", f"{first}{second.lower()}")
        yield from (f"{first[0]}.-{second[0]}.", f"{first[0]}-{second[0]}")
    else:
        yield first
        yield " ".join([first, *(f"{name[0]}." for name in rest)])


def _spellings(name: str) -> Iterator[str]:
    yield name
    for table in (UMLAUTS, BARE):
        yield "".join(table.get(char, char) for char in name)
    if "'" in name:
        yield name.replace("'", "’")
        yield name.replace("'", "")
