"""Signed links: what a person may do without a password, each link for one purpose only."""

import hashlib
from binascii import b2a_base64
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from functools import lru_cache

from django.conf import settings
from django.core import signing
from django.urls import reverse
from django.utils.timezone import now

from digest.mail.seal import Seal


class Purpose(StrEnum):
    CONFIRM = "confirm"
    PREFERENCES = "preferences"
    UNSUBSCRIBE = "unsubscribe"
    UNDO = "undo"
    DIGEST = "digest"
    WHY = "why"
    LESS = "less"
    KEYWORD = "keyword"
    TRENDING = "trending"
    PAUSE = "pause"
    UNDO_CHANGE = "undo-change"


# None: never. An unsubscribe link must work in the oldest mail; it can do nothing else.
LIFETIMES = {
    Purpose.CONFIRM: timedelta(days=7),
    Purpose.PREFERENCES: timedelta(days=30),
    Purpose.UNSUBSCRIBE: None,
    Purpose.UNDO: timedelta(days=1),
    Purpose.DIGEST: timedelta(days=90),
    Purpose.WHY: timedelta(days=90),
    Purpose.LESS: timedelta(days=30),
    Purpose.KEYWORD: timedelta(days=30),
    Purpose.TRENDING: timedelta(days=30),
    Purpose.PAUSE: timedelta(days=30),
    Purpose.UNDO_CHANGE: timedelta(days=1),
}
_SALT = "link."  # and the purpose
_URL_SAFE = bytes.maketrans(b"+/", b"-_")
_MARK = 43  # characters of base64 for 32 bytes, without the filling
_TOKEN = "-token-"  # noqa: S105 - where a token comes in the path of a page


class BadLink(ValueError):
    """The link is not one of ours, or not for this purpose."""


class ExpiredLink(BadLink):
    """The link was ours, and its time is over."""


def _signer(purpose: Purpose) -> signing.TimestampSigner:
    return signing.TimestampSigner(sep=".", salt=_SALT + purpose)


def token(purpose: Purpose, named: int | str, *, at: datetime | None = None) -> str:
    """A signed name, good for `purpose` alone: of the row `named`, or of the change that a text
    of URL-safe characters describes. The token is made of URL-safe characters too.

    Its life begins `at` that time (now): a mail that is written anew has the same links, and a
    page gives nobody a link that lives longer than the one that opened it.
    """
    return signed(_SALT + purpose, f"{named}.{_stamp(at or now())}")


@lru_cache(maxsize=64)
def _stamp(at: datetime) -> str:
    return signing.b62_encode(int(at.timestamp()))


def signed(salt: str, text: str) -> str:
    """What `signing.Signer(sep=".", salt=salt).sign(text)` gives, with the key derived once: a
    digest has a dozen of them."""
    return _sealed(_seal(settings.SECRET_KEY, salt), text)


def _sealed(seal: Seal, text: str) -> str:
    mark = b2a_base64(seal(text.encode()))[:_MARK]
    return f"{text}.{mark.translate(_URL_SAFE).decode()}"


@lru_cache(maxsize=64)
def _seal(secret: str, salt: str) -> Seal:
    """The key as Django derives it."""
    return Seal(hashlib.sha256(f"{salt}signer{secret}".encode()).digest())


def made_at(token: str) -> datetime:
    """When the life of a token, read before, began."""
    return datetime.fromtimestamp(signing.b62_decode(token.split(".")[-2]), UTC)


def alive(purpose: Purpose, since: datetime) -> bool:
    """Whether a link of that time still works."""
    lifetime = LIFETIMES[purpose]
    return lifetime is None or now() - since < lifetime


def read(purpose: Purpose, token: str) -> int:
    """The row a token names. Raises ExpiredLink after its lifetime, BadLink for anything else."""
    try:
        return int(read_text(purpose, token))
    except BadLink:
        raise
    except ValueError as wrong:
        raise BadLink("The link is not complete.") from wrong


def read_text(purpose: Purpose, token: str) -> str:
    """What a token names, as text. Raises as `read` does."""
    try:
        return _signer(purpose).unsign(token, max_age=LIFETIMES[purpose])
    except signing.SignatureExpired as wrong:
        raise ExpiredLink("The link has expired.") from wrong
    except signing.BadSignature as wrong:
        raise BadLink("The link is not complete.") from wrong


def address(view_name: str, *args: object) -> str:
    """The absolute address of a page on this site."""
    return settings.SITE_URL + _path(view_name, args)


class Links:
    """Addresses of pages whose first argument is a token, all made at the same time."""

    __slots__ = ("_secret", "_site", "_stamp")

    def __init__(self, at: datetime) -> None:
        self._stamp = _stamp(at)
        self._secret, self._site = settings.SECRET_KEY, settings.SITE_URL

    def to(self, view_name: str, purpose: Purpose, named: int, *more: object) -> str:
        """The page for what is named; `more` stands behind the token, which needs no quoting."""
        before, after = _around_token(view_name, more)
        token = _sealed(_seal(self._secret, _SALT + purpose), f"{named}.{self._stamp}")
        return f"{self._site}{before}{token}{after}"


@lru_cache(maxsize=256)
def _around_token(view_name: str, more: tuple[object, ...]) -> tuple[str, str]:
    before, _, after = _path(view_name, (_TOKEN, *more)).partition(_TOKEN)
    return before, after


@lru_cache(maxsize=256)
def _path(view_name: str, args: tuple[object, ...]) -> str:
    """`reverse`, which takes longer than signing."""
    return reverse(view_name, args=args)
