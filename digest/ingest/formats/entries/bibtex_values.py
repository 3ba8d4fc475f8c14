"""Values of BibTeX, like `nov # "~19"`: pieces joined by `#`, macros among them; LaTeX as text."""

import re
from collections.abc import Iterator

from digest.matching.text.readable import readable

from ..records import BadDump
from ..text.markup import plain_text
from ..validation import LONGEST_ABSTRACT, one_line
from .library_entry import spoken_name

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
# A journal's name or a publisher's; one that is longer is no name.
_LONGEST_MACRO = 2_000
_LONGEST_VALUE = 200_000
# What all macros of a file may come to: its own length again, and this.
_SPARE = 200_000
_BARE = re.compile(r"\s*(?P<word>[^\s{}\"#,=]+)\s*")
_SIGN = re.compile(r'\\.|[{}"]', re.DOTALL)
_AND = re.compile(" and(?= )", re.IGNORECASE)
_AND_OTHERS = re.compile(r"\sand\s+others\s*\Z", re.IGNORECASE)
# No abstract has as many tags left, once mark-up is text.
_MOST_TAGS = 200
_MARKED = re.compile(r"[\\{}~$`'<&-]")
_DASHES = re.compile(r"---?")
_MANY_BRACES = re.compile(r"\{{3,}|\}{3,}")
_ESCAPED = re.compile(r"\\([&%$#_])")
_ACCENT_AND_LETTER = re.compile(r"\\([Hcuvbdkrt]) +([A-Za-z])")
_NUMBER_OF_NAMESAKE = re.compile(r" 0\d{3}$")  # DBLP: “Ada Lamp 0002”
_ADS_MACRO = re.compile(r"\\([A-Za-z]+)")
# https://ui.adsabs.harvard.edu/help/actions/journal-macros, the most frequent ones.
_ADS_JOURNALS = {
    "aap": "Astronomy and Astrophysics",
    "aj": "The Astronomical Journal",
    "apj": "The Astrophysical Journal",
    "apjl": "The Astrophysical Journal Letters",
    "apjs": "The Astrophysical Journal Supplement Series",
    "araa": "Annual Review of Astronomy and Astrophysics",
    "icarus": "Icarus",
    "jcap": "Journal of Cosmology and Astroparticle Physics",
    "mnras": "Monthly Notices of the Royal Astronomical Society",
    "nat": "Nature",
    "pasp": "Publications of the Astronomical Society of the Pacific",
    "prd": "Physical Review D",
    "prl": "Physical Review Letters",
}
_PARAGRAPH = re.compile(r"\n[ \t]*\n|\\par\b")


class BrokenValue(ValueError):
    """A value cannot be put together; the message says why, as a reason to skip its entry."""


class Macros:
    """The macros (@string) of a file of that many characters, by name, expanded as defined.

    What they expand to in the whole file is limited to its own length and 200,000 characters.
    """

    def __init__(self, length: int) -> None:
        self._texts: dict[str, str | None] = {month: month for month in _MONTHS}
        self._left = length + _SPARE

    def define(self, name: str, raw: str) -> None:
        """Define a macro; one that is broken or too long breaks the values that use it."""
        try:
            text: str | None = self.value(raw, name)
        except BrokenValue:
            text = None
        is_good = text is not None and len(text) <= _LONGEST_MACRO
        self._texts[name.strip().lower()] = text if is_good else None

    def value(self, raw: str, field: str) -> str:
        """Return the text of a value, its delimiters left out.

        Raises BrokenValue if it is broken, BadDump if macros expand to too much.
        """
        return "".join(self._pieces(raw, field))

    def _pieces(self, raw: str, field: str) -> Iterator[str]:
        at, length = 0, 0
        while True:
            piece, at, is_macro = self._piece(raw, at, field)
            length += len(piece)
            self._left -= len(piece) if is_macro else 0
            if self._left < 0:
                raise BadDump(
                    "Its macros (@string) expand to far more than the file itself. Export it "
                    "again without macros."
                )
            if length > _LONGEST_VALUE:
                raise BrokenValue(f"its {field} would be too long")
            yield piece
            if at == len(raw):
                return
            if raw[at] != "#":
                raise BrokenValue(f"its {field} is broken: a comma or a brace may be missing")
            at += 1

    def _piece(self, raw: str, at: int, field: str) -> tuple[str, int, bool]:
        """Return the piece at that place, the place after it, and whether it is a macro."""
        while at < len(raw) and raw[at].isspace():
            at += 1
        if at < len(raw) and raw[at] in '{"':
            end = _end(raw, at)
            if end < 0:
                raise BrokenValue(f"its {field} is broken: a comma or a brace may be missing")
            text, after, is_macro = raw[at + 1 : end], end + 1, False
        elif word := _BARE.match(raw, at):
            known = self._texts.get(word["word"].lower(), word["word"])
            if known is None:
                raise BrokenValue(f"its {field} uses a macro (@string) that is broken or too long")
            text, after, is_macro = known, word.end(), True
        else:
            text, after, is_macro = "", at, False
        while after < len(raw) and raw[after].isspace():
            after += 1
        return text, after, is_macro


