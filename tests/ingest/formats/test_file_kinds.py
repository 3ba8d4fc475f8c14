"""What is said when a file is refused: what it is, and what to do; ninety kinds of files."""

import json
import time
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.ingest.formats import FORMATS, BadDump, detect
from digest.ingest.formats.file_kinds.describe_file import describe, refusal
from digest.ingest.pipeline import read, receive

from .listing_pages import AT

MAIL = "From: Ada <ada@x.example>\nTo: b@x.example\nSubject: Slides for Monday\n\nHello,\nslides.\n"
LONG = "River gauges tell a captcha from a flood, and log in to continue. " * 60


def html(title: str, body: str, head: str = "") -> str:
    return (
        f"<!DOCTYPE html><html><head><title>{title}</title>{head}</head><body>{body}</body></html>"
    )


PILE: dict[str, tuple[str | bytes, str]] = {
    "pdf": (b"%PDF-1.7\n\x00\x01", "a PDF"),
    "docx": (b"PK\x03\x04" + b"\x00" * 20 + b"word/document.xml", "a Word document"),
    "xlsx": (b"PK\x03\x04" + b"\x00" * 20 + b"xl/workbook.xml", "a spreadsheet"),
    "pptx": (b"PK\x03\x04" + b"\x00" * 20 + b"ppt/slides", "a presentation"),
    "odt": (b"PK\x03\x04mimetypeapplication/vnd.oasis.opendocument.text", "a text document"),
    "epub": (b"PK\x03\x04\x00\x00mimetypeapplication/epub+zip", "an e-book"),
    "doc": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old Office document"),
    "rtf": (r"{\rtf1\ansi Hello}", "a Word document (RTF)"),
    "zip": (b"PK\x03\x04\x00\x00notes.txt", "a ZIP archive"),
    "gzip": (b"\x1f\x8b\x08\x00", "a gzip archive"),
    "7z": (b"7z\xbc\xaf\x27\x1c\x00", "a 7-Zip archive"),
    "tar": (b"a.txt" + b"\x00" * 252 + b"ustar\x0000", "a tar archive"),
    "png": (b"\x89PNG\r\n\x1a\n", "a picture (PNG)"),
    "jpeg": (b"\xff\xd8\xff\xe0", "a picture (JPEG)"),
    "webp": (b"RIFF\x10\x00\x00\x00WEBPVP8 ", "a picture (WebP)"),
    "heic": (b"\x00\x00\x00\x18ftypheic", "a picture (HEIC)"),
    "svg": ('<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"/>', "a picture (SVG)"),
    "mp3": (b"ID3\x04\x00", "a sound file"),
    "mp4": (b"\x00\x00\x00\x18ftypmp42", "a video"),
    "wav": (b"RIFF\x10\x00\x00\x00WAVEfmt ", "a sound file"),
    "sqlite": (b"SQLite format 3\x00\x10", "a database"),
    "elf": (b"\x7fELF\x02\x01", "a program"),
    "parquet": (b"PAR1\x15\x04", "a Parquet table"),
    "random": (bytes(range(256)) * 4, "a binary file"),
    "broken ris": ("TY  - JOUR\nZZ  - 1\nER  - \n", "a RIS file with 1 record"),
    "broken bib": ("@article{a,\n}\n@book{b,\n}\n", "a BibTeX file with 2 records"),
    "broken nbib": ("PMID- 1\n\nPMID- 2\n", "a PubMed export (nbib) with 2 records"),
    "broken wos": ("FN Clarivate\nVR 1.0\nPT J\nER\nEF\n", "a Web of Science export with 1 record"),
    "broken enw": ("%0 Journal Article\n%A One\n", "an EndNote export with 1 record"),
    "ics": ("BEGIN:VCALENDAR\nVERSION:2.0\nEND:VCALENDAR\n", "a calendar"),
    "vcf": ("BEGIN:VCARD\nFN:Ada\nEND:VCARD\n", "an address book"),
    "pem": ("-----BEGIN CERTIFICATE-----\nMIIB\n", "a key or a certificate"),
    "patch": ("diff --git a/x b/x\n--- a/x\n+++ b/x\n", "a patch"),
    "python": ('"""Words."""\n\nimport os\nfrom a import b\n', "Python source"),
    "shell": ("#!/bin/sh\necho hello\n", "a shell script"),
    "javascript": ("const a = 1;\nfunction b() {}\n", "JavaScript"),
    "c": ("#include <stdio.h>\nint main() {}\n", "C source"),
    "java": ("package a.b;\npublic class C {}\n", "Java source"),
    "php": ("<?php\necho 1;\n", "a PHP script"),
    "css": ("body { color: red }\n", "a style sheet"),
    "sql": ("-- x\nCREATE TABLE a (b int);\n", "an SQL script"),
    "latex": ("\\documentclass{article}\n\\begin{document}\n", "a LaTeX document"),
    "dockerfile": ("FROM debian:12\nRUN true\n", "a Dockerfile"),
    "yaml": ("name: CI\non:\n  push: true\n", "a YAML file"),
    "ini": ("[server]\nport = 80\n", "a file of settings"),
    "env": ("# x\nA_KEY=1\nB_KEY=2\n", "a file of settings"),
    "log": ("2026-11-20 10:00:00 INFO a\n2026-11-20 10:00:01 INFO b\n", "a log"),
    "access log": ('1.2.3.4 - - [20/Nov/2026:10:00:00 +0000] "GET /" 200\n',
              "a log of a web server"),
    "trace": ("Traceback (most recent call last):\n  File \"a\"\n", "a program’s stack trace"),
    "subtitles": ("1\n00:00:01,000 --> 00:00:02,000\nHello\n", "subtitles"),
    "playlist": ("#EXTM3U\na.mp3\n", "a playlist"),
    "http": ("HTTP/1.1 200 OK\nServer: x\n\nHello", "an answer of a web server"),
    "mhtml": ("From: <Saved by Blink>\nSnapshot-Content-Location: https://x.example/\n\n",
              "a web page saved as MHTML"),
    "mail": (MAIL, "a mail from “Ada <ada@x.example>” about “Slides for Monday”"),
    "letter": ("Daily Papers\n\nNov 20\n\nHi all,\n\nslides by noon.\n\nAda\n",
              "a message that begins “Hi"),
    "note": ("# Notes\n\nBuy milk.\n", "a Markdown text that begins “# Notes”"),
    "words": ("Buy milk, and log in the diary.", "a text that begins “Buy milk"),
    "secret": ("see smtp://ada:pw1@x.example now", "begins “see smtp://ada:…@x.example now”"),
    "addresses": ("https://x.example/a\nhttps://x.example/b\n", "a list of addresses"),
    "dois": ("10.1000/a.1\n10.1000/a.2\n", "a list of DOIs"),
    "ids": ("2611.00001\n2611.00002v2\n", "a list of arXiv ids"),
    "status": ("502 Bad Gateway\n\nnginx\n", "an error message (“502 Bad Gateway”)"),
    "bank": ("date;amount;payee\n2026-11-01;12,50;Milk\n2026-11-02;3,00;Tea\n",
             "a table with the columns date, amount, payee, separated by semicolons"),
    "contacts": ("name,mail\nAda,a@x.example\nBo,b@x.example\n",
              "a table with the columns name, mail"),
    "tabs": ("a\tb\n1\t2\n3\t4\n", "a table with the columns a, b, separated by tabs"),
    "object": ('{"a": 1, "b": 2, "c": 3}', "a JSON object with the keys a, b, c"),
    "objects": ('[{"a": 1}, {"a": 2}]', "a JSON list of 2 objects with the keys a"),
    "texts": ('["One", "Two"]', "a JSON list of 2 texts, the first being “One”"),
    "numbers": ("[1, 2, 3]", "a JSON list of 3 numbers or names"),
    "repr": ("[\"{'paper': {'id': '1'}}\"]", "a JSON list of one text in Python’s notation"),
    "no results": ('{"count": 0, "results": []}', "an answer with an empty list (“results”)"),
    "json error": ('{"errors": ["quota exceeded"]}', "an error message of a server (“['quota"),
    "lines": ('{"x": 1}\n{"x": 2}\n', "a file of JSON lines with the keys x"),
    "broken json": ('{"alpha": 1, "beta": [', "a broken JSON file with the keys alpha, beta"),
    "notebook": ('{"cells": [], "nbformat": 4}', "a Jupyter notebook"),
    "geojson": ('{"type": "FeatureCollection", "features": []}', "a map (GeoJSON)"),
    "opml": ("<opml version='2.0'><body/></opml>", "a list of feeds (OPML)"),
    "sitemap": ("<urlset><url/></urlset>", "a sitemap"),
    "xml": ("<order><line/></order>", "an XML document with the root element <order>"),
    "soap": ("<soap:Envelope xmlns:soap='a'/>", "an answer of a SOAP service"),
    "shop": (html("Buy lamps", "<h1>Lamps</h1>" + "<p>A lamp, 12.00</p>" * 40),
              "titled “Buy lamps”"),
    "log-in": (html("My library", '<form><input type="password" name="p"></form>'),
              "an HTML log-in page"),
    "sign in": (html("Please sign in", "Hello"), "an HTML log-in page (“Please sign in”)"),
    "challenge": (html("Just a moment...", "Wait."), "a page that asks whether a person is there"),
    "robot": (html("x.example", '<div class="g-recaptcha"></div>'),
              "asks whether a person is there"),
    "forbidden": (html("403 Forbidden", "<hr>nginx"), "a refusal of the server (“403 Forbidden”)"),
    "not found": (html("Page not found", "Sorry."), "an error page (“Page not found”)"),
    "about captchas": (html("Captchas of the deep", f"<p>{LONG}</p>"),
              "titled “Captchas of the deep”"),
    "arxiv list": (html("cs.AI", "",
              '<link rel="canonical" href="https://arxiv.org/list/cs.AI/new">'),
                   "an arXiv listing page"),
    "bookmarks": ("<!DOCTYPE NETSCAPE-Bookmark-file-1>\n<TITLE>B</TITLE><H1>B</H1>", "bookmarks"),
    "daily": ("# Daily Papers\n\nGet trending papers in your email inbox!\n",
              "the Daily Papers page"),
    "empty": (b" \n\t", "an empty file"),
}  # fmt: skip
# Formats read them as theirs and refuse them with their own words.
READ_BY_OTHERS = frozenset({"broken ris", "broken bib", "broken nbib", "broken wos", "broken enw"})


