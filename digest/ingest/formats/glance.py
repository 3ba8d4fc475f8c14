"""The beginning of a dump as text, for telling formats apart."""

import codecs
import re

_ENOUGH = 65_536
_UTF16 = ((codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
_PROLOGUE = re.compile(r"\s*(?:<\?[^>]*>|<!--.*?-->)", re.DOTALL)
_HTML = re.compile(
    r"\s*<(?:!doctype\s+html|html|head|body|main|div|section|article)\b", re.IGNORECASE
)


def glance(data: bytes) -> str:
    """The first 64 kB as text, without a byte-order mark; signs outside ASCII may be wrong."""
    for mark, encoding in _UTF16:
        if data.startswith(mark):
            return data[len(mark) : _ENOUGH].decode(encoding, errors="ignore")
    return data.removeprefix(codecs.BOM_UTF8)[:_ENOUGH].decode("utf-8", errors="ignore")


def is_html(text: str) -> bool:
    """Whether the text begins as a web page, or a part of one, does."""
    at = 0
    while match := _PROLOGUE.match(text, at):
        at = match.end()
    return _HTML.match(text, at) is not None
