"""A library is read in a process of its own, which no file brings out of its limits."""

import json
import logging
import os
import time
import zlib
from pathlib import Path

import pytest

from digest.libraries import program, reading_process
from digest.libraries.library import MAX_BYTES, MAX_PAPERS, LeftOut, Library, LibraryRefused
from digest.libraries.reading_process import read_library

from .libraries import FILES, GAUGES, bibtex, csl, ris

LAUGHS = b"""<?xml version="1.0"?><!DOCTYPE rdf:RDF [<!ENTITY a "ha">%s]>
<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns:z="http://www.zotero.org/namespaces/export#">
<z:title>&z9;</z:title></rdf:RDF>""" % b"".join(
    b'<!ENTITY z%d "%s">' % (n, (b"&z%d;" % (n - 1) if n else b"&a;") * 10) for n in range(10)
)
EXTERNAL = LAUGHS.replace(b'"ha"', b'SYSTEM "file:///etc/passwd"')
HOSTILE = {
    "billion laughs": LAUGHS,
    "external entity": EXTERNAL,
    "deep JSON": b"[" * 2_000_000,
    "deep objects": b'[{"type": "article", "title": ' + b'{"a":' * 500_000,
    "archive": b"PK\x03\x04" + zlib.compress(b"\0" * 10_000_000),
    "gzip": b"\x1f\x8b" + zlib.compress(b"\0" * 10_000_000),
    "one line": b"TY  - JOUR TI  - " + b"x" * (MAX_BYTES - 100),
    "one title": b"TY  - JOUR\nTI  - " + b"word " * 900_000 + b"\nER  - \n",
    "open braces": b"@article{k,\n title = " + b"{" * (MAX_BYTES - 100),
    "macros": b"@string{a0 = {xxxxxxxxxx}}\n"
    + b"".join(b"@string{a%d = a%d # a%d}\n" % (n, n - 1, n - 1) for n in range(1, 60))
    + b"@article{k, title = a59}\n",
    "quotes": b'"Key","Item Type","Title","Author"\n' + b'"' * 3_000_000,
    "many entries": b"@a{b,c=1}\n" * 400_000,
    "nested mail": b"Content-Type: multipart/mixed; boundary=a\n\n" * 50_000,
    "binary": bytes(range(256)) * 10_000,
    "blank": b" \n" * 100_000,
    "text": b"I have no papers.\n",
    "page": b"<!doctype html><html><body><p>Sign in</p></body></html>",
}  # fmt: skip


@pytest.mark.parametrize("name", FILES)
def test_each_format_is_read(name: str) -> None:
    library = read_library(FILES[name])
    assert library.format == name
    assert library.papers >= 2
    assert any("gauge" in phrase.words for phrase in library.phrases)


def test_entries_left_out_are_named() -> None:
    library = read_library(FILES["bibtex"])
    assert library.left_out == (LeftOut("A page about rivers", "not a paper but a web page"),)
    assert library.left_out_count == 1


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_file_is_refused_in_words(name: str) -> None:
    began = os.times().children_user
    with pytest.raises(LibraryRefused) as refused:
        read_library(HOSTILE[name])
    assert str(refused.value).endswith(".")
    assert "root:" not in str(refused.value)
    assert os.times().children_user - began < program.MAX_SECONDS + 1


def test_a_file_in_utf_16_is_read() -> None:
    text = FILES["ris"].decode()
    assert read_library(text.encode("utf-16")).papers == 2


def test_papers_that_stand_twice_count_once() -> None:
    library = read_library(ris(GAUGES * 2))
    assert library.papers == len(GAUGES)
    assert {phrase.text: phrase.papers for phrase in library.phrases}["river gauges"] == 4


def test_the_largest_library_is_read_and_a_larger_one_is_not() -> None:
    titles = [f"River gauges of village {number}" for number in range(MAX_PAPERS + 1)]
    assert read_library(csl(titles[:-1])).papers == MAX_PAPERS
    with pytest.raises(LibraryRefused, match=r"has 5,001 papers; the limit is 5,000. Export"):
        read_library(csl(titles))


