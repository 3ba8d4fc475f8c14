"""Signed links: what a person may do without a password, each link for one purpose only."""

from datetime import UTC, datetime, timedelta
from enum import StrEnum
from functools import lru_cache

from django.conf import settings
from django.core import signing
from django.urls import get_script_prefix, reverse
from django.utils.timezone import now

from .suppression_key import current_key, link_keys


class Purpose(StrEnum):
    CONFIRM = "confirm"
    PREFERENCES = "preferences"
    UNSUBSCRIBE = "unsubscribe"
    UNDO = "undo"
    DIGEST = "digest"
    WHY = "why"
    EXCLUDE = "less"
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
    Purpose.EXCLUDE: timedelta(days=30),
    Purpose.KEYWORD: timedelta(days=30),
    Purpose.TRENDING: timedelta(days=30),
    Purpose.PAUSE: timedelta(days=30),
    Purpose.UNDO_CHANGE: timedelta(days=1),
}
_SALT = "link."  # and the purpose
_TOKEN = "-token-"  # noqa: S105 - where a token comes in the path of a page


class BadLink(ValueError):
    """The link is not one of ours, or not for this purpose."""


class ExpiredLink(BadLink):
    """The link was ours, and its time is over."""


class _LinkSigner(signing.TimestampSigner):
    """Django's, with the moment from which a link lives given instead of read from the clock."""

    def sign_at(self, text: str, stamp: str) -> str:
        return signing.Signer.sign(self, f"{text}{self.sep}{stamp}")


def _signer(purpose: Purpose) -> _LinkSigner:
    keys: tuple[str, ...] = (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)
    if LIFETIMES[purpose] is None:  # it outlives SECRET_KEY too
        keys = link_keys()
    return _kept_signer(_SALT + purpose, keys)


@lru_cache(maxsize=64)
def _kept_signer(salt: str, keys: tuple[str, ...]) -> _LinkSigner:
    return _LinkSigner(key=keys[0], sep=".", salt=salt, fallback_keys=list(keys[1:]))


def token(purpose: Purpose, named: int | str, *, at: datetime | None = None) -> str:
    """A signed name, good for `purpose` alone: of the row `named`, or of the change that a text
    of URL-safe characters describes. The token is made of URL-safe characters too.

    Its life begins `at` that time (now): a mail that is written anew has the same links, and a
    page gives nobody a link that lives longer than the one that opened it.
    """
    return _signer(purpose).sign_at(str(named), _stamp(at or now()))


@lru_cache(maxsize=64)
def _stamp(at: datetime) -> str:
    return signing.b62_encode(int(at.timestamp()))


def made_at(token: str) -> datetime:
    """When the life of a token, read before, began."""
    return datetime.fromtimestamp(signing.b62_decode(token.split(".")[-2]), UTC)


def alive(purpose: Purpose, since: datetime) -> bool:
    """Whether a link of that time still works."""
    lifetime = LIFETIMES[purpose]
    return lifetime is None or now() - since < lifetime


def read(purpose: Purpose, token: str) -> int:
    """The row a token names. Raises ExpiredLink after its lifetime, BadLink for anything else;
    WrongSuppressionKey where this machine lacks the key that may have signed it."""
    try:
        return int(read_text(purpose, token))
    except BadLink:
        raise
    except ValueError as wrong:
        raise BadLink("The link is not complete.") from wrong


def read_text(purpose: Purpose, token: str) -> str:
    """What a token names, as text. Raises as `read` does."""
    try:
        return _unsigned(purpose, token)
    except signing.SignatureExpired as wrong:
        raise ExpiredLink("The link has expired.") from wrong
    except signing.BadSignature as wrong:
        raise BadLink("The link is not complete.") from wrong


def _unsigned(purpose: Purpose, token: str) -> str:
    try:
        return _signer(purpose).unsign(token, max_age=LIFETIMES[purpose])
    except signing.BadSignature:
        if LIFETIMES[purpose] is not None:
            raise
        current_key()  # without it nobody can say that the link is forged
        return _signer(purpose).unsign(token)


def address(view_name: str, *args: object) -> str:
    """The absolute address of a page on this site."""
    return settings.SITE_URL + _path(view_name, args)


class Links:
    """Addresses of pages whose first argument is a token, all made at the same time."""

    __slots__ = ("_site", "_stamp")

    def __init__(self, at: datetime) -> None:
        self._stamp, self._site = _stamp(at), settings.SITE_URL

    def to(self, view_name: str, purpose: Purpose, named: int, *more: object) -> str:
        """The page for what is named; `more` stands behind the token, which needs no quoting."""
        before, after = _around_token(view_name, more)
        token = _signer(purpose).sign_at(str(named), self._stamp)
        return f"{self._site}{before}{token}{after}"


@lru_cache(maxsize=256)
def _around_token(view_name: str, more: tuple[object, ...]) -> tuple[str, str]:
    before, _, after = _path(view_name, (_TOKEN, *more)).partition(_TOKEN)
    return before, after


@lru_cache(maxsize=256)
def _path(view_name: str, args: tuple[object, ...]) -> str:
    """`reverse`, which takes longer than signing, without the path of SITE_URL: which threads add
    it depends on what has run in them."""
    return "/" + reverse(view_name, args=args).removeprefix(get_script_prefix())
