"""Parsers of environment variables: each turns a raw value into a setting's value, or raises.

`setting` turns their exceptions into a sentence for the operator; `digest/settings` says which
variable is parsed how.
"""

import hashlib
import os
import re
import tempfile
from collections.abc import Callable
from datetime import time
from email.utils import getaddresses
from ipaddress import ip_address
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import SplitResult, parse_qsl, quote, unquote, urlsplit

import environ
from django.core.exceptions import ImproperlyConfigured
from django.core.management.utils import get_random_secret_key

from digest.mail.dkim import Signer
from digest.mail.mailboxes import read_address
from digest.mail.mime.header_fields import header_address
from digest.mail.smtp.paths import smtp_address
from subscriptions.zones import parse_zone

Value = TypeVar("Value")
MOST_DAYS = 36_500  # of a period; dates end some thousand years later
_PORTS = {"http": 80, "https": 443}
_HOST_AND_PORT = r"([A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(:[0-9]{1,5})?"
# No dot segments: browsers take them out of an address before they ask for it.
_SITE_PATH = r"(/(?!\.{1,2}(?:/|$))[A-Za-z0-9._~-]+)*"
# One of the hosts of a PostgreSQL address: perhaps a folder of sockets, quoted.
_DATABASE_HOST = r"(\[[0-9A-Fa-f:.]+\]|[^:\[\]]*)(:[0-9]{1,5})?"
# Options that both Redis clients accept; with any other an address never connects.
_REDIS_TLS = {"ssl_cert_reqs", "ssl_ca_certs", "ssl_certfile", "ssl_keyfile", "ssl_check_hostname"}


class UnusableValue(ValueError):
    """A value that cannot be used; the message is a sentence for the operator."""


def setting(
    name: str, default: str, read: Callable[[str], Value], wanted: str, *, secret: bool = False
) -> Value:
    """Return the variable `name`, or `default`, parsed by `read`.

    Raises ImproperlyConfigured, which says what is `wanted` instead. It does not repeat a `secret`
    value, nor an address that may hold a password.
    """
    raw = os.environ.get(name, "").strip() or default
    try:
        return read(raw)
    except Exception as wrong:
        hidden = secret or ("://" in raw and bool(re.search("[@?]", raw)))
        given = name if hidden else f"{name}={raw!r}"
        why = f". {wrong}" if isinstance(wrong, UnusableValue) else f": it must be {wanted}."
        sentence = f"{given} cannot be used{why}{_quoting(raw)}"
        # The cause's message, which a traceback shows, may hold the value.
        raise ImproperlyConfigured(sentence) from (None if hidden else wrong)


def _quoting(raw: str) -> str:
    """Return how to encode the characters of a user name or password that end it early, or ""."""
    found: set[str] = set()
    for url in re.split(r"\s+(?=[a-z][a-z0-9+.-]*://)", raw):
        user_info, at, _ = url.partition("://")[2].rpartition("@")
        found |= set(re.findall(r"[\s/?#\[\]]|%(?![0-9A-Fa-f]{2})", user_info)) if at else set()
    if not found:
        return ""
    named = (f"{'a space' if each.isspace() else each} as {quote(each, '')}" for each in found)
    return f" In a user name or password write {', '.join(sorted(named))}."


def whole_number(raw: str) -> int:
    number = int(raw)
    if number < 0:
        raise ValueError(raw)
    return number


def day_count(raw: str) -> int:
    """Parse a number of days, MOST_DAYS at most, so that dates stay in range."""
    if whole_number(raw) > MOST_DAYS:
        raise ValueError(raw)
    return int(raw)


def positive_number(raw: str) -> int:
    if int(raw) < 1:
        raise ValueError(raw)
    return int(raw)


def port_number(raw: str) -> int:
    if not 0 < int(raw) < 65536:
        raise ValueError(raw)
    return int(raw)


