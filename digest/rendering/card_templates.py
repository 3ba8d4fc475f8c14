"""Card templates: a card without the words that keywords hit, as encoded pieces of a mail. A few of
them serve all the cards of a paper."""

import re
from functools import lru_cache
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
    links: (label, address) of PDF, arXiv, DOI, code and project page, safe ones only.
    summary: a model's summary of the paper, shown under that label; no keyword matches it.
    """

    url: str
    facts: str
    unbroken_facts: str
    changes: str
    links: tuple[tuple[str, str], ...]
    summary: str = ""

    @property
    def of_row(self) -> "CardDetails":
        """What is left of them for a paper that is shown by its title: not its link once more."""
        links = tuple(link for link in self.links if link[1] != self.url)
        return self._replace(facts="", unbroken_facts="", summary="", links=links)

    @property
    def url_label(self) -> str:
        """Which of the links is also that of the title."""
        return next((label for label, url in self.links if url == self.url), "")


class TextTemplate(NamedTuple):
    """The encoded pieces around the open lines of a text, and those lines, each with a
    PLACEHOLDER."""

    around: tuple[bytes, ...]
    lines: tuple[str, ...]


class Parts(NamedTuple):
    """Which parts a card has besides its title: it is a row without authors, it says why it is
    there, it has an abstract."""

    is_row: bool
    reason: bool
    abstract: bool


@lru_cache(_KEPT)
def html_template(details: CardDetails, level: int, parts: Parts) -> tuple[bytes, ...]:
    """The pieces around the title, the reason, the abstract and the links of one digest, as far as
    it has these parts; in this order."""
    context = {
        "level": level,
        "url": details.url,
        "title": _PLACE,
        "facts": details.unbroken_facts,
        "changes": details.changes,
        "summary": details.summary,
        "reason": _PLACE if parts.reason else "",
        "abstract": _PLACE if parts.abstract else "",
        "links": details.links,
        "place": _PLACE,
    }
    template = "email/_row.html" if parts.is_row else "email/_paper.html"
    return split_piece(encode_piece(render_text(template, prepare(context)).strip()))


@lru_cache(_KEPT)
def text_template(details: CardDetails, title: str, parts: Parts) -> TextTemplate:
    """The same for the reason and the abstract of the text form, which has the title in it."""
    context = {
        "is_row": parts.is_row,
        "title": title,
        "facts": details.facts,
        "changes": details.changes,
        "summary": details.summary,
        "reason": _PLACE if parts.reason else "",
        "abstract": _PLACE if parts.abstract else "",
        "url": details.url,
        "url_label": details.url_label,
        "links": [link for link in details.links if link[1] != details.url],
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
