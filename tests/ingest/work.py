"""Work, counted: what an action costs on any machine, however busy it is."""

import sys
from collections.abc import Callable
from types import FrameType


def calls(action: Callable[[], object]) -> int:
    """How many functions the action calls, those of Python and those in C."""
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
    """AssertionError where the action made for twice the size calls over 2.2 times as much."""
    once, twice = calls(make(size)), calls(make(2 * size))
    assert twice <= 2.2 * once + 1000, (once, twice)
