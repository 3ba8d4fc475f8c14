"""How much of a request's body is read, and by how many threads at once."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus

from django.conf import settings
from django.http import HttpRequest

from .url_limits import EVENTS_BYTES, FORM_BYTES, Body, UrlLimit

# The web server waits for a small body without a thread; larger ones hold one while they arrive.
# So many at once in a process, that threads are left for the pages.
MAX_LARGE_BODIES = 4
RETRY_SECONDS = 10
_large_bodies = threading.BoundedSemaphore(MAX_LARGE_BODIES)


class BodyRefused(Exception):
    """Why a body is not read: a status and a sentence. The connection is closed after it."""

    def __init__(self, status: HTTPStatus, sentence: str) -> None:
        super().__init__(sentence)
        self.status = status


def is_chunked(request: HttpRequest) -> bool:
    """Whether the length of the body is not known before its end (RFC 9112 7.1)."""
    return "chunked" in request.headers.get("Transfer-Encoding", "").lower()


def declared_length(request: HttpRequest) -> int:
    """The length that a request says its body has; 0 if it says none."""
    length = request.headers.get("Content-Length") or "0"
    return int(length) if length.isascii() and length.isdigit() else 0


def check_body(request: HttpRequest, limit: UrlLimit) -> bool:
    """Refuse a body by what the head of the request says of it, before anything of it is read.

    Returns whether it needs a `place`: it is large, and not the view's to read. Raises BodyRefused.
    """
    if limit.body in (Body.IGNORED, Body.DUMP) or request.method in ("GET", "HEAD"):
        return False
    if is_chunked(request):
        raise BodyRefused(
            HTTPStatus.LENGTH_REQUIRED,
            "Send this with a Content-Length: a body of unknown length is not read here.",
        )
    most, length = _most(request, limit), declared_length(request)
    if length > most:
        raise BodyRefused(
            HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
            f"What was sent has {length:,} bytes; {most:,} is the most that is read here. "
            "Shorten it and send it again.",
        )
    return length > FORM_BYTES


@contextmanager
def large_body_slot(request: HttpRequest) -> Iterator[None]:
    """A place among the large bodies that are read at once; a small one needs none.

    Raises BodyRefused if none is free.
    """
    if not is_chunked(request) and declared_length(request) <= FORM_BYTES:
        yield
        return
    if not _large_bodies.acquire(blocking=False):
        raise BodyRefused(
            HTTPStatus.SERVICE_UNAVAILABLE,
            f"Several large files are being received: try again in {RETRY_SECONDS} seconds.",
        )
    try:
        yield
    finally:
        _large_bodies.release()


def _most(request: HttpRequest, limit: UrlLimit) -> int:
    if limit.body is Body.EVENTS:
        return EVENTS_BYTES
    if limit.body is Body.UPLOAD:
        user = request.user
        if user.is_active and user.is_staff and user.has_perm("digest.add_dump"):
            return FORM_BYTES + int(settings.MAX_DUMP_BYTES)
    return FORM_BYTES


class BoundedBody:
    """The body of a request as a stream that ends with an error after too many bytes.

    Reads a chunked body too, where the web server marks its end (`wsgi.input_terminated`).
    """

    def __init__(self, request: HttpRequest, most: int) -> None:
        self._length = None if is_chunked(request) else declared_length(request)
        is_terminated = request.META.get("wsgi.input_terminated")
        self._source = (
            request.META["wsgi.input"] if self._length is None and is_terminated else request
        )
        self._most = most
        self.size = 0  # bytes read so far

    def seekable(self) -> bool:
        return False

    def read(self, size: int) -> bytes:
        """Return up to `size` bytes; raises BodyRefused for a body that is too large or cut off."""
        if self._length is not None and self._length > self._most:
            raise self._too_large(self._length)
        try:
            data: bytes = self._source.read(min(size, self._most + 1 - self.size))
        except Exception as wrong:  # OSError, and a web server's own for chunks that are none
            raise self._cut_off() from wrong
        self.size += len(data)
        if self.size > self._most:
            raise self._too_large(self.size)
        if not data and self.size < (self._length or 0):
            raise self._cut_off()
        return data

    def _too_large(self, size: int) -> BodyRefused:
        return BodyRefused(
            HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
            f"It has {size:,} bytes or more, over the {self._most:,} allowed "
            "(setting MAX_DUMP_BYTES).",
        )

    @staticmethod
    def _cut_off() -> BodyRefused:
        return BodyRefused(HTTPStatus.BAD_REQUEST, "The body was cut off: send it again.")
