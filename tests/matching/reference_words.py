"""How the reference matcher reads a text: its words, letter by letter, by the rules of the README.

Only the list of irregular plurals is read from the program, as data.
"""

import re
import unicodedata
from pathlib import Path
from typing import NamedTuple

import digest

WITH_E = {"ä": "ae", "ö": "oe", "ü": "ue", "ø": "oe"}
HYPHENS = "-/_'&@|+.×"
_IRREGULAR = {
    line.split()[0]: line.split()[-1]
    for line in (Path(digest.__file__).parent / "matching/text/plurals.txt")
    .read_text(encoding="utf-8")
    .splitlines()
    if line.strip() and not line.startswith("#")
}
_GREEK = {
    "α": "alpha", "β": "beta", "γ": "gamma", "δ": "delta", "ε": "epsilon", "ζ": "zeta",
    "η": "eta", "θ": "theta", "ι": "iota", "κ": "kappa", "λ": "lambda", "μ": "mu", "ν": "nu",
    "ξ": "xi", "ο": "omicron", "π": "pi", "ρ": "rho", "σ": "sigma", "τ": "tau", "υ": "upsilon",
    "φ": "phi", "χ": "chi", "ψ": "psi", "ω": "omega",
}  # fmt: skip
_LETTER = r"[^\W_]"
_WORD = re.compile(
    rf"(?<!{_LETTER})[A-Za-z]\+\+|(?<!{_LETTER})[A-Za-z]#(?![A-Za-z])"
    rf"|(?<!{_LETTER})[A-Za-z0-9]{{1,2}}\*(?![\w*])"
    r"|(?<![\w.)\]])\.(?:NET|Net|net)(?!\w)"
    rf"|(?<!{_LETTER})[0-9]{{1,3}}(?:,[0-9]{{3}})+(?![0-9])"
    rf"|∞|{_LETTER}+(?:(?<=[0-9])\.(?=[0-9]){_LETTER}+)*"
)


class Word(NamedTuple):
    """A word as written, its singular, and whether a hyphen ties it to the next; an umlaut spelled
    with an e in `with_e`."""

    raw: str
    singular: str
    shouted: str | None
    tied: bool
    gap: str
    with_e: str
    surface: str


def clean(text: str) -> str:
    """LaTeX, accents and odd characters away: what the rules call ignored, for the mark-up that
    real abstracts hold."""
    text = re.sub(r"\\(['\"`^~=.])\{?\\?([A-Za-z])\}?", r"\2", text)
    text = re.sub(r"\\([%&$_#{}])", r"\1", text)
    text = re.sub(r"\\(?:it|em|bf|tt|sc|allowbreak)(?![A-Za-z]) ?", "", text)
    dressing = r"\\(?:textbf|textit|emph|textsc|texttt|textsuperscript|mathbf|mathcal|url)"
    text = re.sub(dressing + r"(?![A-Za-z])", "", text)
    text = re.sub(r"(?<=\S)\^(?=[^\W_]|[{*\\])", "", text)
    # Before the braces go: {\Delta}G is one word.
    text = text.replace("\\times", "×").replace("\\Delta", "Δ").replace("\\Theta", "Θ")
    text = re.sub(r"\{(\w{0,20})\}", r"\1", text)
    text = text.replace("\\sigma", "σ").replace("\\textemdash", "—").replace("\\pm", "±")
    text = re.sub("[‐‑‒–−]", "-", text).replace("’", "'").replace("‘", "'")
    text = text.translate({ord("ł"): "l", ord("ß"): "ss", ord("ٱ"): "ا", ord("ى"): "ي"})
    apart = unicodedata.normalize("NFKD", text.translate({ord("ة"): "ه", ord("ـ"): ""}))
    apart = re.sub("(?<=[aouAOU])\u0308(?![\u0300-\u036f])", "\ue000", apart)
    kept = (c for c in apart if not _is_dropped(c))
    text = "".join(kept)
    for plain, umlaut in ("aä", "oö", "uü", "AÄ", "OÖ", "UÜ"):
        text = text.replace(f"{plain}\ue000", umlaut)
    return unicodedata.normalize("NFC", text).replace("∗", "*")


