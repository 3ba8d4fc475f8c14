"""Tags and texts, as they come, into readable text: what each element of HTML, JATS and MathML is.

Elements that have to be seen whole (formulas, raised text) are held open on a stack of bounded
depth, so that the time is linear in the length of what comes in, however it is nested.
"""

from dataclasses import dataclass, field
from typing import Literal

from .formula_text import MATHML, lowered, mathml_text, raised, tex_text

Kind = Literal["block", "break", "cell", "inline", "script", "tex", "math"]
_BLOCKS = (
    "p div li ul ol dl dt dd h1 h2 h3 h4 h5 h6 hr blockquote pre table tr section article sec "
    "title center main header footer"
)
_INLINE = (
    "a abbr b bold big cite code del em font i img inf ins italic kbd mark q s samp small span "
    "strike strong time tt u var wbr thead tbody nobr dfn label acronym picture figure "
    "sc scp roman monospace underline overline xref ext-link styled-content named-content "
    "inline-formula disp-formula alternatives inline-graphic inline-supplementary-material "
    "sans-serif"
)
# Only with the prefix of JATS or Elsevier's schema: unprefixed they are words of prose and code.
_PREFIXED_BLOCKS = (
    "list list-item disp-quote para section-title simple-para abstract-sec boxed-text"
)
_KINDS: dict[str, Kind] = {
    **dict.fromkeys(_INLINE.split(), "inline"),
    **dict.fromkeys(_BLOCKS.split(), "block"),
    **dict.fromkeys(MATHML, "math"),
    **dict.fromkeys(("td", "th"), "cell"),
    **dict.fromkeys(("sub", "sup", "inf"), "script"),
    **dict.fromkeys(("tex-math", "tex"), "tex"),
    "br": "break",
}
_KINDS_WITH_PREFIX: dict[str, Kind] = {
    **dict.fromkeys(_PREFIXED_BLOCKS.split(), "block"),
    "break": "break",
}
# Names that say in any text that it is mark-up: nobody writes about them otherwise.
UNMISTAKABLE = frozenset(
    {name for name, kind in _KINDS.items() if kind in ("math", "tex") or "-" in name}
) - {"none", "ms", "tex", "semantics", "annotation", "apply"}
_SPACED = frozenset({"mtext", "ms"})
_DEEPEST = 60


def kind_of(name: str, prefix: str = "") -> Kind | None:
    """Return what the element of this name, in lower case, is; None if it is none that is known.

    With a prefix (jats:, mml:) each is one.
    """
    found = _KINDS.get(name)
    if prefix and found is None:
        return _KINDS_WITH_PREFIX.get(name, "inline")
    return found


@dataclass(slots=True)
class _Open:
    """An element that has begun, and the texts inside it so far.

    `formula`: the index of the last formula among `parts`, and whether it was TeX.
    """

    name: str
    kind: Kind | None
    attributes: str = ""
    parts: list[str] = field(default_factory=list)
    formula: tuple[int, bool] | None = None
    tail: str = ""  # the last part that is not empty

    def add(self, part: str) -> None:
        """Add a part, which counts as one even if it is empty: the base of a script may be."""
        self.parts.append(part)
        self.tail = part or self.tail


class MarkupWriter:
    """Builds a text from tags and texts in their order; tags need not match."""

    def __init__(self) -> None:
        self._open = [_Open("", None)]

    def text(self, text: str) -> None:
        """Add text, whose entities are decoded."""
        top = self._open[-1]
        if top.kind == "math":
            words = " ".join(text.split())
            if words and top.name in _SPACED:
                words = f"{' ' * text[0].isspace()}{words}{' ' * text[-1].isspace()}"
            if words:
                top.add(words)
        elif text:
            top.add(text)

    def start(self, name: str, kind: Kind, attributes: str = "") -> None:
        """Begin an element."""
        if kind == "block" or kind == "break":
            self._separate(kind)
        elif kind in ("script", "tex", "math") and len(self._open) < _DEEPEST:
            self._open.append(_Open(name, kind, attributes))

    def end(self, name: str, kind: Kind) -> None:
        """End an element, and those that are still open inside it."""
        if kind == "block":
            self._separate(kind)
        elif kind == "cell":
            self.text(" ")
        elif any(each.name == name for each in self._open):
            while self._close() != name:
                pass

    def result(self) -> str:
        """Return the text, blocks separated by blank lines."""
        while len(self._open) > 1:
            self._close()
        return "".join(self._open[0].parts)

    @property
    def is_in_tex(self) -> bool:
        """Return whether what follows is the source of a formula, up to the element's end."""
        return self._open[-1].kind == "tex"

    def _separate(self, kind: Kind) -> None:
        """Begin a new line or paragraph, which no formula or raised text runs across."""
        if kind == "break" and len(self._open) > 1:
            self.text(" ")
            return
        while len(self._open) > 1:
            self._close()
        self._open[0].add("\n" if kind == "break" else "\n\n")

    def _close(self) -> str:
        """End the innermost element, its text going to the one around it; return its name."""
        closed, around = self._open.pop(), self._open[-1]
        if closed.kind == "math":
            text = mathml_text(closed.name, closed.parts, closed.attributes)
            if closed.name == "math" and around.kind != "math":
                self._add_formula(around, text.strip(), is_tex=False)
                return closed.name
        elif closed.kind == "tex":
            self._add_formula(around, tex_text("".join(closed.parts)), is_tex=True)
            return closed.name
        else:
            way = raised if closed.name == "sup" else lowered
            text = way(around.tail, "".join(closed.parts), False)
        around.add(text)
        return closed.name

    def _add_formula(self, around: _Open, text: str, *, is_tex: bool) -> None:
        """Add a formula; of the same one in MathML and in TeX, side by side, keep MathML's."""
        if around.formula is not None and text:
            place, was_tex = around.formula
            if was_tex != is_tex and not "".join(around.parts[place + 1 :]).strip():
                if was_tex:
                    around.parts[place] = text
                around.formula = None
                return
        if text:
            around.formula = len(around.parts), is_tex
            around.add(text)
