"""Titles and abstracts for display: LaTeX as Unicode, accents and symbols kept.

`normalise` is for matching and drops what keywords ignore. Both use one scanner, so they agree on
what is a formula.
"""

import html
import re
import unicodedata
from bisect import bisect_left, bisect_right
from functools import lru_cache
from typing import NamedTuple

from .normalise import ITEM, NormalisedText, Scanner
from .symbols import DRESSING, SYMBOLS

_NEEDS_WORK = re.compile(
    r"[\\$^{}\n\t\r\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]|&[#A-Za-z]|<[/A-Za-z]|\s\s"
)
_ITEMS = re.compile(rf"(?P<blank>\s*[^\S ]\s*|\s\s+) | {ITEM.pattern} | (?P<under>_)", re.VERBOSE)
_ACCENTS = dict(zip("'`^\"~=.uvHcdbkrt", (
    "\u0301", "\u0300", "\u0302", "\u0308", "\u0303", "\u0304", "\u0307", "\u0306", "\u030c",
    "\u030b", "\u0327", "\u0323", "\u0331", "\u0328", "\u030a", "\u0361",
), strict=True))  # fmt: skip
_OVER = {
    "hat": "\u0302", "widehat": "\u0302", "tilde": "\u0303", "widetilde": "\u0303",
    "bar": "\u0304", "overline": "\u0304", "vec": "\u20d7", "dot": "\u0307", "ddot": "\u0308",
    "breve": "\u0306", "check": "\u030c",
}  # fmt: skip
_LETTERS = {
    "oe": "œ", "OE": "Œ", "ae": "æ", "AE": "Æ", "aa": "å", "AA": "Å", "o": "ø", "O": "Ø",
    "ss": "ß", "l": "ł", "L": "Ł", "i": "ı", "j": "ȷ", "dh": "ð", "DH": "Ð", "th": "þ",
    "TH": "Þ", "dj": "đ", "DJ": "Đ", "ng": "ŋ", "NG": "Ŋ",
}  # fmt: skip
# The few double-struck capitals that every font has.
_DOUBLE = dict(zip("CHNPQRZ", "ℂℍℕℙℚℝℤ", strict=True))
_RAISED = dict(zip("0123456789+-−=()abcdefghijklmnoprstuvwxyzTNABDEGHIJKLMOPRUVW∘′*⊤", (
    "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻⁼⁽⁾ᵃᵇᶜᵈᵉᶠᵍʰⁱʲᵏˡᵐⁿᵒᵖʳˢᵗᵘᵛʷˣʸᶻᵀᴺᴬᴮᴰᴱᴳᴴᴵᴶᴷᴸᴹᴼᴾᴿᵁⱽᵂ°′*ᵀ"
), strict=True))  # fmt: skip
_LOWERED = dict(zip("0123456789+-−=()aehijklmnoprstuvxβγρφχ", (
    "₀₁₂₃₄₅₆₇₈₉₊₋₋₌₍₎ₐₑₕᵢⱼₖₗₘₙₒₚᵣₛₜᵤᵥₓᵦᵧᵨᵩᵪ"
), strict=True))  # fmt: skip
_LONGEST_SCRIPT = 4  # characters; longer ones are easier to read on the line
_GROUP = re.compile(r"\{((?:[^{}]|\{[^{}]*\})*)\}")
_ARGUMENT = re.compile(rf"\s*(?:{_GROUP.pattern}|(\\[A-Za-z]+(?:{_GROUP.pattern})?|\\?.))", re.S)
_FRACTION = re.compile(rf"\s*{_GROUP.pattern}\s*{_GROUP.pattern}")
_SIMPLE = re.compile(r"[\w.]*")
_SCRIPT_TAG = re.compile(r"<(?P<kind>sub|sup|inf)>(?P<inside>[^<>]{1,40})</(?P=kind)>")
_UNKNOWN = re.compile(r"\\[A-Za-z]+\Z")
_INVISIBLE = re.compile("[\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


class ReadableText(NamedTuple):
    """A text as one readable line, with offsets to the original in `shown`."""

    text: str
    shown: NormalisedText

    def span(self, start: int, end: int) -> tuple[int, int]:
        """The range of `text` that shows the original characters [start, end).

        A formula is never split. Returns (0, 0) if nothing of them is shown.
        """
        if not self.shown.pieces:
            return (start, end) if self.text else (0, 0)
        pieces = self.shown.pieces
        low = bisect_right(pieces, start, key=lambda piece: piece[2])
        high = bisect_left(pieces, end, key=lambda piece: piece[1]) - 1
        if low > high:
            return 0, 0
        at, first, _, verbatim = pieces[low]
        begin = at + max(start - first, 0) if verbatim else at
        at, first, last, verbatim = pieces[high]
        if verbatim:
            return begin, at + min(end, last) - first
        return begin, pieces[high + 1][0] if high + 1 < len(pieces) else len(self.text)


@lru_cache(maxsize=4096)  # title, abstract and byline of a thousand papers, at 2 kB each
def readable(text: str) -> ReadableText:
    """`text` as one line for display, with math as Unicode: `$\\alpha_1$` becomes α₁.

    Unknown LaTeX is left as it is, and so are `%`, `&`, `~` and `$` as a currency.
    """
    shown = _Readable(text).run() if _NEEDS_WORK.search(text) else NormalisedText(text)
    return ReadableText(shown.text, shown)


def _inside(formula: str) -> str:
    """A part of a formula for display."""
    inner = _Readable(formula)
    inner.math_until = len(formula)
    return inner.run().text


def _script(inside: str, table: dict[str, str]) -> str | None:
    """The text raised or lowered; None if Unicode lacks one of its characters."""
    if not 0 < len(inside) <= _LONGEST_SCRIPT or not all(char in table for char in inside):
        return None
    return "".join(table[char] for char in inside)


def _held_together(part: str) -> str:
    return part if len(part) == 1 or _SIMPLE.fullmatch(part) else f"({part})"


class _Readable(Scanner):
    """The scanner of `normalise`, with what is displayed instead of what is matched."""

    items = _ITEMS

    def _whole(self, shown: str, start: int, end: int) -> None:
        """Emit a construct as one piece and skip to its end."""
        self.emit(shown, start, end)
        self.skip_to = end

    def _on_blank(self, item: re.Match[str], start: int, end: int) -> None:
        self.emit(" ", start, end)

    def _on_entity(self, item: re.Match[str], start: int, end: int) -> None:
        shown = html.unescape(item[0])
        self.emit(" " if shown.isspace() else _INVISIBLE.sub("", shown), start, end)

    def _on_tag(self, item: re.Match[str], start: int, end: int) -> None:
        """Show raised and lowered parts; drop pairs of tags that only format text.

        A tag without its counterpart is part of the text.
        """
        if script := _SCRIPT_TAG.match(self.text, start):
            table = _RAISED if script["kind"] == "sup" else _LOWERED
            if shown := _script(script["inside"], table):
                return self._whole(shown, start, script.end())
        if not self._has_partner(item[0], start, end):
            self.emit(item[0], start, end, verbatim=True)
        elif item[0].startswith(("<jats:p", "<jats:title", "<br", "<p")) and self.length:
            self.emit(" ", start, end)
        return None

    def _has_partner(self, tag: str, start: int, end: int) -> bool:
        name = re.match(r"</?([a-z:]+)", tag)
        if name is None or tag.endswith("/>") or name[1] == "br":
            return True
        if tag[1] == "/":
            return f"<{name[1]}" in self.text[:start]
        return f"</{name[1]}>" in self.text[end:]

    def _on_accent(self, item: re.Match[str], start: int, end: int) -> None:
        accented = (item["a1"] or item["a2"]) + _ACCENTS[item[0][1]]
        self.emit(unicodedata.normalize("NFC", accented), start, end)

    def _on_command(self, item: re.Match[str], start: int, end: int) -> None:
        name = item["name"]
        if name in _LETTERS:
            self.emit(_LETTERS[name], start, end)
            if self.text[end : end + 1] == " ":
                self.skip_to = end + 1
        elif shown := self._built(name, end):
            self._whole(shown[0], start, shown[1])
        elif name in SYMBOLS and name not in DRESSING:
            self.emit(SYMBOLS[name], start, end)
        else:
            super()._on_command(item, start, end)

    def _built(self, name: str, end: int) -> tuple[str, int] | None:
        """What a command shows with its arguments, and their end; None for other commands."""
        if name in ("frac", "tfrac", "dfrac"):
            parts = _FRACTION.match(self.text, end)
            if parts is None:
                return None
            above, below = (_held_together(_inside(part)) for part in parts.groups())
            return f"{above}/{below}", parts.end()
        if name in _OVER or name in ("sqrt", "mathbb"):
            part = _GROUP.match(self.text, end)
            return (_dressed(name, _inside(part[1])), part.end()) if part else None
        return None

    def _on_caret(self, item: re.Match[str], start: int, end: int) -> None:
        if not self._on_script(_RAISED, start, end):
            self.emit("^", start, end, verbatim=True)

    def _on_under(self, item: re.Match[str], start: int, end: int) -> None:
        if not (self._in_math(start) and self._on_script(_LOWERED, start, end)):
            self.emit("_", start, end, verbatim=True)

    def _on_script(self, table: dict[str, str], start: int, end: int) -> bool:
        """Show what follows `^` or `_` if it is a script; outside of math only a plain one is."""
        argument = _ARGUMENT.match(self.text, end)
        if argument is None or argument[0].strip() in ("$", "}"):
            return False
        group, single = argument[1], argument[2]
        math = self._in_math(start)
        stands_alone = not self.text[max(start - 1, 0) : start].strip() or argument[0][0].isspace()
        if stands_alone and not math:
            return False
        inside = _inside(group if group is not None else single)
        shown = _script(inside, table)
        if shown is None and math and not self._begins_formula(start):
            shown = self.text[start] + _held_together(inside)
        elif shown is None and math:
            shown = inside
        if shown is None:
            return False
        self._whole(shown, start, argument.end())
        return True

    def _begins_formula(self, place: int) -> bool:
        return self.text[place - 1 : place] in ("", "$")

    def _on_open(self, item: re.Match[str], start: int, end: int) -> None:
        before = _UNKNOWN.search(self.text, max(start - 40, 0), start)
        if before and self.argument_at != start and self.text[end : end + 1] != "}":
            self.braces.append(False)
            self.emit("{", start, end, verbatim=True)
        else:
            super()._on_open(item, start, end)

    def _on_escape(self, item: re.Match[str], start: int, end: int) -> None:
        if item[0][1] in "([" or item[0][1].isascii():
            super()._on_escape(item, start, end)
        else:
            self.emit(item[0], start, end, verbatim=True)

    def _on_char(self, item: re.Match[str], start: int, end: int) -> None:
        if unicodedata.category(item[0][0]) == "Cc":
            self.emit(" ", start, end)
        elif _INVISIBLE.match(item[0]):
            self.emit(item[0][1:], start, end)
        else:
            self.emit(item[0], start, end, verbatim=True)


def _dressed(name: str, inside: str) -> str:
    """The argument of an accent, a root or a double-struck letter, for display."""
    if name == "sqrt":
        return f"√{_held_together(inside)}"
    if name == "mathbb":
        return _DOUBLE.get(inside, inside)
    if len(inside) != 1:
        return inside
    return unicodedata.normalize("NFC", inside + _OVER[name])