def _is_dropped(char: str) -> bool:
    """Accents, the vowel marks of Arabic and Hebrew, invisible characters."""
    if unicodedata.category(char) == "Mn":
        return char <= "\u036f" or unicodedata.name(char).startswith(("ARABIC ", "HEBREW "))
    return unicodedata.category(char) == "Cf"


def singular(word: str) -> str:
    """Rule 3: plurals fold."""
    low = word.lower()
    if word[-1].isupper():
        return low
    if low in _IRREGULAR:
        return _IRREGULAR[low]
    if not low.endswith("s"):
        return low
    stem = word[:-1]
    if len(stem) > 1 and (stem[-1].isupper() or (stem[-1].isdigit() and stem != stem.lower())):
        return low[:-1]
    return regular(low)


def regular(low: str) -> str:
    """Plurals of lower-case words of four letters or more."""
    letters = [c for c in low if c.isalpha()]
    if len(letters) < 4 or low.endswith(("ss", "us", "is", "as", "os")) or not low[-2].isalnum():
        return low
    if low.endswith("ies"):
        return low[:-3] + "y"
    if low.endswith(("sses", "xes", "zzes", "tzes", "ches", "shes")):
        return low[:-2]
    return low[:-1]


def spelled(word: str) -> str:
    """Greek letters by their names, unless the word is Greek."""
    if re.fullmatch(r"[\u0370-\u03ff]{2,}", word):
        return word
    return "".join(_GREEK.get(c.lower(), c) for c in word.replace("∞", "infinity"))


def words(text: str) -> list[Word]:
    """The words of a text, with what ties them together."""
    shown = clean(text)
    found = list(_WORD.finditer(shown))
    result: list[Word] = []
    ends: list[int] = []
    kept: list[tuple[str, int]] = []
    for match in found:
        if (
            ends
            and shown[ends[-1] : match.start()] == "'"
            and _is_possessive(match[0], kept[-1][0])
        ):
            ends[-1] = match.end()  # the possessive belongs to its word
            continue
        kept.append((match[0], match.start()))
        ends.append(match.end())
    for at, (surface, _) in enumerate(kept):
        gap = shown[ends[at] : kept[at + 1][1]] if at + 1 < len(kept) else " "
        tied = gap == "" or (len(gap) == 1 and gap in HYPHENS)
        if at + 1 < len(kept) and gap in ("(", ")", "-)"):
            tied = _is_bracketed(surface, gap, kept[at + 1][0], shown[ends[at + 1] :][:1])
        if gap == "." and _small(surface) and _small(kept[at + 1][0]):
            tied = False  # i.e., e.g.
        surface = surface.replace(",", "") if surface[0].isdigit() else surface
        result.append(_word(spelled(surface), tied, re.sub(r"\s+", " ", gap)))
    return result


def _is_possessive(word: str, before: str) -> bool:
    return word == "s" or (word == "S" and len(before) > 1 and before.isupper())


def _is_bracketed(before: str, gap: str, word: str, after: str) -> bool:
    """Whether a bracket is inside of a word: (de)noising, model(s), SO(3)."""
    if gap != "(":
        return re.match("[a-z]{3}", word) is not None
    if re.search("[a-z]{3}$", before):
        return re.fullmatch("[a-z]{1,3}", word) is not None and after == ")"
    return bool(re.search("[A-Z]{2}$", before) and re.fullmatch("[0-9n]", word) and after == ")")


def _small(word: str) -> bool:
    return re.fullmatch("[a-z]", word) is not None


def _word(written: str, tied: bool, gap: str) -> Word:
    shouted = None
    surface = written.translate(dict(zip(map(ord, "äöüøÄÖÜØ"), "aouoAOUO", strict=True)))
    with_e = re.sub("[äöüøÄÖÜØ]", lambda m: WITH_E[m[0].lower()], written)
    low = surface.lower()
    irregular = _IRREGULAR.get(low)
    if irregular and (len(low) < 6 or irregular == low[:-1]):
        irregular = low
    if surface.isupper() and (low.endswith("s") or irregular):
        folded = irregular or regular(low)
        shouted = folded if folded != low else None
    return Word(low, singular(surface), shouted, tied, gap, singular(with_e), surface)
