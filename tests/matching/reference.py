"""A second, deliberately slow matcher, written from the keyword rules and sharing no code with
`digest.matching`: it walks the words of a text letter by letter, with no index at all.

Only the list of irregular plurals is read from the program, as data.
"""

import re
import unicodedata
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

import digest

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
    rf"|{_LETTER}+(?:(?<=[0-9])\.(?=[0-9]){_LETTER}+)*"
)


class Word(NamedTuple):
    """A word as written, its singular, and whether a hyphen ties it to the next."""

    raw: str
    singular: str
    shouted: str | None
    tied: bool
    gap: str


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
    text = text.translate({ord("ø"): "o", ord("Ø"): "O", ord("ł"): "l", ord("ß"): "ss"})
    apart = unicodedata.normalize("NFKD", text)
    kept = (c for c in apart if not 0x300 <= ord(c) <= 0x36F and unicodedata.category(c) != "Cf")
    return unicodedata.normalize("NFC", "".join(kept)).replace("∗", "*")


def singular(word: str) -> str:
    """Rule 3: plurals fold."""
    low = word.lower()
    if not low.endswith("s") or word.endswith("S"):
        return low
    if low in _IRREGULAR:
        return _IRREGULAR[low]
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
    return "".join(_GREEK.get(c.lower(), c) for c in word)


def words(text: str) -> list[Word]:
    """The words of a text, with what ties them together."""
    shown = clean(text)
    found = list(_WORD.finditer(shown))
    result: list[Word] = []
    ends: list[int] = []
    kept: list[tuple[str, int]] = []
    for match in found:
        if ends and match[0] == "s" and shown[ends[-1] : match.start()] == "'":
            ends[-1] = match.end()  # the possessive belongs to its word
            continue
        kept.append((match[0], match.start()))
        ends.append(match.end())
    for at, (surface, _) in enumerate(kept):
        gap = shown[ends[at] : kept[at + 1][1]] if at + 1 < len(kept) else " "
        tied = gap == "" or (len(gap) == 1 and gap in HYPHENS)
        if gap == "." and _small(surface) and _small(kept[at + 1][0]):
            tied = False  # i.e., e.g.
        surface = surface.replace(",", "") if surface[0].isdigit() else surface
        result.append(_word(spelled(surface), tied, re.sub(r"\s+", " ", gap)))
    return result


def _small(word: str) -> bool:
    return re.fullmatch("[a-z]", word) is not None


def _word(surface: str, tied: bool, gap: str) -> Word:
    shouted = None
    if surface.isupper() and surface.endswith("S") and surface.lower() not in _IRREGULAR:
        folded = regular(surface.lower())
        shouted = folded if folded != surface.lower() else None
    return Word(surface.lower(), singular(surface), shouted, tied, gap)


def has_phrase(text: list[Word], typed: str) -> bool:
    """Rule 2: the words of the phrase in a row. Words tied by hyphens may be read as one, words of
    the phrase may be written as one."""
    spellings = _typed_spellings(typed)
    first = {form for _, form in spellings[0]}
    return any(
        _reads_on(text, at, spellings, 0)
        for at, word in enumerate(text)
        if word.tied or word.shouted or word.singular in first
    )


@cache
def _typed_spellings(typed: str) -> list[list[tuple[int, str]]]:
    """For each word of a phrase, how it may be written: alone, or together with those after."""
    parts = _typed_words(typed)
    return [list(_spellings(parts, done)) for done in range(len(parts))]


def _reads_on(text: list[Word], at: int, spellings: list[list[tuple[int, str]]], done: int) -> bool:
    if done == len(spellings):
        return True
    return any(
        _reads_on(text, end, spellings, part_end)
        for end, forms in _readings(text, at)
        for part_end, form in spellings[done]
        if form in forms
    )


def _readings(text: list[Word], at: int) -> Iterator[tuple[int, set[str | None]]]:
    """The word at `at` and the longer words it is the start of; where each ends."""
    if at < len(text):
        yield at + 1, {text[at].singular, text[at].shouted}
    for end in range(at + 2, min(at + 5, len(text)) + 1):
        if not text[end - 2].tied:
            break
        yield end, {singular("".join(word.singular for word in text[at:end]))}


def _spellings(parts: list[Word], done: int) -> Iterator[tuple[int, str]]:
    """The next word of the phrase, alone and written together with those that follow."""
    yield done + 1, parts[done].singular
    for end in range(done + 2, len(parts) + 1):
        if parts[end - 2].gap == " " and _ALOOF & {
            parts[end - 2].singular,
            parts[end - 1].singular,
        }:
            break
        yield end, singular("".join(part.singular for part in parts[done:end]))


_ALOOF = {"a", "an", "the", "is"}


def has_beginning(text: list[Word], start: str) -> bool:
    """Rule 5: a word, hyphens left out, that begins so."""
    for at in range(len(text)):
        written = ""
        for word in text[at : at + 5]:
            written += word.raw
            if written.startswith(start):
                return True
            if not word.tied:
                break
    return False


def has_exact(text: list[Word], typed: str) -> bool:
    """Rule 5: these words with this between them."""
    wanted = _typed_words(typed)
    for at in range(len(text) - len(wanted) + 1):
        here = text[at : at + len(wanted)]
        if all(a.raw == b.raw for a, b in zip(here, wanted, strict=True)) and all(
            a.gap == b.gap for a, b in zip(here[:-1], wanted[:-1], strict=True)
        ):
            return True
    return False


@cache
def _typed_words(typed: str) -> list[Word]:
    return words(typed)


Spec = tuple[str, object]
_TESTS: dict[str, Callable[[list[Word], str], bool]] = {
    "phrase": has_phrase,
    "beginning": has_beginning,
    "exact": has_exact,
}


def matches(spec: Spec, title: list[Word], abstract: list[Word]) -> bool:
    """Whether a paper matches ("and" | "or", [specs]), ("not", spec), ("title", spec) or
    ("phrase" | "exact" | "beginning", text)."""
    kind, what = spec
    if kind == "title":
        return matches(what, title, [])  # type: ignore[arg-type]
    if kind == "not":
        return not matches(what, title, abstract)  # type: ignore[arg-type]
    if kind in ("and", "or"):
        each = (matches(part, title, abstract) for part in what)  # type: ignore[attr-defined]
        return all(each) if kind == "and" else any(each)
    test = _TESTS[kind]
    return test(title, str(what)) or test(abstract, str(what))


def render(spec: Spec) -> str:
    """The keyword as a person would type it."""
    kind, what = spec
    match kind:
        case "phrase":
            return str(what)
        case "exact":
            return f'"{what}"'
        case "beginning":
            return f"{what}*"
        case "title":
            return f"title:({render(what)})"  # type: ignore[arg-type]
        case "not":
            return f"NOT ({render(what)})"  # type: ignore[arg-type]
        case _:
            return f" {kind.upper()} ".join(f"({render(part)})" for part in _parts(what))


def _parts(what: object) -> Iterator[Spec]:
    yield from what  # type: ignore[misc]
