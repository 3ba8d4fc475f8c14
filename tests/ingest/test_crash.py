"""Whole or not at all, in real processes: killed, crowded, and on a full disk."""

import json
import resource
import signal
import subprocess
import sys
from functools import partial
from pathlib import Path

import pytest

from digest.ingest import dump_reading
from tests.bench.pubmed_file import pubmed_file
from tests.support import servers
from tests.support.site import ROOT, Site

from .formats.listing_pages import full_entry, page, snapshot_line

pytestmark = pytest.mark.slow
MANY = page(*(full_entry(f"Paper number {number}") for number in range(400)))


DATABASES = ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)]


@pytest.fixture(params=DATABASES)
def site(tmp_path: Path, request: pytest.FixtureRequest) -> Site:
    values = {}
    if request.param == "postgres":
        url = servers.new_database(request.getfixturevalue("postgres"), tmp_path.name)
        values["DATABASE_URL"] = url
    site = Site(tmp_path / "var", **values)
    site.run("migrate", "--verbosity=0")
    return site


def drop(site: Site, name: str, data: bytes) -> Path:
    path = site.folder.parent / name
    path.write_bytes(data)
    return path


def count(site: Site, table: str) -> int:
    ((number,),) = site.sql(f"SELECT COUNT(*) FROM {table}")
    assert isinstance(number, int)
    return number


# Reads a dump, and dies of SIGKILL before the given line of the ingest's own code is run.
DIE_AT_LINE = """
import os, signal, sys
import django
django.setup()
from pathlib import Path
from django.utils import timezone
from digest.ingest import pipeline as dump

from digest.ingest import bulk_files, dump_reading
from digest.ingest.papers import batches
bulk_files.PART_LINES = batches.BATCH_RECORDS = 2
dump_reading._READ_WHOLE = 100

at, data, left = timezone.now(), Path(sys.argv[-2]).read_bytes(), int(sys.argv[-1])

def trace(frame, event, argument):
    global left
    if "/digest/ingest/" not in frame.f_code.co_filename:
        return None
    if event == "line":
        left -= 1
        if not left:
            os.kill(os.getpid(), signal.SIGKILL)
    return trace

sys.settrace(trace)
dump.read(dump.receive(data, "page.txt", at=at), at=at)
sys.settrace(None)
print(int(sys.argv[-1]) - left)
"""
# What the next tick does.
FINISH = """
import django
django.setup()
from django.utils import timezone
from digest.ingest import bulk_files, dump_reading
from digest.ingest.papers import batches
from digest.ingest.pipeline import finish_unfinished
bulk_files.PART_LINES = batches.BATCH_RECORDS = 2
dump_reading._READ_WHOLE = 100
finish_unfinished(timezone.now())
"""


def run(site: Site, code: str, *arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments],
        cwd=ROOT,
        env=site.environment | {"DJANGO_SETTINGS_MODULE": "digest.settings"},
        check=True,
        capture_output=True,
        text=True,
        timeout=60,
    )
    return done.stdout


def lines_of_code(site: Site, path: Path) -> int:
    """How many lines of the ingest run for a file whose bytes are kept already, as they are from
    the first of the killed runs on."""
    for _ in range(2):
        lines = int(run(site, DIE_AT_LINE, str(path), "100000000"))
        clear(site)
    return lines


def clear(site: Site) -> None:
    for name in ("searchdocument", "listing", "paper", "dump", "catalogue", "rawchunk"):
        site.sql(f"DELETE FROM digest_{name}")


def finish(site: Site) -> None:
    """The first tick after the dead one's claim has lapsed."""
    site.lapse_leases()
    run(site, FINISH)


