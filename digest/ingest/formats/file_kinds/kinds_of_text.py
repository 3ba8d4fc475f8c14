"""What a text file is, from its first lines: exports, mails, tables of addresses, code, notes."""

import re
from typing import NamedTuple

from ..validation import excerpt

_COUNTED = 4_000_000  # of larger files only the beginning is counted


class _Shape(NamedTuple):
    """A kind whose file begins with `start`; its records, if counted, each with `record`."""

    name: str
    start: re.Pattern[str]
    record: re.Pattern[bytes] | None = None


def _shape(name: str, start: str, record: bytes | None = None) -> _Shape:
    counted = re.compile(record, re.MULTILINE) if record else None
    return _Shape(name, re.compile(start, re.MULTILINE), counted)


_ABOVE = r"(?:#.*\n|[ \t]*\n){0,20}"  # comments and empty lines
_ASSIGNED = r"(?:export )?[A-Z][A-Z0-9_]{1,60} ?= ?[^\n]{0,500}(?:\n|\Z)"
# In this order: the first that fits. A start looks at the first lines only: (?s:.{0,n}) is bounded.
_SHAPES = (
    _shape("a RIS file", r"\A(?s:.{0,2000}?)^TY  ?- ?", rb"^TY  ?-"),
    _shape("a PubMed export (nbib)", r"\A(?s:.{0,500}?)^PMID ?- ?\d", rb"^PMID ?-"),
    _shape("a Web of Science export", r"\A(?s:.{0,200}?)^(?:FN |VR 1|PT [JBSC]$)", rb"^PT [A-Z]"),
    _shape("an EndNote export", r"\A(?s:.{0,200}?)^%0 \w", rb"^%0 "),
    _shape("a BibTeX file", r"\A(?s:.{0,3000}?)^[ \t]{0,4}@\w{2,30}[ \t]{0,4}[{(]",
           rb"^[ \t]{0,4}@(?!comment|string|preamble)\w{2,30}[ \t]{0,4}[{(]"),
    _shape("a calendar", r"\ABEGIN:VCALENDAR"),
    _shape("an address book", r"\ABEGIN:VCARD"),
    _shape("a key or a certificate", r"\A-----BEGIN "),
    _shape("an answer of a web server with its headers", r"\AHTTP/\d"),
    _shape("a patch", r"\A(?s:.{0,500}?)^(?:diff --git |--- a/|Index: )"),
    _shape("a PHP script", r"\A<\?php"),
    _shape("a program’s stack trace", r"\A(?s:.{0,500}?)^(?:Traceback \(most recent call last\):"
           r"|Exception in thread )"),
    _shape("subtitles", r"\A(?:WEBVTT|1\n\d\d:\d\d:\d\d[,.]\d+ --> )"),
    _shape("a playlist", r"\A#EXTM3U"),
    _shape("a Dockerfile", rf"\A{_ABOVE}" r"FROM [\w./:-]+(?: AS \w+)?\n"),
    _shape("Python source", rf"\A(?:#!.{{0,60}}python|{_ABOVE}(?:\"\"\"(?s:.{{0,2000}}?)\"\"\"\s*)?"
           r"(?:import [\w., ]+$|from [\w.]+ import |def \w+\(|class \w+[:(]))"),
    _shape("a shell script", r"\A#!"),
    _shape("C source", r"\A(?s:.{0,2000}?)^#\s?include [<\"]"),
    _shape("Java source", r"\A(?s:.{0,2000}?)^(?:package [\w.]+;|import java|public class \w)"),
    _shape("JavaScript", r"\A(?s:.{0,500}?)^(?:[\"']use strict[\"']|import .{1,100} from ['\"]"
           r"|(?:const|let|var) \w+ ?= ?|function \w*\(|export (?:default|const|function) )"),
    _shape("an SQL script", r"(?i)\A(?:--.*\n|[ \t]*\n){0,20}"
           r"(?:create table|insert into|select .{1,200} from|begin;|drop table|pragma )"),
    _shape("a style sheet", r"\A(?:/\*(?s:.{0,500}?)\*/\s*)?(?:@charset|@import"
           r"|[.#]?[\w-]{1,40}[^\n{};]{0,100} ?\{\s*[\w-]{1,40}\s*:)"),
    _shape("a LaTeX document", r"\A(?s:.{0,2000}?)\\documentclass\b"),
    _shape("a log", r"\A(?:[^\n]{0,12}\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d[^\n]{0,2000}\n){2}"),
    _shape("a log of a web server", r"\A\S{1,60} \S{1,60} \S{1,60} \[\d\d?/\w{3}/\d{4}:"),
    _shape("a log", r"\A(?:[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d [^\n]{0,2000}\n){2}"),
    _shape("a file of settings", r"\A(?:[#;].{0,500}\n|[ \t]*\n){0,20}"
           r"\[[\w. -]{1,60}\]\s*\n[\w. -]{1,60}\s?[=:]"),
    _shape("a file of settings", rf"\A{_ABOVE}{_ASSIGNED}(?:#.*\n|[ \t]*\n|{_ASSIGNED})*\Z"),
    _shape("a note with fields above it",
           r"\A---[ \t]*\n(?:[^\n]{0,500}\n){1,60}?---[ \t]*\n"),
    _shape("a YAML file", r"\A(?:---\s*\n)?(?:#.{0,500}\n)*[\w-]{1,60}:(?: [^\n]{1,500})?\n"
           r"(?:[\w-]{1,60}:|[ \t]*- |[ \t]+[\w-]{1,60}:)"),
)  # fmt: skip
_LOOSE = frozenset({"a YAML file", "a note with fields above it", "a file of settings"})
# A name and a password in an address.
_SECRET = re.compile(r"(://[^/\s:@]{1,100}):[^/\s@]{1,200}@")
_NAMES = (
    ("a list of DOIs", re.compile(r"(?:doi: ?|https?://(?:dx\.)?doi\.org/)?10\.\d{4,9}/\S+", re.I)),
    ("a list of arXiv ids", re.compile(r"(?:arXiv:)?\d{4}\.\d{4,5}(?:v\d+)?", re.IGNORECASE)),
    ("a list of addresses", re.compile(r"https?://\S+")),
)
_ARXIV = re.compile(r"^\\\\[ \t]*\n[ \t]*(?:\n[ \t]*)?arXiv:", re.MULTILINE)
_DAILY = re.compile(
    r"^[\s#]{0,8}(?:daily|trending) papers(?: - hugging face)?\s*$", re.IGNORECASE | re.MULTILINE
)
_OF_SITE = re.compile(
    r"by ?\W{0,3}AK\b.{0,80}and the research community|trending papers in your email inbox"
    r"|https?://huggingface\.co/papers",
    re.IGNORECASE,
)
_LETTER = re.compile(
    r"^[ \t]{0,8}((?:dear|hi|hello|hey|good (?:morning|afternoon|evening))\b[^\n]{0,60}[,!:])"
    r"[ \t]*$",
    re.IGNORECASE | re.MULTILINE,
)
_STATUS = re.compile(
    r"(?:HTTP )?(?:error )?[45]\d\d\b[\w :-]{0,60}|unauthori[sz]ed|forbidden|access denied"
    r"|(?:page )?not found|(?:bad gateway|service unavailable|gateway time-?out"
    r"|internal server error|too many requests|rate limit(?:ed| exceeded)?)",
    re.IGNORECASE,
)


