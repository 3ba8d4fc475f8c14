"""Signed links: subscribers have no password, and each link is valid for one purpose only."""

from datetime import UTC, datetime, timedelta
from enum import StrEnum
from functools import lru_cache
from hmac import HMAC

from django.conf import settings
from django.core import signing
from django.urls import get_script_prefix, reverse
from django.utils.crypto import salted_hmac
from django.utils.encoding import force_bytes, force_str
from django.utils.timezone import now

from .models import Subscriber
from .suppression_key import current_key, link_keys


class Purpose(StrEnum):
    CONFIRM = "confirm"
    PREFERENCES = "preferences"
    UNSUBSCRIBE = "unsubscribe"
    UNDO = "undo"
    DIGEST = "digest"
    WHY = "why"
    EXCLUDE = "less"
    RATE = "rate"
    KEYWORD = "keyword"
    TRENDING = "trending"
    PAUSE = "pause"
    UNDO_CHANGE = "undo-change"
    ACCOUNT = "account"
    NEW_ADDRESS = "new-address"
    UNDO_ADDRESS = "undo-address"
    FEED = "feed"


# None means that links never expire. An unsubscribe link must work in the oldest mail; that of a
# feed stays in a feed reader, and can be revoked.
LIFETIMES = {
    Purpose.CONFIRM: timedelta(days=7),
    Purpose.PREFERENCES: timedelta(days=30),
    Purpose.UNSUBSCRIBE: None,
    Purpose.UNDO: timedelta(days=1),
    Purpose.DIGEST: timedelta(days=90),
    Purpose.WHY: timedelta(days=90),
    Purpose.EXCLUDE: timedelta(days=30),
    Purpose.RATE: timedelta(days=30),
    Purpose.KEYWORD: timedelta(days=30),
    Purpose.TRENDING: timedelta(days=30),
    Purpose.PAUSE: timedelta(days=30),
    Purpose.UNDO_CHANGE: timedelta(days=1),
    Purpose.ACCOUNT: timedelta(minutes=30),
    Purpose.NEW_ADDRESS: timedelta(days=7),
    Purpose.UNDO_ADDRESS: timedelta(days=7),
    Purpose.FEED: None,
}
_SALT = "link."  # followed by the purpose
_TOKEN = "-token-"  # noqa: S105 - where a token comes in the path of a page


class BadLink(ValueError):
    """The link was not signed here, or not for this purpose."""


class ExpiredLink(BadLink):
    """The link is genuine, and has expired."""


class KeyedSigner(signing.Signer):
    """Signer that derives its key once, which takes most of the time; Django's signatures."""

    def signature(self, value: str | bytes, key: bytes | str | None = None) -> str:
        mac = _keyed_mac(self.salt, key or self.key, self.algorithm).copy()
        mac.update(force_bytes(value))
        return signing.b64_encode(mac.digest()).decode()


@lru_cache(maxsize=256)
def _keyed_mac(salt: bytes | str, key: bytes | str, algorithm: str) -> HMAC:
    """Return an HMAC object, without a message yet, with the key that Django derives from these."""
    return salted_hmac(f"{force_str(salt)}signer", "", key, algorithm=algorithm)


class LinkSigner(KeyedSigner, signing.TimestampSigner):
    """TimestampSigner with the time stamp as an argument instead of from the clock."""

    def sign_at(self, text: str, stamp: str) -> str:
        value = f"{text}{self.sep}{stamp}"
        return f"{value}{self.sep}{self.signature(value)}"


def _signer(purpose: Purpose) -> LinkSigner:
    keys: tuple[str, ...] = (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)
    if LIFETIMES[purpose] is None:  # it outlives SECRET_KEY too
        keys = link_keys()
    return _kept_signer(_SALT + purpose, keys)


@lru_cache(maxsize=64)
def _kept_signer(salt: str, keys: tuple[str, ...]) -> LinkSigner:
    return LinkSigner(key=keys[0], sep=".", salt=salt, fallback_keys=list(keys[1:]))


