"""Signatures that a receiver can check, over every header that matters."""

import re
import shutil
import subprocess
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from django.core.exceptions import ImproperlyConfigured

from digest.environment import dkim_signer
from digest.mail.dkim import Signer
from digest.mail.mime.composer import compose_mail

dkim = pytest.importorskip("dkim")
pytestmark = pytest.mark.skipif(not shutil.which("openssl"), reason="openssl is missing")


def openssl(*command: str, given: str = "") -> str:
    done = subprocess.run(
        ["openssl", *command], input=given, capture_output=True, check=True, text=True
    )
    return done.stdout


@pytest.fixture(scope="module")
def key() -> str:
    return openssl("genrsa", "2048")


@pytest.fixture(scope="module")
def dns(key: str) -> Callable[..., bytes]:
    public = openssl("rsa", "-pubout", given=key)
    record = b"v=DKIM1; k=rsa; p=" + "".join(public.splitlines()[1:-1]).encode()

    def look_up(name: bytes, timeout: int = 5) -> bytes:
        assert name.rstrip(b".") == b"s1._domainkey.example.org"
        return record

    return look_up


def mail(**headers: str) -> bytes:
    return compose_mail(
        sender="Paper Digest <digest@example.org>",
        recipient="ada@example.org",
        subject="Schrödinger and 7 papers",
        text="Hello\n.dot\n\n\n",
        html="<p>Schrödinger</p>",
        message_id="abc@example.org",
        date=datetime(2026, 11, 20, 7, 0, tzinfo=UTC),
        headers={
            "Reply-To": "desk@example.org",
            "List-Id": "Paper Digest <digest.example.org>",
            "List-Unsubscribe": "<https://digest.example.org/u/" + "x" * 150 + "/>",
            "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
            "Precedence": "bulk",
            **headers,
        },
    ).message


def test_a_signed_mail_verifies(key: str, dns: Callable[..., bytes]) -> None:
    signed = Signer.read(key, "s1", "example.org").sign(mail())
    assert signed.endswith(mail())
    assert b"\n" not in signed.replace(b"\r\n", b"")
    assert dkim.verify(signed, dnsfunc=dns)
    tag = re.search(rb"h=([^;]*);", signed.replace(b"\r\n", b""))
    assert tag
    names = re.sub(rb"\s", b"", tag[1]).lower().split(b":")
    assert {
        b"from", b"to", b"subject", b"date", b"message-id", b"mime-version", b"content-type",
        b"list-id", b"list-unsubscribe", b"list-unsubscribe-post",
    } <= set(names)  # fmt: skip
    assert b"d=example.org" in signed


@pytest.mark.parametrize(
    ("what", "with_what"),
    [
        (b"List-Unsubscribe: <https://digest", b"List-Unsubscribe: <https://evil"),
        (b"List-Unsubscribe=One-Click", b"List-Unsubscribe=Two-Click"),
        (b"\nTo: ada@", b"\nTo: eve@"),
        (b"To: desk@", b"To: eve@"),
        (b"Date: Fri", b"Date: Sat"),
        (b"abc@example.org", b"abd@example.org"),
        (b"From: Paper", b"From: Eve <eve@example.org>\r\nFrom: Paper"),
        (b"Hello", b"Hallo"),
    ],
)
def test_a_changed_mail_does_not(
    key: str, dns: Callable[..., bytes], what: bytes, with_what: bytes
) -> None:
    signed = Signer.read(key, "s1", "example.org").sign(mail())
    assert signed.count(what) == 1
    assert not dkim.verify(signed.replace(what, with_what), dnsfunc=dns)


def test_a_key_from_a_file_or_in_one_line(
    key: str, dns: Callable[..., bytes], tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.mktemp("dkim") / "key.pem"
    path.write_text(key)
    for made in (
        dkim_signer("", str(path), "s1", "example.org"),
        dkim_signer(key.replace("\n", "\\n"), "", "s1", "example.org"),
        dkim_signer(openssl("rsa", "-traditional", given=key), "", "s1", "example.org"),
    ):
        assert made
        assert dkim.verify(made.sign(mail()), dnsfunc=dns)
        assert "PRIVATE" not in repr(made)
    assert dkim_signer("", "", "s1", "example.org") is None


@pytest.mark.parametrize("raw", ["no key", "-----BEGIN X-----\nAAAA\n-----END X-----", "\x00"])
def test_a_key_that_is_none_is_named_but_not_shown(raw: str) -> None:
    with pytest.raises(ImproperlyConfigured, match="DKIM_KEY cannot be used: the key must be"):
        dkim_signer(raw, "", "s1", "example.org")


def test_other_values_that_stop_the_start(key: str) -> None:
    short = openssl("genrsa", "1024")
    for values, sentence in {
        (short, "", "s1", "example.org"): "DKIM_KEY cannot be used: the key has 1024 bits",
        (key, "", "s 1", "example.org"): "DKIM_SELECTOR='s 1' must be",
        (key, "", "s1", "localhost"): "DKIM_DOMAIN='localhost' must be",
        ("", "/nowhere", "s1", "example.org"): "DKIM_KEY_FILE cannot be used: No such file",
    }.items():
        with pytest.raises(ImproperlyConfigured, match=re.escape(sentence)) as caught:
            dkim_signer(*values)
        assert "PRIVATE" not in str(caught.value)