def kind_of_text(text: str, data: bytes) -> str:
    """Return what a text is that is neither mark-up nor data; `text` is its beginning."""
    lines = text.lstrip().split("\n", 1)
    first = lines[0].strip()
    if len(text.strip()) < 500 and _STATUS.match(first):
        return f"an error message (“{excerpt(first)}”) instead of papers"
    if _ARXIV.search(text):
        return "a broken listing mail of the arXiv"
    if kind := _list_of_names(text):
        return kind
    is_daily = is_daily_page(text)
    for shape in _SHAPES:
        if shape.start.match(text) and not (is_daily and shape.name in _LOOSE):
            return shape.name + (_counted(shape.record, data) if shape.record else "")
    if is_daily:
        return "the Daily Papers page without papers that can be told apart"
    if letter := _LETTER.search(text[:2000]):
        return f"a message that begins “{excerpt(letter[1].strip())}”"
    named = "a Markdown text" if first.startswith("#") else "a text"
    shown = excerpt(_SECRET.sub(r"\1:…@", first[:2000]))
    return f"{named} that begins “{shown}”"


def _list_of_names(text: str) -> str:
    """Return "a list of addresses" or "a list of DOIs" if the first lines are nothing else."""
    lines = [line.strip() for line in text[:4000].split("\n") if line.strip()][:5]
    for kind, pattern in _NAMES:
        if len(lines) > 1 and all(map(pattern.fullmatch, lines)):
            return kind
    return ""


def is_daily_page(text: str) -> bool:
    """Return whether the text has the name of the daily page and words that only it shows."""
    return _DAILY.search(text) is not None and _OF_SITE.search(text) is not None


def _counted(record: re.Pattern[bytes], data: bytes) -> str:
    count = sum(1 for _ in record.finditer(data[:_COUNTED]))
    more = " or more" if len(data) > _COUNTED else ""
    return f" with {count:,}{more} {'record' if count == 1 else 'records'}"
