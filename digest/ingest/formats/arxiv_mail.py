r"""The arXiv's daily listing mail, as an .eml file or as its text.

    \\
    arXiv:2306.77777 (*cross-listing*)          or "Paper: math.GT/0309136"
    Date: Wed, 7 Jun 2023 18:23:40 GMT   (14kb) or "replaced with revised version Thu, 8 Jun …"

    Title: A title that may go on
      in the next line
    Authors: Some One and Another
    Categories: math.GR math.DS
    \\
      The abstract; replacements have none.
    \\ ( https://arxiv.org/abs/2306.77777 ,  14kb)

The list of a past week has no day and no abstracts: its entries end with a rule of hyphens.

https://info.arxiv.org/help/subscribe.html
"""

import re
from collections.abc import Iterator
from datetime import date

from .entries.arxiv_entry import ArxivEntry, entry_to_record, says_withdrawn
from .fields.authors import split_authors
from .fields.dates import utc_day
from .fields.plausible_dates import GIVE_DAY, first_plausible, implausibility
from .records import BadDump, NotThisFormat, Page, Record, Skipped
from .text import mail_text
from .text.mail_text import Mail
from .validation import REPLACEMENT, build_page, excerpt, one_line

NAME = "arxiv_mail"
_START = re.compile(
    r"^\\\\[ \t]*\n\s*(?:arXiv:\s?(?P<name>\S+)|Paper(?: \(\*cross-listing\*\))?:\s?(?P<old>\S+))"
    r".*$",
    re.MULTILINE,
)
_RULE = re.compile(r"^(?:-{30,}|%[%-]{30,})[ \t]*$", re.MULTILINE)
_CLOSE = re.compile(r"^\\\\[ \t]*(?P<link>\(.*)?$", re.MULTILINE)
_FIELD = re.compile(
    r"^(?P<name>[A-Za-z][\w-]*(?: \([^()\n]*\))?):[ \t]*(?P<text>.*(?:\n[ \t]+\S.*)*)", re.M
)
_REPLACED = re.compile(
    r"^(?:replaced with revised version|(?:figures|part) added)(?P<day>.*)", re.M | re.I
)
_TITLE = re.compile(r"^Title:[ \t]*(?P<title>.*)", re.MULTILINE)
_SIZE = re.compile(r"\s*\([^()]*\)\s*$")
_UNTIL = re.compile(r"^[ \t]*received from\s.*?\sto\s+(?P<day>.*\S)", re.MULTILINE)
_MARK = re.compile(r"^ ?Submissions to:|^%%%---%%%---", re.MULTILINE)
_END = re.compile(r"^%%%---%%%---", re.MULTILINE)
_CURE = "Save the complete e-mail again, unchanged."


def looks_like(data: bytes) -> bool:
    """Return whether the bytes begin like such a mail, or like a part of its text."""
    text = mail_text.peek_mail(data)
    return _START.search(text) is not None or _MARK.search(text) is not None


def parse(data: bytes, received_on: date, listed_on: date | None = None) -> Page:
    """Return the papers of a listing; the page's day is `listed_on`, else that of the mail.

    A list without abstracts need not have a day. Raises BadDump if there is none otherwise, or if
    the mail is cut off before the first paper.
    """
    mail = mail_text.read_mail(data)
    if not (_START.search(mail.text) or _MARK.search(mail.text)):
        raise NotThisFormat(
            "This is not a listing e-mail of the arXiv. Save that e-mail as a file."
        )
    day = listed_on or first_plausible(_days(mail), received_on)
    has_abstracts = _has_abstracts(mail.text)
    if day is None and has_abstracts:
        raise BadDump("The e-mail does not state its date. Give it with --listed-on YYYY-MM-DD.")
    if day and (reason := implausibility(day, received_on)):
        raise BadDump(f"The e-mail is dated {day}, which {reason}: {GIVE_DAY}")
    results = list(_read_all(mail, day or received_on, has_abstracts=has_abstracts))
    if not results and not _END.search(mail.text):
        raise BadDump(f"The e-mail is cut off before the first paper. {_CURE}")
    return build_page(NAME, day, results, _CURE, damaged=mail.damaged)


