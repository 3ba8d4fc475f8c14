"""Logging settings, lines as JSON, and filters that keep tokens of links, e-mail addresses and
searches out of the logs."""

import json
import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any

from digest.web.private_pages import TOKEN_PAGES

TOKEN, ADDRESS, QUERY = "<token>", "<address>", "<query>"
_SIGNATURE = r"[A-Za-z0-9_-]{43}(?![A-Za-z0-9_-])"  # 32 bytes in base64
# Also percent-encoded, even repeatedly. Linear time: `++` does not backtrack, and no match begins
# within a word.
_WORD = r"(?<![A-Za-z0-9_-])[A-Za-z0-9_-]++"
_DOT = r"(?:[.:]|%(?:25)*(?:2[Ee]|3[Aa]))"
_SLASH = r"(?:/|%(?:25)*2[Ff])"
TOKENS = re.compile(rf"{_WORD}{_DOT}(?:[A-Za-z0-9_-]++{_DOT})?{_SIGNATURE}")
# A token that a mail program has cut is recognised by the path before it. The package `digest` has
# the name of a page, so paths of its files in a traceback must not match.
_PATHS = re.compile(
    rf"{_SLASH}({'|'.join(each for each in TOKEN_PAGES if each != 'digest')}){_SLASH}"
    r"[^/\s\"'?#,;)]+"
    rf"|{_SLASH}(digest){_SLASH}[A-Za-z0-9_-]++{_DOT}[A-Za-z0-9_.:%-]{{8,}}"
)
_ADDRESSES = re.compile(
    r"(?:\"[^\"\s]{1,64}\"|[\w.!#$%&'*+=?^`{|}~-]{1,64})(?:@|%40)"
    r"(?:\[[^\]\s]{1,64}\]|[\w-]{1,63}(?:\.[\w-]{1,63})+)"
)
# What somebody searches for, in a request or a referrer; also percent-encoded.
_QUERIES = re.compile(r"((?:[?&]|%(?:25)*(?:3[Ff]|26))q(?:=|%(?:25)*3[Dd]))[^\s\"'&]+")


def redact(text: str) -> str:
    """Replace each token by TOKEN, each e-mail address by ADDRESS, and each query by QUERY."""
    text = _QUERIES.sub(rf"\1{QUERY}", TOKENS.sub(TOKEN, text))
    text = _PATHS.sub(lambda found: f"/{found[1] or found[2]}/{TOKEN}", text)
    if "@" in text or "%40" in text:
        text = _ADDRESSES.sub(ADDRESS, text)
    return text


class HidePath(logging.Filter):
    """Replaces the path that Django logs with a request by the URL's pattern."""

    def filter(self, record: logging.LogRecord) -> bool:
        request: object = getattr(record, "request", None)
        path = getattr(request, "path", None)
        if path and isinstance(record.args, tuple):
            match = getattr(request, "resolver_match", None)
            shown = f"/{match.route}" if match else "a path that is no page"
            record.args = tuple(shown if each == path else each for each in record.args)
        return True


class RedactingFilter(logging.Filter):
    """Redacts the message and the traceback of a record."""

    def filter(self, record: logging.LogRecord) -> bool:
        try:
            message = record.getMessage()
        except (TypeError, ValueError, KeyError):  # arguments that do not fit the format
            message = str(record.msg)
        record.msg, record.args = redact(message), ()
        if record.exc_info and not record.exc_text:
            record.exc_text = logging.Formatter().formatException(record.exc_info)
        if record.exc_text:
            record.exc_text = redact(record.exc_text)
        if record.stack_info:
            record.stack_info = redact(record.stack_info)
        return True


REDACTING = RedactingFilter()


# What a request or a task adds to each line that is logged meanwhile.
_CONTEXT: ContextVar[dict[str, str]] = ContextVar("log_context", default={})  # noqa: B039 - never changed
# Attributes of a record (`extra=`) that a JSON line has.
FIELDS = ("seconds", "counts", "digest_ids", "letter_ids", "method", "route", "status")


@contextmanager
def log_context(**fields: str) -> Iterator[None]:
    """Add these fields to every JSON line of the block, in this thread."""
    before = _CONTEXT.set({**_CONTEXT.get(), **fields})
    try:
        yield
    finally:
        _CONTEXT.reset(before)


class JsonFormatter(logging.Formatter):
    """One JSON object a line: time (UTC), level, logger and message, what `log_context` holds, and
    those of FIELDS that the record has. All texts are redacted."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line, without a line end."""
        try:
            message = record.getMessage()
        except (TypeError, ValueError, KeyError):  # arguments that do not fit the format
            message = str(record.msg)
        at = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        line: dict[str, Any] = {
            "time": at.replace("+00:00", "Z"),
            "level": record.levelname,
            "logger": record.name,
            "message": redact(message),
            **_redacted(_CONTEXT.get()),
        }
        line |= {name: _redacted(getattr(record, name)) for name in FIELDS if hasattr(record, name)}
        if record.exc_info or record.exc_text:
            text = record.exc_text or self.formatException(record.exc_info)  # type: ignore[arg-type]
            line["exception"] = redact(text)
        if record.stack_info:
            line["stack"] = redact(record.stack_info)
        return json.dumps(line, ensure_ascii=False)


def _redacted(value: Any) -> Any:
    """Return a value that JSON can hold, its texts redacted."""
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, dict):
        return {redact(str(key)): _redacted(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_redacted(each) for each in value]
    return redact(str(value))


def redact_handlers(logger: logging.Logger) -> None:
    """Add the redacting filter, and with LOG_FORMAT=json its formatter, to every handler of a
    logger that a library set up."""
    for handler in logger.handlers:
        handler.addFilter(REDACTING)
        if _form == "json":
            handler.setFormatter(JsonFormatter())


_form = "text"


def log_form(raw: str) -> str:
    """Parse LOG_FORMAT."""
    if raw.lower() not in ("text", "json"):
        raise ValueError(raw)
    return raw.lower()


def logging_settings(form: str) -> dict[str, Any]:
    """Return the setting LOGGING for lines of this form, "text" or "json"; libraries' handlers
    follow it."""
    global _form
    _form = form
    stderr = LOGGING["handlers"]["stderr"] | {"formatter": form}
    return LOGGING | {"handlers": {"stderr": stderr}}


LOGGING: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "text": {"format": "{levelname} {name}: {message}", "style": "{"},
        "json": {"()": JsonFormatter},
    },
    "filters": {"without_path": {"()": HidePath}, "redacting": {"()": RedactingFilter}},
    "handlers": {
        "stderr": {
            "class": "logging.StreamHandler",
            "formatter": "text",
            "filters": ["without_path", "redacting"],
        }
    },
    "root": {"handlers": ["stderr"], "level": "INFO"},
    "loggers": {
        "django": {"handlers": ["stderr"], "level": "WARNING", "propagate": False},
        # The requests of `manage.py runserver`.
        "django.server": {"handlers": ["stderr"], "level": "INFO", "propagate": False},
        # Invalid or too frequent requests would fill the log.
        "django.request": {"level": "ERROR"},
        "django.security.csrf": {"level": "ERROR"},
        # It logs each address, and some hold a key.
        "httpx": {"level": "WARNING"},
        # It logs each log-in.
        "axes": {"level": "WARNING"},
        # Any client may send any Host header; a traceback for each would fill the log.
        "django.security.DisallowedHost": {"level": "CRITICAL", "propagate": False},
    },
}