def test_killed_at_any_line_nothing_is_lost_or_halved(site: Site) -> None:
    path = drop(site, "page.txt", page(full_entry("One"), full_entry("Two")))
    lines = lines_of_code(site, path)
    seen = set()
    for step in range(10):
        with pytest.raises(subprocess.CalledProcessError) as ended:
            run(site, DIE_AT_LINE, str(path), str(1 + lines * step // 10))
        assert ended.value.returncode == -signal.SIGKILL
        received, papers = count(site, "digest_dump"), count(site, "digest_paper")
        if site.environment["DATABASE_URL"]:
            assert count(site, "digest_rawchunk") == received
        assert papers == count(site, "digest_listing") == count(site, "digest_searchdocument")
        assert papers in ((0, 2) if received else (0,))
        finish(site)
        assert count(site, "digest_paper") == 2 * received
        seen.add((received, papers))
        clear(site)
    assert (0, 0) in seen
    assert (1, 0) in seen
    site.run("ingest", str(path))
    assert count(site, "digest_paper") == 2


def test_killed_between_parts_and_in_them(site: Site) -> None:
    path = drop(site, "snapshot.json", b"".join(map(snapshot_line, range(6))))
    lines = lines_of_code(site, path)
    seen = set()
    for step in range(1, 12):
        with pytest.raises(subprocess.CalledProcessError) as ended:
            run(site, DIE_AT_LINE, str(path), str(1 + lines * step // 12))
        assert ended.value.returncode == -signal.SIGKILL
        received, papers = count(site, "digest_dump"), count(site, "digest_paper")
        done = site.sql("SELECT COUNT(*) FROM digest_dump WHERE state = 'parsed'")
        assert received in (0, 1, 3)
        assert [(papers / 2,)] == done
        finish(site)
        if received:
            assert site.sql("SELECT part, state, papers FROM digest_dump ORDER BY part") == [
                (part, "parsed", 2) for part in range(3)
            ]
        assert count(site, "digest_paper") == count(site, "digest_listing")
        assert count(site, "digest_paper") == (6 if received else 0)
        seen.add((received, papers))
        clear(site)
    assert {(3, 2), (3, 4)} <= seen


def test_killed_in_a_file_that_is_stored_in_batches(site: Site) -> None:
    path = drop(site, "set.xml", b"".join(pubmed_file(5)))
    lines = lines_of_code(site, path)
    seen = set()
    for step in range(1, 10):
        with pytest.raises(subprocess.CalledProcessError) as ended:
            run(site, DIE_AT_LINE, str(path), str(1 + lines * step // 10))
        assert ended.value.returncode == -signal.SIGKILL
        received, papers = count(site, "digest_dump"), count(site, "digest_paper")
        assert papers == count(site, "digest_listing")
        assert papers in (0, 5 * received)
        if step % 2:  # handed in again instead of found by the next tick
            site.lapse_leases()
            site.run("ingest", str(path))
        finish(site)
        expected = 5 if received or step % 2 else 0
        assert count(site, "digest_paper") == count(site, "digest_listing") == expected
        seen.add((received, papers))
        clear(site)
    assert (1, 0) in seen


def test_large_files_at_once_and_in_any_order(site: Site) -> None:
    """Two that share half of their articles, each by two processes, and both once more after it."""
    head, *found, end = pubmed_file(3300)
    first = drop(site, "first.xml", b"".join([head, *found[:2200], end]))
    second = drop(site, "second.xml", b"".join([head, *found[1100:], end]))
    assert first.stat().st_size > dump_reading._READ_WHOLE
    command = ("ingest", "--json", "--backfill")
    paths = [(first, second), (second, first)]
    processes = [site.start(*command, *map(str, pair)) for pair in paths]
    for process in processes:
        out, err = process.communicate(timeout=300)
        assert {json.loads(line)["state"] for line in out.splitlines()} == {"parsed"}, err
    assert count(site, "digest_listing") == 4400
    assert count(site, "digest_paper") == 3300
    again = [json.loads(line) for line in site.run(*command, str(second), str(first)).splitlines()]
    assert [(row["new"], row["unchanged"]) for row in again] == [(0, 2200)] * 2
    assert count(site, "digest_paper") == 3300


def test_two_processes_share_a_bulk_file(site: Site) -> None:
    path = drop(site, "snapshot.json", b"".join(map(snapshot_line, range(9000))))
    processes = [site.start("ingest", "--json", str(path)) for _ in range(3)]
    for process in processes:
        out, _ = process.communicate(timeout=120)
        row = json.loads(out)
        assert row["state"] == "parsed" or "Another process" in row["error"]
    site.run("ingest", str(path))
    assert site.sql("SELECT papers FROM digest_dump ORDER BY part") == [(2000,)] * 4 + [(1000,)]
    assert count(site, "digest_paper") == count(site, "digest_listing") == 9000


def test_five_at_once(site: Site) -> None:
    same = drop(site, "same.txt", MANY)
    others = [
        drop(site, f"{number}.txt", page(full_entry("Shared"), full_entry(f"Own {number}")))
        for number in range(5)
    ]
    processes = [site.start("ingest", "--json", str(same), str(other)) for other in others]
    results = []
    for process in processes:
        out, err = process.communicate(timeout=120)
        assert process.returncode == 0, err
        results += [json.loads(line) for line in out.splitlines()]
    assert {row["state"] for row in results} == {"parsed"}
    assert count(site, "digest_paper") == count(site, "digest_listing") - 4 == 406
    seqs = site.sql("SELECT seq FROM digest_paper ORDER BY seq")
    assert seqs == [(number,) for number in range(1, 407)]
    assert site.sql("SELECT newest_seq FROM digest_catalogue") == [(406,)]


def test_a_full_disk_is_a_sentence_and_nothing_half_stored(site: Site) -> None:
    path = drop(site, "many.txt", MANY)
    limits = [20_000, 400_000]  # neither the bytes fit; the bytes do, the database does not
    for limit in limits[: 1 if site.environment["DATABASE_URL"] else 2]:
        process = subprocess.run(
            [sys.executable, "manage.py", "ingest", "--json", str(path)],
            cwd=ROOT,
            env=site.environment,
            preexec_fn=partial(resource.setrlimit, resource.RLIMIT_FSIZE, (limit, limit)),
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert process.returncode == 1, process.stderr
        assert "Traceback" not in process.stderr
        (row,) = [json.loads(line) for line in process.stdout.splitlines()]
        assert row["error"]
        assert count(site, "digest_paper") == count(site, "digest_listing") == 0
    drafts = [path for path in (site.folder / "dumps").rglob(".*") if path.is_file()]
    assert drafts == []
    site.run("ingest", str(path))
    assert count(site, "digest_paper") == 400
