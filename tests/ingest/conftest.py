"""A web server that answers as a test prescribes, and folders for what its sources fetch."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from .sources.web_server import WebServer, serving


@pytest.fixture(scope="module")
def _server() -> Iterator[WebServer]:
    with serving() as server:
        yield server


@pytest.fixture
def web(_server: WebServer) -> WebServer:
    """The server, without the answers and requests of the test before."""
    _server.forget()
    return _server


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("digest.ingest.sources.http.PAUSE_SECONDS", 0.01)


@pytest.fixture
def folders(settings: Any, tmp_path: Path, impatient: None) -> None:
    settings.DATA_DIR = tmp_path
    settings.DUMPS_DIR = tmp_path / "dumps"