def test_a_file_that_is_too_large_is_not_given_to_the_program(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(reading_process, "_COMMAND", ("/nonexistent",))
    with pytest.raises(LibraryRefused, match="has 5,000,001 bytes; the limit is 5,000,000"):
        read_library(b"x" * (MAX_BYTES + 1))


def run_instead(monkeypatch: pytest.MonkeyPatch, lines: str) -> None:
    """Let the program do something else under its limits."""
    source = f"import sys\nfrom digest.libraries import program\nprogram.limit_itself()\n{lines}\n"
    command = (reading_process._COMMAND[0], "-c", source)
    monkeypatch.setattr(reading_process, "_COMMAND", command)


def test_the_kernel_ends_it_when_its_time_is_used_up(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    run_instead(monkeypatch, "while True: pass")
    with pytest.raises(LibraryRefused, match="takes longer than 3 seconds"):
        read_library(b"secret title")
    assert "of 12 bytes was not read" in caplog.text
    assert "secret" not in caplog.text


def test_it_is_killed_at_its_deadline(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading_process, "MAX_WAIT", 0.5)
    run_instead(monkeypatch, "import time; time.sleep(60)")
    began = time.monotonic()
    with pytest.raises(LibraryRefused, match="takes longer"):
        read_library(b"x" * 1_000_000)  # more than a pipe holds
    assert time.monotonic() - began < 30


@pytest.mark.parametrize(
    ("lines", "sentence"),
    [
        ("bytearray(program.MAX_MEMORY)", "cannot be read"),
        ("print('{' * 10)", "cannot be read"),
        ("print('{\"format\": 1}')", "cannot be read"),
        ("sys.stdin.read(); print('x' * 10_000_000)", "cannot be read"),
        ("import os; os.abort()", "cannot be read"),
    ],
)
def test_whatever_else_it_does_is_a_refusal(
    monkeypatch: pytest.MonkeyPatch, lines: str, sentence: str
) -> None:
    run_instead(monkeypatch, lines)
    with pytest.raises(LibraryRefused, match=sentence):
        read_library(b"x")


def test_too_little_memory_is_said() -> None:
    """Parsers may ask for more than there is: a page of memory too much is an exception."""
    with pytest.MonkeyPatch.context() as patch:
        run_instead(
            patch,
            "from digest.ingest import formats\n"
            "formats.detect = lambda *_: bytearray(program.MAX_MEMORY)\n"
            "sys.stdout.write(program.answer(sys.stdin.buffer.read()))",
        )
        with pytest.raises(LibraryRefused, match=r"too much memory\. Export fewer"):
            read_library(FILES["ris"])


def test_it_has_no_settings_and_writes_no_file(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("SECRET_KEY", "very secret")
    path = tmp_path / "kept"
    run_instead(
        monkeypatch,
        "program.load_parsers()\n"
        "import json, os\n"
        f"file = open({str(path)!r}, 'wb', buffering=0)\n"
        "try: file.write(sys.stdin.buffer.read())\n"
        "except OSError: pass\n"
        "names = [*os.environ, *(m for m in sys.modules if m.startswith('django'))]\n"
        "print(json.dumps({'refused': ' '.join(names)}))",
    )
    with pytest.raises(LibraryRefused) as refused:
        read_library(b"what I read")
    assert path.read_bytes() == b""
    assert "SECRET_KEY" not in str(refused.value)
    assert "django" not in str(refused.value)


def children() -> set[str]:
    """Return the processes this one has started and not waited for, those that ended among them."""
    return {
        process
        for task in Path("/proc/self/task").glob("*/children")
        for process in task.read_text().split()
    }


def test_nothing_is_left_running_or_open(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    before = len(list(Path("/proc/self/fd").iterdir()))
    running = children()  # of other tests, which collect theirs later
    read_library(FILES["bibtex"])
    assert len(list(Path("/proc/self/fd").iterdir())) == before
    assert children() <= running
    assert caplog.text == ""


def test_a_library_survives_its_json() -> None:
    library = Library.from_json(program.answer(FILES["bibtex"]))
    assert Library.from_json(library.to_json()) == library
    for wrong in ("[]", '{"format": "ris"}', json.dumps({"phrases": [{"words": "x"}]})):
        with pytest.raises((ValueError, KeyError, TypeError)):
            Library.from_json(wrong)


def test_a_large_library_has_the_memory_and_the_time_it_needs() -> None:
    """A third of the largest; the bench measures that one."""
    assert read_library(bibtex(MAX_PAPERS // 3)).papers == MAX_PAPERS // 3
