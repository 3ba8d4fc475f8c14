"""Every test ends: one that hangs fails by itself and shows where it hung."""

import pytest

from .conftest import SLOW_TIMEOUT


def test_a_quick_test_has_two_minutes(pytestconfig: pytest.Config) -> None:
    assert float(pytestconfig.getini("timeout")) == 120


@pytest.mark.slow
def test_a_slow_one_has_ten(request: pytest.FixtureRequest) -> None:
    marker = request.node.get_closest_marker("timeout")
    assert marker is not None
    assert marker.args == (SLOW_TIMEOUT,)
