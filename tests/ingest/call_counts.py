"""The work of an action, counted in function calls, which the machine's load does not change."""

import sys
from collections.abc import Callable
from types import FrameType


def count_calls(action: Callable[[], object]) -> int:
    """Return how many functions the action calls, Python's and C's."""
    count = 0

    def note(frame: FrameType, event: str, argument: object) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    before = sys.getprofile()
    sys.setprofile(note)
    try:
        action()
    finally:
        sys.setprofile(before)
    return count


def assert_linear(make: Callable[[int], Callable[[], object]], size: int) -> None:
    """Fail if the action made for twice the size calls over 2.2 times as many functions."""
    once, twice = count_calls(make(size)), count_calls(make(2 * size))
    assert twice <= 2.2 * once + 1000, (once, twice)
