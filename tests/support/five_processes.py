"""Five processes that act on one database at the same moment."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from . import servers
from .site import Site

PROCESSES = 5
ON_BOTH_DATABASES = pytest.fixture(
    params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)]
)
# Put in front of a program: each process waits until all are there. `mine` is a file of its own.
TOGETHER = f"""
import pathlib, time
from django.conf import settings
from django.db import connection
connection.ensure_connection()
here = pathlib.Path(settings.DATA_DIR) / "here"
here.mkdir(exist_ok=True)
mine = here / str(time.monotonic_ns())
mine.touch()
while len(list(here.iterdir())) < {PROCESSES}:
    time.sleep(0.01)
"""


def migrated_site(request: pytest.FixtureRequest, tmp_path: Path, **settings: str) -> Site:
    """A site with an empty database of the kind that `request.param` names."""
    database = f"sqlite:///{tmp_path / 'db.sqlite3'}"
    if request.param == "postgres":
        database = servers.new_database(request.getfixturevalue("postgres"), tmp_path.name)
    site = Site(tmp_path / "var", DATABASE_URL=database, **settings)
    site.run("migrate", "--verbosity=0")
    return site


def shell(site: Site, program: str) -> str:
    """Run a program in a process of the site; return what it printed."""
    return site.run("shell", "--no-imports", "-c", program).strip()


def together(site: Site, program: str) -> list[str]:
    """Run a program in PROCESSES processes; return what each printed, sorted."""
    with ThreadPoolExecutor(PROCESSES) as pool:
        return sorted(pool.map(lambda _: shell(site, program), range(PROCESSES)))
