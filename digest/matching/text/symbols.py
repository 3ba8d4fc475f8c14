"""Tables of what characters and LaTeX commands show when mark-up is resolved."""

import re
import unicodedata
from functools import lru_cache

from pylatexenc.latex2text import get_default_latex_context_db

# Commands that only format the group that follows them.
DRESSING = frozenset({
    "text", "textbf", "textit", "textsc", "texttt", "textrm", "textsf", "textup", "textmd",
    "textnormal", "textsl", "emph", "mbox", "hbox", "mathrm", "mathbf", "mathbb", "mathcal",
    "mathfrak", "mathsf", "mathit", "mathtt", "mathscr", "boldsymbol", "bm", "pmb",
    "operatorname", "underline", "overline", "hat", "widehat", "tilde", "widetilde", "bar",
    "vec", "dot", "ddot", "breve", "check", "sqrt", "frac", "tfrac", "dfrac", "binom",
    "textsuperscript", "textsubscript", "ensuremath", "url", "path", "uppercase", "lowercase",
    "mathop", "mathbin", "mathrel", "mathord", "boxed",
})  # fmt: skip
# Commands that show nothing themselves.
SILENT = frozenset({
    "em", "it", "bf", "tt", "sc", "rm", "sf", "sl", "bfseries", "itshape", "scshape",
    "ttfamily", "rmfamily", "sffamily", "displaystyle", "textstyle", "scriptstyle", "left",
    "right", "big", "Big", "bigg", "Bigg", "bigl", "bigr", "Bigl", "Bigr", "limits", "nolimits",
    "allowbreak", "nobreak", "noindent", "small", "footnotesize", "large", "Large", "protect",
    "relax",
})  # fmt: skip
# Letters written as commands; TeX drops the space after them.
LETTERS = {
    "oe": "oe", "OE": "OE", "ae": "ae", "AE": "AE", "aa": "a", "AA": "A", "o": "ø", "O": "Ø",
    "ss": "ss", "l": "l", "L": "L", "i": "i", "j": "j", "dh": "d", "DH": "D", "th": "th",
    "TH": "Th", "dj": "d", "DJ": "D", "ng": "n", "NG": "N",
}  # fmt: skip
_SPECIAL = {
    "ł": "l", "Ł": "L", "đ": "d", "Đ": "D", "ħ": "h", "Ħ": "H",
    "æ": "ae", "Æ": "AE", "œ": "oe", "Œ": "OE", "ß": "ss", "ẞ": "SS", "ı": "i", "ȷ": "j",
    "þ": "th", "Þ": "Th", "ð": "d", "Ð": "D", "ŋ": "n", "Ŋ": "N", "ς": "σ",
    "‐": "-", "‑": "-", "‒": "-", "–": "-", "−": "-", "﹣": "-", "－": "-",
    "‘": "'", "’": "'", "‛": "'", "ʼ": "'", "ʹ": "'", "′": "'", "＇": "'", "´": "'", "׳": "'",
    "“": '"', "”": '"', "„": '"', "«": '"',
    "»": '"', "″": '"', "∗": "*", "⋆": "*", "⁄": "/", "∕": "/", "∣": "|", "¨": " ",
    "״": '"', "־": "-",
    "™": " ", "®": " ", "©": " ", "℠": " ", "\u180e": "",
    # Arabic: letters that are written for one another, and the line that stretches a word.
    "ٱ": "ا", "ى": "ي", "ی": "ي", "ة": "ه", "ۃ": "ه", "ہ": "ه", "ە": "ه", "ک": "ك",
    "ـ": "",
}  # fmt: skip
# Letters that are also written with an e behind the plain letter: Müller, Mueller.
UMLAUTS = {"ä": "a", "ö": "o", "ü": "u", "ø": "o", "Ä": "A", "Ö": "O", "Ü": "U", "Ø": "O"}
PLAIN = str.maketrans(UMLAUTS)
WITH_E = str.maketrans({umlaut: f"{letter}e" for umlaut, letter in UMLAUTS.items()})
_VOWEL_MARKS = re.compile(
    "[\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7"  # Hebrew
    "\u0610-\u061a\u064b-\u065f\u0670\u06d6-\u06dc\u06df-\u06e4\u06e7\u06e8\u06ea-\u06ed"
    "\u08d3-\u08e1\u08e3-\u08ff]"  # Arabic, with the hamza of letters that carry one
)


def _latex_symbols() -> dict[str, str]:
    """Command name -> what it shows, for the commands that show a fixed short text."""
    database = get_default_latex_context_db()
    found: dict[str, str] = {}
    for category in ("latex-base", "advanced-symbols"):
        for name, spec in database.d[category]["macros"].items():
            shown = spec.simplify_repl
            if isinstance(shown, str) and shown and "%" not in shown and name.isalpha():
                found.setdefault(name, shown)
    return found


SYMBOLS = _latex_symbols()


def _is_accent(char: str) -> bool:
    """Marks of Latin, Greek and Cyrillic, and the vowel marks of Hebrew and Arabic; those of other
    scripts belong to their words."""
    return "\u0300" <= char <= "\u036f" or _VOWEL_MARKS.match(char) is not None


@lru_cache(maxsize=65536)
def base_form(cluster: str) -> str:
    """A character with its combining marks as it is matched: without accent, ligature or width.
    Letters of `UMLAUTS` stay as they are: two spellings are read from them.

    "" for invisible characters, " " for controls and spaces.
    """
    if (known := _SPECIAL.get(cluster)) is not None:
        return known
    return "".join(map(_plain_char, unicodedata.normalize("NFKC", cluster)))


def _plain_char(char: str) -> str:
    if (known := _SPECIAL.get(char)) is not None:
        return known
    if char in UMLAUTS:
        return char
    category = unicodedata.category(char)
    if category in ("Cf", "Co", "Cs", "Cn") or "\ufe00" <= char <= "\ufe0f":
        return ""
    if category in ("Cc", "Zs", "Zl", "Zp"):
        return " "
    parts = unicodedata.normalize("NFKD", char)
    base = unicodedata.normalize("NFC", "".join(c for c in parts if not _is_accent(c)))
    return "".join(_SPECIAL.get(c, c) for c in base) if base != char else base


def _greek_names() -> dict[str, str]:
    """Greek letter -> its name, such as ε -> epsilon; capitals included, and ∞."""
    names: dict[str, str] = {}
    for code in (*range(0x391, 0x3AA), *range(0x3B1, 0x3CA)):
        if name := unicodedata.name(chr(code), ""):
            word = name.split("LETTER ")[1].removeprefix("FINAL ").lower()
            names[chr(code)] = "lambda" if word == "lamda" else word
    return names | {"∞": "infinity"}


GREEK = _greek_names()
