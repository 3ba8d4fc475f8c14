"""Records of tagged lines, “TI  - A gauge of rivers”, one dialect a subclass.

rispy reads them, made safe for any file: as of 0.10 it joins two records between which the last
line of the first is missing, drops a last record without its end, knows one separator only, and
takes time quadratic in the lines of a text (700,000 lines: 11 s). So it is given lines in one
spelling, each text on one line and each record closed. Time and memory are linear in the length of
the file: 5 MB take about a second and 130 MB at worst.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import ClassVar

from rispy import RisParser

from .library_entry import check_count

Fields = Mapping[str, Sequence[str]]
_SEPARATOR = "\t"
_MOST_LINES = 2_000  # of one text; no abstract has as many


class TaggedLines(RisParser):
    """A dialect: how its lines are written and which of its tags are read.

    LINE matches a line that begins a field, with the groups `tag` and `text`; any other line
    continues the field before it. TAGS are read, others left out; a tag in LISTED has one value on
    each line. Both are separated by blanks.
    """

    LINE: ClassVar[re.Pattern[str]]
    TAGS: ClassVar[str]
    LISTED: ClassVar[str] = ""

    def __init__(self) -> None:
        tags = [self.START_TAG, *self.TAGS.split(), self.END_TAG]
        self._listed = frozenset(self.LISTED.split())
        super().__init__(
            mapping={tag: tag for tag in tags},
            list_tags=tags,
            delimiter_tags_mapping={},
            skip_unknown_tags=True,
        )

    def parse_line(self, line: str) -> tuple[str, str] | tuple[None, str]:
        """Return the tag and the text of a line that _closed() wrote."""
        tag, _, text = line.partition(_SEPARATOR)
        return tag, text

    def records(self, text: str) -> list[Fields]:
        """Return the fields of each record: tag to texts, those of unknown tags left out.

        Raises BadDump if there are more than MOST_ENTRIES.
        """
        found: list[dict[str, str | list[str]]] = self.parse_lines(self._closed(text))
        return [
            {tag: [value] if isinstance(value, str) else value for tag, value in each.items()}
            for each in found
        ]

    def _closed(self, text: str) -> Iterator[str]:
        """Yield each field on a line; the end of a record is added where it is missing."""
        is_open, count = False, 0
        for tag, value in self._fields(text):
            if tag == self.START_TAG:
                count += 1
                check_count(count)
                if is_open:
                    yield self.END_TAG
            is_open = tag == self.START_TAG or (is_open and tag != self.END_TAG)
            yield f"{tag}{_SEPARATOR}{value}"
        if is_open:
            yield self.END_TAG

    def _fields(self, text: str) -> Iterator[tuple[str, str]]:
        """Yield each tag with its text, in which line ends are kept."""
        tag, lines = "", [""]
        for line in text.split("\n"):
            match = self.LINE.match(line)
            if match is None and tag not in self._listed:
                if len(lines) < _MOST_LINES:
                    lines.append(line.strip())
                continue
            if tag:
                yield tag, "\n".join(lines).strip()
            if match:
                tag = match["tag"]
            lines = [(match["text"] or "").strip() if match else line.strip()]
        if tag:
            yield tag, "\n".join(lines).strip()


def first(fields: Fields, *tags: str) -> str:
    """Return the first text that is not empty, of the first of the tags that has one; else ""."""
    return next((text for tag in tags for text in fields.get(tag, ()) if text), "")


def every(fields: Fields, *tags: str) -> list[str]:
    """Return all texts of these tags that are not empty."""
    return [text for tag in tags for text in fields.get(tag, ()) if text]
