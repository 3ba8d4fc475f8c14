"""JSON answers of servers: read, and their values as a record's fields, or empty where unfit.

What a server calls text is often HTML: `<i>`, JATS' `<jats:p>`, MathML.
"""

import re
from collections.abc import Iterable, Mapping

from .decoding import decode
from .json_text import load_json
from .markup import plain_text
from .records import BadDump
from .validation import excerpt, is_storable, one_line

_LONGEST_NAME = 255
_LONGEST_ADDRESS = 2000
# Far more than a readable abstract has, mark-up included; entries.fault() refuses the rest.
_LONGEST_MARKUP = 100_000
_MATHS = re.compile(
    r"</?(?:mml:[a-z]+|math|mi|mn|mo|mrow|mtext|mspace|mstyle|msup|msub|msubsup|mfrac|msqrt|mover"
    r"|munder)(?:\s[^<>]*)?/?>",
    re.IGNORECASE,
)


def load_answer(data: bytes) -> tuple[object, bool]:
    """The value that these bytes stand for, and whether bytes were lost on the way; or BadDump."""
    decoded = decode(data)
    return load_json(decoded.text), decoded.damaged


def raise_for_error(answer: object, server: str) -> None:
    """Raise BadDump with the server's words where the answer is an error instead of papers."""
    for key in ("message", "error"):
        if said := excerpt(one_line(value_at(answer, key))):
            raise BadDump(f"{server} sent an error instead of papers (“{said}”): fetch it again.")


def value_at(value: object, *path: str) -> object:
    """What stands at this path of objects; None where there is nothing."""
    for key in path:
        value = value.get(key) if isinstance(value, Mapping) else None
    return value


def objects_in(value: object) -> list[Mapping[str, object]]:
    """The objects of a list; none where it is no list."""
    return [each for each in value if isinstance(each, Mapping)] if isinstance(value, list) else []


def strip_markup(value: object) -> str:
    """The text without mark-up, its entities decoded once; empty where it is no text."""
    if not isinstance(value, str) or len(value) > _LONGEST_MARKUP:
        return value if isinstance(value, str) else ""
    return plain_text(_MATHS.sub("", value))


def storable_text(value: object) -> str:
    """The text as it stands, where a database can hold it."""
    return value if isinstance(value, str) and is_storable(value) else ""


def valid_name(value: object) -> str:
    """The name of a person, a place or a subject; empty where it can be none."""
    found = one_line(value)
    return found if len(found) <= _LONGEST_NAME and is_storable(found) else ""


def valid_names(values: Iterable[object]) -> tuple[str, ...]:
    """Those of the values that are names; two people may have the same."""
    return tuple(filter(None, map(valid_name, values)))


def unique_names(values: Iterable[object]) -> tuple[str, ...]:
    """Those of the values that are names, each once."""
    return tuple(dict.fromkeys(valid_names(values)))


def web_address(value: object) -> str:
    """The web address; empty where it is none."""
    found = storable_text(value).strip()
    is_web = found.lower().startswith(("https://", "http://")) and len(found) <= _LONGEST_ADDRESS
    return found if is_web and not any(map(str.isspace, found)) else ""
