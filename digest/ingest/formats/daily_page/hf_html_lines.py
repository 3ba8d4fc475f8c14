"""The lines of a web page as a reader sees them (see hf_visible), each with where it leads.

It serves copies that have lost the page's own elements: a browser's reader view, a mirror, a page
that another program wrote again. The page is parsed in one go, element by element, so that no
nesting costs more than its length.
"""

from collections.abc import Mapping

from lxml import etree

from .hf_fragments import Fragment
from .hf_visible import Line, lines_of_row

_BLOCKS = frozenset(
    ("address", "article", "aside", "blockquote", "br", "button", "center", "dd", "details", "div",
     "dl", "dt", "figcaption", "figure", "footer", "form", "h1", "h2", "h3", "h4", "h5", "h6",
     "header", "hr", "li", "main", "nav", "ol", "p", "pre", "section", "summary", "table", "td",
     "th", "time", "tr", "ul")
)  # fmt: skip
_HIDDEN = frozenset({"noscript", "script", "style", "svg", "template"})
_LEVELS = {f"h{level}": level for level in range(1, 7)}
_LONGEST = 100_000


class HtmlLines:
    """A page's lines, its title and the addresses that it gives for itself."""

    def __init__(self, text: str) -> None:
        self.lines: list[Line] = []
        self.title = ""
        self.addresses: list[str] = []
        self._row: list[Fragment] = []
        self._length = 0
        self._links: list[str] = []
        self._level = 0
        self._hidden = 0
        self._in_title = False
        # The parser calls start(), end(), data(), comment() and close() as it goes.
        etree.fromstring(text.encode(), etree.HTMLParser(target=self, encoding="utf-8"))

    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        """Begin an element."""
        self._in_title = tag == "title"
        self._hidden += tag in _HIDDEN
        if attributes.get("rel") == "canonical" or attributes.get("property") == "og:url":
            self.addresses.append(attributes.get("href") or attributes.get("content") or "")
        if tag in _BLOCKS:
            self._end_row()
        if tag == "a":
            self._links.append(attributes.get("href", "").strip())
        self._level = _LEVELS.get(tag, self._level)

    def end(self, tag: str) -> None:
        """End an element."""
        self._in_title = False
        if tag in _HIDDEN:
            self._hidden = max(0, self._hidden - 1)
        if tag in _BLOCKS:
            self._end_row()
        if tag == "a" and self._links:
            self._links.pop()
        if tag in _LEVELS:
            self._level = 0

    def data(self, text: str) -> None:
        """Take text."""
        if self._in_title:
            self.title = self.title or " ".join(text[:1000].split())
        elif not self._hidden and self._length <= _LONGEST:
            address = self._links[-1] if self._links else ""
            words = " ".join(text.split("\n"))
            self._row.append(Fragment(words, address if words.strip() else ""))
            self._length += len(text)

    def comment(self, text: str) -> None:
        """Take a comment: a program that saves pages names the page's address there."""
        self.addresses += [word for word in text[:1000].split() if "/papers" in word]

    def close(self) -> None:
        """End the page."""
        self._end_row()

    def _end_row(self) -> None:
        row, self._row, self._length = self._row, [], 0
        if any(fragment.text.strip() for fragment in row):
            self.lines += [*lines_of_row(row, self._level), Line("")]
