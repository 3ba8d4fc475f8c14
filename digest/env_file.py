"""Reading `.env`: what it sets holds where the environment itself says nothing."""

import codecs
import re
from collections.abc import Iterator, MutableMapping
from io import StringIO
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured
from dotenv.parser import Original, parse_stream

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_NO_SETTING = (
    "this is not NAME=value. A value that begins with a quotation mark must end with the same one"
)


def read_env_file(path: Path, environment: MutableMapping[str, str]) -> None:
    """Add the settings of a file, if there is one, to the environment where it lacks them; of a
    name set twice the last counts.

    ImproperlyConfigured names the file and the line that cannot be read, never its text: it may be
    a password.
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
    data = data.removeprefix(codecs.BOM_UTF8)
    try:
        return data.decode()
    except UnicodeDecodeError as wrong:
        line = data.count(b"\n", 0, wrong.start) + 1
    raise _refusal(file, line, "this is not UTF-8. Save the file as UTF-8")


def _settings(file: str, text: str) -> Iterator[tuple[str, str]]:
    for binding in parse_stream(StringIO(text)):
        if binding.error:
            raise _refusal(file, _line(binding.original), _NO_SETTING)
        if binding.key is None:  # a comment or an empty line
            continue
        if binding.value is None or not _NAME.fullmatch(binding.key) or "\0" in binding.value:
            raise _refusal(file, _line(binding.original), _NO_SETTING)
        yield binding.key, binding.value


def _line(original: Original) -> int:
    """The number of the line where a setting begins, behind the empty lines before it."""
    text = original.string
    return original.line + text[: len(text) - len(text.lstrip())].count("\n")


def _refusal(file: str, line: int, why: str) -> ImproperlyConfigured:
    return ImproperlyConfigured(f"{file}, line {line}, cannot be used: {why}.")
