"""A worker of gunicorn whose event loop hangs, in a library that holds the interpreter, at the next
connection after a file `hang` was put into DATA_DIR."""

import itertools
import os
import socket
from pathlib import Path

from digest.web_server import gunicorn_worker


class Worker(gunicorn_worker.Worker):
    """Hangs once."""

    def accept(self, listener: socket.socket) -> None:
        order = Path(os.environ["DATA_DIR"]) / "hang"
        if order.exists():
            order.unlink()
            sum(itertools.repeat(1))
        super().accept(listener)
