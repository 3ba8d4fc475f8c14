"""Links are signed as Django signs, with the key derived once."""

from typing import Any

import pytest
from django.core import signing
from hypothesis import given
from hypothesis import strategies as st

from subscriptions.links import KeyedSigner, LinkSigner

KEYS = st.text(min_size=1, max_size=80)


@given(KEYS, st.text(max_size=40), st.text(max_size=60))
def test_the_signature_is_djangos(key: str, salt: str, text: str) -> None:
    given: dict[str, Any] = {"key": key, "sep": ".", "salt": salt or None, "fallback_keys": []}
    ours, theirs = KeyedSigner(**given), signing.Signer(**given)
    theirs.salt = ours.salt
    assert ours.sign(text) == theirs.sign(text)
    assert ours.unsign(theirs.sign(text)) == text


def test_a_link_is_one_of_timestampsigner() -> None:
    given: dict[str, Any] = {"key": "k", "sep": ".", "salt": "link.why", "fallback_keys": []}
    signed = LinkSigner(**given).sign_at("7", signing.b62_encode(1_796_000_000))
    assert signing.TimestampSigner(**given).unsign(signed) == "7"


def test_another_key_or_salt_signs_otherwise() -> None:
    made = {
        KeyedSigner(key=key, salt=salt, fallback_keys=[]).signature("7")
        for key in ("a", "b")
        for salt in ("x", "y")
    }
    assert len(made) == 4


def test_a_former_key_is_accepted_and_an_unknown_one_is_not() -> None:
    signer = KeyedSigner(key="new", salt="x", fallback_keys=["old"])
    assert signer.unsign(KeyedSigner(key="old", salt="x", fallback_keys=[]).sign("7")) == "7"
    with pytest.raises(signing.BadSignature):
        signer.unsign(KeyedSigner(key="else", salt="x", fallback_keys=[]).sign("7"))
