"""The web server of `manage.py up`: gunicorn's worker with the settings that it has on its own.

gunicorn has a main process, the arbiter, which listens, forks workers, restarts those that end and
kills those that hang. Here the runner has the socket and restarts the one worker, and a timer in
the worker ends it.
"""

import faulthandler
import os
import sys
import time

_RESET_SECONDS = 1.0  # each time starts a thread


class HangTimer:
    """Ends this process, and writes where each thread was, if `reset` is not called for `seconds`;
    never, if they are 0.

    faulthandler does both in a thread that needs no interpreter: the event loop may hang in a
    library that holds it.
    """

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._next = 0.0

    def reset(self) -> None:
        now = time.monotonic()
        if self._seconds and now >= self._next:
            self._next = now + _RESET_SECONDS
            faulthandler.dump_traceback_later(self._seconds, exit=True, file=2)


def main(listener: int) -> None:
    """Serve on a socket, a descriptor that is bound, until SIGTERM."""
    from gunicorn.app.wsgiapp import WSGIApplication
    from gunicorn.arbiter import Arbiter
    from gunicorn.sock import create_sockets

    # gunicorn reads the command line.
    sys.argv = ["gunicorn", "-c", "python:digest.web_server.gunicorn_config"]
    application = WSGIApplication(prog="gunicorn")
    arbiter = Arbiter(application)
    cfg, log = arbiter.cfg, arbiter.log
    arbiter.LISTENERS = create_sockets(cfg, log, [listener])
    # Signals keep their default until the worker handles them: an arbiter's handlers need its loop.
    arbiter.init_signals = log.close_on_exec
    arbiter.start()
    worker = arbiter.worker_class(
        1, os.getppid(), arbiter.LISTENERS, application, cfg.timeout / 2, cfg, log
    )
    worker.notify = HangTimer(cfg.timeout).reset  # called in each round of its event loop
    worker.pid = os.getpid()
    cfg.pre_fork(arbiter, worker)
    cfg.post_fork(arbiter, worker)
    worker.notify()
    worker.init_process()
