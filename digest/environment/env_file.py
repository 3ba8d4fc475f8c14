"""Parser of `.env`, whose settings apply where the environment has none."""

import re
from collections.abc import Iterator, MutableMapping
from io import StringIO
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_NO_SETTING = (
    "this is not NAME=value. A value that starts with a quotation mark must end with the same one"
)


def read_env_file(path: Path, environment: MutableMapping[str, str]) -> None:
    """Add the settings of a file, if it exists, to the environment where it lacks them.

    If a name is set twice, the last value counts. Raises ImproperlyConfigured with the file and the
    line that cannot be parsed, without its text, which may be a password.
    """
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        return
    except OSError as wrong:
        raise ImproperlyConfigured(f"{path} cannot be read ({wrong.strerror}).") from wrong
    for name, value in dict(_settings(path.name, _text(path.name, data))).items():
        environment.setdefault(name, value)


def _text(file: str, data: bytes) -> str:
    try:
        return data.decode()
    except UnicodeDecodeError as wrong:
        line = data.count(b"\n", 0, wrong.start) + 1
    raise _refusal(file, line, "this is not UTF-8. Save the file as UTF-8")


def _settings(file: str, text: str) -> Iterator[tuple[str, str]]:
    from dotenv.parser import parse_stream  # only where there is a file: commands start faster

    for binding in parse_stream(StringIO(text)):
        name, value = binding.key, binding.value
        if name is None and not binding.error:  # a comment or an empty line
            continue
        if name is None or value is None or not _NAME.fullmatch(name) or "\0" in value:
            raise _refusal(file, _line(*binding.original), _NO_SETTING)
        yield name, value


def _line(text: str, first: int) -> int:
    """Return the line number of a setting, which the parser returns with empty lines before it."""
    return first + text[: len(text) - len(text.lstrip())].count("\n")


def _refusal(file: str, line: int, why: str) -> ImproperlyConfigured:
    return ImproperlyConfigured(f"{file}, line {line}, cannot be used: {why}.")
