"""Amazon SES: the retries of its library are switched off."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from digest.mail.esp import AnymailTransport, Provider
from digest.mail.smtp.replies import Disposition, disposition
from digest.mail.transport import Result

from .http_server import Listener, answer, sent

pytest.importorskip("anymail")
pytestmark = [pytest.mark.usefixtures("ses"), pytest.mark.slow]


@pytest.fixture
def listener() -> Iterator[Listener]:
    with Listener() as listener:
        yield listener


@pytest.fixture
def ses(listener: Listener, settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Amazon's library, configured for the listener and for many retries."""
    for name, value in {
        "AWS_ACCESS_KEY_ID": "key",
        "AWS_SECRET_ACCESS_KEY": "hush",
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_MAX_ATTEMPTS": "5",
    }.items():
        monkeypatch.setenv(name, value)
    config = {"retries": {"max_attempts": 4, "mode": "standard"}, "connect_timeout": 7}
    params = {"endpoint_url": listener.url, "region_name": "eu-west-1", "config": config}
    settings.ANYMAIL = {"AMAZON_SES_CLIENT_PARAMS": params}


def amazon(options: str = "") -> AnymailTransport:
    return AnymailTransport(Provider.from_url(f"anymail://amazon_ses{options}"))


def test_a_closed_connection_leads_to_one_request(listener: Listener) -> None:
    assert sent(amazon()).result == Result.UNKNOWN
    assert len(listener.taken) == 1


def test_the_other_options_of_the_client_stay(listener: Listener) -> None:
    listener.answer = answer(200, {"MessageId": "id-1"})
    transport = amazon("?configuration_set_name=daily")
    client = transport._open_backend().client
    assert client.meta.config.connect_timeout == 7
    outcome = sent(transport)
    assert (outcome.result, outcome.text) == (Result.ACCEPTED, "id-1")
    assert json.loads(listener.taken[0])["ConfigurationSetName"] == "daily"


@pytest.mark.parametrize(
    ("status", "kind", "then"),
    [
        (400, "MessageRejected", Disposition.FAIL),
        (400, "ThrottlingException", Disposition.RETRY),
        (400, "LimitExceededException", Disposition.RETRY),
        (400, "SendingPausedException", Disposition.RETRY),
        (400, "AccountSuspendedException", Disposition.RETRY),
        (400, "MailFromDomainNotVerifiedException", Disposition.RETRY),
        (403, "UnrecognizedClientException", Disposition.RETRY),
        (429, "TooManyRequestsException", Disposition.RETRY),
        (503, "ServiceUnavailable", Disposition.RETRY),
        (500, "InternalFailure", Disposition.UNKNOWN),
        (307, "elsewhere", Disposition.RETRY),
    ],
)
def test_an_error_is_an_outcome_at_once(
    listener: Listener, status: int, kind: str, then: Disposition
) -> None:
    elsewhere = f"Location: {listener.url}elsewhere"
    body = {"message": "of ada"}
    listener.answer = answer(status, body, f"x-amzn-ErrorType: {kind}", elsewhere)
    outcome = sent(amazon())
    assert disposition(outcome) == then
    assert (len(listener.taken), "hush" in outcome.text) == (1, False)


def test_without_a_key_there_is_no_attempt(
    listener: Listener, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    outcome = sent(amazon())
    assert (outcome.result, outcome.phase, listener.taken) == (Result.UNREACHED, "connect", [])
