"""Fixtures of the account's tests: a subscriber, and a clock frozen at noon."""

from collections.abc import Iterator

import pytest
import time_machine

from subscriptions.models import Subscriber
from tests.support import factories

from .moments import MINUTE, NOON


@pytest.fixture(autouse=True)
def noon() -> Iterator[None]:
    with time_machine.travel(NOON, tick=False):
        yield


@pytest.fixture
def ada() -> Subscriber:
    return factories.subscriber("ada@example.org", "robot", next_due_at=NOON + 60 * MINUTE)
