"""One HTTP request, with limits on time, size and redirects, and retries."""

import random
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from http import HTTPStatus

import httpx
from django.conf import settings
from tenacity import RetryCallState, Retrying, retry_if_exception, stop_after_attempt

from .errors import CannotFetch
from .http_body import read_body, stated_error
from .http_connection import FAILURES, ConnectionRules, DeadlineTransport
from .keys import SourceKey
from .politeness import host_slot
from .server_clock import note_server_clock

_PASSING = (408, 425, 429)
PAUSE_SECONDS = 1.0  # before the second try; twice that before the third
_SILENCE_SECONDS = 30.0
_LONGEST_WAIT = timedelta(days=1)


@dataclass(frozen=True)
class RequestLimits:
    """What one request may cost."""

    until: float  # monotonic seconds
    size: int = field(default_factory=lambda: settings.MAX_DUMP_BYTES)
    redirects: int = 5
    tries: int = 3
    patience: float = 8.0  # seconds to wait before another try; longer waits are for later
    allowed: frozenset[str] = frozenset()  # hosts that may be private
    key: SourceKey | None = None


@dataclass(frozen=True)
class HttpAnswer:
    """The body, unpacked, its validators and its other headers; a 304 has no body."""

    status: int
    url: str  # as it was requested, before redirects
    body: bytes = b""
    etag: str = ""
    last_modified: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)  # by their names in lower case


def http_get(url: str, headers: dict[str, str], limits: RequestLimits) -> HttpAnswer:
    """Request the address, with a few retries. Raises CannotFetch with a sentence.

    Neither the answer nor the sentence shows the key of `limits`.
    """
    try:
        return _hidden(_with_retries(url, headers, limits), limits.key)
    except CannotFetch as wrong:
        if limits.key:
            wrong.args = (limits.key.hide(str(wrong)),)
        raise


def _with_retries(url: str, headers: dict[str, str], limits: RequestLimits) -> HttpAnswer:
    attempts_over, too_late = stop_after_attempt(limits.tries), _too_late(limits)
    retrying = Retrying(
        stop=lambda state: attempts_over(state) or too_late(state),
        wait=_pause,
        retry=retry_if_exception(lambda wrong: isinstance(wrong, CannotFetch) and wrong.may_retry),
        reraise=True,
    )
    rules = ConnectionRules(limits.until, limits.allowed)
    with httpx.Client(
        transport=DeadlineTransport(rules, limits.key), timeout=_SILENCE_SECONDS, trust_env=False
    ) as client:
        answer: HttpAnswer = retrying(_once, client, url, headers, limits)
        return answer


def _hidden(answer: HttpAnswer, key: SourceKey | None) -> HttpAnswer:
    """Return the answer with the key replaced wherever the server repeats it."""
    if key is None:
        return answer
    return replace(
        answer,
        body=key.hide_bytes(answer.body),
        etag="" if key.is_in(answer.etag) else answer.etag,
        last_modified="" if key.is_in(answer.last_modified) else answer.last_modified,
        headers={name: key.hide(value) for name, value in answer.headers.items()},
    )


def _pause(state: RetryCallState) -> float:
    """Return the seconds before the next try: as the server asked, else longer each time."""
    wrong = state.outcome and state.outcome.exception()
    if isinstance(wrong, CannotFetch) and wrong.wait is not None:
        return wrong.wait.total_seconds()
    doubled: float = PAUSE_SECONDS * 2.0 ** (state.attempt_number - 1)
    return doubled * random.uniform(1, 1.25)  # noqa: S311


Stop = Callable[[RetryCallState], bool]


def _too_late(limits: RequestLimits) -> Stop:
    def stop(state: RetryCallState) -> bool:
        pause = state.upcoming_sleep
        return pause > limits.patience or time.monotonic() + pause >= limits.until

    return stop


def _once(
    client: httpx.Client, url: str, headers: dict[str, str], limits: RequestLimits
) -> HttpAnswer:
    try:
        return _follow(client, url, headers, limits)
    except (httpx.InvalidURL, UnicodeError) as wrong:
        raise CannotFetch(f"“{url}” is not a web address: {wrong}.") from wrong
    except FAILURES as wrong:
        host = httpx.URL(url).host
        if "certificate" in str(wrong).lower():
            raise CannotFetch(f"The certificate of {host} is not valid ({wrong}).") from wrong
        raise CannotFetch(
            f"{host} cannot be read: {_error_text(wrong)}.", may_retry=True
        ) from wrong


