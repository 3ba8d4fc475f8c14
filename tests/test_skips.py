"""With REQUIRE_SERVERS=1, as in CI, nothing that needs a server or a browser may be skipped."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from .support.site import ROOT

IS_ROOT = os.geteuid() == 0

SKIPS = """
import pytest

@pytest.fixture
def server():
    pytest.skip("no server here")

@pytest.mark.{need}
def test_in_the_fixture(server):
    pass

@pytest.mark.{need}
def test_in_the_test():
    pytest.skip("no server here")
"""


def run(folder: Path, need: str, required: str) -> str:
    """What pytest says about two tests that skip and are marked with `need`."""
    (folder / "test_skips.py").write_text(SKIPS.format(need=need))
    (folder / "pytest.ini").write_text(f"[pytest]\nmarkers =\n    {need}: for this test\n")
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-ra", "-p", "no:valkey", "-p", "tests.conftest", folder],
        cwd=ROOT,
        env={**os.environ, "REQUIRE_SERVERS": required},
        capture_output=True,
        text=True,
    )
    return done.stdout + done.stderr


@pytest.mark.slow
@pytest.mark.parametrize(
    "need",
    [
        "postgres", "redis", "browser", "programs",
        pytest.param("peer", marks=pytest.mark.skipif(not IS_ROOT, reason="only root can")),
    ],
)  # fmt: skip
def test_a_skip_for_want_of_a_server_fails_in_ci(tmp_path: Path, need: str) -> None:
    output = run(tmp_path, need, required="1")
    assert "1 failed, 1 error" in output  # pytest calls it an error where a fixture skips
    assert "REQUIRE_SERVERS=1, yet skipped: Skipped: no server here" in output


@pytest.mark.slow
@pytest.mark.parametrize(
    ("need", "required"),
    [
        ("postgres", ""), ("samples", "1"),
        pytest.param("peer", "1", marks=pytest.mark.skipif(IS_ROOT, reason="root can")),
    ],
)  # fmt: skip
def test_other_skips_are_only_told(tmp_path: Path, need: str, required: str) -> None:
    output = run(tmp_path, need, required)
    assert "2 skipped" in output
    assert "no server here" in output
