"""The bytes of one HTTP request while they arrive, before a thread handles it."""

from enum import Enum

from gunicorn.config import Config
from gunicorn.http.body import ChunkedReader, LengthReader
from gunicorn.http.errors import NoMoreData
from gunicorn.http.message import Request
from gunicorn.http.unreader import IterUnreader

MAX_HEAD_BYTES = 65_536  # the request line and the header fields
# A longer body, or one of unknown length, is read or refused by the application.
MAX_BODY_BYTES = 65_536
_END_OF_HEAD = b"\r\n\r\n"


class Readiness(Enum):
    """The state of a request after the bytes received so far."""

    INCOMPLETE = "wait for more"
    COMPLETE = "head and body are received"
    STREAMING = "the head is received; the application reads the body"
    TOO_LARGE = "the head exceeds MAX_HEAD_BYTES"


class IncomingRequest:
    """Collects the bytes of one request. `config` is gunicorn's, `peer` the client's address.

    The head is parsed by gunicorn's parser, so that this class and the parser that serves the
    request agree about where a body ends.
    """

    def __init__(self, config: Config, peer: object) -> None:
        self._config, self._peer = config, peer
        self._received = bytearray()
        self._searched = 0
        self._complete_at: int | None = None  # bytes of head and body, once the head is received
        self._is_streaming = False
        self.wants_continue = False  # the client waits for "100 Continue" (RFC 9110 10.1.1)

    def __len__(self) -> int:
        return len(self._received)

    def add(self, data: bytes) -> Readiness:
        """Append received bytes and return the state."""
        self._received += data
        if self._complete_at is None:
            self._read_head()
        if self._complete_at is None:
            too_large = len(self._received) > MAX_HEAD_BYTES
            return Readiness.TOO_LARGE if too_large else Readiness.INCOMPLETE
        if self._is_streaming:
            return Readiness.STREAMING
        whole = len(self._received) >= self._complete_at
        return Readiness.COMPLETE if whole else Readiness.INCOMPLETE

    def take(self) -> bytes:
        """Return and forget all received bytes, which may include the start of the next request."""
        taken = bytes(self._received)
        self._received.clear()
        return taken

    def _read_head(self) -> None:
        end = self._received.find(_END_OF_HEAD, self._searched)
        self._searched = max(0, len(self._received) - len(_END_OF_HEAD) + 1)
        if not 0 <= end <= MAX_HEAD_BYTES:
            return
        end += len(_END_OF_HEAD)
        try:
            request = Request(self._config, IterUnreader([bytes(self._received[:end])]), self._peer)
        except NoMoreData:
            return
        except Exception:
            # Not HTTP: the thread parses it again and answers with the error.
            self._complete_at = end
            return
        reader = request.body.reader
        length = reader.length if isinstance(reader, LengthReader) else 0
        self._is_streaming = isinstance(reader, ChunkedReader) or length > MAX_BODY_BYTES
        self._complete_at = end + length
        self.wants_continue = bool(request._expected_100_continue)
