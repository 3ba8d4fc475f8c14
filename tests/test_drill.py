"""The drill in small: each failure alone, with fewer people and shorter outages."""

import pytest

from .drill.__main__ import line_of
from .drill.failures import failures

pytestmark = [pytest.mark.slow, pytest.mark.redis]
QUICK = ("redis", "relay-4xx", "journal-full", "kill", "clock", "restored", "withdrawn")


@pytest.mark.parametrize("name", QUICK)
def test_the_service_survives(name: str) -> None:
    try:
        row = failures(quick=True)[name]()
    except LookupError as why:
        pytest.skip(str(why))
    assert row.passed, line_of(row)


def test_the_drill_knows_the_cut() -> None:
    assert set(QUICK) <= set(failures(quick=False))
