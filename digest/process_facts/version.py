"""The version of the code that this process runs."""

import hashlib
import tomllib
from functools import cache
from pathlib import Path

_ROOT = Path(__file__).resolve().parent.parent.parent
_FOLDERS = ("digest", "subscriptions", "templates")
_SUFFIXES = {".py", ".html", ".txt"}


@cache
def version() -> str:
    """Return the version of `pyproject.toml` and a hash of the code, like `0.1.0+1f0c9a2b`.

    Two machines have the same one if they run the same code, however it came there. Read once by a
    process: an upgrade on disk changes the version of the processes that start after it.
    """
    return f"{release()}+{_source_hash()}"


def release() -> str:
    """Return the version of `pyproject.toml`, "0" if it cannot be read."""
    try:
        project = tomllib.loads((_ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
        return str(project["version"])
    except (OSError, ValueError, KeyError):
        return "0"


def _source_hash() -> str:
    found = hashlib.sha256()
    for folder in _FOLDERS:
        for path in sorted((_ROOT / folder).rglob("*")):
            if path.suffix in _SUFFIXES and path.is_file():
                found.update(str(path.relative_to(_ROOT)).encode() + b"\0" + path.read_bytes())
    return found.hexdigest()[:8]
