"""One HTTP request, with limits on time, size and redirects, and retries."""

import random
import time
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from http import HTTPStatus

import httpx
from django.conf import settings
from tenacity import RetryCallState, Retrying, retry_if_exception, stop_after_attempt

from .errors import CannotFetch
from .http_connection import FAILURES, ConnectionRules, DeadlineTransport
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


@dataclass(frozen=True)
class HttpAnswer:
    """The body, unpacked, and its validators; a 304 has no body."""

    status: int
    url: str  # as it was requested, before redirects
    body: bytes = b""
    etag: str = ""
    last_modified: str = ""


def http_get(url: str, headers: dict[str, str], limits: RequestLimits) -> HttpAnswer:
    """Request the address, with a few retries. Raises CannotFetch with a sentence."""
    attempts_over, too_late = stop_after_attempt(limits.tries), _too_late(limits)
    retrying = Retrying(
        stop=lambda state: attempts_over(state) or too_late(state),
        wait=_pause,
        retry=retry_if_exception(lambda wrong: isinstance(wrong, CannotFetch) and wrong.may_retry),
        reraise=True,
    )
    rules = ConnectionRules(limits.until, limits.allowed)
    with httpx.Client(
        transport=DeadlineTransport(rules), timeout=_SILENCE_SECONDS, trust_env=False
    ) as client:
        answer: HttpAnswer = retrying(_once, client, url, headers, limits)
        return answer


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
        raise CannotFetch(f"“{url}” is not an address of the web: {wrong}.") from wrong
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
    request = _safe(None, client.build_request("GET", url, headers=headers))
    for _ in range(limits.redirects + 1):
        with host_slot(request.url.host, limits.until):
            response = client.send(request, stream=True)
            note_server_clock(response.url.host, response.headers)
            try:
                if response.next_request is None:
                    return _answer(url, response, limits)
            finally:
                response.close()
        request = _safe(request, response.next_request)
    raise CannotFetch(
        f"{request.url.host} redirects more than {limits.redirects} times: see where its pages "
        "have moved, and write that address."
    )


def _safe(request: httpx.Request | None, target: httpx.Request) -> httpx.Request:
    """Return the target if it may be requested after that request. Raises CannotFetch."""
    if target.url.scheme not in ("http", "https") or not target.url.host:
        raise CannotFetch(f"“{target.url}” is not an address of the web.")
    if request and request.url.scheme == "https" and target.url.scheme != "https":
        raise CannotFetch(f"{request.url.host} redirects to “{target.url}”, without TLS.")
    return target


def _answer(url: str, response: httpx.Response, limits: RequestLimits) -> HttpAnswer:
    if response.status_code == HTTPStatus.OK:
        return HttpAnswer(
            response.status_code,
            url,
            _body(response, limits.size),
            _validator(response.headers.get("ETag", ""), 1000),
            _validator(response.headers.get("Last-Modified", ""), 100),
        )
    if response.status_code == HTTPStatus.NOT_MODIFIED:
        return HttpAnswer(response.status_code, url)
    raise _failure(response)


def _validator(written: str, longest: int) -> str:
    """Return a header's value if it can be stored and sent back unchanged; else ""."""
    fits = len(written) <= longest and written.isascii() and written.isprintable()
    return written if fits else ""


def _failure(response: httpx.Response) -> CannotFetch:
    status, host = response.status_code, response.url.host
    sentence = f"{host} answered {status} {response.reason_phrase}".strip()
    if status in _PASSING or status >= 500:
        wait = retry_after(response.headers.get("Retry-After", ""), datetime.now(UTC))
        later = f", asking to come back after {wait.total_seconds():,.0f} s" if wait else ""
        return CannotFetch(f"{sentence}{later}.", may_retry=True, wait=wait)
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


class _Plain:
    """Passes the bytes on unchanged."""

    def feed(self, raw: bytes, most: int) -> bytes:
        return raw

    def end(self) -> None:
        """Do nothing: the connection checks the length."""


class _Gzip:
    """Unpacks no more than is asked for, so that a decompression bomb fills no memory."""

    def __init__(self) -> None:
        self._packed = zlib.decompressobj(zlib.MAX_WBITS | 16)

    def feed(self, raw: bytes, most: int) -> bytes:
        try:
            return self._packed.decompress(raw, most)
        except zlib.error as wrong:
            raise CannotFetch(
                "It cannot be unpacked: its gzip is broken.", may_retry=True
            ) from wrong

    def end(self) -> None:
        if not self._packed.eof:
            raise CannotFetch("It ends too early: its gzip is cut off.", may_retry=True)


_PACKED: dict[str, type[_Plain | _Gzip]] = {
    "": _Plain,
    "identity": _Plain,
    "gzip": _Gzip,
    "x-gzip": _Gzip,
}


def _body(response: httpx.Response, size: int) -> bytes:
    """Return the whole body, unpacked; never more than `size` bytes of it are held."""
    encoding = response.headers.get("Content-Encoding", "identity").strip().lower()
    unpack = _PACKED.get(encoding)
    if unpack is None:
        raise CannotFetch(f"It is packed as {encoding}, which was not asked for.", refused=True)
    announced = response.headers.get("Content-Length", "")
    if announced.isdigit() and int(announced) > size:
        raise _too_large(int(announced), size)
    unpacker, blocks, total, received = unpack(), [], 0, 0
    for raw in response.iter_raw():
        received += len(raw)
        blocks.append(unpacker.feed(raw, size + 1 - total))
        total += len(blocks[-1])
        if max(total, received) > size:
            raise _too_large(max(total, received), size)
    unpacker.end()
    return b"".join(blocks)


def _too_large(found: int, size: int) -> CannotFetch:
    return CannotFetch(
        f"It has {found:,} bytes or more, over the {size:,} allowed (setting MAX_DUMP_BYTES).",
        refused=True,
    )
