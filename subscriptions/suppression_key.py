"""The key that outlives SECRET_KEY: it hashes suppressed addresses and signs unsubscribe links.

It is SUPPRESSION_KEY, or kept in a file in DATA_DIR. The database holds an HMAC of a fixed text
under it, to detect a machine with another key, which would mail suppressed addresses. Hashes older
than the key were made with SECRET_KEY, which then is the key.
"""

import contextlib
import hmac
import secrets
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from django.apps import apps
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import connection, models
from django.db.models import Q
from django.utils.timezone import now

from digest.environment import create_secret_file, read_secret_file
from digest.environment.weak_keys import is_weak

_CHECKED = "check"  # no address has no @
CHECK_DIGITS = 16
_WRONG = (
    "This machine’s suppression key is not the one that the suppressions in this database were "
    "made with, so it sends no e-mail. Set SUPPRESSION_KEY to what `manage.py suppression_key "
    "--show` prints on a machine that sends mail, or to the previous SECRET_KEY if that was "
    "changed. `manage.py suppression_key --help` says what to do if it is lost."
)
_CHANGED_TOO_EARLY = (
    "The suppressions in this database were made with SECRET_KEY, but SUPPRESSION_KEY is "
    "different: they would all be lifted. Set SUPPRESSION_KEY to the SECRET_KEY used so far, or "
    "leave it empty; if SECRET_KEY was changed too, SECRET_KEY_FALLBACKS must contain the "
    "previous one."
)

_WEAK = (
    "SUPPRESSION_KEY is too weak for a site that others can reach (SITE_URL, BIND): generate "
    "one of 50 random characters (python3 -c 'import secrets; "
    "print(secrets.token_urlsafe(50))')."
)


class WrongSuppressionKey(ImproperlyConfigured):
    """This machine's key is not the database's; the sentence says what to do."""


