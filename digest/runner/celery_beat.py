"""Celery beat of `manage.py up`."""

import logging


def main() -> None:
    """Run until SIGTERM."""
    from digest.celery import app

    logging.getLogger("celery").setLevel(logging.WARNING)
    # Not with `app.start`: the command line of Celery loads a shell, 10 MB that nothing uses.
    app.Beat(loglevel="INFO", quiet=True).run()
