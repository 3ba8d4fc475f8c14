"""What of the environment is taken, and what stops the start."""

import pytest
from django.core.exceptions import ImproperlyConfigured

from digest.environment import mail_address, setting
from digest.mail.headers import address_field


@pytest.mark.parametrize(
    "raw",
    [
        "digest@localhost",
        "Paper Digest <digest@example.org>",
        "Bücherei <digest@example.org>",
        '"Digest, daily" <d@example.org>',
    ],
)
def test_an_address_for_a_header(raw: str) -> None:
    assert mail_address(raw) == raw
    assert address_field("Reply-To", raw)


def test_a_domain_of_any_script() -> None:
    assert mail_address("Bücher <digest@bücher.example>") == "Bücher <digest@xn--bcher-kva.example>"


@pytest.mark.parametrize(
    "raw",
    [
        "nobody", "@example.org", "digest@", "a b@example.org", "a..b@example.org",
        "a@b@example.org", "büro@example.org", "digest@-bücher.example",
        "a@example.org, b@example.org", "a@example.org\nBcc: eve@example.org", "a@example.org\x7f",
    ],
)  # fmt: skip
def test_what_no_header_can_carry(raw: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REPLY_TO", raw)
    with pytest.raises(ImproperlyConfigured, match=r"^REPLY_TO=.* must be like d@"):
        setting("REPLY_TO", "", mail_address, "like d@example.org")
