"""Lines of `.env` in all their spellings; one that cannot be parsed stops the start."""

from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from digest.environment.env_file import read_env_file

WRITTEN = """
# the site
SITE_URL=https://digest.example.org # our site
EMAIL_URL = smtp+tls://digest:otL33@mail.example.org:587
  DATABASE_URL=postgres://digest:otL3#3@db.example/digest
export PORT=8001
BIND="0.0.0.0" # everywhere
MAIL_FROM=Paper Digest <digest@example.org>
POSTAL_ADDRESS='12 "Rose" Street # 3'
DKIM_KEY="-----BEGIN\\nEND-----"
REPLY_TO=
OPERATOR_EMAIL= # nobody
DKIM_SELECTOR=$HOME ${HOME}
WORKERS=3
WORKERS=4
DATA_DIR=büro
"""
MEANT = {
    "SITE_URL": "https://digest.example.org",
    "EMAIL_URL": "smtp+tls://digest:otL33@mail.example.org:587",
    "DATABASE_URL": "postgres://digest:otL3#3@db.example/digest",
    "PORT": "8001",
    "BIND": "0.0.0.0",
    "MAIL_FROM": "Paper Digest <digest@example.org>",
    "POSTAL_ADDRESS": '12 "Rose" Street # 3',
    "DKIM_KEY": "-----BEGIN\nEND-----",
    "REPLY_TO": "",
    "OPERATOR_EMAIL": "",
    "DKIM_SELECTOR": "$HOME ${HOME}",
    "WORKERS": "4",
    "DATA_DIR": "büro",
}


@pytest.mark.parametrize("start", [b"", b"\xef\xbb\xbf"], ids=["", "byte order mark"])
@pytest.mark.parametrize("end", ["\n", "\r\n"], ids=["Unix", "Windows"])
def test_a_line_is_read_as_it_is_meant(tmp_path: Path, start: bytes, end: str) -> None:
    environment: dict[str, str] = {}
    path = tmp_path / ".env"
    path.write_bytes(start + WRITTEN.lstrip().replace("\n", end).encode())
    read_env_file(path, environment)
    assert environment == MEANT


def test_the_environment_wins_and_an_empty_value_of_it_too(
    tmp_path: Path,
) -> None:
    (tmp_path / ".env").write_text("PORT=1\nBIND=::\nWORKERS=3\n")
    environment = {"PORT": "2", "BIND": ""}
    read_env_file(tmp_path / ".env", environment)
    assert environment == {"PORT": "2", "BIND": "", "WORKERS": "3"}


def test_no_file_sets_nothing(tmp_path: Path) -> None:
    environment: dict[str, str] = {}
    read_env_file(tmp_path / ".env", environment)
    assert environment == {}


@pytest.mark.parametrize(
    ("data", "line", "why"),
    [
        (b"PORT=8000\n\nREPLY_TO=b\xfcro-otL33@example.org\n", 3, "not UTF-8"),
        ("PORT=8000\n".encode("utf-16"), 1, "not UTF-8"),
        (b"PORT=8000\n\n  EMAIL_URL otL33\n", 3, "not NAME=value"),
        (b"otL33\n", 1, "not NAME=value"),
        (b"EMAIL_URL: otL33\n", 1, "not NAME=value"),
        (b"EMAIL-URL=otL33\n", 1, "not NAME=value"),
        (b"# one\nEMAIL_URL='otL33\nPORT=8000\n", 2, "quotation mark"),
        (b'MAIL_FROM="otL33" <digest@example.org>\n', 1, "quotation mark"),
        (b"EMAIL_URL=otL\x0033\n", 1, "not NAME=value"),
    ],
)
def test_a_line_without_meaning_is_named_and_not_shown(
    tmp_path: Path, data: bytes, line: int, why: str
) -> None:
    environment: dict[str, str] = {}
    (tmp_path / ".env").write_bytes(data)
    with pytest.raises(ImproperlyConfigured) as output:
        read_env_file(tmp_path / ".env", environment)
    assert str(output.value).startswith(f".env, line {line}, cannot be used: ")
    assert why in str(output.value)
    assert "otL33" not in str(output.value)
    # A UnicodeDecodeError holds the bytes, and would be shown with it.
    assert output.value.__cause__ is None
    assert output.value.__context__ is None
    assert environment == {}


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    (tmp_path / ".env").mkdir()
    with pytest.raises(ImproperlyConfigured, match="cannot be read"):
        read_env_file(tmp_path / ".env", {})
