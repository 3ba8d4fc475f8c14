"""Atom (RFC 4287) as Django's feed generator writes it, with what that leaves out."""

import re
from datetime import UTC, datetime
from typing import Any
from xml.sax.xmlreader import AttributesImpl

from django.conf import settings
from django.utils.feedgenerator import Atom1Feed
from django.utils.xmlutils import SimplerXMLGenerator

NAME = "Paper Digest"
CONTENT_TYPE = Atom1Feed.content_type
# Atom requires a time of each feed and entry: that of an empty feed, and of a paper without a day.
UNKNOWN_TIME = datetime(1970, 1, 1, tzinfo=UTC)
# https://www.w3.org/TR/xml/#charsets
_NOT_IN_XML = re.compile(r"[^\t\n\r\x20-\uD7FF\uE000-\uFFFD\U00010000-\U0010FFFF]")


def xml_text(text: str) -> str:
    """Return a text without the characters that XML forbids, escaped or not."""
    return _NOT_IN_XML.sub("", text)


def tag_uri(name: str) -> str:
    """Return an id that stays when the site changes its scheme or port (RFC 4151): `name` is a path
    on this site that is never another thing's."""
    host = settings.SITE_HOST.replace(":", "-")  # of an IPv6 address
    return f"tag:{host},2026:{settings.SITE_PATH}/{name}"


class AtomFeed(Atom1Feed):
    """A feed of this site. Items may have `authors`, any number of names, and `via`, the address of
    the source."""

    def __init__(self, title: str, *, uri: str, path: str, link: str, subtitle: str) -> None:
        """`uri`: its id. `path`: its own address. `link`: the page that shows the same."""
        super().__init__(
            xml_text(title),
            link,
            None,
            author_name=NAME,
            author_link=f"{settings.SITE_URL}/",
            subtitle=xml_text(subtitle),
            feed_url=path,
            feed_guid=uri,
        )

    def latest_post_date(self) -> datetime:
        """Return the time of the newest entry."""
        return max((item["updateddate"] for item in self.items), default=UNKNOWN_TIME)

    def add_root_elements(self, handler: SimplerXMLGenerator) -> None:
        super().add_root_elements(handler)
        handler.addQuickElement("generator", NAME, {"uri": f"{settings.SITE_URL}/"})

    def add_item_elements(self, handler: SimplerXMLGenerator, item: dict[str, Any]) -> None:
        super().add_item_elements(handler, item)
        for name in item["authors"]:
            handler.startElement("author", AttributesImpl({}))
            handler.addQuickElement("name", name)
            handler.endElement("author")
        if item["via"]:
            handler.addQuickElement("link", "", {"rel": "via", "href": item["via"]})
