r"""References as BibTeX, in UTF-8, for BibTeX, BibLaTeX and reference managers.

A value stands in braces, which have to match, and braces behind a backslash count too
(https://mirrors.ctan.org/biblio/bibtex/base/btxdoc.pdf): those without a partner are left out.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator

from . import Reference, line

CONTENT_TYPE = "application/x-bibtex"
_ESCAPED = str.maketrans(
    {
        **{sign: f"\\{sign}" for sign in "&%$#_{}"},
        "\\": "\\textbackslash{}",
        "~": "\\textasciitilde{}",
        "^": "\\textasciicircum{}",
    }
)
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_NOT_IN_ADDRESS = re.compile(r"[\\{}^~\s]")
_WORD = re.compile(r"[A-Za-z]{2,}")
_NO_TITLE_WORDS = frozenset({"an", "and", "for", "from", "in", "of", "on", "the", "to", "with"})


def write(references: Iterable[Reference]) -> str:
    """Return the file: one entry a reference, each with a key of its own."""
    keys: dict[str, int] = {}
    return "\n".join(_entry(each, _own_key(each, keys)) for each in references)


def citation_key(reference: Reference) -> str:
    """Return the key of a reference, like lamp2026gauges: ASCII letters and digits."""
    words = (word for word in _ascii_words(reference.title) if word not in _NO_TITLE_WORDS)
    names = _ascii_words(reference.authors[0]) if reference.authors else []
    year = str(reference.published_on.year) if reference.published_on else ""
    return f"{names[-1] if names else ''}{year}{next(words, '')}" or "paper"


def _own_key(reference: Reference, keys: dict[str, int]) -> str:
    """Return a key like lamp2026gauges; the second of that name is lamp2026gauges-2."""
    key = citation_key(reference)
    keys[key] = keys.get(key, 0) + 1
    return key if keys[key] == 1 else f"{key}-{keys[key]}"


def _ascii_words(text: str) -> list[str]:
    folded = unicodedata.normalize("NFKD", line(text[:300])).encode("ascii", "ignore").decode()
    return [word.lower() for word in _WORD.findall(folded)]


def _entry(reference: Reference, key: str) -> str:
    kind = "article" if reference.journal else "misc"
    fields = ",\n".join(f"  {name} = {value}" for name, value in _fields(reference) if value)
    return f"@{kind}{{{key},\n{fields}\n}}\n"


def _fields(reference: Reference) -> Iterator[tuple[str, str]]:
    yield "title", _title(reference.title)
    yield "author", _authors(reference)
    yield "journal", _braced(_escaped(reference.journal))
    yield from _date(reference)
    yield "doi", _braced(_address(reference.doi))
    if reference.arxiv_id:
        yield "eprint", _braced(_address(reference.arxiv_id))
        yield "archiveprefix", "{arXiv}"
        yield (
            "primaryclass",
            _braced(_address(reference.categories[0])) if _is_new(reference) else "",
        )
    yield "url", _braced(_address(reference.url))
    yield "keywords", _braced(_escaped(", ".join(map(_keyword, reference.keywords))))
    yield "abstract", _braced(_escaped(reference.abstract))


def _is_new(reference: Reference) -> bool:
    """Whether the id has no archive in it (math/0309136), so that the category says more."""
    return bool(reference.categories) and "/" not in reference.arxiv_id


def _title(title: str) -> str:
    """Return the title in double braces, which keep its capitals."""
    text = _escaped(title)
    return _braced(text if "\\" in text else f"{{{text}}}")


def _authors(reference: Reference) -> str:
    names = [name for name in map(_name, reference.authors) if name]
    if names and reference.author_count > len(reference.authors):
        names.append("others")
    return _braced(" and ".join(names))


def _name(name: str) -> str:
    """Return a name, in braces if it has a comma or an “and”, which would split it."""
    text = _escaped(name)
    parted = "," in text or " and " in f" {text.lower()} " or text.lower() == "others"
    return f"{{{text}}}" if parted else text


def _date(reference: Reference) -> Iterator[tuple[str, str]]:
    day = reference.published_on
    if day is None:
        return
    yield "year", f"{{{day.year}}}"
    if reference.published_precision in ("day", "month"):
        yield "month", _MONTHS[day.month - 1]
    if reference.published_precision == "day":
        yield "day", f"{{{day.day}}}"


def _keyword(keyword: str) -> str:
    """Return a keyword without what separates keywords."""
    return " ".join(re.split("[,;]+", keyword))


def _braced(value: str) -> str:
    return f"{{{value}}}" if value else ""


def _escaped(text: str) -> str:
    return _matched(line(text)).translate(_ESCAPED)


def _matched(text: str) -> str:
    """Return the text without braces that have no partner."""
    if "{" not in text and "}" not in text:
        return text
    alone, opened = set(), []
    for place, sign in enumerate(text):
        if sign == "{":
            opened.append(place)
        elif sign == "}":
            alone |= set() if opened else {place}
            del opened[-1:]
    alone.update(opened)
    return "".join(sign for place, sign in enumerate(text) if place not in alone)


def _address(text: str) -> str:
    """Return an address or an id, in which BibLaTeX reads no commands, with what would end the
    value percent-encoded."""
    return _NOT_IN_ADDRESS.sub(
        lambda sign: "".join(f"%{byte:02X}" for byte in sign[0].encode()), text
    )
