"""Fixtures that every folder may use, and one rule: in CI nothing may be missing."""

import os
import select
import shutil
import time
from collections.abc import Generator, Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
import time_machine
from hypothesis import settings

from .support import imap_server, servers

# A landing must not hang on the luck of a draw; elsewhere each run tries something new. How long
# an example takes says more of the machine than of the program: the bench measures that.
settings.register_profile("here", deadline=None, max_examples=30)
settings.register_profile("ci", deadline=None, derandomize=True)
settings.register_profile(
    "few", deadline=None, max_examples=10, derandomize=bool(os.environ.get("CI"))
)
settings.load_profile(os.environ.get("EXAMPLES") or ("ci" if os.environ.get("CI") else "here"))

if "FAKETIME" in os.environ:
    # libfaketime 0.9.10 fails at clock_nanosleep(), which is Python's sleep, when it leaves the
    # monotonic clock alone (tests/test_any_time.py).
    time.sleep = lambda seconds: select.select([], [], [], seconds) and None

NEEDS = ["postgres", "redis", "browser", "programs", "clock"]
if os.geteuid() == 0:
    NEEDS.append("peer")  # nobody else can start Postfix; .ci/run sees to it that root does
ROOT = Path(__file__).resolve().parent.parent
SLOW_TIMEOUT = 600  # seconds after which a slow test hangs, however slow the machine


def pytest_configure() -> None:
    # The program's own is stricter; some servers of the tests run as other users, and must read.
    os.umask(0o022)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.get_closest_marker("slow") and not item.get_closest_marker("timeout"):
            item.add_marker(pytest.mark.timeout(SLOW_TIMEOUT))


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


@pytest.fixture(scope="session")
def imap_papers(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The certificate of our own IMAP server, and its key."""
    if shutil.which("openssl") is None:
        pytest.skip("openssl is missing: apt-get install openssl")
    return imap_server.certificate(tmp_path_factory.mktemp("certificate"))


@pytest.fixture
def box(
    imap_papers: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> Iterator[imap_server.Box]:
    """A mailbox on an IMAP server of our own, which is believed."""
    monkeypatch.setenv("SSL_CERT_FILE", str(imap_papers[0]))
    with imap_server.serving(*imap_papers) as box:
        yield box


@pytest.fixture(scope="session", autouse=True)
def whole_program() -> None:
    """Load pages, admin and commands before the first test: a module that is first imported while
    a test replaces a constant would keep that value in all later tests."""
    from django.core.management import get_commands

    import_module("digest.urls")
    for name, app in get_commands().items():
        if app in ("digest", "subscriptions"):
            import_module(f"{app}.management.commands.{name}")


@pytest.fixture(autouse=True)
def fresh_papers() -> None:
    from .support.caches import (
        forget,  # it needs Django, which is not ready while this file is read
    )

    forget()


@pytest.fixture
def verp_sender(settings: Any) -> None:
    """A bounce address of its own for each mail."""
    from .support.returned_mails import VERP_SENDER

    settings.VERP_SENDER = VERP_SENDER


@pytest.fixture
def in_the_morning() -> Iterator[None]:
    """The shared index holds the papers of the last INDEX_DAYS days: those of the tests are among
    them on that day, and not in a later year."""
    from .support.factories import (
        MORNING,  # it needs Django, which is not ready while this file is read
    )

    with time_machine.travel(MORNING):
        yield


@pytest.fixture(autouse=True)
def one_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests set the machine's clock. PostgreSQL's cannot be set, so that the service would find
    the two apart."""
    from digest.machine_clock import MACHINE
    from digest.monitoring.health import clocks

    monkeypatch.setattr(clocks, "database_clock", lambda: MACHINE.wall())
