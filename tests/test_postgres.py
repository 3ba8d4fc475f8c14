"""What holds on SQLite holds on PostgreSQL."""

from pathlib import Path

import pytest

from .runner.whole import whole_site
from .support import servers
from .support.journey import run_journey
from .support.quick import run_quick_tests

pytestmark = [pytest.mark.slow, pytest.mark.postgres]


@pytest.mark.alone
@pytest.mark.timeout(1500)
def test_the_quick_tests_pass_on_postgresql(postgres: str) -> None:
    run_quick_tests({"DATABASE_URL": postgres})


@pytest.mark.redis
def test_from_sign_up_to_digest_on_postgresql_and_redis(
    tmp_path: Path, postgres: str, redis_url: str
) -> None:
    database = servers.new_database(postgres, "journey")
    with whole_site(tmp_path / "var", "--demo", DATABASE_URL=database, REDIS_URL=redis_url) as site:
        run_journey(site)
        assert not (site.folder / "db.sqlite3").exists()
        assert "Traceback" not in site.output
