"""What the pages' templates need beyond Django's own tags."""

from urllib.parse import urlsplit

from django import template

from digest.matching.text import readable as texts
from digest.views.outbox import outbox_is_open

register = template.Library()
register.simple_tag(outbox_is_open)


@register.filter
def readable(text: str) -> str:
    """A title or an abstract as people read it: one line, its math as Unicode."""
    return texts.readable(text).text


@register.filter
def web_link(address: str) -> str:
    """The address if a browser may safely follow it, else nothing: papers come from outside."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return ""
    return address if parts.scheme in ("http", "https") and parts.hostname else ""


@register.filter
def site_name(address: str) -> str:
    """Where a link leads, in few characters: "https://www.arxiv.org/abs/1" is "arxiv.org"."""
    if not web_link(address):
        return ""
    return (urlsplit(address).hostname or "").removeprefix("www.")