def _end(raw: str, at: int) -> int:
    """Return the place of the brace or quotation mark that ends what begins there; -1 if none
    does.
    """
    is_quoted, depth = raw[at] == '"', 0
    for sign in _SIGN.finditer(raw, at + 1):
        if sign[0] == "{":
            depth += 1
        elif sign[0] == "}":
            if depth == 0 and not is_quoted:
                return sign.start()
            depth -= 1
        elif sign[0] == '"' and is_quoted and depth <= 0:
            return sign.start()
    return -1


def latex_text(source: str) -> str:
    r"""Return LaTeX as text: `Erd{\H o}s` becomes Erdős, `{A {G}auge}` A Gauge. Paragraphs stay."""
    if not _MARKED.search(source) or len(source) > 2 * LONGEST_ABSTRACT:  # refused as too long
        return source
    return "\n\n".join(map(_paragraph, _PARAGRAPH.split(plain_text(source, is_html=False))))


def _paragraph(source: str) -> str:
    if source.count("<") > _MOST_TAGS:  # for each, readable() looks through the whole text
        return source
    source = source.replace("~", " ") if "$" not in source and "\\~" not in source else source
    source = source.replace("``", "“").replace("''", "”")
    source = _MANY_BRACES.sub("", source)
    if "http" not in source:
        source = _DASHES.sub(lambda match: "–—"[len(match[0]) - 2], source)
    source = _ACCENT_AND_LETTER.sub(r"\\\1{\2}", source)
    text = readable(_ESCAPED.sub(_unescaped, source)).text.strip()
    # Braces only protect capitals, unless they are written as such or belong to an unknown command.
    return text if r"\{" in source or "\\" in text else text.replace("{", "").replace("}", "")


def _unescaped(match: re.Match[str]) -> str:
    return match[0] if match[1] == "$" else match[1]


def journal_of_macro(text: str) -> str:
    r"""Return the journal's name for one of the macros of NASA's ADS (`\mnras`), "" for others."""
    found = _ADS_MACRO.fullmatch(text)
    return _ADS_JOURNALS.get(found[1].lower(), "") if found else text


def split_names(source: str) -> tuple[list[str], bool]:
    """Return the names of an author field in spoken order, and whether it ends in “and others”.

    A name in braces is kept as it is.
    """
    source, others = _AND_OTHERS.subn("", source)
    names = []
    for name in filter(None, map(str.strip, _at_depth_0(one_line(source)))):
        is_whole = name.startswith("{") and _end(name, 0) == len(name) - 1
        text = _NUMBER_OF_NAMESAKE.sub("", latex_text(name[1:-1] if is_whole else name))
        names.append(one_line(text) if is_whole else spoken_name(text))
    return names, bool(others)


def _at_depth_0(source: str) -> Iterator[str]:
    """Yield what stands between each “and” outside of braces."""
    start, depth, at = 0, 0, 0
    for found in _AND.finditer(source):
        part = source[at : found.start()]
        depth += part.count("{") - part.count("}")
        at = found.end()
        if depth <= 0:
            yield source[start : found.start()]
            start, depth = found.end(), 0
    yield source[start:]
