"""Formulas as one readable line: MathML's elements, raised and lowered text, TeX in JATS.

Lowered text joins its base (RuO2, CO2), raised text too (Ca2+, CD4+) unless digits would read as
others: 10^5, x^2, s^-1. These are also the forms that keywords are written in, and `readable` shows
them as ¹⁵ and the like. Nothing but the letters of the formula comes out, and signs like / √ ^ ( ).
"""

import re
from collections.abc import Callable, Sequence

# https://www.w3.org/TR/MathML3/appendixi.html; those of Content MathML are read as a row.
_NAMES = """
    math maction maligngroup malignmark menclose merror mfenced mfrac mglyph mi mlabeledtr
    mmultiscripts mn mo mover mpadded mphantom mprescripts mroot mrow ms mspace msqrt mstyle msub
    msubsup msup mtable mtd mtext mtr munder munderover none semantics annotation annotation-xml
    apply ci cn csymbol
"""
MATHML = frozenset(_NAMES.split())
_UNSEEN = frozenset({"annotation", "annotation-xml", "mphantom"})
# Function application, invisible times, separator and plus.
_UNWRITTEN = re.compile("[\u2061-\u2064]")
_RELATIONS = frozenset("=<>≤≥≠≈≃≅≡∼~→←↔⇒⇔∈∝≪≫±×")
# A charge, primes, daggers, ordinals: they are written on the line anyway.
_ON_THE_LINE = re.compile(r"\d*[+\-−–]+|[^\w\s]+|st|nd|rd|th")
_SIGNED = re.compile(r"[+\-−–]\d+(?:\.\d+)?")
_SIMPLE = re.compile(r"[+\-−–]?[\w.]+")
_SCRIPT_AT_END = re.compile(r"[\^_][+\-−–]?[^\W_]+\Z")
_BASE = re.compile(r"([^\W\d_]*|\d+|[)\]])\Z")
_SETTING = re.compile(r"""\b(open|close|separators)\s*=\s*(?:"([^"]*)"|'([^']*)')""")
_TEX_BODY = re.compile(r"\\begin\s*\{document\}(.*?)(?:\\end\s*\{document\}|\Z)", re.DOTALL)
_TEX_FENCES = (("$$", "$$"), ("\\[", "\\]"), ("\\(", "\\)"), ("$", "$"))
_LOOKED_BACK = 40
# Stands for the element `mprescripts`; as an invisible sign it is not written.
_PRESCRIPTS = "\u2063\u2061\u2063"
_Way = Callable[[str, str, bool], str]


def raised(base: str, script: str, in_formula: bool = False) -> str:
    """Return what to write behind `base`, the text before, for the superscript `script`."""
    script = script.strip()
    if not script or _ON_THE_LINE.fullmatch(script):
        return script
    found = _BASE.search(base[-_LOOKED_BACK:])
    own = found[1] if found else ""
    if not own and not (in_formula and base.strip()):  # the mass number of what follows
        return script
    is_word = own.isalpha() and len(own) > 1
    is_power = (script[0].isdigit() and not is_word) or _SIGNED.fullmatch(script)
    is_index = len(script) == 1 and (len(own) == 1 or own.isdigit())
    return f"^{_grouped(script)}" if in_formula or is_power or is_index else script


def lowered(base: str, script: str, in_formula: bool = False) -> str:
    """Return what to write behind `base` for the subscript `script`."""
    script = script.strip()
    if not script:
        return ""
    is_single = len(base.strip()) == 1
    if in_formula and is_single and not _SIMPLE.fullmatch(script):
        return f"_{_grouped(script)}"
    return f"_{script}" if base[-1:].isdigit() and script[0].isdigit() else script


def mathml_text(name: str, parts: Sequence[str], attributes: str = "") -> str:
    """Return the text of a MathML element of that name, whose children have the texts `parts`."""
    if name in _UNSEEN:
        return ""
    if layout := _LAYOUTS.get(name):
        return layout(parts)
    if name == "mfenced":
        return _fenced(parts, attributes)
    return " " if name == "mspace" else _row(parts)


def tex_text(source: str) -> str:
    """Return the formula of a `tex-math` element between dollar signs, without its preamble."""
    if found := _TEX_BODY.search(source):
        source = found[1]
    source = " ".join(source.split())
    for begin, end in _TEX_FENCES:
        if source.startswith(begin) and source.endswith(end) and len(source) > len(begin + end):
            source = source[len(begin) : -len(end)].strip()
    return f"${source}$" if source.strip("$ ") else ""


