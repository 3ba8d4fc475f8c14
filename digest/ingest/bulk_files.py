"""Files with a paper on each line, of any size: recognised by their first bytes, and split into
parts of 2,000 lines."""

from collections.abc import Iterator
from typing import IO

from .formats import AUTO, BadDump, detect

PART_LINES = 2000
SNAPSHOT_FORMAT = "arxiv_jsonl"
_FORMATS = (SNAPSHOT_FORMAT, "jsonl")
HEAD_BYTES = 1 << 16
# A longer line is no paper: it is cut, so that it is refused rather than loaded.
_LONGEST_LINE = 1 << 20
_LARGEST_PART = 32 << 20
_MOST_LINES = 100 * PART_LINES


def bulk_format(head: bytes, asked: str = AUTO) -> str:
    """Return the format of a file that begins with `head` if it is a bulk format, else ""."""
    if asked != AUTO:
        return asked if asked in _FORMATS else ""
    try:
        found = detect(head[:HEAD_BYTES])
    except BadDump:
        return ""
    return found if found in _FORMATS else ""


def refuse_intent_new(intent: str) -> None:
    """Raise BadDump if the papers of a bulk file are to be new: an archive is never mailed."""
    if intent == "new":
        raise BadDump(
            "A bulk file is always backfill, for search only. Use ingest --backfill, or submit "
            "only the new papers in a separate file."
        )


def iter_parts(stream: IO[bytes]) -> Iterator[bytes]:
    """Yield the rest of the stream in pieces of 2,000 lines, blank ones not counted.

    Together the pieces are all its bytes. A piece ends early at 32 MB, and a line is cut at 1 MB.
    """
    lines: list[bytes] = []
    size = count = 0
    while line := stream.readline(_LONGEST_LINE):
        lines.append(line)
        size += len(line)
        count += not line.isspace()
        if count == PART_LINES or size >= _LARGEST_PART or len(lines) == _MOST_LINES:
            yield b"".join(lines)
            lines, size, count = [], 0, 0
    if lines:
        yield b"".join(lines)
