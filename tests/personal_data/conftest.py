"""A bounce address of its own for each mail."""

from typing import Any

import pytest

from tests.delivery.returned import VERP_SENDER


@pytest.fixture
def verp_sender(settings: Any) -> None:
    settings.VERP_SENDER = VERP_SENDER