class KeyCheck(models.Model):
    """Identifies the suppression key of this database. One row."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    value = models.CharField(max_length=64)
    created_at = models.DateTimeField(
        default=now, help_text="Suppressions before it may name a mailbox by another spelling."
    )

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(id=1), name="one_suppression_key")]

    def __str__(self) -> str:
        return self.value[:8]


class SuppressionKey(NamedTuple):
    """`secret`: the key. `since`: when the database adopted it, None if no hash is older."""

    secret: str
    since: datetime | None

    def hash(self, text: str) -> str:
        """HMAC-SHA256, hex."""
        return hmac.digest(f"suppression:{self.secret}".encode(), text.encode(), "sha256").hex()


_held: SuppressionKey | None = None


def suppression_key() -> SuppressionKey:
    """Return the key, looked up once per process. Raises WrongSuppressionKey."""
    global _held
    if _held is None:
        _held = _find()
    return _held


def current_key() -> SuppressionKey:
    """Return the key after comparing it with the database, which may have adopted another one.

    Takes one query if it is the same. Raises WrongSuppressionKey.
    """
    if not KeyCheck.objects.filter(value=_check_value(suppression_key().secret)).exists():
        clear_cached_key()
    return suppression_key()


def check_key() -> str:
    """Compare the key with the database; return a sentence that says what is wrong, or ""."""
    clear_cached_key()
    try:
        suppression_key()
    except WrongSuppressionKey as wrong:
        return str(wrong)
    return ""


def clear_cached_key() -> None:
    """Clear the cached key: the next call compares it with the database again."""
    global _held
    _held = None


def link_keys() -> tuple[str, ...]:
    """Return the keys of links that outlive SECRET_KEY: the suppression key, unless this machine
    lacks it, then the SECRET_KEYs that signed them before."""
    others = (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)
    try:
        return (suppression_key().secret, *others)
    except WrongSuppressionKey:
        return others


def survives_rotation() -> bool:
    """Whether the key survives a change of SECRET_KEY. Raises WrongSuppressionKey."""
    if settings.SUPPRESSION_KEY:
        return True
    secret = suppression_key().secret.strip()
    return _stored().strip() == secret


def key_check() -> str:
    """Return a value by which machines compare their keys, which it does not reveal; "" if this
    machine's key cannot be read. The database's own is the beginning of `KeyCheck.value`."""
    try:
        secret = suppression_key().secret
    except WrongSuppressionKey:
        secret = ""
    try:
        return _check_value(secret or next(_candidates()))[:CHECK_DIGITS]
    except WrongSuppressionKey:
        return ""


def ensure_key_check(**_: object) -> None:
    """Create the KeyCheck row if it is missing (a receiver of post_migrate)."""
    tables = connection.introspection.table_names()
    if KeyCheck._meta.db_table in tables and not KeyCheck.objects.exists():
        _create_key_check()


def adopt() -> None:
    """Make this machine's key the database's: earlier suppressions are no longer recognised.

    Raises WrongSuppressionKey if the key is too weak.
    """
    _refuse_weak()
    KeyCheck.objects.update_or_create(
        pk=1, defaults={"value": _check_value(next(_candidates())), "created_at": now()}
    )
    clear_cached_key()


def _find() -> SuppressionKey:
    check = KeyCheck.objects.first() or _create_key_check()
    for secret in _candidates():
        if hmac.compare_digest(_check_value(secret), check.value):
            _keep(secret)
            oldest = apps.get_model("subscriptions", "Suppression")._default_manager.order_by("pk")
            first = oldest.values_list("created_at", flat=True).first()
            is_older = first is not None and first < check.created_at
            return SuppressionKey(secret, check.created_at if is_older else None)
    raise WrongSuppressionKey(_WRONG)


def _check_value(secret: str) -> str:
    return SuppressionKey(secret, None).hash(_CHECKED)


def _candidates() -> Iterator[str]:
    """Yield the keys that may be the database's, with and without the line break that ends a file
    written by hand."""
    for key in _known():
        yield from dict.fromkeys((key.strip(), key, f"{key.strip()}\n"))


def _known() -> Iterator[str]:
    """Yield the keys of this machine. SUPPRESSION_KEY excludes all others."""
    if settings.SUPPRESSION_KEY:
        yield settings.SUPPRESSION_KEY
        return
    if (stored := _stored()).strip():
        yield stored
    yield settings.SECRET_KEY
    yield from settings.SECRET_KEY_FALLBACKS


def _create_key_check() -> KeyCheck:
    """Create and return the row; of concurrent processes the first one writes it."""
    KeyCheck.objects.bulk_create(
        [KeyCheck(value=_check_value(_first_key()))], ignore_conflicts=True
    )
    return KeyCheck.objects.get()


def _first_key() -> str:
    suppressions = apps.get_model("subscriptions", "Suppression")._default_manager
    people = apps.get_model("subscriptions", "Subscriber")._default_manager
    if suppressions.exists() or people.exists():
        return earliest_key(has_hashes=suppressions.exists())
    _refuse_weak()
    # Several machines agree on what their environment gives them; one keeps its own.
    is_shared = connection.vendor != "sqlite" and not read_secret_file(
        _file().with_name("secret_key")
    )
    if settings.SUPPRESSION_KEY or is_shared:
        return settings.SUPPRESSION_KEY or settings.SECRET_KEY
    return create_secret_file(_file(), secrets.token_urlsafe(48), "SUPPRESSION_KEY")


def _refuse_weak() -> None:
    """Raise WrongSuppressionKey for a weak key: who guesses it can unsubscribe anybody."""
    if settings.SUPPRESSION_KEY and can_be_guessed(settings.SUPPRESSION_KEY):
        raise WrongSuppressionKey(_WEAK)


def can_be_guessed(secret: str) -> bool:
    """Whether the key is too weak for a site that others can reach."""
    return settings.EXPOSED and is_weak(secret)


def earliest_key(*, has_hashes: bool) -> str:
    """Return the key of a database that is older than KeyCheck: the oldest SECRET_KEY.

    A weak one cannot be in SECRET_KEY_FALLBACKS; then SUPPRESSION_KEY is taken for it. Raises
    WrongSuppressionKey if SUPPRESSION_KEY is a new key.
    """
    known = (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)
    for key in known:
        if key.strip() == settings.SUPPRESSION_KEY:
            return key
    is_another = settings.SUPPRESSION_KEY and not can_be_guessed(settings.SUPPRESSION_KEY)
    if has_hashes and is_another:
        raise WrongSuppressionKey(_CHANGED_TOO_EARLY)
    return settings.SUPPRESSION_KEY or known[-1]


def _keep(secret: str) -> None:
    """Save a key that comes from SECRET_KEY, which may change."""
    if not settings.SUPPRESSION_KEY and not _file().is_file():
        with contextlib.suppress(ImproperlyConfigured):  # `doctor` reports that it cannot be saved
            create_secret_file(_file(), secret, "SUPPRESSION_KEY")


def _stored() -> str:
    """The key in the file, or "". Raises WrongSuppressionKey if it cannot be read."""
    try:
        return read_secret_file(_file())
    except ImproperlyConfigured as wrong:
        raise WrongSuppressionKey(str(wrong)) from None


def _file() -> Path:
    return Path(settings.SUPPRESSION_KEY_FILE)
