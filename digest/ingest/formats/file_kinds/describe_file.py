"""What a file is that is refused, and what to do about it, in a sentence.

A person who hands in the wrong file learns what it is ("a table with the columns date, amount"),
not what another file would have to be. Time is linear in the first megabytes; no bytes raise.
"""

from ..text.decoding import is_html, peek
from .kinds_of_bytes import kind_of_bytes
from .kinds_of_data import kind_of_json, kind_of_table, kind_of_xml
from .kinds_of_pages import kind_of_html, kind_of_mail
from .kinds_of_text import is_daily_page, kind_of_text

_READ = "docs/formats.md lists the supported formats"
# What to do, by words of the kind; the first that fits.
_CURES = (
    ("the Daily Papers page", "copy the whole page as plain text, from “Daily Papers” and its "
                              "date to the last paper, or save it from the browser as HTML"),
    ("an empty file", "save or copy the listing again"),
    ("instead of papers", "check why the source sends this"),
    ("log-in page", "check why the source sends this instead of papers"),
    ("asks whether a person", "check why the source sends this instead of papers"),
    ("refusal of the server", "check why the source sends this instead of papers"),
    ("error page", "check why the source sends this instead of papers"),
    ("error message", "check why the source sends this instead of papers"),
    ("MHTML", "save it as HTML"),
    ("archive", "unpack it and submit the listing inside"),
    ("a table", "it needs a column “title” and, if available, “abstract”, “authors”, “doi” or "
                f"“url”; {_READ}"),
    ("spreadsheet", "save the table as CSV"),
    ("document", "submit the listing itself, as text, HTML or an export; " + _READ),
    ("a PDF", "submit the listing itself, as text, HTML or an export; " + _READ),
    ("a picture", "submit the listing itself, as text, HTML or an export; " + _READ),
    ("file with", "export all of it again"),
    ("export", "export all of it again"),
    ("BibTeX", "export all of it again"),
    ("a feed", "fetch all of the feed again"),
    ("PubMed file", "export all of it again"),
    ("repository", "fetch all of it again"),
    ("EndNote", "export all of it again"),
    ("library records", "export them as RIS or BibTeX"),
    ("listing mail", "save the complete e-mail again, unchanged"),
    ("listing page", "save the page again after it has loaded"),
    ("abstract page", "save the page again after it has loaded"),
    ("a list of DOIs", "export the papers themselves, with titles and abstracts"),
    ("a list of arXiv ids", "export the papers themselves, with titles and abstracts"),
    ("PubMed’s numbers", "export the papers themselves, with titles and abstracts"),
    ("a list of addresses", "export the papers themselves, or add the addresses as sources"),
    ("list of feeds", "add its feeds as sources"),
    ("an empty list", "fetch the listing again"),
    ("Python’s notation", "write the file again as JSON (json.dumps)"),
    ("broken JSON", "fetch all of it again"),
)  # fmt: skip
_OTHERWISE = f"it contains no papers in a supported format; {_READ}"


def describe(data: bytes) -> str:
    """Return what the file is, as a noun with its article, such as "a RIS file with 12 records".

    Never raises; quotes at most about 80 printable characters of the file.
    """
    if not data.strip(b" \t\r\n\x00\xef\xbb\xbf\xff\xfe"):
        return "an empty file"
    if kind := kind_of_bytes(data):
        return kind
    text = peek(data).replace("\r\n", "\n").replace("\r", "\n")
    if is_html(text) or _is_page(text):
        return _page(text)
    return (
        kind_of_mail(text, data)
        or kind_of_json(text, data)
        or kind_of_xml(text, data)
        or _kind_of_words(text, data)
    )


def refusal(data: bytes) -> str:
    """Return why bytes that no format recognises are refused: what they are, and what to do."""
    kind = describe(data)
    cure = next((cure for words, cure in _CURES if words in kind.partition("“")[0]), _OTHERWISE)
    return f"This is {kind}: {cure}."


def _page(text: str) -> str:
    kind = kind_of_html(text)
    if kind.startswith("a web page") and is_daily_page(text):
        return "the Daily Papers page without papers"
    return kind


def _kind_of_words(text: str, data: bytes) -> str:
    kind = kind_of_text(text, data)
    is_plain = kind.startswith("a text that begins")
    return (kind_of_table(text) if is_plain else "") or kind


def _is_page(text: str) -> bool:
    """Return whether the text is a part of a page, such as an error's."""
    start = text[:200].lstrip().lower()
    return start.startswith(
        ("<!doctype netscape", "<title", "<h1", "<p>", "<form", "<b>", "<center", "<table", "<meta")
    )
