"""A bounce address of its own for each mail, and a clock that agrees with the papers."""

from collections.abc import Iterator
from typing import Any

import pytest
import time_machine

from tests.make import MORNING

from .returned import VERP_SENDER


@pytest.fixture
def verp_sender(settings: Any) -> None:
    settings.VERP_SENDER = VERP_SENDER


@pytest.fixture
def in_the_morning() -> Iterator[None]:
    """The shared index holds the papers of the last INDEX_DAYS days: those of the tests are among
    them on that day, and not in a later year."""
    with time_machine.travel(MORNING):
        yield
