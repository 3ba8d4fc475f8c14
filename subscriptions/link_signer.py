"""Django's signers for the links of mails, of which a day has tens of millions."""

from functools import lru_cache
from hmac import HMAC

from django.core import signing
from django.utils.crypto import salted_hmac
from django.utils.encoding import force_bytes, force_str


class KeyedSigner(signing.Signer):
    """Signer whose key is derived once, which takes most of the time; it signs the same."""

    def signature(self, value: str | bytes, key: bytes | str | None = None) -> str:
        mac = _keyed_mac(self.salt, key or self.key, self.algorithm).copy()
        mac.update(force_bytes(value))
        return signing.b64_encode(mac.digest()).decode()


class LinkSigner(KeyedSigner, signing.TimestampSigner):
    """TimestampSigner with the time stamp as an argument instead of from the clock."""

    def sign_at(self, text: str, stamp: str) -> str:
        return signing.Signer.sign(self, f"{text}{self.sep}{stamp}")


@lru_cache(maxsize=256)
def _keyed_mac(salt: bytes | str, key: bytes | str, algorithm: str) -> HMAC:
    """The HMAC of nothing under the key that Django derives of these."""
    return salted_hmac(f"{force_str(salt)}signer", "", key, algorithm=algorithm)
