"""Providers over HTTP: the permit just before the request, and an outcome for every answer."""

import json
import re
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from digest.mail.esp import REPEATS_METADATA, AnymailTransport, Provider
from digest.mail.mime.composer import compose_mail
from digest.mail.routing.circuit_breaker import CircuitBreaker
from digest.mail.routing.rate_limits import Limits, LocalThrottle
from digest.mail.routing.router import Route, Router, read_backends
from digest.mail.smtp.replies import Disposition, disposition
from digest.mail.transport import Envelope, Result

pytest.importorskip("anymail")

SETS_METADATA = re.compile(r"^    def set_metadata", re.MULTILINE)
ENVELOPE = Envelope("digest@example.org", "ada@example.org")
TAKEN = {"ErrorCode": 0, "Message": "OK", "MessageID": "id-1", "To": "ada@example.org"}
MESSAGE = compose_mail(
    sender="Paper Digest <digest@example.org>",
    recipient="ada@example.org",
    subject="Schrödinger and 7 papers",
    text="Hello Schrödinger\n",
    html="<p>Hello</p>",
    message_id="abc@example.org",
    date=datetime(2026, 11, 20, 7, 0, tzinfo=UTC),
    headers={"List-Unsubscribe": "<https://a.example/" + "x" * 100 + ">", "Precedence": "bulk"},
).message


