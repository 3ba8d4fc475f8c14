"""Large XML, child by child: the root's children one after the other, never the whole tree."""

from collections.abc import Iterator
from typing import IO
from xml.etree.ElementTree import Element, ParseError, TreeBuilder

from defusedxml.ElementTree import XMLParser

from ..records import NotStreamable
from .decoding import peek
from .xml_tree import REFUSED, root_name, sentence_of

_BLOCK = 1 << 16
# Deeper elements are no listing's, and a tree of them cannot be walked by recursion.
_DEEPEST = 200


def children(file: IO[bytes], roots: tuple[str, ...]) -> Iterator[Element]:
    """Yield the children of the root element, which has one of the names `roots`, as they end.

    Each is complete when it is yielded and is dropped afterwards, so memory is bounded by the
    largest child. Raises NotStreamable if the root is another, or if the XML is broken, nested too
    deeply or defines entities.
    """
    block = file.read(_BLOCK)
    if root_name(peek(block)) not in roots:
        raise NotStreamable(f"The file should start with <{roots[0]}>.")
    target = _Children()
    parser = XMLParser(target=target)
    try:
        while block:
            parser.feed(block)
            yield from target.take()
            block = file.read(_BLOCK)
        parser.close()
    except ParseError as wrong:
        raise NotStreamable(sentence_of(wrong)) from None
    except NotStreamable:
        raise
    except (ValueError, LookupError):  # defusedxml's refusals, and encodings that expat lacks
        raise NotStreamable(REFUSED) from None
    yield from target.take()


class _Children(TreeBuilder):
    """Builds the tree and takes each child off its root as soon as the child ends."""

    def __init__(self) -> None:
        super().__init__()
        self._depth = 0
        self._root: Element | None = None
        self._ended: list[Element] = []

    def start(self, tag: str, attrs: dict[str, str]) -> Element:
        """Open an element. Raises NotStreamable if it is nested too deeply."""
        self._depth += 1
        if self._depth > _DEEPEST:
            raise NotStreamable(
                f"The XML is nested deeper than {_DEEPEST} elements, which no listing is. Submit "
                "just the listing itself."
            )
        element = super().start(tag, attrs)
        if self._depth == 1:
            self._root = element
        return element

    def end(self, tag: str) -> Element:
        """Close an element; a child of the root is put aside."""
        element = super().end(tag)
        self._depth -= 1
        if self._depth == 1 and self._root is not None:
            self._root.clear()
            self._ended.append(element)
        return element

    def take(self) -> Iterator[Element]:
        """Yield the children that have ended since the last call."""
        ended, self._ended = self._ended, []
        yield from ended