def _days(mail: Mail) -> Iterator[date | None]:
    yield mail.day
    if until := _UNTIL.search(mail.text):
        yield utc_day(until["day"])


def _has_abstracts(text: str) -> bool:
    """Return whether an entry of a listing has the line that ends its fields."""
    starts = list(_START.finditer(text))
    ends = [*(start.start() for start in starts[1:]), len(text)]
    return not starts or any(
        _CLOSE.search(text, start.end(), end) for start, end in zip(starts, ends, strict=True)
    )


def _read_all(mail: Mail, day: date, *, has_abstracts: bool) -> Iterator[Record | Skipped]:
    """Yield all entries in their order, those with a damaged first line included."""
    starts = list(_START.finditer(mail.text))
    places = [*(start.start() for start in starts), len(mail.text)]
    yield from _nameless(mail.text[: places[0]])
    for start, end in zip(starts, places[1:], strict=True):
        body = mail.text[start.end() : end]
        head, abstract, rest = _parts(body) if has_abstracts else _bare_parts(body)
        yield _read(start, head, abstract, day, mail.damaged)
        yield from _nameless(rest)


def _nameless(text: str) -> Iterator[Skipped]:
    """Yield a Skipped for each title in text where no entry should be."""
    for match in _TITLE.finditer(text):
        yield Skipped(excerpt(one_line(match["title"])), "its id line cannot be read")


def _read(
    start: re.Match[str], head: str, abstract: str | None, day: date, damaged: bool
) -> Record | Skipped:
    fields = _fields(head)
    title = one_line(fields.get("title", ""))
    if abstract is None:
        return Skipped(excerpt(title or one_line(start[0].lstrip("\\"))), "its end is missing")
    replaced = _REPLACED.search(head)
    if replaced and not says_withdrawn(fields.get("comments", ""), abstract):
        return Skipped(excerpt(title), REPLACEMENT)
    entry = ArxivEntry(
        name=start["name"] or start["old"],
        title=title,
        abstract=abstract,
        authors=split_authors(fields.get("authors", fields.get("author", "")), spoken_order=True),
        comment=fields.get("comments", ""),
        doi=fields.get("doi", ""),
        categories=tuple(fields.get("categories", "").split()),
        published_on=_moment(fields.get("date", "")),
        revised_on=_moment(replaced["day"]) if replaced else None,
    )
    return entry_to_record(entry, day, damaged=damaged)


def _fields(head: str) -> dict[str, str]:
    """Return the fields by name, the first of each.

    “Date (revised v2):” is another field than “Date:”.
    """
    found: dict[str, str] = {}
    for match in _FIELD.finditer(head):
        found.setdefault(match["name"].lower(), match["text"])
    return found


def _moment(text: str) -> date | None:
    """Return the day of a time with the paper's size, `Wed, 7 Jun 2023 18:23:40 GMT (14kb)`."""
    return utc_day(_SIZE.sub("", one_line(text)))


def _parts(body: str) -> tuple[str, str | None, str]:
    """Return the fields, the abstract (None if the entry is cut off) and what follows the entry."""
    close = _CLOSE.search(body)
    if close is None:
        rule = _RULE.search(body)
        return (body[: rule.start()], None, body[rule.end() :]) if rule else (body, None, "")
    head = body[: close.start()]
    if close["link"]:
        return head, "", body[close.end() :]
    end = _CLOSE.search(body, close.end())
    return (head, body[close.end() : end.start()], body[end.end() :]) if end else (head, None, "")


def _bare_parts(body: str) -> tuple[str, str | None, str]:
    """Return what _parts() does of an entry that has no abstract and ends with a rule."""
    rule = _RULE.search(body)
    return (body[: rule.start()], "", body[rule.end() :]) if rule else (body, None, "")
