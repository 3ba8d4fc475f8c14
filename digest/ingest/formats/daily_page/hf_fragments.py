"""Markdown's links in a text: fragments of what is shown, each with the address it leads to.

Brackets that belong to no link stay where they are ("[0, 1)"), and may stand inside of one. Time is
linear: at most `_DEEPEST` open brackets are remembered, so none is looked at more often.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

_DEEPEST = 8
_LONGEST_NAME = 40
_TOKEN = re.compile(
    r"(?P<blank>\\{1,4}(?=\s))"  # the end of a line, kept by a backslash
    r"|\\(?P<escaped>[^\w\s]|_)"
    r"|(?P<picture>!\[[^\[\]]{0,300}\]\([^()\s]*(?:[ ]\"[^\"\n]{0,300}\")?\))"
    r"|\]\(<?(?P<address>(?:https?://|/|\#)[^()\s<>]*(?:\([^()\s<>]*\)[^()\s<>]*){0,3})>?"
    r"(?:\s+\"[^\"\n]{0,300}\")?\)"
    rf"|\]\[(?P<name>[^\[\]\n]{{1,{_LONGEST_NAME}}})\]"
    r"|(?P<open>\[)|(?P<close>\])"
)
_BEFORE_LINK = re.compile(r"[ \t>#*+•-]*")
_NUMBER = re.compile(r"\d{1,4}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Fragment:
    r"""Text with "\n" line ends, and the address of the link it is in; "" if it is in none.

    An addressed fragment without text is a reference's mark, "[32]", that stands beside its words.
    """

    text: str
    address: str = ""


def link_fragments(text: str, references: Mapping[str, str]) -> list[Fragment]:
    """Return the text's fragments; `references` has the addresses of references by name."""
    scanner = _Scanner(references)
    at = 0
    for token in _TOKEN.finditer(text):
        scanner.add(text[at : token.start()])
        scanner.take(token)
        at = token.end()
    scanner.add(text[at:])
    return scanner.fragments


class _Scanner:
    """The fragments so far, and the places in them of brackets that are open."""

    def __init__(self, references: Mapping[str, str]) -> None:
        self.fragments: list[Fragment] = []
        self._references = references
        self._open: list[tuple[int, bool]] = []  # place, and whether it begins a line
        self._line = ""  # the end of what stands before on this line, if it is short

    def add(self, text: str) -> None:
        """Add text outside of tokens."""
        if not text:
            return
        self.fragments.append(Fragment(text))
        _, newline, tail = text.rpartition("\n")
        self._line = tail[-200:] if newline else (self._line + tail)[-200:]

    def take(self, token: re.Match[str]) -> None:
        """Add a token: a mark that is dropped, a bracket, or the end of a link."""
        if token["open"]:
            begins = _BEFORE_LINK.fullmatch(self._line) is not None
            self._open = [*self._open[-_DEEPEST + 1 :], (len(self.fragments), begins)]
            self.add("[")
        elif token["address"]:
            self._close(token["address"])
        elif token["name"]:
            self._end_reference(token["name"])
        elif token["close"]:
            self._end_bracket()
        elif token["blank"]:
            self.add(" ")
        elif token["escaped"]:
            self.add(token["escaped"])

    def _end_reference(self, name: str) -> None:
        """End `[text][name]`; a number counts as a reference even if its list is lost."""
        address = self._references.get(name, "")
        if address or _NUMBER.fullmatch(name):
            self._close(address or "#")
        else:
            self._end_bracket()
            self.add(f"[{name}]")

    def _end_bracket(self) -> None:
        """End "[…]": a reference's mark, or brackets in the text, which stay as they are."""
        if self._open:
            place, _ = self._open.pop()
            inside = self.fragments[place + 1 :]
            name = inside[0].text if len(inside) == 1 else ""
            if len(name) <= _LONGEST_NAME and name in self._references:
                del self.fragments[place:]
                self.fragments.append(Fragment("", self._references[name]))
                return
        self.add("]")

    def _close(self, address: str) -> None:
        """End a link.

        It began at the last open bracket that begins a line, if there is one, else at the last.
        """
        if not self._open:
            return
        at = next((at for at in reversed(range(len(self._open))) if self._open[at][1]), -1)
        place = self._open[at][0]
        del self._open[at:]
        text = "".join(fragment.text for fragment in self.fragments[place + 1 :])
        del self.fragments[place:]
        if text.strip():
            self.fragments.append(Fragment(text, address))
            self._line += "x"