def time_of_day(raw: str) -> time:
    found = time.fromisoformat(raw)
    if found.tzinfo:
        raise ValueError(raw)
    return found


def time_zone(raw: str) -> str:
    try:
        return parse_zone(raw)
    except ValueError as wrong:
        raise UnusableValue(str(wrong)) from None


def yes_or_no(raw: str) -> bool:
    return {"yes": True, "true": True, "1": True, "no": False, "false": False, "0": False}[
        raw.lower()
    ]


def comma_separated(raw: str) -> list[str]:
    return [name.strip() for name in raw.split(",") if name.strip()]


def site_url(raw: str) -> str:
    """Parse and normalise the site's address: scheme, host, optional port and path."""
    parts = urlsplit(raw.rstrip("/"))
    if parts.scheme not in _PORTS or not re.fullmatch(_HOST_AND_PORT, parts.netloc):
        raise ValueError(raw)
    if not re.fullmatch(_SITE_PATH, parts.path) or parts.query or parts.fragment:
        raise ValueError(raw)
    if parts.port == 0:  # one over 65535 raises ValueError by itself
        raise ValueError(raw)
    host = parts.netloc.lower().removesuffix(f":{_PORTS[parts.scheme]}")
    return f"{parts.scheme}://{host}{parts.path}"


def is_loopback(host: str) -> bool:
    """Whether a host name or address is a loopback one (RFC 6761 6.3)."""
    bare = host.strip("[]").rstrip(".").lower()
    try:
        found = ip_address(bare)
    except ValueError:
        return bare.rpartition(".")[2] == "localhost"
    return (getattr(found, "ipv4_mapped", None) or found).is_loopback


def single_line(raw: str) -> str:
    if any(ord(character) < 32 for character in raw):
        raise ValueError(raw)
    return raw


def database_config(raw: str) -> dict[str, Any]:
    """Parse DATABASE_URL into Django's settings of one database."""
    parts = urlsplit(raw)
    if parts.scheme not in ("sqlite", "postgres", "postgresql"):
        raise ValueError(raw)
    if parts.scheme != "sqlite":
        _check_postgres(raw, parts)
    if (parts.netloc and "@" in parts.path) or re.search(r"[\x00-\x1f\x7f]", unquote(raw)):
        raise ValueError(raw)
    config: dict[str, Any] = environ.Env.db_url_config(raw)
    if not config["NAME"]:
        raise ValueError(raw)
    config["HOST"] = unquote(config["HOST"] or "")  # may be a folder of sockets
    return config


def _check_postgres(raw: str, parts: SplitResult) -> None:
    """Raise ValueError if a part of a password would be read as the name of the database or of a
    host, which messages show."""
    hosts = parts.netloc.rpartition("@")[2].split(",")
    if not raw.startswith(f"{parts.scheme}://") or re.search("[:@]", parts.path):
        raise ValueError(raw)
    if not all(re.fullmatch(_DATABASE_HOST, host) for host in hosts):
        raise ValueError(raw)


def redis_url(raw: str) -> str:
    """Parse the address of a Redis server, with the number of its database.

    `ssl_cert_reqs=required` is added to a TLS address without it: kombu would not verify the
    certificate.
    """
    parts = urlsplit(raw)
    if parts.scheme not in ("redis", "rediss") or not parts.hostname or parts.fragment:
        raise ValueError(raw)
    if not re.fullmatch(r"(/[0-9]{0,4})?", parts.path) or re.search(r"\s", raw) or parts.port == 0:
        raise ValueError(raw)
    options = dict(parse_qsl(parts.query, keep_blank_values=True, strict_parsing=bool(parts.query)))
    if options.keys() - (_REDIS_TLS if parts.scheme == "rediss" else set()):
        raise ValueError(raw)
    if options.get("ssl_cert_reqs", "required") not in ("required", "none"):
        raise ValueError(raw)
    if parts.scheme == "redis" or "ssl_cert_reqs" in options:
        return raw
    return f"{raw.rstrip('?')}{'&' if options else '?'}ssl_cert_reqs=required"