def _error_text(wrong: Exception) -> str:
    if isinstance(wrong, TimeoutError) or "Timeout" in type(wrong).__name__:
        return "it took too long"
    return str(wrong).rstrip(".") or type(wrong).__name__


def _follow(
    client: httpx.Client, url: str, headers: dict[str, str], limits: RequestLimits
) -> HttpAnswer:
    """Send the request and follow redirects; each connection's address is checked anew."""
    request = _safe(None, client.build_request("GET", url, headers=headers), limits.key)
    for _ in range(limits.redirects + 1):
        with host_slot(request.url.host, limits.until):
            response = client.send(request, stream=True)
            note_server_clock(response.url.host, response.headers)
            try:
                if response.next_request is None:
                    return _answer(url, response, limits)
            finally:
                response.close()
        request = _safe(request, response.next_request, limits.key)
    raise CannotFetch(
        f"{request.url.host} redirects more than {limits.redirects} times. Find out where its "
        "pages have moved, and enter that address."
    )


def _safe(
    request: httpx.Request | None, target: httpx.Request, key: SourceKey | None
) -> httpx.Request:
    """Return the target if it may be requested after that request. Raises CannotFetch."""
    if target.url.scheme not in ("http", "https") or not target.url.host:
        raise CannotFetch(f"“{target.url}” is not a web address.")
    if request and request.url.scheme == "https" and target.url.scheme != "https":
        raise CannotFetch(f"{request.url.host} redirects to “{target.url}”, without TLS.")
    if request and key and key.is_in(str(target.url)) and not key.belongs_to(target.url):
        # The other host is not named: part of the key may be in its name.
        raise CannotFetch(f"{request.url.host} redirects to another host, so the key was not sent.")
    return target


def _answer(url: str, response: httpx.Response, limits: RequestLimits) -> HttpAnswer:
    if response.status_code == HTTPStatus.OK:
        return HttpAnswer(
            response.status_code,
            url,
            read_body(response, limits.size),
            _validator(response.headers.get("ETag", ""), 1000),
            _validator(response.headers.get("Last-Modified", ""), 100),
            dict(response.headers),
        )
    if response.status_code == HTTPStatus.NOT_MODIFIED:
        return HttpAnswer(response.status_code, url)
    raise _failure(response, stated_error(response), limits.key)


def _validator(written: str, longest: int) -> str:
    """Return a header's value if it can be stored and sent back unchanged; else ""."""
    fits = len(written) <= longest and written.isascii() and written.isprintable()
    return written if fits else ""


def _failure(response: httpx.Response, saying: str, key: SourceKey | None) -> CannotFetch:
    status, host = response.status_code, response.url.host
    sentence = f"{host} answered {status} {response.reason_phrase}".strip()
    sentence += f" (“{saying.rstrip('.')}”)" if saying else ""
    if status in _PASSING or status >= 500:
        wait = retry_after(response.headers.get("Retry-After", ""), datetime.now(UTC))
        later = f" and asked to wait {wait.total_seconds():,.0f} s" if wait else ""
        return CannotFetch(f"{sentence}{later}.", may_retry=True, wait=wait)
    if key and status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
        # Not a refusal of what was asked for: no day may be given up for a key that has expired.
        return CannotFetch(f"{sentence}: check whether {key.variable} is right.")
    return CannotFetch(f"{sentence}.", refused=True, missing=status in (404, 410))


def retry_after(written: str, now: datetime) -> timedelta | None:
    """Return how long a Retry-After header asks to wait, at most a day (RFC 9110 10.2.3).

    Returns None if it cannot be read.
    """
    try:
        if written.strip().isascii() and written.strip().isdigit():
            wait = timedelta(seconds=min(int(written), 10**9))
        else:
            moment = parsedate_to_datetime(written)
            wait = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)) - now
    except (ValueError, TypeError, OverflowError):
        return None
    return min(max(wait, timedelta(0)), _LONGEST_WAIT)
