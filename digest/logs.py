"""Logging settings, and filters that keep tokens of links and e-mail addresses out of the logs."""

import logging
import re

from digest.web.private_pages import TOKEN_PAGES

TOKEN, ADDRESS = "<token>", "<address>"
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


def redact(text: str) -> str:
    """Replace each token by TOKEN and each e-mail address by ADDRESS."""
    text = TOKENS.sub(TOKEN, text)
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


def redact_handlers(logger: logging.Logger) -> None:
    """Add the redacting filter to every handler of a logger that a library set up."""
    for handler in logger.handlers:
        handler.addFilter(REDACTING)


LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"plain": {"format": "{levelname} {name}: {message}", "style": "{"}},
    "filters": {"without_path": {"()": HidePath}, "redacting": {"()": RedactingFilter}},
    "handlers": {
        "stderr": {
            "class": "logging.StreamHandler",
            "formatter": "plain",
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
