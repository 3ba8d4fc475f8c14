"""Inputs made to break a reader: small, valid at first sight, hostile further down."""

import bz2
import gzip
import json
import lzma
import zipfile
from collections.abc import Callable, Mapping
from io import BytesIO

import zstandard
from hypothesis import strategies as st

from tests.ingest.archives.archive_factory import tarred, zipped

DEEP = 100_000


def nested_mail(depth: int = 1000) -> bytes:
    """Return a mail whose one part holds one part, and so on: 53 kB once stopped the inbox."""
    lines = [b"From: a@example.org", b"Subject: cs daily"]
    for number in range(depth):
        lines += [b'Content-Type: multipart/mixed; boundary="%d"' % number, b"", b"--%d" % number]
    return b"\n".join([*lines, b"", b"the text", b""])


def enclosed_mails(depth: int = 2000) -> bytes:
    """Return a mail within a mail within a mail."""
    return b"From: a@example.org\n" + b"Content-Type: message/rfc822\n\n" * depth + b"text"


def nested_xml(root: str, depth: int = 10_000) -> bytes:
    return f"<{root}>{'<a>' * depth}{'</a>' * depth}</{root}>".encode()


def nested_json(begin: str, depth: int = DEEP) -> bytes:
    return (begin + "[" * depth + "]" * depth + "}").encode()


def nested_html(depth: int = 2_000) -> bytes:
    return b"<html><body>huggingface.co" + b"<div><article><h3><a href='/papers/1'>" * depth


def _bomb(size: int = 5_000_000) -> bytes:
    return b'{"title": "' + b" " * size


def long_header(size: int = 1_000_000) -> bytes:
    return b"Subject: " + b"x" * size + b"\n\n\\\\\narXiv:2602.01001\n"


def _broken_zip() -> bytes:
    """An archive whose directory points outside of it."""
    data = bytearray(zipped({"a.txt": b"x" * 100}))
    data[-6:-2] = b"\xff\xff\xff\x7f"
    return bytes(data)


def _zip_of_lies() -> bytes:
    packed = BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("a.txt", b"x" * 100)
        archive.getinfo("a.txt").file_size = 2**31
    return packed.getvalue()


_NUMBERS = "9" * 5000
_PAPER = '{"title": "A", "abstract": "B", "url": "https://a.example"'
POISON: Mapping[str, Callable[[], bytes]] = {
    "nested mail": nested_mail,
    "deeper mail": lambda: nested_mail(20_000),
    "enclosed mails": enclosed_mails,
    "nested xml, feed": lambda: nested_xml("rss"),
    "nested xml, atom": lambda: nested_xml("feed"),
    "nested xml, oai": lambda: nested_xml("OAI-PMH"),
    "nested xml, pubmed": lambda: nested_xml("PubmedArticleSet"),
    "nested json, biorxiv": lambda: nested_json('{"collection": [], "messages": '),
    "nested json, openalex": lambda: nested_json('{"meta": {"count": 1}, "results": '),
    "nested json, hf": lambda: nested_json('{"upvotes": 1, "paper": {}, "a": '),
    "nested json, s2": lambda: nested_json('{"paperId": null, "a": '),
    "nested json, line": lambda: nested_json(_PAPER + ', "authors": '),
    "nested json, list": lambda: b"[" * DEEP,
    "nested html": nested_html,
    "many digits, json": lambda: f'[{{"paper": {{"id": {_NUMBERS}}}}}]'.encode(),
    "many digits, line": lambda: f'{_PAPER}, "upvotes": {_NUMBERS}}}\n'.encode(),
    "many digits, csv": lambda: f"title,abstract,upvotes\nA,B,{_NUMBERS}\n".encode(),
    "many digits, text": lambda: f"Daily Papers\n\nFeb {_NUMBERS}\n\nA\n\nB.\n".encode(),
    "many digits, authors": lambda: (
        f"Daily Papers\n\nFeb 11\n\nA\n\nB.\n\n{_NUMBERS} authors\n·\nFeb 11 {_NUMBERS}\n".encode()
    ),
    "far dates, csv": lambda: b"title,abstract,date\nA,B,9999-12-31\nC,D,0001-01-01\n",
    "far zones, mail": lambda: (
        b"Date: Fri, 31 Dec 9999 23:59:59 -2359\n\n"
        b"\\\\\narXiv:2602.01001\nTitle: A\n\\\\\nB\n\\\\\n"
    ),
    "far zones, json": lambda: b'[{"paper": {"title": "A", "publishedAt": "0001-01-01T00+14:00"}}]',
    "half pairs": lambda: (
        _PAPER + ', "authors": ["\\ud800"], "doi": "10.1/\\udfff\\u0000"}\n'
    ).encode(),
    "NUL": lambda: b"Daily Papers\n\nFeb 11\n\nA\x00B\n\nC\x00.\n\n\x00\n",
    "NUL, json": lambda: (_PAPER + ', "categories": ["\\u0000"]}\n').encode(),
    "long header": long_header,
    "entities": lambda: (
        b'<!DOCTYPE a [<!ENTITY b "bb"><!ENTITY c "&b;&b;&b;">]><rss version="2.0">&c;</rss>'
    ),
    "unknown encoding": lambda: b'<?xml version="1.0" encoding="no-such"?><rss></rss>',
    "gzip bomb": lambda: gzip.compress(_bomb()),
    "bzip2 bomb": lambda: bz2.compress(_bomb()),
    "xz bomb": lambda: lzma.compress(_bomb()),
    "zstd bomb": lambda: zstandard.ZstdCompressor().compress(_bomb()),
    "zip bomb": lambda: zipped({"a.jsonl": _bomb()}),
    "cut gzip": lambda: gzip.compress(nested_mail())[:-9],
    "cut xz": lambda: lzma.compress(nested_mail())[:-9],
    "packed twice": lambda: gzip.compress(gzip.compress(nested_mail())),
    "poison in gzip": lambda: gzip.compress(nested_mail()),
    "broken zip": _broken_zip,
    "zip of lies": _zip_of_lies,
    "broken tar": lambda: tarred({"a.txt": b"x" * 5000})[:3000],
    "line of brackets": lambda: json.dumps("[" * DEEP).encode(),
    "nothing": lambda: b"",
    "every byte": lambda: bytes(range(256)) * 100,
}

