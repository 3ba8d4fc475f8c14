"""Keywords in a text, as exports and tables write them."""

import re
from collections.abc import Iterator, Sequence

_STRONG = re.compile(r"[;|\n]")
_SIGN = re.compile(r"[(),\[\]]")
_LONGEST_TEXT = 20_000


def split_keywords(text: str) -> list[str]:
    """Return the keywords, separated by semicolons, bars or line ends if there are any, else by
    commas; a comma inside of brackets separates none: “cyst (diagnosis, surgery), human” are two.
    """
    text = text[:_LONGEST_TEXT]
    parts = _STRONG.split(text)
    return [part.strip() for part in (parts if len(parts) > 1 else _at_commas(text))]


def split_all(texts: Sequence[str]) -> list[str]:
    """Return the keywords of several fields; commas separate them only if there is one field."""
    if len(texts) == 1:
        return split_keywords(texts[0])
    return [part.strip() for text in texts for part in _STRONG.split(text[:_LONGEST_TEXT])]


def _at_commas(text: str) -> Iterator[str]:
    if text.count("(") + text.count("[") != text.count(")") + text.count("]"):
        yield from text.split(",")  # a bracket that is never closed would hold all that follows
        return
    start, depth = 0, 0
    for sign in _SIGN.finditer(text):
        if sign[0] == ",":
            if depth == 0:
                yield text[start : sign.start()]
                start = sign.end()
        else:
            depth = depth + 1 if sign[0] in "([" else max(depth - 1, 0)
    yield text[start:]
