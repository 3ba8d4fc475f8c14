"""Reading a library in a process of its own (see `program`), which is killed at its deadline."""

import json
import logging
import os
import signal
import subprocess
import sys
from pathlib import Path
from threading import Timer

from .library import MAX_ANSWER_BYTES, MAX_BYTES, Library, LibraryRefused
from .program import MAX_SECONDS

# Where other programs take their share of a machine, the kernel counts slowly.
MAX_WAIT = 10
log = logging.getLogger(__name__)
_FOLDER = Path(__file__).resolve().parents[2]  # that has the package `digest`
_COMMAND = (sys.executable, "-m", "digest.libraries.program")
_TOO_SLOW = f"Reading it takes longer than {MAX_SECONDS} seconds. Export fewer papers at once."
_FAILED = "This file cannot be read. Export it again, as BibTeX or RIS if you can."


def read_library(data: bytes) -> Library:
    """Return what a file holds. It goes through pipes, so that nothing of it is on a disk.

    Raises LibraryRefused with a sentence if it cannot be used.
    """
    if not data.strip():
        raise LibraryRefused("The file is empty. Export it again.")
    if len(data) > MAX_BYTES:
        raise LibraryRefused(
            f"The file has {len(data):,} bytes; the limit is {MAX_BYTES:,}. Export fewer papers at "
            "once."
        )
    return _library(_run(data))


def _run(data: bytes) -> bytes:
    """Return what the program writes. Raises LibraryRefused if it fails, or is killed."""
    # The new process gets neither keys nor addresses of servers, which are in the environment.
    child = subprocess.Popen(  # noqa: S603
        _COMMAND,
        cwd=_FOLDER,
        env={"PATH": os.defpath, "PYTHONUTF8": "1"},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    deadline = Timer(MAX_WAIT, child.kill)
    deadline.start()
    try:
        answer = _exchange(child, data)
        status = child.wait()
    finally:
        deadline.cancel()
        child.kill()
        child.wait()
    if status == 0 and answer:
        return answer
    log.warning("A library of %d bytes was not read: its program ended with %d.", len(data), status)
    raise LibraryRefused(_TOO_SLOW if -status in (signal.SIGXCPU, signal.SIGKILL) else _FAILED)


def _exchange(child: "subprocess.Popen[bytes]", data: bytes) -> bytes:
    """Write all of the file, which the program reads first; return what it answers."""
    assert child.stdin is not None
    assert child.stdout is not None
    with child.stdout:
        try:
            with child.stdin:
                child.stdin.write(data)
        except BrokenPipeError:  # it ended before it had read all
            pass
        return child.stdout.read(MAX_ANSWER_BYTES)  # of a longer one, the beginning: no JSON


def _library(answer: bytes) -> Library:
    try:
        found = json.loads(answer)
        if "refused" in found:
            raise LibraryRefused(str(found["refused"]))
        return Library.from_json(answer)
    except LibraryRefused:
        raise
    except (ValueError, KeyError, TypeError) as wrong:
        raise LibraryRefused(_FAILED) from wrong
