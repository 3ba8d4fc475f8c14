"""DKIM signatures (RFC 6376) for a relay that does not sign by itself."""

import importlib
import importlib.util
import re
from dataclasses import dataclass, field
from email.parser import BytesHeaderParser
from typing import Any, Self

LEAST_BITS = 2048  # what mailbox providers ask of bulk senders
# Those that a mail has are signed; List-Unsubscribe-Post counts only if it is (RFC 8058 4).
SIGNED = (
    "From", "To", "Subject", "Date", "Message-ID", "Reply-To", "List-Id", "List-Unsubscribe",
    "List-Unsubscribe-Post", "Feedback-ID", "Auto-Submitted", "MIME-Version", "Content-Type",
    "Content-Transfer-Encoding",
)  # fmt: skip
_DOMAIN = re.compile(r"(?=.{1,253}$)([a-z0-9](-?[a-z0-9])*\.)+[a-z0-9](-?[a-z0-9])*")
_SELECTOR = re.compile(r"[a-z0-9](-?[a-z0-9])*(\.[a-z0-9](-?[a-z0-9])*)*")


@dataclass(frozen=True, slots=True)
class Signer:
    """Signs for one domain, with the key that DNS shows under `<selector>._domainkey.<domain>`."""

    key: bytes = field(repr=False)
    selector: str
    domain: str

    @classmethod
    def read(cls, key: str, selector: str, domain: str) -> Self:
        """A signer with this RSA key (PEM); ValueError with a sentence where that cannot be."""
        if importlib.util.find_spec("dkim") is None:
            raise ValueError("signing needs the package dkimpy: pip install dkimpy")
        # In the environment a key's lines are often joined by "\n" spelt out.
        pem = key.replace("\\n", "\n").strip().encode() + b"\n"
        bits = _bits(pem)
        if bits < LEAST_BITS:
            raise ValueError(f"the key has {bits} bits, but mailbox providers ask for {LEAST_BITS}")
        if not _SELECTOR.fullmatch(selector):
            raise ValueError(f"DKIM_SELECTOR={selector!r} must be like digest or s2026")
        if not _DOMAIN.fullmatch(domain):
            raise ValueError(f"DKIM_DOMAIN={domain!r} must be a domain like example.org")
        return cls(pem, selector, domain)

    def sign(self, message: bytes) -> bytes:
        """The mail (CRLF line ends) with its signature on top."""
        present = {name.lower() for name in BytesHeaderParser().parsebytes(message)}
        names = [name.lower().encode() for name in SIGNED if name.lower() in present]
        # Named once more than it is there: nobody can add a second From (RFC 6376 8.15).
        names.append(b"from")
        signature = _library().sign(
            message,
            self.selector.encode(),
            self.domain.encode(),
            self.key,
            canonicalize=(b"relaxed", b"relaxed"),
            include_headers=names,
            linesep=b"\r\n",
        )
        return bytes(signature) + message


def _bits(pem: bytes) -> int:
    try:
        crypto = importlib.import_module("dkim.crypto")
        return int(crypto.parse_pem_private_key(pem)["modulus"]).bit_length()
    except Exception as wrong:
        raise ValueError("the key must be a private RSA key in PEM form") from wrong


def _library() -> Any:
    return importlib.import_module("dkim")
