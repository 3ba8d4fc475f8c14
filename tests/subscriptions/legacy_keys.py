"""A site older than the suppression key."""

import hashlib
import hmac

from pytest_django import Settings

ADA, OLD = "ada@example.org", "the secret key of before"
STRONG = "0123456789abcdef" * 2


def hash_without_key(key: str) -> str:
    """The hash as it was made until there was a suppression key."""
    return hmac.new(f"suppression:{OLD}".encode(), key.encode(), hashlib.sha256).hexdigest()


def rotate(settings: Settings, *fallbacks: str) -> None:
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "a new one", list(fallbacks)
