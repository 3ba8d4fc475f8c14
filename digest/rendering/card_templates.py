"""Card templates: a card without the words that keywords hit, as encoded pieces of a mail. A few of
them serve all the cards of a paper."""

import re
from functools import lru_cache
from html import escape
from typing import NamedTuple

from digest.mail.mime.quoted_printable import (
    PLACEHOLDER,
    encode_piece,
    split_piece,
    without_placeholders,
)
from digest.mail.mime.template_cache import FixedText, prepare, render_text
from digest.mail.mime.wrapping import LINK_NUMBER, tidy_text

_NUMBER, _PLACE = FixedText(LINK_NUMBER), FixedText(PLACEHOLDER)
_OPEN_LINE = re.compile(f"^(.*{PLACEHOLDER}.*\n)", re.MULTILINE)
_KEPT = 4096  # of each; one weighs 1 to 2 kB


class CardDetails(NamedTuple):
    """What a card says of its paper besides title and abstract.

    facts: authors, day and how much discussed, as far as known: "3 authors · 18 Nov 2026".
    unbroken_facts: the same with no-break spaces in dates and after numbers, for HTML.
    links: (label, address) of code and project page, safe ones only.
    """

    url: str
    facts: str
    unbroken_facts: str
    changes: str
    links: tuple[tuple[str, str], ...]


class TextTemplate(NamedTuple):
    """The encoded pieces around the open lines of a text, and those lines, each with a
    PLACEHOLDER."""

    around: tuple[bytes, ...]
    lines: tuple[str, ...]


@lru_cache(_KEPT)
def html_template(details: CardDetails, level: int, with_abstract: bool) -> tuple[bytes, ...]:
    """The pieces around the title, the keywords and, if there is one, the abstract."""
    context = {
        "level": level,
        "url": details.url,
        "title": _PLACE,
        "facts": details.unbroken_facts,
        "changes": details.changes,
        "because": _PLACE,
        "abstract": _PLACE if with_abstract else "",
        "links": details.links,
    }
    return split_piece(encode_piece(render_text("email/_paper.html", prepare(context)).strip()))


@lru_cache(_KEPT)
def text_template(details: CardDetails, title: str, with_abstract: bool) -> TextTemplate:
    """The same for the keywords and the abstract of the text form, which has the title in it."""
    context = {
        "title": title,
        "facts": details.facts,
        "changes": details.changes,
        "because": _PLACE,
        "abstract": _PLACE if with_abstract else "",
        "url": details.url,
        "links": details.links,
        "number": _NUMBER,
    }
    text = render_text("email/_paper.txt", prepare(context)).strip()
    cut = _OPEN_LINE.split(f"{tidy_text(text)}\n")
    return TextTemplate(tuple(map(encode_piece, cut[::2])), tuple(cut[1::2]))


def fill_line(line: str, *texts: str) -> str:
    """An open line with the texts in place of its placeholders, wrapped."""
    for text in texts:
        line = line.replace(PLACEHOLDER, without_placeholders(text), 1)
    return tidy_text(f"\n{line}\n")[1:]  # between line ends, as it stands in a whole text


@lru_cache(_KEPT)
def filled_piece(line: str, *texts: str) -> bytes:
    """The same as an encoded piece; cached, for texts that many cards have."""
    return encode_piece(fill_line(line, *texts))


@lru_cache(_KEPT)
def escaped_piece(text: str) -> bytes:
    """A text escaped for HTML, as an encoded piece; cached."""
    return encode_piece(escape(without_placeholders(text)))
