"""Values of the environment that are accepted, and those that stop the start."""

from datetime import UTC, datetime, timedelta

import pytest
from django.core.exceptions import ImproperlyConfigured

from digest.environment import (
    day_count,
    is_loopback,
    mail_address,
    mail_addresses,
    setting,
)
from digest.environment.weak_keys import checked_fallback_keys, checked_secret_key
from digest.mail.mime.header_fields import address_field


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


def test_operators_addresses_are_read_like_everybodys() -> None:
    raw = "<ada@example.org>\u200b bob@Bücher.example root@localhost ada@example.org"
    assert mail_addresses(raw) == ("ada@example.org", "bob@xn--bcher-kva.example", "root@localhost")
    with pytest.raises(ValueError, match=r"Did you mean eve@example\.org"):
        mail_addresses("eve＠example.org")


def test_a_weak_secret_stops_a_public_site() -> None:
    weak = ["short", "x" * 60, "django-insecure-" + "9c4kq0w8zj" * 4, "abcdefg" * 8, "a1b2" * 7]
    for key in weak:
        assert checked_secret_key(key, public=False) == key
        with pytest.raises(ImproperlyConfigured, match=r"^SECRET_KEY is too weak") as refused:
            checked_secret_key(key, public=True)
        assert key not in str(refused.value)
        if key:
            named = f"{'0123456789abcdef' * 2} {key}"
            assert checked_fallback_keys(named, public=False) == named.split()
            with pytest.raises(ImproperlyConfigured, match=r"^SECRET_KEY_FALLBACKS has") as refused:
                checked_fallback_keys(named, public=True)
            assert key not in str(refused.value)
    strong = "0123456789abcdef" * 2
    assert checked_secret_key(strong, public=True) == strong
    assert checked_fallback_keys(f"{strong}  {strong}", public=True) == [strong, strong]
    assert checked_fallback_keys("", public=True) == []


def test_loopback() -> None:
    own = ["localhost", "LOCALHOST.", "a.localhost", "127.0.0.1", "127.1.2.3", "::1", "[::1]"]
    others = ["0.0.0.0", "::", "10.0.0.1", "digest.example.org", "localhost.example.org", ""]
    assert all(map(is_loopback, own))
    assert not any(map(is_loopback, others))


def test_a_period_ends_while_there_are_dates() -> None:
    for number in (0, 36_500):
        assert day_count(str(number)) == number
        assert datetime(2026, 11, 20, tzinfo=UTC) + day_count(str(number)) * timedelta(days=1)
    for raw in ("36501", "99999999", "-1", "x"):
        with pytest.raises(ValueError):
            day_count(raw)
