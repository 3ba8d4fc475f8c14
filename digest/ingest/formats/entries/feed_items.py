"""The elements of feeds, by what they are: RSS 2.0, RSS 1.0, Atom, and the modules of publishers.

Elements are known by their local names (RSS's `title`, Dublin Core's `creator`, PRISM's `doi`):
publishers bind prefixes to whatever they like. Those of pictures and podcasts do not count.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import urljoin, urlsplit
from xml.etree.ElementTree import Element

from ..identifiers.web_links import web_link
from ..text.markup import element_text, plain_text
from ..validation import one_line

ENTRIES = ("item", "entry")
_BASE = "{http://www.w3.org/XML/1998/namespace}base"
_ABOUT = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}about"
_ATOM = "{http://www.w3.org/2005/Atom}"
_OTHERS = ("search.yahoo.com/mrss", "podcast-1.0.dtd", "a9.com/", "purl.org/syndication")
_TEXTS = ("description", "encoded", "summary", "content", "abstract")
_DATES = ("pubdate", "published", "date", "publicationdate", "issued", "updated",
          "created")  # fmt: skip
_ISO_DAY = re.compile(r"\s*(\d{4}-\d\d)-\d\d.*", re.DOTALL | re.ASCII)
_IDENTIFIERS = ("doi", "identifier", "id", "guid")

Fields = Mapping[str, list[Element]]


@dataclass(frozen=True, slots=True)
class FeedHead:
    """What a feed says of itself: its title, journal and dates, and where its links start from."""

    title: str
    journal: str
    dates: tuple[str, ...]
    link: str
    base: str


@dataclass(frozen=True, slots=True)
class FeedItem:
    """One entry. `raw` is its first text with its mark-up, `texts` are all as plain text."""

    title: str
    raw_title: str
    raw: str
    texts: tuple[str, ...]
    authors: tuple[str, ...]
    dates: tuple[str, ...]
    identifiers: tuple[str, ...]
    link: str
    terms: tuple[str, ...]
    journal: str
    source: str
    announced: str  # the arXiv's: new, cross, replace, replace-cross


def feed_head(root: Element) -> FeedHead:
    """Return the head of a feed: that of its channel, or of the feed itself."""
    channel = next((each for each in root if _local(each) == "channel"), root)
    fields = _fields(channel)
    base = _base(channel, _base(root, ""))
    links = [found for each in fields.get("link", ()) if (found := _href(each, base))]
    return FeedHead(
        title=one_line(plain_text(_first(fields, "title"))),
        journal=_plain(fields, "publicationname"),
        dates=_all(fields, "updated", "lastbuilddate", "pubdate", "published", "date"),
        link=next(iter(links), ""),
        base=base or next(iter(links), ""),
    )


def entries_of(root: Element) -> list[Element]:
    """Return the elements of the entries, in a channel or beside it."""
    places = [root, *(each for each in root if _local(each) == "channel")]
    return [each for place in places for each in place if _local(each) in ENTRIES]


def is_feed(root: Element) -> bool:
    """Return whether the tree is that of a feed: it has a channel, or is Atom's."""
    kind = _local(root)
    return kind in ("feed", "rss") or any(_local(each) in ("channel", "item") for each in root)


def read_item(element: Element, head: FeedHead) -> FeedItem:
    """Return the fields of an entry."""
    fields = _fields(element)
    identifiers = _all(fields, *_IDENTIFIERS)
    links = list(_addresses(element, fields))
    base = _base(element, head.base)
    texts = [each for name in _TEXTS for each in fields.get(name, ())]
    titles = fields.get("title", [])
    return FeedItem(
        title=next(filter(None, (one_line(_as_text(each)) for each in titles)), ""),
        raw_title=_raw(titles[0]) if titles else "",
        raw=next(filter(None, map(_raw, texts)), ""),
        texts=tuple(filter(None, map(_as_text, texts))),
        authors=_authors(fields),
        dates=(*_all(fields, *_DATES), *_covers(fields), _year_and_month(fields)),
        identifiers=(*identifiers, *links),
        link=next(filter(None, (web_link(each, base) for each in links)), ""),
        terms=tuple(filter(None, map(_term, (*fields.get("category", ()),
                                             *fields.get("subject", ()))))),
        journal=_plain(fields, "publicationname"),
        source=_plain(fields, "source"),
        announced=_first(fields, "announce_type").lower(),
    )  # fmt: skip