def _grouped(script: str) -> str:
    return script if _SIMPLE.fullmatch(script) else f"{{{script}}}"


def _row(parts: Sequence[str]) -> str:
    """Return the parts on one line, apart where they would grow together, and around relations."""
    out: list[str] = []
    last = ""
    for part in parts:
        text = _UNWRITTEN.sub("", part)
        if not text:
            continue
        if text in _RELATIONS:
            text = f" {text} "
        elif last and _grow_together(last, text):
            text = f" {text}"
        out.append(text)
        last = text
    return re.sub(" {2,}", " ", "".join(out))


def _grow_together(last: str, text: str) -> bool:
    """Return whether a word would join its neighbour, or what follows a script would join it."""
    are_letters = last[-1].isalpha() and text[0].isalpha()
    if are_letters and any(len(each) > 1 and each.isalpha() for each in (last, text)):
        return True
    return text[0].isalnum() and _SCRIPT_AT_END.search(last[-_LOOKED_BACK:]) is not None


def _in_brackets(text: str) -> str:
    return text if _SIMPLE.fullmatch(text) else f"({text})"


def _fraction(parts: Sequence[str]) -> str:
    return "/".join(_in_brackets(part.strip()) for part in parts)


def _root(parts: Sequence[str]) -> str:
    return f"√{_in_brackets(_row(parts).strip())}"


def _indexed_root(parts: Sequence[str]) -> str:
    if len(parts) != 2:
        return _root(parts)
    return f"{_in_brackets(parts[0])}^{{1/{parts[1]}}}"


def _sub(parts: Sequence[str]) -> str:
    return _scripts(parts, (lowered,))


def _sup(parts: Sequence[str]) -> str:
    return _scripts(parts, (raised,))


def _sub_sup(parts: Sequence[str]) -> str:
    return _scripts(parts, (lowered, raised))


def _over(parts: Sequence[str]) -> str:
    """Return the base without an accent, which no keyword has, but with a limit above it."""
    return _limits(parts[0], "", *parts[1:]) if parts else ""


def _under(parts: Sequence[str]) -> str:
    return _limits(*parts) if parts else ""


def _limits(base: str, below: str = "", above: str = "", *others: str) -> str:
    if _has_letters(below):
        base = f"{base}_{_grouped(below)}"
    if _has_letters(above):
        base = f"{base}^{_grouped(above)}"
    return _row([base, *others])


def _has_letters(mark: str) -> bool:
    return any(map(str.isalnum, mark))


def _scripts(parts: Sequence[str], ways: Sequence[_Way]) -> str:
    """Return the base with its scripts; parts beyond them follow as they are."""
    if not parts:
        return ""
    base, *scripts = parts
    out = base
    for way, script in zip(ways, scripts, strict=False):
        out += way(base, script, True)
    return _row([out, *scripts[len(ways) :]])


def _multiscripts(parts: Sequence[str]) -> str:
    """Return the base, what stands before it and behind it; `mprescripts` parts them."""
    if not parts:
        return ""
    base, *scripts = parts
    at = scripts.index(_PRESCRIPTS) if _PRESCRIPTS in scripts else len(scripts)
    before, behind = scripts[at + 1 :], scripts[:at]
    out = base
    for place, script in enumerate(behind):
        way = raised if place % 2 else lowered
        out += way(base, script, True)
    return "".join(before) + out


def _table(parts: Sequence[str]) -> str:
    return "; ".join(filter(None, map(str.strip, parts)))


def _table_row(parts: Sequence[str]) -> str:
    return ", ".join(filter(None, map(str.strip, parts)))


def _fenced(parts: Sequence[str], attributes: str) -> str:
    found = {name: one or other for name, one, other in _SETTING.findall(attributes)}
    separator = (found.get("separators", ",").strip() or " ")[:1]
    return f"{found.get('open', '(')}{separator.join(parts)}{found.get('close', ')')}"


_LAYOUTS: dict[str, Callable[[Sequence[str]], str]] = {
    "mfrac": _fraction,
    "msqrt": _root,
    "mroot": _indexed_root,
    "msub": _sub,
    "msup": _sup,
    "msubsup": _sub_sup,
    "munder": _under,
    "mover": _over,
    "munderover": _under,
    "mmultiscripts": _multiscripts,
    "mprescripts": lambda _: _PRESCRIPTS,
    "mtable": _table,
    "mtr": _table_row,
    "mlabeledtr": _table_row,
}