def mail_address(raw: str) -> str:
    """Parse one address, with or without a name, for a header; its domain becomes ASCII."""
    [(_, found)] = getaddresses([single_line(raw)])
    whole = raw.replace(found, smtp_address(found, smtputf8=False))
    header_address(whole)
    return whole


def mail_addresses(raw: str) -> tuple[str, ...]:
    """Parse addresses separated by blanks. Addresses on this machine are allowed."""
    addresses = [read_address(each, public=False) for each in raw.split()]
    return tuple(dict.fromkeys(smtp_address(each, smtputf8=False) for each in addresses))


def dkim_signer(key: str, key_file: str, selector: str, domain: str) -> Signer | None:
    """Return the DKIM signer of these settings, None without a key.

    Raises ImproperlyConfigured, without the key in its message, if the key cannot be used.
    """
    if not key and not key_file:
        return None
    name = "DKIM_KEY" if key else "DKIM_KEY_FILE"
    try:
        return Signer.read(key or Path(key_file).read_text(), selector, domain)
    except (OSError, ValueError) as wrong:
        reason = wrong.strerror if isinstance(wrong, OSError) else wrong
        raise ImproperlyConfigured(f"{name} cannot be used: {reason}.") from wrong


def writable_folder(raw: str) -> Path:
    """Create a folder with mode 0700 if it does not exist; return its absolute path."""
    folder = Path(raw).resolve()
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder


def read_secret_file(path: Path) -> str:
    """Return the content of a secret's file, "" if there is none.

    Raises ImproperlyConfigured if it cannot be read.
    """
    try:
        return path.read_text(encoding="utf-8")
    except (FileNotFoundError, NotADirectoryError):
        return ""
    except OSError as wrong:
        why = f"{wrong.strerror}). Run this as the same user as the site"
    except UnicodeError:
        why = "it is not UTF-8). Restore the file from a backup"
    # The cause, which a traceback shows, holds the bytes.
    raise ImproperlyConfigured(f"{path} cannot be read ({why}.")


def read_or_create_secret_key(folder: Path) -> str:
    """Return the secret key in `folder`, which the first start creates.

    Raises ImproperlyConfigured if it can be neither read nor created.
    """
    path = folder / "secret_key"
    return read_secret_file(path) or create_secret_file(path, get_random_secret_key(), "SECRET_KEY")


def create_secret_file(path: Path, secret: str, variable: str) -> str:
    """Create a file with a secret, mode 0600, unless it exists; return the content of the file.

    Raises ImproperlyConfigured if it cannot be created, with the name of the `variable` that makes
    the file unnecessary.
    """
    try:
        descriptor, draft = tempfile.mkstemp(dir=path.parent)  # readable by its owner alone
        with os.fdopen(descriptor, "w") as file:
            file.write(secret)
        # Two first starts at once must agree on one key: `link` never replaces a file.
        try:
            os.link(draft, path)
        except FileExistsError:
            pass
        finally:
            Path(draft).unlink()
        return read_secret_file(path)
    except OSError as wrong:
        what = variable.lower().replace("_", " ")
        raise ImproperlyConfigured(
            f"The {what} cannot be kept in {path.parent} ({wrong.strerror}): "
            f"set {variable}, or set DATA_DIR to a writable folder."
        ) from wrong


def broker_socket(folder: Path) -> Path:
    """Return the private broker's socket; a path over 100 bytes (the kernel allows 107) moves to
    the folder of temporary files."""
    socket = folder / "broker" / "broker.sock"
    if len(os.fsencode(socket)) <= 100:
        return socket
    short = hashlib.sha256(os.fsencode(folder)).hexdigest()[:12]
    return Path(tempfile.gettempdir()) / f"paper-digest-{os.getuid()}-{short}" / "broker.sock"
