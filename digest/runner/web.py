"""The web server of `manage.py up`: gunicorn with the settings that it has on its own."""

import sys


def main() -> None:
    """Run until SIGTERM."""
    from gunicorn.app.wsgiapp import WSGIApplication

    # gunicorn reads the command line.
    sys.argv = ["gunicorn", "-c", "python:digest.web_server.gunicorn_config"]
    WSGIApplication(prog="gunicorn").run()