def token(purpose: Purpose, named: int | str, *, at: datetime | None = None) -> str:
    """Sign a primary key, or a text of URL-safe characters, for one purpose. The token is URL-safe.

    Its lifetime starts `at` that time, by default now: a mail composed again has the same links,
    and a page offers no link that outlives the one it was opened with.
    """
    return _signer(purpose).sign_at(str(named), _stamp(at or now()))


@lru_cache(maxsize=64)
def _stamp(at: datetime) -> str:
    return signing.b62_encode(int(at.timestamp()))


def confirmation_name(subscriber: Subscriber) -> str:
    """Return the text that a confirmation link signs. The next confirmation invalidates it."""
    return f"{subscriber.pk}-{subscriber.confirmations}"


def read_confirmation_name(named: str) -> tuple[int, int]:
    """Return the subscriber's id and the count of confirmations that `confirmation_name` wrote.

    Links mailed before confirmations were counted hold the id alone. Raises ValueError for anything
    else.
    """
    pk, _, confirmations = named.partition("-")
    return int(pk), int(confirmations or 0)


def made_at(token: str) -> datetime:
    """Return when the lifetime of a valid token started."""
    return datetime.fromtimestamp(signing.b62_decode(token.split(".")[-2]), UTC)


def next_whole_second(at: datetime) -> datetime:
    """Return `at`, rounded up to a whole second: tokens hold no fractions of it.

    Tokens made before that moment are older than it, and tokens made `at` it are not.
    """
    return at.replace(microsecond=0) + timedelta(seconds=bool(at.microsecond))


def alive(purpose: Purpose, since: datetime) -> bool:
    """Whether a link whose lifetime started then is still valid."""
    lifetime = LIFETIMES[purpose]
    return lifetime is None or now() - since < lifetime


def read(purpose: Purpose, token: str) -> int:
    """Return the primary key that a token holds.

    Raises ExpiredLink after its lifetime, BadLink for an invalid token, and WrongSuppressionKey if
    this machine lacks the key that may have signed it.
    """
    try:
        return int(read_text(purpose, token))
    except BadLink:
        raise
    except ValueError as wrong:
        raise BadLink("The link is not complete.") from wrong


def read_text(purpose: Purpose, token: str) -> str:
    """Return the text that a token holds. Raises as `read` does."""
    try:
        return _unsigned(purpose, token)
    except signing.SignatureExpired as wrong:
        raise ExpiredLink("The link has expired.") from wrong
    except signing.BadSignature as wrong:
        raise BadLink("The link is not complete.") from wrong


def _unsigned(purpose: Purpose, token: str) -> str:
    """Check the signature, of links that never expire with a key adopted meanwhile too."""
    try:
        return _signer(purpose).unsign(token, max_age=LIFETIMES[purpose])
    except signing.BadSignature:
        if LIFETIMES[purpose] is not None:
            raise
        current_key()  # raises if the key is missing: the link may be genuine
        return _signer(purpose).unsign(token)


def address(view_name: str, *args: object) -> str:
    """Return the absolute URL of a page of this site."""
    return settings.SITE_URL + _path(view_name, args)


class Links:
    """URLs of pages whose first argument is a token; their lifetimes start together."""

    __slots__ = ("_site", "_stamp")

    def __init__(self, at: datetime) -> None:
        self._stamp, self._site = _stamp(at), settings.SITE_URL

    def to(self, view_name: str, purpose: Purpose, named: int, *more: object) -> str:
        """Return the URL for what is `named`; `more` are the arguments after the token."""
        before, after = _around_token(view_name, more)
        token = _signer(purpose).sign_at(str(named), self._stamp)
        return f"{self._site}{before}{token}{after}"


@lru_cache(maxsize=256)
def _around_token(view_name: str, more: tuple[object, ...]) -> tuple[str, str]:
    before, _, after = _path(view_name, (_TOKEN, *more)).partition(_TOKEN)
    return before, after


@lru_cache(maxsize=256)
def _path(view_name: str, args: tuple[object, ...]) -> str:
    """Cached `reverse`, which takes longer than signing.

    Without the path of SITE_URL: which threads prepend it depends on what has run in them.
    """
    return "/" + reverse(view_name, args=args).removeprefix(get_script_prefix())
