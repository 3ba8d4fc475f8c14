"""From sign-up to digest with a Redis server instead of the private broker."""

from pathlib import Path

import pytest

from .runner.whole import whole_site
from .support.journey import run_journey

pytestmark = [pytest.mark.slow, pytest.mark.redis]


def test_from_sign_up_to_digest_with_redis(tmp_path: Path, redis_url: str) -> None:
    with whole_site(tmp_path / "var", "--demo", REDIS_URL=redis_url) as site:
        assert "broker" not in site.services()
        run_journey(site)
        assert "Traceback" not in site.output