def encoded(name: str) -> bytes:
    text, _ = PILE[name]
    return text if isinstance(text, bytes) else text.encode()


@pytest.mark.parametrize("name", PILE)
def test_a_refusal_names_what_the_file_is(name: str) -> None:
    sentence = refusal(encoded(name))
    assert PILE[name][1] in sentence
    assert sentence.startswith("This is a") or name == "daily" or sentence.startswith("This is ")
    assert sentence.endswith(".")
    assert ("Daily Papers" in sentence) == (name == "daily")


@pytest.mark.parametrize("name", sorted(PILE.keys() - READ_BY_OTHERS))
def test_nothing_of_the_pile_is_read(name: str) -> None:
    with pytest.raises(BadDump) as caught:
        FORMATS[detect(encoded(name))](encoded(name), date(2026, 11, 29), None)
    sentence = str(caught.value)
    assert sentence[-1] == "."
    assert name == "daily" or "Daily Papers" not in sentence


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("name", "said"),
    [("bank", "a table with the columns date"), ("log-in", "log-in page"), ("pdf", "a PDF")],
)
def test_the_dump_says_so(name: str, said: str) -> None:
    dump = read(receive(encoded(name), "file", at=AT), at=AT)
    assert dump.state == "quarantined"
    assert said in dump.error


