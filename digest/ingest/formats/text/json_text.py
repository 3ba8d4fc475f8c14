"""JSON in text: one object a line, as in bulk files, or one value, as in a server's answer."""

import json
from collections.abc import Iterable, Iterator

from ..records import BadDump, NotThisFormat, Skipped
from ..validation import excerpt


def line_objects(lines: Iterable[bytes]) -> Iterator[dict[str, object] | Skipped]:
    """Yield each line's object, or a Skipped that says why there is none."""
    for line in lines:
        try:
            found = json_object(line.decode())
        except UnicodeDecodeError:
            yield Skipped(line_excerpt(line), "it is not UTF-8")
            continue
        if found is None:
            yield Skipped(line_excerpt(line), "it is not a JSON object on one line")
        else:
            yield found


def json_object(text: str) -> dict[str, object] | None:
    """Return the JSON object in the text.

    Returns None if it is none, too deep, or holds too long a number.
    """
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def line_excerpt(line: bytes) -> str:
    """Return the beginning of a line, to name it by in a message."""
    return excerpt(line[:400].decode(errors="replace").strip())


CURE = "Fetch the listing again."


def load_json(text: str) -> object:
    """Return the value of JSON text (RFC 8259).

    Raises BadDump with the place where it is broken.
    """
    try:
        value: object = json.loads(text)
    except json.JSONDecodeError as wrong:
        if not text.lstrip().startswith(("[", "{")):
            raise NotThisFormat(
                f"This is not the JSON of a listing: it starts with “{excerpt(text.strip())}”."
            ) from wrong
        place = f"line {wrong.lineno:,}, character {wrong.colno:,}"
        raise BadDump(f"The JSON is broken at {place}: {_cure(wrong)}") from wrong
    except (RecursionError, ValueError) as wrong:
        raise BadDump(
            f"The JSON contains something that no listing does ({wrong}): {_low(CURE)}"
        ) from wrong
    return value


def _cure(wrong: json.JSONDecodeError) -> str:
    is_cut = not wrong.doc[wrong.pos :].strip() or wrong.msg.startswith("Unterminated string")
    return f"the file may be cut off. {CURE}" if is_cut else _low(CURE)


def _low(sentence: str) -> str:
    return sentence[0].lower() + sentence[1:]
