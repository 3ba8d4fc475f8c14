"""Works in JSON as servers of libraries write them: one or one a line, people, dates in parts."""

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping

from ..fields.dates import PublishedOn, published_parts
from ..records import Record, Skipped
from ..text.decoding import decode
from ..text.json_text import json_object, load_json
from ..validation import excerpt, one_line, paragraphs
from .json_answers import strip_markup, valid_name

_HEADING = re.compile(r"(?:abstract|summary)[.:]?\n\n(?=\S)", re.IGNORECASE)
_WHOLE_NAMES = ("name", "fullName", "full_name", "fullname", "literal", "display_name", "text")
_GIVEN = ("given", "firstName", "first_name", "firstname", "first", "forename")
_FAMILY = ("family", "lastName", "last_name", "lastname", "last", "surname")
_DEEPEST = 3


def load_values(data: bytes) -> tuple[list[object], bool]:
    """Return the JSON values, one or one a line, and whether bytes were lost in decoding.

    A line that is no JSON object is a Skipped. Raises BadDump if there is no value at all.
    """
    decoded = decode(data)
    lines = [line for line in decoded.text.lstrip("\ufeff").split("\n") if line.strip()]
    if len(lines) > 1 and json_object(lines[0]) is not None:
        return [_line_value(line) for line in lines], decoded.damaged
    return [load_json(decoded.text)], decoded.damaged


def _line_value(line: str) -> object:
    found = json_object(line)
    if found is None:
        return Skipped(excerpt(line.strip()), "it is not a JSON object on one line")
    return found


def find_works(data: bytes, find: Callable[[object], list[object]]) -> tuple[list[object], bool]:
    """Return what `find` finds in each JSON value, and whether bytes were lost in decoding.

    A line that is no JSON object is a Skipped. Raises BadDump if there is no value at all.
    """
    values, damaged = load_values(data)
    found = ([value] if isinstance(value, Skipped) else find(value) for value in values)
    return [work for works in found for work in works], damaged


def read_works(
    works: Iterable[object],
    read: Callable[[Mapping[str, object], str], Record | Skipped],
    what: str,
) -> Iterator[Record | Skipped]:
    """Yield the result of `read` for each work, which also gets a name for one without a title.

    Yields a Skipped as it is, and one that says “it is no `what`” for what is no object.
    """
    for number, work in enumerate(works, 1):
        place = f"entry {number}"
        if isinstance(work, Skipped):
            yield work
        elif isinstance(work, Mapping):
            yield read(work, place)
        else:
            yield Skipped(place, f"it is not a {what}")


def works_in(value: object, *names: str) -> list[object] | None:
    """Return the list of works in a value: itself, or the first of these fields that is a list.

    Returns None if it has none.
    """
    if isinstance(value, list):
        return value
    fields = (value.get(name) for name in names) if isinstance(value, Mapping) else ()
    return next((field for field in fields if isinstance(field, list)), None)


def person_name(value: object) -> str:
    """Return the name of a person or a group in spoken order; "" if there is none.

    The value is the name, or an object with the whole name or its parts.
    """
    for _ in range(_DEEPEST):
        if not isinstance(value, Mapping):
            return valid_name(value)
        if found := valid_name(" ".join(_parts_of_name(value))):
            return found
        if found := next(filter(None, (valid_name(value.get(key)) for key in _WHOLE_NAMES)), ""):
            return found
        value = value.get("author") or value.get("collectiveName")
    return ""


def _parts_of_name(person: Mapping[str, object]) -> list[str]:
    """Return the given name, family name and suffix; [] without a family name."""
    family = next(filter(None, (one_line(person.get(key)) for key in _FAMILY)), "")
    given = next(filter(None, (one_line(person.get(key)) for key in _GIVEN)), "")
    particle = one_line(person.get("non-dropping-particle"))
    suffix = one_line(person.get("suffix"))
    return [each for each in (given, particle, family, suffix) if each] if family else []


def date_of_parts(value: object) -> PublishedOn | None:
    """Return the date {"date-parts": [[2026, 11]]}, of any precision; None if there is none."""
    rows = value.get("date-parts") if isinstance(value, Mapping) else None
    parts = rows[0] if isinstance(rows, list) and rows else None
    return published_parts(*parts[:3]) if isinstance(parts, list) and parts else None


def markup_title(value: object) -> str:
    """Return a title on one line, without mark-up."""
    return one_line(strip_markup(value))


def without_full_stop(title: str) -> str:
    """Return a title without the full stop that some libraries end it with."""
    return title[:-1] if title.endswith(".") and not title.endswith("..") else title


def abstract_text(value: object) -> str:
    """Return the paragraphs of an abstract, without mark-up and the heading “Abstract”."""
    return _HEADING.sub("", paragraphs(strip_markup(value)), count=1)


def common_name(names_of_each: Iterable[tuple[str, ...]]) -> str:
    """Return the institution that all authors have, and no other one; "" if there is none."""
    found = list(names_of_each)
    return found[0][0] if found and len(found[0]) == 1 and len(set(found)) == 1 else ""


def begins_as_json(text: str) -> bool:
    """Return whether the text begins as a JSON object or list does."""
    return text.lstrip("\ufeff \t\r\n").startswith(("{", "["))


def first_object(text: str, at: int = 0) -> Mapping[str, object] | None:
    """Return the first JSON object at or after that index; None if it is broken or cut off."""
    start = text.find("{", at)
    if start < 0:
        return None
    try:
        found, _ = json.JSONDecoder().raw_decode(text, start)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, Mapping) else None
