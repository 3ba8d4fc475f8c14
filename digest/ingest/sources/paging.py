"""Answers in several pages: the address of the next one, joining them into one dump, and keeping
the pages of an unfinished day on disk, so that the next tick goes on from them.
"""

import hashlib
import json
import shutil
import time
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from urllib.parse import parse_qs, quote, urlsplit, urlunsplit
from xml.etree.ElementTree import Element, ParseError, tostring

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring
from django.conf import settings

from digest.models import Source

from .errors import CannotFetch

MAX_PAGES = 60
_OAI = "{http://www.openarchives.org/OAI/2.0/}"
_NOT_JOINED = "Its page {} is not of the same kind as the ones before it."


def next_address(template: str, day: date | None, pages: Sequence[bytes]) -> str | None:
    """Return the address of the page after these; None if there is none. Raises CannotFetch."""
    if len(pages) >= MAX_PAGES:
        raise CannotFetch(
            f"It goes on after {MAX_PAGES} pages: choose fewer papers a day.", refused=True
        )
    if not pages:
        return _filled(template, day, 0, 0)
    if token := _resumption(pages[-1]):
        return _resumed(_filled(template, day, 0, 0), token)
    if "{page}" not in template and "{offset}" not in template:
        return None
    counts = [len(_list_of(_parsed(page)) or ()) for page in pages]
    address = _filled(template, day, len(pages), sum(counts))
    return address if _goes_on(address, pages, counts[-1]) else None


def join_pages(pages: Sequence[bytes]) -> bytes:
    """Return one dump of all pages of a day. Raises CannotFetch if they do not fit together."""
    pages = list(dict.fromkeys(pages))  # one that came again holds nothing more
    if len(pages) == 1:
        return pages[0]
    if _is_oai(pages[0]):
        return _joined_records(pages)
    return _joined_lists(pages)


def is_empty(data: bytes) -> bool:
    """Return whether an answer is an empty JSON list: a day without papers."""
    return _parsed(data) == []


def _filled(template: str, day: date | None, page: int, offset: int) -> str:
    values = {"{date}": day.isoformat() if day else "", "{page}": page, "{offset}": offset}
    for name, value in values.items():
        template = template.replace(name, str(value))
    return template


def _goes_on(address: str, pages: Sequence[bytes], count: int) -> bool:
    limit = parse_qs(urlsplit(address).query).get("limit", ["1"])[0]
    enough = int(limit) if limit.isdigit() else 1
    # A server that does not know the parameter gives the same page for ever.
    return count >= max(enough, 1) and pages[-1] not in pages[:-1]


def _parsed(page: bytes) -> object:
    if page.lstrip()[:1] not in (b"[", b"{"):
        return None
    try:
        found: object = json.loads(page)
    except (ValueError, RecursionError):
        return None
    return found


def _list_of(parsed: object) -> list[object] | None:
    """Return the papers in a JSON answer: the list itself, or the longest list it holds."""
    if isinstance(parsed, list):
        return parsed
    key = _list_key(parsed)
    return parsed[key] if isinstance(parsed, dict) and key else None


def _list_key(parsed: object) -> str | None:
    if not isinstance(parsed, dict):
        return None
    # bioRxiv's answers hold a list of "messages" as well.
    if isinstance(parsed.get("collection"), list):
        return "collection"
    lists = [key for key, value in parsed.items() if isinstance(value, list)]
    return max(lists, key=lambda key: len(parsed[key]), default=None)


def _joined_lists(pages: Sequence[bytes]) -> bytes:
    whole = _parsed(pages[0])
    papers = _list_of(whole)
    for number, page in enumerate(pages[1:], 2):
        more = _parsed(page)
        found = _list_of(more)
        is_same = type(whole) is type(more) and _list_key(whole) == _list_key(more)
        if papers is None or found is None or not is_same:
            raise CannotFetch(_NOT_JOINED.format(number), refused=True)
        papers.extend(found)
    return json.dumps(whole).encode()  # in ASCII: half a pair of UTF-16 has no UTF-8


def _is_oai(page: bytes) -> bool:
    return b"OAI-PMH" in page[:2000]


def _tree(page: bytes) -> Element | None:
    try:
        return fromstring(page) if _is_oai(page) else None
    except (ParseError, DefusedXmlException, ValueError, LookupError):
        return None


def _resumption(page: bytes) -> str:
    tree = _tree(page) if b"resumptionToken" in page else None
    found = tree.findtext(f".//{_OAI}resumptionToken") if tree is not None else None
    return (found or "").strip()


def _resumed(address: str, token: str) -> str:
    """Return the address of an OAI resumption token, which stands alone beside the verb."""
    parts = urlsplit(address)
    verb = parse_qs(parts.query).get("verb", ["ListRecords"])[0]
    return urlunsplit(parts._replace(query=f"verb={verb}&resumptionToken={quote(token, safe='')}"))


def _joined_records(pages: Sequence[bytes]) -> bytes:
    lists = []
    trees = [_tree(page) for page in pages]
    for number, tree in enumerate(trees, 1):
        found = tree.find(f"{_OAI}ListRecords") if tree is not None else None
        if found is None:
            raise CannotFetch(_NOT_JOINED.format(number), refused=True)
        lists.append(found)
    for each in lists:
        for token in each.findall(f"{_OAI}resumptionToken"):
            each.remove(token)
    for each in lists[1:]:
        lists[0].extend(list(each))
    assert trees[0] is not None
    return bytes(tostring(trees[0], encoding="utf-8", xml_declaration=True))


# A listing changes while its day lasts, and resumption tokens lapse.
_FRESH_SECONDS = 3600


class PartialPages:
    """The pages of one day of one source that have come so far."""

    def __init__(self, source: Source, day: date | None) -> None:
        kind = hashlib.sha256(source.url.encode()).hexdigest()[:8]
        self._folder = Path(settings.DATA_DIR) / "fetching" / f"{source.pk}-{day or 'now'}-{kind}"

    def pages(self) -> list[bytes]:
        """Return the pages in order; those too old to go on from are deleted."""
        found = sorted(self._folder.glob("*.page"))
        try:
            if found and time.time() - found[0].stat().st_mtime > _FRESH_SECONDS:
                self.drop()
                return []
            return [path.read_bytes() for path in found]
        except FileNotFoundError:  # the folder was cleared: the day starts anew
            self.drop()
            return []

    def add(self, number: int, page: bytes) -> None:
        """Write a page, complete or not at all. Raises CannotFetch if the disk is full."""
        draft = self._folder / f"{number:04}.tmp"
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            draft.write_bytes(page)
            draft.replace(draft.with_suffix(".page"))
        except OSError as wrong:
            raise CannotFetch(
                f"A page cannot be kept in {self._folder} ({wrong.strerror}): free some space, or "
                "make that folder writable."
            ) from wrong

    def drop(self) -> None:
        shutil.rmtree(self._folder, ignore_errors=True)
