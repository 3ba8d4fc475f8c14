"""Whole or not at all, in real processes: killed, crowded, and on a full disk."""

import json
import resource
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.site import ROOT, Site

from .pages import page, whole

pytestmark = pytest.mark.slow
MANY = page(*(whole(f"Paper number {number}") for number in range(400)))


@pytest.fixture
def site(tmp_path: Path) -> Site:
    site = Site(tmp_path / "var")
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


def finish(site: Site) -> None:
    """What the next tick does."""
    code = (
        "import django; django.setup()\n"
        "from django.utils import timezone\n"
        "from digest.ingest.dump import finish_unfinished\n"
        "print([dump.state for dump in finish_unfinished(timezone.now())])"
    )
    subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env=site.environment | {"DJANGO_SETTINGS_MODULE": "digest.settings"},
        check=True,
        capture_output=True,
        timeout=60,
    )


def test_killed_at_any_point_nothing_is_lost_or_halved(site: Site) -> None:
    path = drop(site, "many.txt", MANY)
    started = time.monotonic()
    site.run("ingest", "--dry-run", str(path))
    usual = time.monotonic() - started
    for step in range(8):
        process = site.start("ingest", str(path))
        time.sleep(usual * (0.55 + step * 0.06))
        site.kill(process)
        papers, listings = count(site, "digest_paper"), count(site, "digest_listing")
        assert papers == listings
        assert papers in (0, 400)
        received = count(site, "digest_dump")
        finish(site)
        assert count(site, "digest_paper") == (400 if received else 0)
        for table in ("digest_listing", "digest_paper", "digest_dump", "digest_catalogue"):
            site.sql(f"DELETE FROM {table}")
    site.run("ingest", str(path))
    assert count(site, "digest_paper") == 400


def test_five_at_once(site: Site) -> None:
    same = drop(site, "same.txt", MANY)
    others = [
        drop(site, f"{number}.txt", page(whole("Shared"), whole(f"Own {number}")))
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
    seqs = sorted(number for (number,) in site.sql("SELECT seq FROM digest_paper"))
    assert seqs == list(range(1, 407))
    assert site.sql("SELECT newest_seq FROM digest_catalogue") == [(406,)]


def test_a_full_disk_is_a_sentence_and_nothing_half_stored(site: Site) -> None:
    path = drop(site, "many.txt", MANY)
    for limit in (20_000, 400_000):  # neither the bytes fit; the bytes do, the database does not
        process = subprocess.run(
            [sys.executable, "manage.py", "ingest", "--json", str(path)],
            cwd=ROOT,
            env=site.environment,
            preexec_fn=lambda limit=limit: resource.setrlimit(
                resource.RLIMIT_FSIZE, (limit, limit)
            ),
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
