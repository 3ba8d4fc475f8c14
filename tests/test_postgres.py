"""What holds on SQLite holds on PostgreSQL."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from . import servers
from .journey import travel
from .runner.whole import whole_site
from .site import ROOT

pytestmark = [pytest.mark.slow, pytest.mark.postgres]


def test_the_quick_tests_pass_on_postgresql(postgres: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-m", "not slow", "-n", "auto", "-q", "--no-header"],
        cwd=ROOT,
        env={**os.environ, "DATABASE_URL": postgres},
        capture_output=True,
        text=True,
    )
    told = "\n".join((done.stdout + done.stderr).splitlines()[-80:])
    assert done.returncode == 0, told


@pytest.mark.redis
def test_from_sign_up_to_digest_on_postgresql_and_redis(
    tmp_path: Path, postgres: str, redis_url: str
) -> None:
    database = servers.new_database(postgres, "journey")
    with whole_site(tmp_path / "var", "--demo", DATABASE_URL=database, REDIS_URL=redis_url) as site:
        travel(site)
        assert not (site.folder / "db.sqlite3").exists()
        assert "Traceback" not in site.told
