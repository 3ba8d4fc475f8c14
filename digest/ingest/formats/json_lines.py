"""One JSON object a line: what the bulk files have in common."""

import json
from collections.abc import Iterable, Iterator
from typing import Any

from .entries import shown
from .page import Skipped


def objects(lines: Iterable[bytes]) -> Iterator[dict[str, Any] | Skipped]:
    """Each line's object, or why there is none."""
    for line in lines:
        try:
            found = json_object(line.decode())
        except UnicodeDecodeError:
            yield Skipped(begin(line), "it is not UTF-8")
            continue
        if found is None:
            yield Skipped(begin(line), "it is no JSON object on a line of its own")
        else:
            yield found


def json_object(text: str) -> dict[str, Any] | None:
    """The JSON object, or None; a number of a million digits or a deep nest is none."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def begin(line: bytes) -> str:
    """How a line begins, to name it by."""
    return shown(line[:400].decode(errors="replace").strip())
