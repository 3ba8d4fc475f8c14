"""Lines that cite a paper instead of telling what it says, and what they say of it.

Only lines of at most 400 characters are looked at, but for lists of authors.
"""

import re
from dataclasses import dataclass

from ..identifiers.ids import doi
from ..validation import one_line
from .dates import PublishedOn, published

_LONGEST = 400
_LONGEST_JOURNAL = 255
_FIRST_LABEL = re.compile(
    r"(?:Publication date|Available online|Source|Authors?|Author\(s\)|DOI|Journal|PMID|PMCID|ISSN"
    r"|Published(?: online)?|First published|Pages?|Published in)\s?:",
    re.IGNORECASE,
)
_LABELS = re.compile(r"(Publication date|Source|Author\(s\)|Authors?|DOI|PMID|Journal)\s?:", re.I)
_STATES = (
    r"early ?view|ahead of print|accepted (?:articles?|manuscripts?)|just accepted"
    r"|articles? in press|in press"
    r"|advance (?:articles?|access)|online first|first ?view|forthcoming|latest articles?"
)
_STATE = re.compile(rf"(?:online )?(?:{_STATES})", re.IGNORECASE)
_VOLUME = re.compile(r"(?:volume|vol\.?|issue|number|no\.?|band|heft|part) ?[\w()/–-]{1,20}", re.I)
_PAGES = re.compile(
    r"(?:pages?|pp?\.|article|art\.|id|s\.) ?[\w().–-]{1,30}(?: ?[-–] ?[\w.]{1,15})?"
    r"|e?\d{1,7}(?: ?[-–] ?e?\d{1,7})?",
    re.IGNORECASE,
)
_PUBLISHED = re.compile(
    r"(?:(?P<journal>[^;|]{1,200}?)[,.;:] )?(?:first )?published (?:online|on)\b:? ?"
    r"(?P<date>[^;|]{4,40}?)(?P<rest>\s?[;|.].{0,200})?",
    re.IGNORECASE,
)
_OF_APS = re.compile(r"\[(?P<journal>[^\[\]]{3,100})\] published (?P<date>.{5,40})", re.IGNORECASE)
_OF_PUBMED = re.compile(
    r"(?P<journal>[^.]{2,120})\. (?P<date>(?:19|20)\d\d(?: [A-Z][a-z]{2})?(?: \d{1,2})?)"
    r"(?:;[\w():., -]{1,60}|\.)?(?= doi:|\s|\Z).{0,250}"
)
_DOI_LINE = re.compile(
    r"(?:(?:doi\s?:?\s?)?(?:https?://(?:dx\.)?doi\.org/)?10\.\d{4,9}/\S{1,200}"
    r"|(?:PMID|PMCID)\s?:?\s?\w{1,15})(?:[,.|; ].{0,100})?",
    re.IGNORECASE,
)
_OF_MANY_AUTHORS = ("Author", "Publication date")
_NUMBERS_AT_END = re.compile(r" \d{1,5}, [\w-]{1,15}\Z")
# What journals' names do not have: a beginning of a sentence, or the end of one in the middle.
_SENTENCE = re.compile(
    r"\A(?:we|this|these|here|in this|the present) |\b(?-i:[a-zß-ÿ])\w*[.?!] ", re.I
)
_SMALL_WORDS = frozenset(
    ("a", "an", "and", "at", "by", "das", "de", "del", "della", "der", "des", "di", "die", "du",
     "e", "en", "et", "for", "für", "in", "la", "le", "of", "on", "the", "to", "und", "y")
)  # fmt: skip
_MOST_SMALL_WORDS = 3
_MOST_WORDS = 25
_MOST_WORDS_OF_A_NAME = 12
_WEEKDAY = re.compile(r"(?:mon|tues?|wed(?:nes)?|thu(?:rs)?|fri|sat(?:ur)?|sun)(?:day)?,? ", re.I)
_ONLINE = re.compile(r"(?:available|published|first published) online:?\s*", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Citation:
    """What lines of citation say; fields that they do not say are empty."""

    authors: str = ""
    published_on: PublishedOn | None = None
    doi: str = ""
    journal: str = ""

    def with_more(self, other: "Citation") -> "Citation":
        """Return this one, with what only the other says."""
        return Citation(
            self.authors or other.authors,
            self.published_on or other.published_on,
            self.doi or other.doi,
            self.journal or other.journal,
        )


NO_CITATION = Citation()


def read_citation(line: str) -> Citation | None:
    """Return what the line says of the paper if it is a citation; None if it is anything else."""
    is_long = len(line) > _LONGEST
    if _FIRST_LABEL.match(line) and not (is_long and not line.startswith(_OF_MANY_AUTHORS)):
        return _labelled(line)
    if is_long:
        return None
    return _dated(line) or _numbered(line)


def _labelled(line: str) -> Citation:
    """Read “Publication date: … Source: … Author(s): …”, on one line or several."""
    first, *rest = _LABELS.split(line)
    found = NO_CITATION
    if first.strip():  # another label, such as “Published online:”
        return _dated(line) or Citation(published_on=_date(first.partition(":")[2]))
    for label, text in zip(rest[::2], rest[1::2], strict=True):
        found = found.with_more(_field(label.lower(), one_line(text)))
    return found


def _field(label: str, text: str) -> Citation:
    if label.startswith("author"):
        return Citation(authors=text)
    if label == "publication date":
        return Citation(published_on=_date(text))
    if label == "doi":
        return Citation(doi=doi(text))
    if label == "pmid":
        return NO_CITATION
    return _numbered(text) or _dated(text) or Citation(journal=_journal(text))


def _dated(line: str) -> Citation | None:
    """Read “Journal, Published online: …; doi:…”, the APS's and PubMed's lines, and bare DOIs."""
    if found := _OF_APS.fullmatch(line):
        return Citation("", _date(found["date"]), "", _journal(found["journal"]))
    if (found := _PUBLISHED.fullmatch(line)) and (day := _date(found["date"])):
        return Citation("", day, doi(found["rest"] or ""), _journal(found["journal"] or ""))
    if _DOI_LINE.fullmatch(line):
        return Citation(doi=doi(line))
    if (found := _OF_PUBMED.fullmatch(line)) and ("doi:" in line or ";" in line):
        return Citation("", _date(found["date"]), doi(line), _journal(found["journal"]))
    return None


def _numbered(line: str) -> Citation | None:
    """Read “Journal, Volume 8, Issue 2, Page 1-9, March 2026.” and “Journal, EarlyView.”."""
    parts = [part.strip() for part in line.strip(" .").split(",")]
    at = len(parts)
    is_cited = False
    day: PublishedOn | None = None
    while at and (kind := _kind(parts[at - 1])):
        at -= 1
        is_cited = is_cited or kind == "cited"
        day = day or (published(parts[at]) if kind == "date" else None)
    journal = ", ".join(parts[:at])
    if not is_cited or _is_sentence(journal):
        return None
    return Citation("", day, "", _journal(journal))


def _is_sentence(text: str) -> bool:
    """Return whether the text is more than a journal's name."""
    words = text.split()
    if len(words) > _MOST_WORDS or _SENTENCE.search(text):
        return True
    return sum(word[0].islower() and word not in _SMALL_WORDS for word in words) > _MOST_SMALL_WORDS


def is_name(text: str) -> bool:
    """Return whether a text that stands beside a citation is a name, not a sentence.

    All its words but small ones are capitalised, and no sentence ends in it; so nothing in a script
    without capitals is one.
    """
    words = text.split()
    return (
        text[:1].isupper()
        and len(words) <= _MOST_WORDS_OF_A_NAME
        and not text.endswith((".", "!", "?", "…"))
        and not _is_sentence(text)
        and not any(word[0].islower() and word not in _SMALL_WORDS for word in words)
    )


def _kind(part: str) -> str:
    """Return "cited" for a volume, an issue or a state, "date", "pages", "" for anything else."""
    if _VOLUME.fullmatch(part) or _STATE.fullmatch(part):
        return "cited"
    if published(part):
        return "date"
    return "pages" if _PAGES.fullmatch(part) else ""


def _date(text: str) -> PublishedOn | None:
    text = _ONLINE.sub("", one_line(text), count=1).strip(" ,;.|")
    return published(text) or published(_WEEKDAY.sub("", text, count=1))


def _journal(text: str) -> str:
    name = _NUMBERS_AT_END.sub("", one_line(text).strip(" ,;:|"))
    name = name.rstrip(".") if name.count(".") == 1 else name  # not that of an abbreviation
    return name if len(name) <= _LONGEST_JOURNAL else ""
