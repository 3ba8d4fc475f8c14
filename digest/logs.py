"""What is logged, and what is kept out of it: paths of requests, for they may hold a token."""

import logging
from typing import Any


class WithoutPath(logging.Filter):
    """Puts the URL's pattern in the place of the path that Django logs with a request."""

    def filter(self, record: logging.LogRecord) -> bool:
        request: Any = getattr(record, "request", None)
        path = getattr(request, "path", None)
        if path and isinstance(record.args, tuple):
            match = getattr(request, "resolver_match", None)
            shown = f"/{match.route}" if match else "a path that is no page"
            record.args = tuple(shown if each == path else each for each in record.args)
        return True


LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"plain": {"format": "{levelname} {name}: {message}", "style": "{"}},
    "filters": {"without_path": {"()": WithoutPath}},
    "handlers": {
        "stderr": {
            "class": "logging.StreamHandler",
            "formatter": "plain",
            "filters": ["without_path"],
        }
    },
    "root": {"handlers": ["stderr"], "level": "INFO"},
    "loggers": {
        "django": {"handlers": ["stderr"], "level": "WARNING", "propagate": False},
        # What strangers get wrong, or too often, would fill the log.
        "django.request": {"level": "ERROR"},
        "django.security.csrf": {"level": "ERROR"},
        # It would tell each address, and some hold a key.
        "httpx": {"level": "WARNING"},
        # Anybody may send any Host header; a traceback each would fill the log.
        "django.security.DisallowedHost": {"level": "CRITICAL", "propagate": False},
    },
}
