"""One JSON value in a text: what a server's whole answer is."""

import json
from typing import Any

from .entries import shown
from .page import BadDump, NotThisFormat

CURE = "Fetch the listing again."


def load(text: str) -> Any:
    """The value that JSON text stands for (RFC 8259); BadDump says where it is broken."""
    try:
        return json.loads(text)
    except json.JSONDecodeError as wrong:
        if not text.lstrip().startswith(("[", "{")):
            raise NotThisFormat(
                f"This is not the JSON of a listing: it begins “{shown(text.strip())}”."
            ) from wrong
        place = f"line {wrong.lineno:,}, character {wrong.colno:,}"
        raise BadDump(f"The JSON is broken at {place}: {_cure(wrong)}") from wrong
    except (RecursionError, ValueError) as wrong:
        raise BadDump(f"The JSON holds what no listing does ({wrong}): {_low(CURE)}") from wrong


def _cure(wrong: json.JSONDecodeError) -> str:
    is_cut = not wrong.doc[wrong.pos :].strip() or wrong.msg.startswith("Unterminated string")
    return f"the file may be cut off. {CURE}" if is_cut else _low(CURE)


def _low(sentence: str) -> str:
    return sentence[0].lower() + sentence[1:]
