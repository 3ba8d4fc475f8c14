"""Whether mail servers and providers can be reached."""

import pytest
from pytest_django import Settings

from digest.mail.esp import Provider
from digest.monitoring.health.reachability import check_relays

pytest.importorskip("anymail")


@pytest.mark.parametrize(
    ("url", "output"),
    [
        ("anymail://mailgun", ["it lacks api_key"]),
        ("anymail://postmark", ["it lacks server_token"]),
        ("anymail://mailgun?api_key=k&sender_domain=example.org", []),
    ],
)
def test_a_provider_without_its_key(url: str, output: list[str], settings: Settings) -> None:
    settings.MAIL_RELAYS = (provider := Provider.from_url(url),)
    says = f"The provider {provider.name} cannot be used ({{}}): complete EMAIL_URL."
    assert list(check_relays()) == [says.format(cause) for cause in output]
