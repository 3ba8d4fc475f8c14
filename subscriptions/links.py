"""Signed links: what a person may do without a password, each link for one purpose only."""

from datetime import timedelta
from enum import StrEnum

from django.conf import settings
from django.core import signing
from django.urls import reverse


class Purpose(StrEnum):
    CONFIRM = "confirm"
    PREFERENCES = "preferences"
    UNSUBSCRIBE = "unsubscribe"
    UNDO = "undo"
    DIGEST = "digest"


# None: never. An unsubscribe link must work in the oldest mail; it can do nothing else.
LIFETIMES = {
    Purpose.CONFIRM: timedelta(days=7),
    Purpose.PREFERENCES: timedelta(days=30),
    Purpose.UNSUBSCRIBE: None,
    Purpose.UNDO: timedelta(days=1),
    Purpose.DIGEST: timedelta(days=90),
}


class BadLink(ValueError):
    """The link is not one of ours, or not for this purpose."""


class ExpiredLink(BadLink):
    """The link was ours, and its time is over."""


def _signer(purpose: Purpose) -> signing.TimestampSigner:
    return signing.TimestampSigner(sep=".", salt=f"link.{purpose}")


def token(purpose: Purpose, pk: int) -> str:
    """A signed name for the row `pk`, good for `purpose` alone; made of URL-safe characters."""
    return _signer(purpose).sign(str(pk))


def read(purpose: Purpose, token: str) -> int:
    """The row a token names. Raises ExpiredLink after its lifetime, BadLink for anything else."""
    try:
        return int(_signer(purpose).unsign(token, max_age=LIFETIMES[purpose]))
    except signing.SignatureExpired as wrong:
        raise ExpiredLink("The link has expired.") from wrong
    except (signing.BadSignature, ValueError) as wrong:
        raise BadLink("The link is not complete.") from wrong


def address(view_name: str, *args: object) -> str:
    """The absolute address of a page on this site."""
    return settings.SITE_URL + reverse(view_name, args=args)
