"""Celery beat of `manage.py up`. A module of its own, because `python -m` runs it."""

import logging


def main() -> None:
    """Run until SIGTERM."""
    from digest.celery import app

    logging.getLogger("celery").setLevel(logging.WARNING)
    app.start(["--quiet", "beat", "--loglevel=INFO"])


if __name__ == "__main__":
    main()
