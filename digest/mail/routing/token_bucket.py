"""The formula of the rate limits: a token bucket whose rate halves on request and grows back.

The state of a domain is `tokens` (mails it may get now) as of `at`; the reduced rate `ceiling`
(0: none) as of `slowed_at`; and `queue`, the time at which the last waiting mail is tried again, so
that waiting mails do not all return at once. Times are seconds of one clock, rates are mails a
second, 0 for no limit.

LUA is the same formula for Redis: one round trip a mail, and no retries if many senders ask for one
domain. Both do the same floating-point operations in the same order; a property test expects equal
results to the last bit. The library that counts requests ("limits") does not fit: its windows hold
whole numbers (a slowed domain gets a third of a mail in 20 seconds), a changed rate starts a new
count, which is a burst just after a 421, and it has no queue.
"""

BURST = 20.0  # seconds of the rate that may be sent at once; senders wake up that often
RECOVERY = 60.0  # seconds in which a slowed domain's rate doubles
FIRST_SLOW = 2.0  # mails a second; an unlimited domain gets half of it after a 421
LEAST = 1 / 60  # mails a second
FREE = 64.0  # mails a second at which a slowed domain counts as unlimited again
LONGEST_WAIT = 3600.0
ROUNDING = 1e-6  # mails; one that has waited must not wait again for an error of rounding


def rate_now(limit: float, ceiling: float, slowed_at: float, now: float) -> float:
    """Return the rate at `now`; `limit` once a reduced rate has grown back."""
    if ceiling == 0:
        return limit
    grown = ceiling * 2.0 ** min(max(0.0, now - slowed_at) / RECOVERY, 60.0)
    free = FREE if limit == 0 else limit
    return limit if grown >= free else grown


def halved(rate: float) -> float:
    """Return the `ceiling` after a 421 at this rate."""
    return max((FIRST_SLOW if rate == 0 else rate) / 2.0, LEAST)


def room(rate: float) -> float:
    """Return how many tokens a bucket holds."""
    return max(1.0, rate * BURST)


def filled(tokens: float, at: float, rate: float, now: float) -> float:
    """Return the tokens at `now`."""
    return min(room(rate), tokens + max(0.0, now - at) * rate)


def take(tokens: float, queue: float, rate: float, now: float) -> tuple[float, float, float]:
    """Take one token.

    Returns the tokens left, the new `queue`, and the seconds to wait (0.0 if a token was taken).
    """
    if tokens >= 1.0 - ROUNDING:
        return max(0.0, tokens - 1.0), queue, 0.0
    turn = max(queue, now + (1.0 - tokens) / rate - 1.0 / rate) + 1.0 / rate
    # A mail that asks again gets a new place: unbounded, the queue would outrun the clock.
    queue = min(turn, now + LONGEST_WAIT)
    return tokens, queue, queue - now


_CONSTANTS = {
    "BURST": BURST,
    "RECOVERY": RECOVERY,
    "FIRST_SLOW": FIRST_SLOW,
    "LEAST": LEAST,
    "FREE": FREE,
    "LONGEST_WAIT": LONGEST_WAIT,
    "ROUNDING": ROUNDING,
}
LUA = (
    "".join(f"local {name} = {value!r}\n" for name, value in _CONSTANTS.items())
    + """
local function rate_now(limit, ceiling, slowed_at, now)
    if ceiling == 0 then return limit end
    local grown = ceiling * 2 ^ math.min(math.max(0, now - slowed_at) / RECOVERY, 60)
    local free = limit
    if limit == 0 then free = FREE end
    if grown >= free then return limit end
    return grown
end

local function halved(rate)
    if rate == 0 then rate = FIRST_SLOW end
    return math.max(rate / 2, LEAST)
end

local function room(rate)
    return math.max(1, rate * BURST)
end

local function filled(tokens, at, rate, now)
    return math.min(room(rate), tokens + math.max(0, now - at) * rate)
end

local function take(tokens, queue, rate, now)
    if tokens >= 1 - ROUNDING then return math.max(0, tokens - 1), queue, 0 end
    local turn = math.max(queue, now + (1 - tokens) / rate - 1 / rate) + 1 / rate
    queue = math.min(turn, now + LONGEST_WAIT)
    return tokens, queue, queue - now
end
"""
)
