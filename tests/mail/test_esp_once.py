"""One permit, one request: neither our code nor a library repeats it."""

from collections.abc import Iterator

import pytest

from digest.mail.esp import REPEATS_METADATA, AnymailTransport, Provider
from digest.mail.smtp.replies import Disposition, disposition
from digest.mail.transport import Result

from .http_server import Listener, answer, sent

pytest.importorskip("anymail")

# Each provider takes what it knows.
OPTIONS = "api_key", "api_token", "secret_key", "server_token", "project_id", "sender_domain"
KEYS = "&".join(f"{name}=hush-hush" for name in OPTIONS)
OVER_REQUESTS = sorted(REPEATS_METADATA - {"amazon_ses"} | {"mailersend", "postal"})


@pytest.fixture
def listener() -> Iterator[Listener]:
    with Listener() as listener:
        yield listener


def over_requests(esp: str, listener: Listener) -> AnymailTransport:
    return AnymailTransport(Provider.from_url(f"anymail://{esp}?{KEYS}&api_url={listener.url}"))


@pytest.mark.parametrize("esp", OVER_REQUESTS)
def test_a_closed_connection_leads_to_one_request(esp: str, listener: Listener) -> None:
    assert sent(over_requests(esp, listener)).result == Result.UNKNOWN
    assert len(listener.taken) == 1


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("esp", ["postmark", "mailgun"])
def test_no_redirect_is_followed(esp: str, status: int, listener: Listener) -> None:
    """Not even one that keeps the method, and with it the body and its keys."""
    listener.answer = answer(status, "", f"Location: {listener.url}elsewhere")
    outcome = sent(over_requests(esp, listener))
    assert len(listener.taken) == 1
    said_no = status in (301, 307, 308)  # the others may show what became of it (RFC 9110 15.4)
    assert disposition(outcome) == (Disposition.RETRY if said_no else Disposition.UNKNOWN)
