"""Fixtures that every folder may use, and one rule: in CI nothing may be missing."""

import os
from collections.abc import Generator, Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from . import servers

# A landing must not hang on the luck of a draw; elsewhere each run tries something new. How long
# an example takes says more of the machine than of the program: the bench measures that.
settings.register_profile("here", deadline=None)
settings.register_profile("ci", deadline=None, derandomize=True)
settings.load_profile("ci" if os.environ.get("CI") else "here")

NEEDS = ["postgres", "redis", "browser", "programs"]
if os.geteuid() == 0:
    NEEDS.append("peer")  # nobody else can start Postfix; .ci/run sees to it that root does
ROOT = Path(__file__).resolve().parent.parent


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """With REQUIRE_SERVERS=1 a test that skips for want of a server is a failed one."""
    report = yield
    required = os.environ.get("REQUIRE_SERVERS") == "1"
    if report.skipped and required and any(item.get_closest_marker(need) for need in NEEDS):
        report.outcome = "failed"
        assert isinstance(report.longrepr, tuple)
        report.longrepr = f"REQUIRE_SERVERS=1, yet skipped: {report.longrepr[2]}"
    return report


@pytest.fixture(scope="session")
def samples() -> Path:
    """The folder with real dumps (PAPER_SAMPLES); the test is skipped where there is none."""
    folder = Path(os.environ.get("PAPER_SAMPLES") or ROOT.parent / "shared" / "data")
    if not folder.is_dir():
        pytest.skip(f"no real samples in {folder}: set PAPER_SAMPLES")
    return folder


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """The URL of a PostgreSQL of our own."""
    if (programs := servers.postgres_programs()) is None:
        pytest.skip("PostgreSQL's server programs are missing: apt-get install postgresql")
    with servers.postgres(programs) as url:
        yield url


@pytest.fixture(scope="session")
def redis_url() -> Iterator[str]:
    """The URL of a redis-server of our own."""
    if (program := servers.redis_program()) is None:
        pytest.skip("redis-server is missing: apt-get install redis-server")
    with servers.redis(program) as url:
        yield url


@pytest.fixture(autouse=True)
def fresh_papers() -> None:
    from .fresh import forget  # it needs Django, which is not ready while this file is read

    forget()
