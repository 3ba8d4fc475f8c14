"""HTML as a series of events: no tree, time and memory linear in the size of the page."""

from collections.abc import Mapping
from typing import Protocol

from lxml import etree

from ..records import BadDump

# Their contents are no text of the page.
_NO_TEXT = frozenset({"script", "style", "template", "noscript"})


class Listener(Protocol):
    """Receives a page's events: each start and end of an element, and each text between tags."""

    def start(self, tag: str, attributes: Mapping[str, str]) -> None: ...

    def end(self, tag: str) -> None: ...

    def text(self, text: str) -> None: ...


def read_html(html: str, listener: Listener) -> None:
    """Tell the listener what is in the page, in its order; names are in lower case.

    An element that is left open ends where HTML says that it does. Broken HTML is read as far as
    it can be. Raises BadDump if it cannot be at all.
    """
    parser = etree.HTMLParser(target=_Target(listener), huge_tree=True)
    try:
        parser.feed(html.replace("\x00", "\ufffd"))
        parser.close()
    except etree.LxmlError as wrong:
        raise BadDump("The page is not HTML. Open it in a browser and save it again.") from wrong


def classes(attributes: Mapping[str, str]) -> list[str]:
    """Return the classes of an element."""
    return attributes.get("class", "").split()


class _Target:
    """What lxml calls while it parses, https://lxml.de/parsing.html#the-target-parser-interface."""

    def __init__(self, listener: Listener) -> None:
        self._listener = listener
        self._hidden = ""

    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        if not self._hidden and tag in _NO_TEXT:
            self._hidden = tag
        self._listener.start(tag, attributes)

    def end(self, tag: str) -> None:
        if tag == self._hidden:
            self._hidden = ""
        self._listener.end(tag)

    def data(self, text: str) -> None:
        if not self._hidden:
            self._listener.text(text)

    def comment(self, text: str) -> None:
        """Ignore a comment."""

    def close(self) -> None:
        """End the page."""
