"""Entry point of manage.py: failures from outside end in a sentence and an exit code."""

import gc
import os
import signal
import sys
import traceback
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured
from django.core.management import execute_from_command_line
from django.db.migrations.exceptions import MigrationSchemaMissing

from digest.database_errors import UNAVAILABLE, unavailable_sentence

# A mail server that pipes a message into it keeps the message if it fails.
_KEEPS_INPUT = "mail_event"
_LOADS_ALL = "up"
_USAGE = 2  # argparse's exit code


def run(argv: list[str]) -> None:
    """Run the command. A bad setting, an unusable database and a closed output end it without a
    traceback."""
    failed = os.EX_TEMPFAIL if argv[1:2] == [_KEEPS_INPUT] else 1
    open_missing_streams()
    if argv[1:2] == [_LOADS_ALL]:
        gc.disable()  # until it forks: a tenth of its start went into collections that found little
    try:
        try:
            execute_from_command_line(argv)
        finally:
            sys.stdout.flush()
    except BrokenPipeError:  # as in `manage.py papers | head`
        discard_output()
        sys.exit(128 + signal.SIGPIPE if failed == 1 else failed)
    except SystemExit as ended:
        if ended.code == _USAGE and failed != 1:
            sys.exit(failed)
        raise
    except ImproperlyConfigured as wrong:
        _end(str(wrong), failed)
    except (*UNAVAILABLE, MigrationSchemaMissing) as wrong:
        _end(unavailable_sentence(wrong), failed)
    except Exception:
        if failed == 1:
            raise
        traceback.print_exc()
        sys.exit(failed)


def open_missing_streams() -> None:
    """Open standard streams that are closed (`<&-`, `>&-`) on the null device: otherwise a file
    opened later would get their descriptor."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, Path(os.devnull).open(mode))  # noqa: SIM115 - until the end


def discard_output() -> None:
    """Redirect output to the null device after its reader has gone, so that no flush fails."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for stream in (sys.stdout, sys.stderr):
        os.dup2(nowhere, stream.fileno())


def _end(sentence: str, code: int) -> None:
    sys.stderr.write(f"{sentence}\n")
    sys.exit(code)
