"""Kinds of failure: those of the bytes are final, those of the machine or database pass."""

import logging

from django.db import Error

from digest.database_errors import REFUSED_VALUES, is_database_failure

from .dump_lease import LeaseLost
from .formats import BadDump, ReaderFailed
from .spool import CannotKeep, TooLarge

log = logging.getLogger(__name__)


def is_transient(wrong: BaseException) -> bool:
    """Return whether the same bytes may be taken later.

    That is so if the database or the disk failed, or another process has the dump.
    """
    if isinstance(wrong, Error):
        return is_database_failure(wrong)
    return isinstance(wrong, CannotKeep | LeaseLost | OSError) and not isinstance(wrong, TooLarge)


def log_postponed(what: str, wrong: Exception) -> None:
    """Log that `what` was left for later and why; a fault of the program with its traceback."""
    if is_transient(wrong):
        log.warning("%s: %s", what, wrong)
    else:
        log.error("%s: the program failed at it", what, exc_info=wrong)


def quarantine_reason(wrong: Exception) -> str:
    """Return why a dump is quarantined, in a sentence, after a failure that is not transient."""
    if isinstance(wrong, BadDump | TooLarge):
        return str(wrong)
    if isinstance(wrong, REFUSED_VALUES):
        words = " ".join(str(wrong).split())[:500]
        shown = "".join(each if each.isprintable() else "\ufffd" for each in words)
        return f"The database refused it ({shown}). Please report this."
    return str(ReaderFailed(wrong))
