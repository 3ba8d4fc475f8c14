"""From sign-up to digest on what `make run` starts: SQLite, the private broker, the outbox."""

from pathlib import Path

import pytest

from tests.support.journey import run_journey

from .whole import whole_site


@pytest.mark.slow
def test_from_sign_up_to_digest_with_the_embedded_services(tmp_path: Path) -> None:
    with whole_site(tmp_path / "var", "--demo") as site:
        run_journey(site)
        assert "Traceback" not in site.output
