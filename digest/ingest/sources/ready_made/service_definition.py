"""What a service that can be asked for papers is described by, and the fields of its form."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from urllib.parse import quote

_ISSN = re.compile(r"\d{4}-\d{3}[\dX]")
MOST_ISSNS = 10
LONGEST_ADDRESS = 2000
Values = Mapping[str, str]


class BadField(ValueError):
    """A field cannot be used; the message says what to write."""

    def __init__(self, name: str, sentence: str) -> None:
        super().__init__(sentence)
        self.name = name


@dataclass(frozen=True)
class ServiceField:
    """One line of a service's form, with its explanation."""

    name: str
    label: str
    help: str
    required: bool = True
    choices: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class ServiceKey:
    """Where a service wants its key, and what it is good for."""

    variable: str
    place: str
    help: str
    required: bool = False


@dataclass(frozen=True)
class Service:
    """A service, what it gives and asks for, and the source that is made of what is filled in.

    `address` is a pure function of the values of `fields`; it raises BadField. `documentation` is
    where what is said here, and what the tests' server does, was read.
    """

    name: str
    title: str
    brings: str
    limits: str
    documentation: tuple[str, ...]
    fields: tuple[ServiceField, ...]
    address: Callable[[Values], str]
    source: Mapping[str, object] = field(default_factory=dict)
    key: ServiceKey | None = None

    def source_values(self, values: Values) -> dict[str, object]:
        """Return the fields of a Source for these values. Raises BadField with a sentence."""
        written = {each.name: " ".join(values.get(each.name, "").split()) for each in self.fields}
        for each in self.fields:
            if each.required and not written[each.name]:
                raise BadField(each.name, "Fill this in.")
            if written[each.name] and each.choices and written[each.name] not in dict(each.choices):
                raise BadField(each.name, "Choose one from the list.")
        address = self.address(written)
        if len(address) > LONGEST_ADDRESS:
            raise BadField(
                self.fields[0].name,
                f"Shorten this: the resulting address has {len(address):,} characters, and the "
                f"limit is {LONGEST_ADDRESS:,}.",
            )
        # What a search finds may be little: silence is not suspicious.
        return {"kind": "url", "expected_on": 0, "url": address} | dict(self.source)


def encoded(text: str) -> str:
    """Return a value for an address; a brace in it is no placeholder."""
    return quote(text, safe="")


def issns(name: str, written: str) -> list[str]:
    """Return the ISSNs in a field, which are checked (ISO 3297). Raises BadField."""
    found = list(dict.fromkeys(written.upper().replace(",", " ").replace(";", " ").split()))
    for each in found:
        if not _ISSN.fullmatch(each):
            raise BadField(name, f"“{each[:30]}” is not an ISSN. Write it like 0028-0836.")
        if not _has_right_check_digit(each):
            raise BadField(
                name, f"{each} is not an ISSN: its last character does not match the others."
            )
    if len(found) > MOST_ISSNS:
        raise BadField(name, f"Enter at most {MOST_ISSNS}, and create another source for the rest.")
    return found


def _has_right_check_digit(issn: str) -> bool:
    digits = issn.replace("-", "")
    total = sum(
        int(digit) * weight for digit, weight in zip(digits[:7], range(8, 1, -1), strict=True)
    )
    return (total + (10 if digits[7] == "X" else int(digits[7]))) % 11 == 0
