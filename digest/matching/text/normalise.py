"""Normalising text: LaTeX, HTML and Unicode mark-up resolved, with offsets to the original."""

import html
import re
from bisect import bisect_right
from dataclasses import dataclass

from .symbols import DRESSING, LETTERS, SILENT, SYMBOLS, base_form

_NEEDS_WORK = re.compile(r"[^\n -~]|[\\$^{}]|&[#A-Za-z]|<[/A-Za-z]")
ITEM = re.compile(
    r"""
    (?P<entity>&(?:\#[0-9]{1,7}|\#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});)
  | (?P<tag></?(?:i|b|em|strong|sub|sup|tt|u|br|p|span|sc|inf|italic|bold|jats:[a-z]{1,20})
      (?:\s[^<>]{0,100})?/?>)
  | (?P<accent>\\(?:['"¨`^~=.]\s?|[uvHcdbkrt](?=\{))(?:\{\\?(?P<a1>[A-Za-z])\}|\\?(?P<a2>[A-Za-z])))
  | (?P<href>\\href\s?\{[^{}]{0,300}\})
  | (?P<command>\\(?P<name>[A-Za-z]+)\*?)
  | (?P<escape>\\[^A-Za-z])
  | (?P<math>\$\$?)
  | (?P<caret>\^)
  | (?P<open>\{)
  | (?P<close>\})
  | (?P<char>[AOUaou]\u0308|[^\n -~][\u3099\u309a\uff9e\uff9f\u1160-\u11ff]{0,3})
    """,
    re.VERBOSE,
)
_BLOCK_TAG = re.compile(r"</?(?:br|p|jats:p|jats:title)\b")
_MATH = re.compile(
    r"\$(?=\S)(?P<inside>(?:\\.|[^$\\\n]|\n(?!\n)){1,300}?)(?<=\S)\$(?P<digit>[0-9]?)"
)
_DISPLAY = re.compile(r"\$\$((?:\\.|[^$\\]){1,1000}?)\$\$")
_MONEY = re.compile(r"[0-9][0-9.,]*(?:\s+[A-Za-z]|\s*[A-Za-z]{2,}\s)")
_ROUND = {"\\(": re.compile(r".{1,600}?\\\)", re.S), "\\[": re.compile(r".{1,2000}?\\\]", re.S)}
_PROTECTED = re.compile(r"\{\w{0,20}\}")
_ESCAPES = {"\\\\": " ", "\\,": " ", "\\;": " ", "\\:": " ", "\\ ": " ", "\\\n": " ", "\\-": ""}
_ESCAPES |= {"\\!": "", "\\/": "", "\\@": "", "\\)": "", "\\]": "", "\\~": "~", "\\|": "|"}
_ESCAPES |= {f"\\{char}": char for char in "%&$_#{}"}


@dataclass(frozen=True, slots=True)
class NormalisedText:
    """A text without mark-up, and where its pieces come from.

    `pieces`: (start in `text`, start and end in the original, whether verbatim), in order; empty
    if the text is the original.
    """

    text: str
    pieces: tuple[tuple[int, int, int, bool], ...] = ()

    def original(self, start: int, end: int) -> tuple[int, int]:
        """The range of the original that is shown as `text[start:end]`, which must not be empty."""
        if not self.pieces:
            return start, end
        at, first, _, verbatim = self._piece(start)
        begin = first + start - at if verbatim else first
        at, first, last, verbatim = self._piece(end - 1)
        return begin, (first + end - at if verbatim else last)

    def _piece(self, place: int) -> tuple[int, int, int, bool]:
        return self.pieces[bisect_right(self.pieces, place, key=lambda piece: piece[0]) - 1]


def normalise(text: str) -> NormalisedText:
    """Resolve mark-up; drop accents and invisible characters, but for the letters of `UMLAUTS`.

    Unknown LaTeX is left as it is, and so are `%`, `&`, `~` and `$` as a currency.
    """
    return Scanner(text).run() if _NEEDS_WORK.search(text) else NormalisedText(text)


def _is_money(dollars: re.Match[str]) -> bool:
    """Whether two dollar signs are amounts, such as "$5 to $10", rather than a formula."""
    inside = dollars["inside"]
    if _MONEY.match(inside):
        return True
    return bool(dollars["digit"]) and not any(mark in inside for mark in "\\^_{")


