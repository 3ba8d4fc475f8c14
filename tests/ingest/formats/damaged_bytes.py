"""What every format must survive: bytes cut, flipped and written in another encoding.

Each damaged copy gives a BadDump or a page whose titles and abstracts stand in its bytes.
"""

import codecs
import html
import json
import random
import re
from collections.abc import Callable, Iterator
from datetime import date

from digest.ingest.formats import FORMATS, BadDump, Page, detect
from digest.ingest.formats.text.mojibake import repaired

RECEIVED = date(2026, 11, 21)
FLIPPED_BYTES = 20_000_000  # of all flipped copies of one dump together
_ENCODINGS = ("utf-8", "cp1252", "latin-1", "utf-16-le", "utf-16-be")
_OTHER_ENCODINGS = ("utf-8-sig", "utf-16", "utf-16-le", "latin-1", "cp1252")
_JSON_ESCAPE = re.compile(r'(?:\\u[0-9a-fA-F]{4})+|\\["\\/bfnrt]')
_ENTITY = re.compile("&(?:lt|gt|amp|quot|apos);")
_WHOLE_TAG = re.compile(r"<!\[CDATA\[|\]\]>|</?[a-z]{1,6}/?>")
_TAG = re.compile(r"<!\[CDATA\[|\]\]>|<[^<>]*>")


def assert_survives(
    name: str, data: bytes, *, thorough: bool = False, rebuilt: bool = False
) -> None:
    """Read many damaged copies of a good dump of that format, and fail if one gives anything
    untrue.

    `thorough` cuts at every 1 % and flips 1,000 times, a large dump less often (for slow tests),
    else every 10 % and 20 times. `rebuilt`: abstracts are put together from words, so only those
    must be in the bytes.
    """
    page = FORMATS[name](data, RECEIVED, None)
    assert page.format == name
    assert_true(page, data, rebuilt=rebuilt)
    for damaged in damaged_copies(data, thorough=thorough):
        for read in readings(name, damaged):
            assert_true(read, damaged, rebuilt=rebuilt)


def damaged_copies(data: bytes, *, thorough: bool = False) -> Iterator[bytes]:
    """Yield the copies, the same on every run."""
    yield from cut(data, every=1 if thorough else 10)
    most = max(100, min(1000, FLIPPED_BYTES // max(len(data), 1)))
    yield from flipped(data, times=most if thorough else 20)
    yield from encoded_otherwise(data)


def cut(data: bytes, *, every: int) -> Iterator[bytes]:
    """Yield the first 0 %, `every` %, ... of the bytes."""
    for per_cent in range(0, 100, every):
        yield data[: len(data) * per_cent // 100]


def flipped(data: bytes, *, times: int) -> Iterator[bytes]:
    """Yield copies with one random byte changed, then with more, the last with `times` of them."""
    draw = random.Random(len(data))
    for number in range(times):
        copy = bytearray(data)
        changes = times if number == times - 1 else 1 + number % 5
        for _ in range(changes):
            copy[draw.randrange(len(copy))] = draw.randrange(256)
        yield bytes(copy)


def encoded_otherwise(data: bytes) -> Iterator[bytes]:
    """Yield the same text in other encodings, and as it looks when decoded with the wrong one."""
    text = data.decode("utf-8-sig", errors="replace")
    for encoding in _OTHER_ENCODINGS:
        yield text.encode(encoding, errors="replace")
    yield data.decode("latin-1").encode()
    yield codecs.BOM_UTF16_LE + data
    yield codecs.BOM_UTF8 + text.encode("latin-1", errors="replace")


def readings(name: str, data: bytes) -> Iterator[Page]:
    """Yield the page as this format reads it, and as the format that is recognised does."""
    if isinstance(read := result_or_reason(lambda: FORMATS[name](data, RECEIVED, None)), Page):
        yield read
    found = result_or_reason(lambda: detect(data))
    if found != name and found in FORMATS:
        read = result_or_reason(lambda: FORMATS[str(found)](data, RECEIVED, None))
        if isinstance(read, Page):
            yield read


def result_or_reason(read: Callable[[], Page | str]) -> Page | str:
    """Return what the call returns, or the message of its BadDump."""
    try:
        return read()
    except BadDump as wrong:
        sentence = str(wrong)
    assert sentence[0].isupper(), sentence
    assert sentence[-1] == ".", sentence
    return sentence


def assert_true(page: Page, data: bytes, *, rebuilt: bool = False) -> None:
    """Fail unless every title and every paragraph of an abstract stands in the bytes."""
    missing = set()
    for record in page.records:
        assert record.title.strip()
        assert "\x00" not in record.title + record.abstract
        missing.add(record.title)
        missing |= set(record.abstract.split() if rebuilt else record.abstract.split("\n\n"))
    for words in _readings(data):
        missing = {text for text in missing if not _is_in(text, words)}
        if not missing:
            return
    raise AssertionError(f"{page.format} made these up: {sorted(missing)[:3]}")


# What is written for <sup> and <sub>, and soft hyphens, which are left out.
_SIGNS = str.maketrans("", "", "^_{}\xad\u200b\u2060\ufeff")


def _readings(data: bytes) -> Iterator[str]:
    """The words of the bytes in each spelling, as they are and repaired, without blanks."""
    for text in _spellings(data):
        yield _solid(text)
        if (better := _put_right(text)) != text:
            yield _solid(better)


def _spellings(data: bytes) -> Iterator[str]:
    """The text of the bytes by each encoding and each way of writing signs."""
    for encoding in _ENCODINGS:
        text = data.decode(encoding, errors="ignore")
        unescaped = html.unescape(text)
        # As XML, where a damaged entity or tag is text.
        known = _ENTITY.sub(lambda match: html.unescape(match[0]), text)
        yield known
        yield html.unescape(_WHOLE_TAG.sub("", known))
        for reading in (text, unescaped, html.unescape(unescaped)):
            yield reading
            parsed = _JSON_ESCAPE.sub(_plain, reading)
            yield parsed
            yield _TAG.sub("", parsed)
            yield _TAG.sub("", reading)
            yield html.unescape(_TAG.sub("", reading))


def _is_in(text: str, words: str) -> bool:
    """Whether the words hold the text, or what is left of it without a tag that was damaged."""
    readings = (text, _TAG.sub("", text), html.unescape(text), _put_right(text))
    return any(_solid(reading) in words for reading in readings)


def _put_right(text: str) -> str:
    """The text with its mojibake repaired wherever that is likely: a certain one shows that."""
    certain = "Ã©"
    return repaired(text + certain)[:-1]


def _plain(match: re.Match[str]) -> str:
    return str(json.loads(f'"{match[0]}"', strict=False))


def _solid(text: str) -> str:
    """The text without blanks and the signs of raised text: they change no word."""
    return "".join(text.translate(_SIGNS).split())
