"""What stands around the names in a line of authors: mark-up, addresses, affiliations, degrees.

No pattern here can run over its own start again, so that each takes linear time.
"""

import re

from digest.matching.text.readable import readable

from ..text.markup import plain_text
from ..validation import one_line

_LONGEST_NAME = 255
_DEEPEST = 5
_MARKED_UP = re.compile(
    r"</?a\b[^<>]*>|\\(?:inst|thanks|textsuperscript|footnotemark|orcid\w*)\{[^{}]*\}"
    r"|\$?(?<!\\)\^(?:\{[^{}$]*\}|[^\s,;{}\\$]{1,3})\$?",
    re.IGNORECASE,
)
_RAISED = re.compile(r"<sup\b[^<>]*>[^<>]*</sup\s*>", re.IGNORECASE)
_MAIL_OF = re.compile(r"[^\s@()<>,;\"]{1,64}@[^\s@()<>,;\"]{1,255}\s?\(([^()]*)\)")
_ADDRESS = re.compile(
    r"<[^<>@]*@[^<>@]*>|[^\s@()<>,;\"]{1,64}@[^\s@()<>,;\"]{1,255}|https?://[^\s,;()<>]+"
    r"|\b(?:ORCID(?: iD)?:?\s?)?\d{4}-\d{4}-\d{4}-\d{3}[\dX]\b",
    re.IGNORECASE,
)
# “Bo Wick1Department of …” and “Bo Wick a Department of …”: what follows are no names any more.
_AFFILIATION = re.compile(
    r"(?<=[^\W\d_])(?:(?:Department|Faculty|Division|School|College) of"
    r"|(?:\d{1,2} ?| (?:\d{1,2}|[a-z]) )"
    r"(?:Department|Dept|Faculty|Division|School|College|Institut|Laborator|Cent(?:re|er)|Universit))"
    r"[^;\n]*"
)
_GLUED = re.compile(
    r"(?<=[a-zß-ÿ]{2})(?<!\bMac)(?<!\bVan)(?<!\bVon)(?<!\bFitz)(?<!\bDella)(?<!\bDel)"
    r"(?=[A-ZÀ-Þ][\w.-]{0,40} )"
)
_IN_BRACKETS = re.compile(r"\([^()]*\)|\[[^\[\]]*\]")
_OF_EAST_ASIA = str.maketrans("、，；：（）　|", ",,;:() ;")
_LABEL = re.compile(r"\s*(?:authors?|author\(s\)|creators?|by)\s*:\s*|\s*by\s+(?=\w)", re.I)
# Digits, footnote marks and raised letters, as they stand before and after names.
_MARKS = "0123456789*†‡§¶#∗⁎✉☆★⁰¹²³⁴⁵⁶⁷⁸⁹ᵃᵇᶜᵈᵉᶠᵍʰⁱʲᵏˡᵐⁿᵒᵖʳˢᵗᵘᵛʷˣʸᶻ~^\"“”„'‘`,;:/|•·- \t\n"
_ENDS_NAMES = _MARKS.translate({ord("'"): None, ord("‘"): None, ord("`"): None}) + "'’"
_LETTER = re.compile(r"(?<=\w[^\W\d_]) [a-z]\Z")
_AND_OTHERS = re.compile(r"(?:\A|\s)(?:et\.? al(?:ii|\.)?|and others|others)\.?\Z", re.IGNORECASE)
_BEFORE = re.compile(
    r"(?:(?:and|AND|und|&)\s+)?"
    r"(?:(?:(?:for|on behalf of)\s+)?(?:the\s+)?(?=.*(?:Collaboration|Consortium)))?"
)
_DEGREE = (
    r"(?:Ph\.?\s?D|M\.?D|D\.?Phil|M\.?Sc|B\.?Sc|M\.?P\.?H|M\.?B\.?A|D\.?D\.?S|D\.?V\.?M|Pharm\.?D"
    r"|R\.?N|FRCP|FRCS)\.?"
)
_NO_NAMES = frozenset({"and", "et", "und"})
IS_DEGREE = re.compile(_DEGREE)
_DEGREE_AT_END = re.compile(rf"(?<=\w)(?: {_DEGREE})+\Z")
_LAST_POINT = re.compile(r"(?<=[^\W\d_]{3})\.\Z")


def latex_to_text(name: str) -> str:
    r"""Return a name with its LaTeX as letters: `Erd\H{o}s` becomes Erdős."""
    return readable(name).text.strip() if "\\" in name or "{" in name else name


def bare_line(line: str) -> str:
    """Return the line without mark-up, addresses, affiliations in brackets and a leading label."""
    text = _RAISED.sub(" ", _MARKED_UP.sub(" ", line))
    text = _without_affiliation(plain_text(text).translate(_OF_EAST_ASIA))
    text = _ADDRESS.sub(" ", _MAIL_OF.sub(r" \1, ", text))
    for _ in range(_DEEPEST):
        text = _IN_BRACKETS.sub(" ", text)
    return text[found.end() :] if (found := _LABEL.match(text)) else text


def _without_affiliation(line: str) -> str:
    """Return the line without the affiliations that some feeds write behind the names, glued on.

    The names are glued to each other there, too.
    """
    bare = _AFFILIATION.sub("", line)
    return line if bare == line else _GLUED.sub(", ", bare)


def bare_name(part: str) -> str:
    """Return the name in a part of a line, without marks of affiliations, degrees and “et al.”.

    Returns "" if there is none: no letter, or more than 255 characters.
    """
    name = one_line(part).lstrip(_MARKS).rstrip(_ENDS_NAMES)
    name = _BEFORE.sub("", name, count=1) if name else ""
    name = _AND_OTHERS.sub("", name).partition("(")[0].rstrip(_ENDS_NAMES)
    if name.count(" ") > 1:
        name = _DEGREE_AT_END.sub("", _LETTER.sub("", name).rstrip(_ENDS_NAMES))
    name = latex_to_text(_LAST_POINT.sub("", name))
    if name.lower() in _NO_NAMES:
        return ""
    is_name = any(map(str.isalpha, name)) and len(name) <= _LONGEST_NAME
    return name if is_name and not (len(name) == 1 and name.islower()) else ""