# What dumps are made of, each as often as it takes to hurt.
_PIECES = [
    b"{", b"[", b'{"a":', b'"paper":{', b'"title":"A",', b'"\\ud800"', b"9" * 500, b"}", b"]",
    b'{"id": "1501.00001", "title": "A", "abstract": "B", "categories": "c", "versions": [',
    b'{"messages":[{"status":"ok"}],"collection":[', b'{"meta":{"count":1},"results":[',
    b'{"total":1,"data":[{"paperId":null,', b"<rss version='2.0'><channel>", b"<item>",
    b"<title>A", b"<feed xmlns='http://www.w3.org/2005/Atom'>arxiv.org/api/", b"<a>", b"</a>",
    b"<OAI-PMH>", b"<PubmedArticleSet>", b"<Year>99999</Year>", b"<html>huggingface.co",
    b"<article><h3><a href='/papers/1'>", b"<!--", b"&", b"<![CDATA[", b"Daily Papers\n\n",
    b"Feb 11\n\n", b"A title\n\nA text.\n\n", b"3 authors\n", "·\n".encode(),
    b"Submitted by\n", b"Date: Fri, 31 Dec 9999 23:59:59 -9999\n", b"From: a\n",
    b"Content-Type: multipart/mixed; boundary=a\n\n--a\n",
    b"Content-Type: message/rfc822\n\n", b"\\\\\narXiv:2602.01001\n", b"Title: A\n",
    b"title,abstract,date\n", b'"', b",", b"\n", b"\x00", b"\xff\xfe", b"\xed\xa0\x80", b" ",
    b"x" * 70_000,
]  # fmt: skip
_LONGEST = 100_000
DUMPS = st.lists(
    st.tuples(st.sampled_from(_PIECES), st.sampled_from([1, 1, 2, 50, 2000])), max_size=12
).map(lambda pieces: b"".join((piece * times)[:_LONGEST] for piece, times in pieces)[:_LONGEST])
PACKERS = st.sampled_from(
    [bytes, bytes, gzip.compress, bz2.compress, lzma.compress,
     zstandard.ZstdCompressor().compress, lambda data: zipped({"a": data}),
     lambda data: tarred({"a": data}), lambda data: gzip.compress(tarred({"a": data}))]
)  # fmt: skip
