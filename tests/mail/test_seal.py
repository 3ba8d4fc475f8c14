"""A seal is the HMAC that everybody knows."""

import hashlib
import hmac

from hypothesis import given
from hypothesis import strategies as st

from digest.mail.seal import seal


@given(st.binary(max_size=200), st.binary(max_size=300))
def test_it_is_hmac_sha256(key: bytes, message: bytes) -> None:
    expected = hmac.new(key, message, hashlib.sha256).digest()
    assert seal(key)(message) == expected
    assert seal(key)(message) == expected