class Scanner:
    """One pass over a text; each `_on_` method handles one kind of item."""

    items = ITEM

    def __init__(self, text: str) -> None:
        self.text = text
        self.out: list[str] = []
        self.length = 0
        self.pieces: list[tuple[int, int, int, bool]] = []
        self.math_until = -1
        self.argument_at = -1
        self.braces: list[bool] = []  # for each open brace: was it dropped?
        self.skip_to = 0

    def run(self) -> NormalisedText:
        done = 0
        for item in self.items.finditer(self.text):
            start, end = item.span()
            if start < self.skip_to:
                continue
            self.emit(self.text[done:start], done, start, verbatim=True)
            kind = item.lastgroup if item.lastgroup not in ("a1", "a2", "name") else None
            kind = kind or ("command" if item["name"] else "accent")
            getattr(self, f"_on_{kind}")(item, start, end)
            done = max(end, self.skip_to)
        self.emit(self.text[done:], done, len(self.text), verbatim=True)
        return NormalisedText("".join(self.out), tuple(self.pieces))

    def emit(self, shown: str, start: int, end: int, *, verbatim: bool = False) -> None:
        if shown:
            self.pieces.append((self.length, start, end, verbatim))
            self.out.append(shown)
            self.length += len(shown)

    def _in_math(self, place: int) -> bool:
        return place < self.math_until

    def _on_entity(self, item: re.Match[str], start: int, end: int) -> None:
        shown = html.unescape(item[0])
        self.emit(item[0] if shown == item[0] else "".join(map(base_form, shown)), start, end)

    def _on_tag(self, item: re.Match[str], start: int, end: int) -> None:
        self.emit(" " if _BLOCK_TAG.match(item[0]) else "", start, end)

    def _on_accent(self, item: re.Match[str], start: int, end: int) -> None:
        letter = item["a1"] or item["a2"]
        is_umlaut = item[0][1] in '"¨' and letter in "AOUaou"
        self.emit(base_form(f"{letter}\u0308") if is_umlaut else letter, start, end)

    def _on_href(self, item: re.Match[str], start: int, end: int) -> None:
        self.argument_at = end

    def _on_command(self, item: re.Match[str], start: int, end: int) -> None:
        name = item["name"]
        if name in DRESSING or name in SILENT or name == "footnote":
            self.argument_at = end
            self.emit(" " if name == "footnote" else "", start, end)
            if name in SILENT and self.text[end : end + 1] == " ":
                self.skip_to = end + 1
        elif name in LETTERS:
            self.emit(LETTERS[name], start, end)
            if self.text[end : end + 1] == " ":
                self.skip_to = end + 1
        elif name in SYMBOLS:
            self.emit("".join(map(base_form, SYMBOLS[name])), start, end)
        else:
            self.emit(item[0], start, end, verbatim=True)

    def _on_escape(self, item: re.Match[str], start: int, end: int) -> None:
        opening = _ROUND.get(item[0])
        if opening and (inside := opening.match(self.text, end)):
            self.math_until = inside.end()
            return
        shown = _ESCAPES.get(item[0])
        if shown is None:  # the second character may itself need work
            shown = "\\" + base_form(item[0][1])
        self.emit(shown, start, end)

    def _on_math(self, item: re.Match[str], start: int, end: int) -> None:
        if self._in_math(start):  # the closing sign
            return
        whole = (_MATH if item[0] == "$" else _DISPLAY).match(self.text, start)
        if whole and not (item[0] == "$" and _is_money(whole)):
            self.math_until = whole.end(1) + len(item[0])
        else:
            self.emit(item[0], start, end, verbatim=True)

    def _on_caret(self, item: re.Match[str], start: int, end: int) -> None:
        before, after = self.text[start - 1 : start], self.text[end : end + 1]
        raised = bool(before.strip()) and (after.isalnum() or after in ("{", "*", "\\", "∞"))
        if not (raised or self._in_math(start)):
            self.emit("^", start, end, verbatim=True)

    def _on_open(self, item: re.Match[str], start: int, end: int) -> None:
        before, after = self.text[start - 1 : start], self.text[end : end + 1]
        dropped = (
            self._in_math(start)
            or self.argument_at == start
            or before in ("^", "_")
            or after == "\\"
            or _PROTECTED.match(self.text, start) is not None
        )
        self.braces.append(dropped)
        if not dropped:
            self.emit("{", start, end, verbatim=True)

    def _on_close(self, item: re.Match[str], start: int, end: int) -> None:
        if not (self.braces and self.braces.pop()):
            self.emit("}", start, end, verbatim=True)
        elif self.text[end : end + 1] == "{":  # \frac{a}{b}
            self.argument_at = end
            self.emit(" ", start, end)

    def _on_char(self, item: re.Match[str], start: int, end: int) -> None:
        self.emit(base_form(item[0]), start, end)
