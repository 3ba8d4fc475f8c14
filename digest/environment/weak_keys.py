"""Refusal of keys that can be guessed, on a site that others can reach."""

import re

from django.core.exceptions import ImproperlyConfigured


def checked_secret_key(key: str, *, public: bool) -> str:
    """Return the SECRET_KEY. Raises ImproperlyConfigured if the key of a `public` site is weak.

    A guessed key can sign any link and an operator's session.
    """
    if public and is_weak(key):
        raise ImproperlyConfigured(
            "SECRET_KEY is too weak for a site that others can reach (SITE_URL, BIND): generate "
            "one of 50 random characters (python3 -c 'import secrets; "
            "print(secrets.token_urlsafe(50))'), and see “Changing SECRET_KEY” in the README "
            "about links already sent."
        )
    return key


def checked_fallback_keys(raw: str, *, public: bool) -> list[str]:
    """Return SECRET_KEY_FALLBACKS, which sign links and sessions too; as `checked_secret_key`."""
    keys = raw.split()
    if public and any(map(is_weak, keys)):
        raise ImproperlyConfigured(
            "SECRET_KEY_FALLBACKS has a key that is too weak for a site that others can reach "
            "(SITE_URL, BIND): remove it. Links signed with it end; see “Changing SECRET_KEY” "
            "in the README about unsubscribe links."
        )
    return keys


def is_weak(key: str) -> bool:
    """Whether a key can be guessed."""
    return len(key) < 32 or len(set(key)) < 8 or key.startswith("django-insecure-")


def long_token(raw: str) -> str:
    """Parse a bearer token (RFC 6750 2.1) that nobody guesses, or "" for none."""
    if raw and not re.fullmatch(r"[A-Za-z0-9._~+/-]{20,200}=*", raw):
        raise ValueError(raw)
    return raw
