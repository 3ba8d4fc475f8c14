"""How many processes of one machine do something costly at once."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus

from django.conf import settings

from .bodies import RETRY_SECONDS, BodyRefused

_FOLDER = "slots"  # of DATA_DIR, which each machine has for itself


@contextmanager
def machine_slot(name: str, count: int) -> Iterator[None]:
    """Hold one of `count` slots of that name, which all processes and threads of a machine share.

    A slot is a lock on an empty file (flock(2)): the kernel drops it with the process, however it
    ends. Raises BodyRefused if no slot is free.
    """
    folder = settings.DATA_DIR / _FOLDER
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    for number in range(count):
        file = os.open(folder / f"{name}-{number}", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(file)
            continue
        try:
            yield
        finally:
            os.close(file)
        return
    raise BodyRefused(
        HTTPStatus.SERVICE_UNAVAILABLE,
        f"Several files are being read right now. Try again in {RETRY_SECONDS} seconds.",
    )