class Desk(ThreadingHTTPServer):
    """Answers with `status` and `answer` as JSON; without an answer (None) it hangs up."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.status = 200
        self.answer: Any = TAKEN
        self.asked: list[dict[str, Any]] = []
        self.wait = threading.Event()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/"


class Handler(BaseHTTPRequestHandler):
    server: Desk

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.asked.append(json.loads(body))
        if self.server.answer is None:
            self.server.wait.wait(1)
            return
        answer = json.dumps(self.server.answer).encode()
        self.send_response(self.server.status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, format: str, *args: Any) -> None: ...


@pytest.fixture
def desk() -> Iterator[Desk]:
    with Desk() as desk:
        threading.Thread(target=desk.serve_forever, kwargs={"poll_interval": 0.01}).start()
        yield desk
        desk.wait.set()
        desk.shutdown()


MakeTransport = Callable[..., AnymailTransport]


@pytest.fixture
def make_transport(desk: Desk) -> Iterator[MakeTransport]:
    made = []

    def make(url: str = "", **options: str) -> AnymailTransport:
        more = "".join(f"&{name}={value}" for name, value in options.items())
        address = f"anymail://postmark?server_token=hush&api_url={url or desk.url}{more}"
        made.append(AnymailTransport(Provider.from_url(address)))
        return made[-1]

    yield make
    for transport in made:
        transport.close()


def test_metadata_goes_to_providers_that_support_it() -> None:
    """Anymail refuses a mail with an option that the provider does not support."""
    backends = Path(find_spec("anymail.backends").submodule_search_locations[0])  # type: ignore
    taking = {path.stem for path in backends.glob("*.py") if SETS_METADATA.search(path.read_text())}
    assert taking - {"base", "test", "sendgrid", "sendinblue"} == REPEATS_METADATA


def test_a_mail_arrives_with_its_headers(desk: Desk, make_transport: MakeTransport) -> None:
    transport = make_transport()
    outcome = transport.send(ENVELOPE, MESSAGE, lambda: True)
    assert (outcome.result, outcome.code, outcome.text) == (Result.ACCEPTED, 250, "id-1")
    (asked,) = desk.asked
    assert asked["To"] == "ada@example.org"
    assert asked["Subject"] == "Schrödinger and 7 papers"
    assert asked["TextBody"].strip() == "Hello Schrödinger"
    assert asked["HtmlBody"].strip() == "<p>Hello</p>"
    assert asked["From"] == "Paper Digest <digest@example.org>"
    headers = {header["Name"]: header["Value"] for header in asked["Headers"]}
    assert headers["Message-ID"] == "<abc@example.org>"
    assert asked["Metadata"] == {"mail": ENVELOPE.sender}  # their reports repeat it
    assert headers["List-Unsubscribe"].endswith("x>")
    assert not {"Content-Type", "MIME-Version", "To"} & set(headers)
    assert transport.send(ENVELOPE, MESSAGE, lambda: True).result == Result.ACCEPTED


def test_the_permit_is_asked_right_before_the_request(
    desk: Desk, make_transport: MakeTransport
) -> None:
    seen: list[int] = []

    def permit() -> bool:
        seen.append(len(desk.asked))
        return False

    outcome = make_transport().send(ENVELOPE, MESSAGE, permit)
    assert outcome.result == Result.NO_PERMIT
    assert (seen, desk.asked) == ([0], [])


def test_a_permit_that_cannot_be_asked_for_sends_nothing(
    desk: Desk, make_transport: MakeTransport
) -> None:
    def broken() -> bool:
        raise RuntimeError("the database is away")

    with pytest.raises(RuntimeError):
        make_transport().send(ENVELOPE, MESSAGE, broken)
    assert desk.asked == []


@pytest.mark.parametrize(
    ("status", "answer", "result", "then"),
    [
        (401, {}, Result.REFUSED, Disposition.RETRY),
        (403, {}, Result.REFUSED, Disposition.RETRY),
        (429, {}, Result.REFUSED, Disposition.RETRY),
        (503, {}, Result.REFUSED, Disposition.RETRY),
        (413, {}, Result.REFUSED, Disposition.FAIL),
        (422, {"ErrorCode": 300, "Message": "Invalid 'From'"}, Result.REFUSED, Disposition.FAIL),
        (
            422,
            {"ErrorCode": 300, "Message": "Invalid 'To' address: 'ada@example.org'."},
            Result.REFUSED,
            Disposition.BOUNCE,
        ),
        (422, {"ErrorCode": 406, "Message": "in other words"}, Result.REFUSED, Disposition.FAIL),
        (500, {}, Result.UNKNOWN, Disposition.UNKNOWN),
        (502, {}, Result.UNKNOWN, Disposition.UNKNOWN),
        (504, {}, Result.UNKNOWN, Disposition.UNKNOWN),
        (200, {}, Result.UNKNOWN, Disposition.UNKNOWN),
        (200, "what?", Result.UNKNOWN, Disposition.UNKNOWN),
        (200, None, Result.UNKNOWN, Disposition.UNKNOWN),
        (
            422,
            {"ErrorCode": 406, "Message": "You tried to send to recipients that have been marked "
             "as inactive. Found inactive addresses: ada@example.org. Inactive recipients are"},
            Result.REFUSED,
            Disposition.STRIKE,
        ),
    ],
)  # fmt: skip
def test_every_answer_has_its_outcome(
    desk: Desk,
    make_transport: MakeTransport,
    status: int,
    answer: Any,
    result: Result,
    then: Disposition,
) -> None:
    desk.status, desk.answer = status, answer
    if answer is None:
        desk.wait.set()
    transport = make_transport()
    outcome = transport.send(ENVELOPE, MESSAGE, lambda: True)
    assert (outcome.result, disposition(outcome)) == (result, then)
    assert "hush" not in outcome.text
    assert len(desk.asked) == 1
    desk.status, desk.answer = 200, TAKEN
    assert transport.send(ENVELOPE, MESSAGE, lambda: True).result == Result.ACCEPTED


def test_a_timeout_after_the_request_is_unknown(
    desk: Desk, make_transport: MakeTransport, settings: Any
) -> None:
    settings.ANYMAIL = {"REQUESTS_TIMEOUT": 0.2}
    desk.answer = None
    outcome = make_transport().send(ENVELOPE, MESSAGE, lambda: True)
    assert (outcome.result, len(desk.asked)) == (Result.UNKNOWN, 1)


def test_a_refused_connection_is_no_attempt_at_the_recipient(make_transport: MakeTransport) -> None:
    with Desk() as closed:
        url = closed.url
    outcome = make_transport(url).send(ENVELOPE, MESSAGE, lambda: True)
    assert (outcome.result, outcome.phase) == (Result.UNREACHED, "connect")


def test_a_missing_option_is_named_and_opens_the_breaker() -> None:
    transport = AnymailTransport(Provider.from_url("anymail://mailgun#name=mg"))
    router = Router([Route(transport, 1, CircuitBreaker())], LocalThrottle(Limits(), Limits()))
    outcome = router.send(ENVELOPE, MESSAGE, lambda: pytest.fail("there was a permit"))
    assert outcome.phase == "connect"
    assert "MAILGUN_API_KEY" in outcome.text
    assert router.unavailable_reason().startswith("mg is left alone")


def test_addresses_of_providers() -> None:
    (provider,) = read_backends(
        "anymail://mailgun?api_key=k%3D1&sender_domain=mg.example.org#weight=2"
    )
    assert provider == Provider(
        "mailgun", (("api_key", "k=1"), ("sender_domain", "mg.example.org")), "mailgun", 2
    )
    assert "k=1" not in repr(provider) + provider.location