def _local(element: Element) -> str:
    return element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""


def _fields(element: Element) -> dict[str, list[Element]]:
    """Return the children by their local names in lower case, in their order."""
    found: dict[str, list[Element]] = {}
    for child in element:
        if not any(other in child.tag for other in _OTHERS):
            found.setdefault(_local(child).lower(), []).append(child)
    return found


def _raw(element: Element) -> str:
    """Return the text of an element as it is written, with the mark-up that it quotes."""
    return element_text(element) if len(element) else (element.text or "").strip()


def _as_text(element: Element) -> str:
    """Return the element's plain text; Atom's may be text already (RFC 4287, 3.1.1)."""
    kind = element.get("type", "text" if element.tag.startswith(_ATOM) else "html").lower()
    if "/" in kind and "html" not in kind and not kind.startswith("text/"):
        return ""  # a picture or a file in base64
    if len(element):
        return element_text(element)
    return plain_text(element.text or "", is_html=kind not in ("text", "text/plain"))


def _all(fields: Fields, *names: str) -> tuple[str, ...]:
    texts = (one_line("".join(each.itertext())) for name in names for each in fields.get(name, ()))
    return tuple(filter(None, texts))


def _first(fields: Fields, name: str) -> str:
    return next(iter(_all(fields, name)), "")


def _plain(fields: Fields, name: str) -> str:
    return one_line(plain_text(_first(fields, name)))


def _authors(fields: Fields) -> tuple[str, ...]:
    """Return the lines of authors, from the first kind of element that has any."""
    nested = [each for outer in fields.get("authors", ()) for each in outer]
    kinds = (
        fields.get("creator", []),
        fields.get("author", []),
        nested or fields.get("authors", []),
    )
    for elements in kinds:
        if lines := tuple(filter(None, map(_author, elements))):
            return lines
    return ()


def _author(element: Element) -> str:
    name = next((each for each in element if _local(each) == "name"), None)
    found = _raw(element if name is None else name)
    has_name = name is not None or " " in found.strip() or "@" not in found
    return found if has_name else ""


def _covers(fields: Fields) -> list[str]:
    """Return the dates on the cover, without a day: an issue has none on which it appears."""
    return [_ISO_DAY.sub(r"\1", each) for each in _all(fields, "coverdate", "coverdisplaydate")]


def _year_and_month(fields: Fields) -> str:
    return "-".join(filter(None, (_first(fields, name) for name in ("year", "month", "day"))))


def _term(element: Element) -> str:
    return one_line(plain_text(element.get("term") or "".join(element.itertext())))


def _addresses(element: Element, fields: Fields) -> Iterator[str]:
    """Yield the addresses of an entry, its own page first."""
    for link in fields.get("link", ()):
        if link.get("rel", "alternate") == "alternate":
            address = (link.get("href") or link.text or "").strip()
            yield _joined(_base(link, ""), address)
    yield from _all(fields, "origlink", "url")
    yield (element.get(_ABOUT) or "").strip()
    yield from (text for text in _all(fields, "guid", "id", "identifier") if "://" in text)


def _href(link: Element, base: str) -> str:
    if link.get("rel", "alternate") not in ("alternate", "self"):
        return ""
    return web_link(link.get("href") or link.text or "", base)


def _base(element: Element, outer: str) -> str:
    """Return what the element's links are resolved against; a base that is no address is none."""
    try:
        inner = urljoin(outer, element.get(_BASE, ""))
        urlsplit(inner)
    except ValueError:  # a bracket without its other half
        return outer
    return inner


def _joined(base: str, address: str) -> str:
    try:
        return urljoin(base, address)
    except ValueError:
        return address
