"""Reading messages from files: single ones, an mbox (RFC 4155), a Maildir, any folder."""

import mailbox
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO


def messages(path: Path, most: int) -> Iterator[tuple[str, bytes]]:
    """Iterate over the messages in a file or folder: a name, and the first `most` bytes, of each.

    One message is in memory at a time. Raises OSError if a file cannot be read.
    """
    if path.is_dir():
        yield from _in_folder(path, most)
        return
    with path.open("rb") as file:
        start = file.read(5)
        if start != b"From ":
            yield path.name, start + file.read(most - len(start))
            return
    yield from _in_mbox(path, path.name, most)


def messages_of_stream(stream: IO[bytes], name: str, most: int) -> Iterator[tuple[str, bytes]]:
    """The same for a stream, which is copied to a temporary file."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / name
        with path.open("wb") as file:
            shutil.copyfileobj(stream, file)
        yield from messages(path, most)


def _in_folder(path: Path, most: int) -> Iterator[tuple[str, bytes]]:
    maildir = [path / name for name in ("new", "cur") if (path / name).is_dir()]
    for folder in maildir or [path]:
        for each in sorted(folder.iterdir()):
            if each.is_file() and not each.name.startswith("."):
                yield from messages(each, most)


def _in_mbox(path: Path, name: str, most: int) -> Iterator[tuple[str, bytes]]:
    box = mailbox.mbox(path, create=False)
    try:
        for number, key in enumerate(box.iterkeys(), 1):
            with box.get_file(key) as message:
                yield f"{name} {number:,}", message.read(most)
    finally:
        box.close()
