"""`.env.example` names every variable that the settings read, and its defaults can be used."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from digest.ingest.sources.keys import KNOWN_HOSTS
from tests.conftest import ROOT

READ = re.compile(r'(?:setting\(\s*|environ\.get\(\s*)"([A-Z_]+)"')
EXAMPLE = re.compile(r"^#?([A-Z_]+)=(.*)$", re.MULTILINE)
SERVERS = {"DATABASE_URL", "REDIS_URL", "EMAIL_URL"}  # their defaults cannot be written down


def example() -> dict[str, str]:
    return dict(EXAMPLE.findall((ROOT / ".env.example").read_text()))


def test_it_names_what_the_settings_read_and_nothing_else() -> None:
    files = (ROOT / "digest" / "settings").glob("*.py")
    read = {name for path in files for name in READ.findall(path.read_text())}
    assert set(example()) == read | KNOWN_HOSTS.keys()


def settings_as_json(environment: dict[str, str]) -> str:
    names = "SITE_URL BIND PORT ALLOWED_HOSTS MAIL_FROM REPLY_TO POSTAL_ADDRESS DEFAULT_TIMEZONE"
    names += (
        " DEFAULT_SEND_AT NEW_PAPERS_LIMIT INDEX_DAYS INDEX_MB CARD_CACHE_MB MAX_DUMP_BYTES DEBUG"
    )
    names += " CELERY_WORKER_CONCURRENCY"
    ask = f"from digest import settings; print([getattr(settings, n) for n in {names.split()}])"
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    return subprocess.run(
        [sys.executable, "-c", ask],
        cwd=ROOT,
        env={**kept, **environment},
        capture_output=True,
        text=True,
        check=True,
    ).stdout


@pytest.mark.slow
def test_its_values_are_the_defaults(tmp_path: Path) -> None:
    # Every variable is set, if only to nothing, so that a developer's own .env has no say.
    written = {name: value for name, value in example().items() if name not in SERVERS}
    blank = dict.fromkeys(example(), "")
    where = {"DATA_DIR": str(tmp_path)}
    assert settings_as_json({**blank, **written, **where}) == settings_as_json({**blank, **where})
