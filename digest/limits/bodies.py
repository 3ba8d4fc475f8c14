"""How many bytes of a request body are read, and by how many threads at once."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus

from django.conf import settings
from django.http import HttpRequest

from .url_limits import EVENTS_BYTES, FORM_BYTES, LIBRARY_BYTES, PEOPLE_BYTES, Body, UrlLimit

# The web server receives a small body without a thread; a larger one holds a thread. This is the
# maximum in one process, so that threads are left for pages.
MAX_LARGE_BODIES = 4
RETRY_SECONDS = 10
_large_bodies = threading.BoundedSemaphore(MAX_LARGE_BODIES)


class BodyRefused(Exception):
    """The body is not read; the status and the message, a sentence, answer the request."""

    def __init__(self, status: HTTPStatus, sentence: str) -> None:
        super().__init__(sentence)
        self.status = status


def is_chunked(request: HttpRequest) -> bool:
    """Whether the body is chunked, so that its length is not known in advance (RFC 9112 7.1)."""
    return "chunked" in request.headers.get("Transfer-Encoding", "").lower()


def declared_length(request: HttpRequest) -> int:
    """Return the Content-Length in bytes, 0 if there is none."""
    length = request.headers.get("Content-Length") or "0"
    return int(length) if length.isascii() and length.isdigit() else 0


def check_body(request: HttpRequest, limit: UrlLimit, *, by_reader: bool = False) -> bool:
    """Check the headers before any of the body is read. `by_reader`: its link is valid.

    Returns whether the body needs a `large_body_slot`: it is large, and the middleware is to take
    the slot. Raises BodyRefused for a chunked body and for one over the limit.
    """
    if limit.body in (Body.IGNORED, Body.DUMP) or request.method in ("GET", "HEAD"):
        return False
    if is_chunked(request):
        raise BodyRefused(
            HTTPStatus.LENGTH_REQUIRED,
            "Send this with a Content-Length header: a body of unknown length is not accepted.",
        )
    most, length = _most(request, limit, by_reader), declared_length(request)
    if length > most:
        raise BodyRefused(
            HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
            f"This is {length:,} bytes; the limit is {most:,}. Shorten it and send it again.",
        )
    return length > FORM_BYTES


@contextmanager
def large_body_slot(request: HttpRequest) -> Iterator[None]:
    """Hold one of MAX_LARGE_BODIES slots while a large body is read; a small one needs none.

    Raises BodyRefused if no slot is free.
    """
    if not is_chunked(request) and declared_length(request) <= FORM_BYTES:
        yield
        return
    if not _large_bodies.acquire(blocking=False):
        raise BodyRefused(
            HTTPStatus.SERVICE_UNAVAILABLE,
            (
                f"Several large files are being received right now. Try again in {RETRY_SECONDS} "
                "seconds."
            ),
        )
    try:
        yield
    finally:
        _large_bodies.release()


def _most(request: HttpRequest, limit: UrlLimit, by_reader: bool) -> int:
    if limit.body is Body.EVENTS:
        return EVENTS_BYTES
    if limit.body is Body.LIBRARY and by_reader:
        return LIBRARY_BYTES
    if limit.body is Body.UPLOAD and _may(request, "digest.add_dump"):
        return FORM_BYTES + int(settings.MAX_DUMP_BYTES)
    if limit.body is Body.PEOPLE and _may(request, "subscriptions.import_subscriber"):
        return PEOPLE_BYTES
    return FORM_BYTES


def _may(request: HttpRequest, permission: str) -> bool:
    user = request.user
    return user.is_active and user.is_staff and user.has_perm(permission)


class BoundedBody:
    """Stream of a request body that raises BodyRefused after `most` bytes.

    Reads a chunked body too if the web server marks its end (`wsgi.input_terminated`).
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
        """Return up to `size` bytes. Raises BodyRefused if the body is too large or cut off."""
        if self._length is not None and self._length > self._most:
            raise self._too_large(self._length)
        try:
            data: bytes = self._source.read(min(size, self._most + 1 - self.size))
        except Exception as wrong:  # OSError, and the web server's errors for invalid chunks
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
            f"It has at least {size:,} bytes; the limit is {self._most:,} (setting "
            "MAX_DUMP_BYTES).",
        )

    @staticmethod
    def _cut_off() -> BodyRefused:
        return BodyRefused(HTTPStatus.BAD_REQUEST, "The body was cut off. Send it again.")
