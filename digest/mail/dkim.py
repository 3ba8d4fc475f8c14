"""DKIM signatures (RFC 6376) for relays that do not sign by themselves."""

import base64
import importlib
import importlib.util
import re
from dataclasses import dataclass, field
from email.parser import BytesHeaderParser
from typing import Self

LEAST_BITS = 2048  # mailbox providers require it of bulk senders
# Signed if present. List-Unsubscribe-Post is valid only if it is signed (RFC 8058 4).
SIGNED = (
    "From", "To", "Subject", "Date", "Message-ID", "Reply-To", "List-Id", "List-Unsubscribe",
    "List-Unsubscribe-Post", "Feedback-ID", "Auto-Submitted", "MIME-Version", "Content-Type",
    "Content-Transfer-Encoding",
)  # fmt: skip
_DOMAIN = re.compile(r"(?=.{1,253}$)([a-z0-9](-?[a-z0-9])*\.)+[a-z0-9](-?[a-z0-9])*")
_SELECTOR = re.compile(r"[a-z0-9](-?[a-z0-9])*(\.[a-z0-9](-?[a-z0-9])*)*")


@dataclass(frozen=True, slots=True)
class Signer:
    """Signs for one domain; the public key is in the DNS at `<selector>._domainkey.<domain>`."""

    key: bytes = field(repr=False)
    selector: str
    domain: str

    @classmethod
    def read(cls, key: str, selector: str, domain: str) -> Self:
        """Return a signer with this RSA key (PEM).

        Raises ValueError, with a sentence for the operator, if any of the values is not usable.
        """
        if importlib.util.find_spec("dkim") is None:
            raise ValueError("signing needs the package dkimpy (pip install dkimpy)")
        # In an environment variable the lines of a key are often joined by a literal "\n".
        pem = key.replace("\\n", "\n").strip().encode() + b"\n"
        bits = _key_bits(pem)
        if bits < LEAST_BITS:
            raise ValueError(f"the key has {bits} bits, but mailbox providers ask for {LEAST_BITS}")
        if not _SELECTOR.fullmatch(selector):
            raise ValueError(f"DKIM_SELECTOR={selector!r} must be like digest or s2026")
        if not _DOMAIN.fullmatch(domain):
            raise ValueError(f"DKIM_DOMAIN={domain!r} must be a domain like example.org")
        return cls(pem, selector, domain)

    @property
    def modulus(self) -> int:
        """The modulus of the key, by which it is compared with the one in the DNS."""
        return int(_parsed(self.key)["modulus"])

    @property
    def dns_record(self) -> str:
        """The TXT record with the public key, for `<selector>._domainkey.<domain>`."""
        parts = _parsed(self.key)
        numbers = (_integer(parts["modulus"]), _integer(parts["publicExponent"]))
        key = _der(0x03, b"\0" + _der(0x30, b"".join(numbers)))
        spki = base64.b64encode(_der(0x30, _RSA_ENCRYPTION + key)).decode()
        return f"v=DKIM1; k=rsa; p={spki}"

    def sign(self, message: bytes) -> bytes:
        """Return the mail (CRLF line ends) with a DKIM-Signature field on top."""
        present = {name.lower() for name in BytesHeaderParser().parsebytes(message)}
        names = [name.lower().encode() for name in SIGNED if name.lower() in present]
        # Listed once more than it occurs, so that no second From can be added (RFC 6376 8.15).
        names.append(b"from")
        signature: bytes = importlib.import_module("dkim").sign(
            message,
            self.selector.encode(),
            self.domain.encode(),
            self.key,
            canonicalize=(b"relaxed", b"relaxed"),
            include_headers=names,
            linesep=b"\r\n",
        )
        return signature + message


def _key_bits(pem: bytes) -> int:
    try:
        return int(_parsed(pem)["modulus"]).bit_length()
    except Exception as wrong:
        raise ValueError("the key must be a private RSA key in PEM form") from wrong


def _parsed(pem: bytes) -> dict[str, int]:
    crypto = importlib.import_module("dkim.crypto")
    parsed: dict[str, int] = crypto.parse_pem_private_key(pem)
    return parsed


# The DER of AlgorithmIdentifier { rsaEncryption, NULL } (RFC 3279 2.3.1).
_RSA_ENCRYPTION = bytes.fromhex("300d06092a864886f70d0101010500")


def _der(tag: int, content: bytes) -> bytes:
    size = len(content)
    if size < 0x80:
        return bytes([tag, size]) + content
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(length)]) + length + content


def _integer(number: int) -> bytes:
    return _der(0x02, number.to_bytes(number.bit_length() // 8 + 1, "big"))
