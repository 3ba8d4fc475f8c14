"""A card without the words that hit: what stays the same whichever keywords brought the paper, as
encoded parts of a mail. A few of these serve all the cards of a paper."""

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


class Told(NamedTuple):
    """What a card says of its paper besides title and abstract. `facts`: who, when, and how much
    discussed, as far as it is known: "3 authors · 18 Nov 2026"; `unbroken_facts`: the same where
    the mail program breaks the lines, which it may do in no date, nor behind a number. `links`:
    what the paper offers besides itself, (label, address), safe ones only."""

    url: str
    facts: str
    unbroken_facts: str
    changes: str
    links: tuple[tuple[str, str], ...]


class TextFrame(NamedTuple):
    """The parts around the open lines of a text, and those lines, each with a PLACE."""

    around: tuple[bytes, ...]
    lines: tuple[str, ...]


@lru_cache(_KEPT)
def html_frame(told: Told, level: int, with_abstract: bool) -> tuple[bytes, ...]:
    """The parts around the title, the keywords and the abstract if there is one."""
    context = {
        "level": level,
        "url": told.url,
        "title": _PLACE,
        "facts": told.unbroken_facts,
        "changes": told.changes,
        "because": _PLACE,
        "abstract": _PLACE if with_abstract else "",
        "links": told.links,
    }
    return split_piece(encode_piece(render_text("email/_paper.html", prepare(context)).strip()))


@lru_cache(_KEPT)
def text_frame(told: Told, title: str, with_abstract: bool) -> TextFrame:
    """The same for the keywords and the abstract of the text form, which has the title in it."""
    context = {
        "title": title,
        "facts": told.facts,
        "changes": told.changes,
        "because": _PLACE,
        "abstract": _PLACE if with_abstract else "",
        "url": told.url,
        "links": told.links,
        "number": _NUMBER,
    }
    text = render_text("email/_paper.txt", prepare(context)).strip()
    cut = _OPEN_LINE.split(f"{tidy_text(text)}\n")
    return TextFrame(tuple(map(encode_piece, cut[::2])), tuple(cut[1::2]))


def filled(line: str, *texts: str) -> str:
    """An open line with the texts in their places, in as many lines as it takes."""
    for text in texts:
        line = line.replace(PLACEHOLDER, without_placeholders(text), 1)
    return tidy_text(f"\n{line}\n")[1:]  # between line ends, as it stands in a whole text


@lru_cache(_KEPT)
def filled_part(line: str, *texts: str) -> bytes:
    """The same as a part that is kept, for texts that many cards have."""
    return encode_piece(filled(line, *texts))


@lru_cache(_KEPT)
def escaped_part(text: str) -> bytes:
    """A text as HTML, as a part that is kept."""
    return encode_piece(escape(without_placeholders(text)))
