"""Very many mails to one domain that takes few: they all go, as fast as it takes them."""

import heapq

import pytest

from digest.mail.routing.rate_limits import Limits, LocalThrottle
from digest.mail.routing.token_bucket import BURST, LONGEST_WAIT


@pytest.mark.parametrize("hours", [0.5, 2.5, 4.5])
def test_a_backlog_of_hours_goes_at_the_rate(hours: float) -> None:
    rate, now = 0.2, 0.0
    throttle = LocalThrottle(Limits(rate), Limits(), clock=lambda: now)
    waiting = [(0.0, number) for number in range(int(hours * 3600 * rate))]
    while waiting:
        now, number = heapq.heappop(waiting)
        if wait := throttle.acquire("slow.example", str(number)):
            assert 0 < wait <= LONGEST_WAIT
            heapq.heappush(waiting, (now + wait, number))
    assert now <= hours * 3600 - BURST + 2 / rate
