"""Whose fault a failure is: that of the bytes, which is final, or of the machine, which passes."""

import logging

from django.db import Error

from digest.database_errors import REFUSED_VALUES, has_failed

from .dump_claims import ClaimLost
from .formats import BadDump, ReaderFailed
from .spool import CannotKeep, TooLarge

log = logging.getLogger(__name__)


def is_passing(wrong: BaseException) -> bool:
    """Whether the database or the disk failed, or another process has the dump, so that the same
    bytes may be taken later."""
    if isinstance(wrong, Error):
        return has_failed(wrong)
    return isinstance(wrong, CannotKeep | ClaimLost | OSError) and not isinstance(wrong, TooLarge)


def report(what: str, wrong: Exception) -> None:
    """Log `what` was left for later and why, a fault of the program with its traceback."""
    if is_passing(wrong):
        log.warning("%s: %s", what, wrong)
    else:
        log.error("%s: the program failed at it", what, exc_info=wrong)


def reason(wrong: Exception) -> str:
    """Why a dump is quarantined, in a sentence, after a failure that does not pass."""
    if isinstance(wrong, BadDump | TooLarge):
        return str(wrong)
    if isinstance(wrong, REFUSED_VALUES):
        words = " ".join(str(wrong).split())[:500]
        shown = "".join(each if each.isprintable() else "\ufffd" for each in words)
        return f"The database refused it ({shown}): please report this."
    return str(ReaderFailed(wrong))
