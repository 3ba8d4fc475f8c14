"""The web server of `manage.py up`: waitress serving the site on BIND and PORT."""

import os
import signal
import sys
from types import FrameType

import waitress

THREADS = 8


def leave(_signum: int, _frame: FrameType | None) -> None:
    """Let waitress finish the requests it has begun."""
    sys.exit(0)


def main() -> None:
    """Serve until SIGTERM."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "digest.settings")
    from django.conf import settings

    from digest.wsgi import application

    signal.signal(signal.SIGTERM, leave)
    listen = f"{settings.BIND}:{settings.PORT}"
    waitress.create_server(application, listen=listen, threads=THREADS).run()


if __name__ == "__main__":
    main()