@pytest.mark.django_db
def test_a_format_that_was_insisted_on_says_what_the_file_is_instead() -> None:
    dump = read(receive(MAIL.encode(), "file", format="pubmed", at=AT), at=AT)
    assert "<PubmedArticleSet>" in dump.error
    assert "This is a mail from “Ada" in dump.error


@given(st.binary(max_size=400) | st.text(max_size=400).map(str.encode))
def test_any_bytes_have_a_kind(data: bytes) -> None:
    kind = describe(data)
    assert kind
    assert len(kind) <= 300
    assert all(character.isprintable() for character in kind)


@given(st.sampled_from(sorted(PILE)), st.integers(0, 200), st.binary(max_size=20))
def test_damaged_files_have_a_kind(name: str, at: int, damage: bytes) -> None:
    data = encoded(name)
    kind = describe(data[:at] + damage + data[at:])
    assert len(kind) <= 300
    assert all(character.isprintable() for character in kind)


def test_keys_and_names_are_cut() -> None:
    many = {f"a_key_of_some_length_{number}": 1 for number in range(100)}
    assert len(describe(json.dumps(many).encode())) < 140
    assert len(describe(f"<{'x' * 5000}/>".encode())) < 140
    assert len(describe(f"{'w' * 5000}".encode())) < 140


@pytest.mark.slow
@pytest.mark.parametrize(
    "piece",
    ["[", "{", '{"a":', "<", "<a", "<script", "<title>", "a:\n", " \n", "\n", "#\n", "A=\n", "@a{",
     "\\\\\n", "Subject: a\n", "Subject: a\n b\n", "a,", ",\n", '"', "'", "https://a\n", "- ",
     "TY  - ",
     "<!--", "<?x ?>", "\x00", "---\n", "\"\"\"\n", "/*", "class  "],
)  # fmt: skip
def test_a_megabyte_of_anything_is_described_at_once(piece: str) -> None:
    data = (piece * (1_000_000 // len(piece))).encode()
    began = time.process_time()
    describe(data)
    describe(b"From: a\nSubject: b\n" + data)
    describe(b"<html><title>x</title>" + data)
    assert time.process_time() - began < 3
