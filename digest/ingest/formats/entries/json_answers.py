"""JSON answers of servers: loading them, and their values as fields of a record.

Helpers take any value and return an empty result for one of the wrong type, or one that a database
cannot hold. What a server calls text is often HTML: `<i>`, JATS' `<jats:p>`, MathML.
"""

from collections.abc import Iterable, Mapping

from ..records import BadDump
from ..text.decoding import decode
from ..text.json_text import load_json
from ..text.markup import plain_text
from ..validation import excerpt, is_storable, one_line

_LONGEST_NAME = 255
_LONGEST_ADDRESS = 2000


def load_answer(data: bytes) -> tuple[object, bool]:
    """Return the JSON value, and whether bytes were lost in decoding.

    Raises BadDump if it is none.
    """
    decoded = decode(data)
    return load_json(decoded.text), decoded.damaged


def raise_for_error(answer: object, server: str) -> None:
    """Raise BadDump with the server's message if the answer is an error instead of papers."""
    for key in ("message", "error"):
        if said := excerpt(one_line(value_at(answer, key))):
            raise BadDump(f"{server} sent an error instead of papers (“{said}”). Fetch it again.")


def value_at(value: object, *path: str) -> object:
    """Return the value at this path of keys through nested objects; None if there is none."""
    for key in path:
        value = value.get(key) if isinstance(value, Mapping) else None
    return value


def objects_in(value: object) -> list[Mapping[str, object]]:
    """Return the objects in a list, other items left out; [] if the value is no list."""
    return [each for each in value if isinstance(each, Mapping)] if isinstance(value, list) else []


def listed(value: object) -> list[object]:
    """Return the items of a list; a value that stands alone is its only item, None is no item."""
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def strip_markup(value: object) -> str:
    """Return the text without mark-up, its entities decoded; "" if the value is no text."""
    return plain_text(value, is_html=False) if isinstance(value, str) else ""


def storable_text(value: object) -> str:
    """Return the text unchanged; "" if it is no text or a database cannot hold it."""
    return value if isinstance(value, str) and is_storable(value) else ""


def valid_name(value: object) -> str:
    """Return the name of a person, place or subject on one line.

    Returns "" if it is none or over 255 characters.
    """
    found = one_line(value)
    return found if len(found) <= _LONGEST_NAME and is_storable(found) else ""


def valid_names(values: Iterable[object]) -> tuple[str, ...]:
    """Return the values that are names; the same name may come twice, for two people."""
    return tuple(filter(None, map(valid_name, values)))


def unique_names(values: Iterable[object]) -> tuple[str, ...]:
    """Return the values that are names, each once."""
    return tuple(dict.fromkeys(valid_names(values)))


def web_address(value: object) -> str:
    """Return the http or https address; "" if it is none."""
    found = storable_text(value).strip()
    is_web = found.lower().startswith(("https://", "http://")) and len(found) <= _LONGEST_ADDRESS
    return found if is_web and not any(map(str.isspace, found)) else ""
