"""The manifest of a backup, by which it is verified."""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from django.db import connection
from django.db.migrations.recorder import MigrationRecorder

from digest.epochs.seen import Progress

from . import BackupError

NAME = "manifest.json"
FORMAT = 1
_BLOCK = 1024 * 1024  # bytes read at once


@dataclass(frozen=True, slots=True)
class BackupFile:
    """A file of a backup."""

    sha256: str
    bytes: int


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a backup holds: `files` by path in its folder. `database` and `progress` are of the
    epoch (digest/epochs/), `migrations` are those that were applied."""

    made_at: str
    version: str
    engine: str
    database: int
    progress: Progress
    migrations: list[str]
    files: dict[str, BackupFile] = field(default_factory=dict)
    format: int = FORMAT

    def write(self, folder: Path) -> None:
        """Write the manifest into the folder."""
        path = folder / NAME
        path.touch(mode=0o600)
        path.write_text(json.dumps(asdict(self), indent=1))

    @property
    def bytes(self) -> int:
        """The size of all files together."""
        return sum(each.bytes for each in self.files.values())

    @property
    def database_file(self) -> str:
        return "database.sqlite3" if self.engine == "sqlite" else "database.dump"


def read_manifest(folder: Path) -> Manifest:
    """Read the manifest of a backup. Raises BackupError if there is none that can be used."""
    try:
        found: Any = json.loads((folder / NAME).read_bytes())
        if found["format"] != FORMAT:
            raise BackupError(
                f"{folder} was made by a newer release ({found['version']}): install that one."
            )
        found["progress"] = Progress(**found["progress"])
        found["files"] = {
            _checked(name): BackupFile(**each) for name, each in found["files"].items()
        }
        return Manifest(**found)
    except FileNotFoundError:
        raise BackupError(f"{folder} is not a backup: it has no {NAME}.") from None
    except OSError as wrong:
        raise BackupError(f"{folder / NAME} cannot be read ({wrong.strerror}).") from wrong
    except (AttributeError, KeyError, TypeError, ValueError) as wrong:
        raise BackupError(f"{folder / NAME} is damaged: use another backup.") from wrong


def _checked(name: str) -> str:
    """Raise ValueError for a path that leads out of the backup."""
    path = Path(name)
    if path.is_absolute() or ".." in path.parts:
        raise ValueError(name)
    return name


def damage(folder: Path, manifest: Manifest) -> Iterator[str]:
    """Yield a sentence for each file that is missing or not as it was written."""
    for name, expected in manifest.files.items():
        try:
            found = hashed(folder / name)
        except OSError as wrong:
            yield f"{name} cannot be read ({wrong.strerror})."
            continue
        if found != expected:
            yield f"{name} is not what was written."


def hashed(path: Path) -> BackupFile:
    """Return the hash and the size of a file. Raises OSError."""
    found, size = hashlib.sha256(), 0
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            found.update(block)
            size += len(block)
    return BackupFile(found.hexdigest(), size)


def applied_migrations() -> list[str]:
    """Return the migrations of the database, like "digest.0001_initial", in order."""
    return sorted(".".join(each) for each in MigrationRecorder(connection).applied_migrations())
