"""The clock of `manage.py up`: Celery beat, which sends the wake-ups."""

import logging


def main() -> None:
    """Tick until SIGTERM."""
    from digest.celery import app

    logging.getLogger("celery").setLevel(logging.WARNING)
    app.start(["--quiet", "beat", "--loglevel=INFO"])


if __name__ == "__main__":
    main()
