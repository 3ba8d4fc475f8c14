"""Settings of the kernel and of the garbage collector for a process that forks or was forked."""

import ctypes
import gc
import os
import signal
import sys

from .heap_holes import fill_heap_holes

PR_SET_PDEATHSIG, PR_SET_NAME = 1, 15
_libc = ctypes.CDLL(None)


def die_with_parent(parent: int, signum: int = signal.SIGKILL) -> None:
    """Have the kernel send `signum` to this process when its parent ends (prctl(2), Linux only).

    Called in the child with the pid of the parent, which may have ended already.
    """
    if sys.platform != "linux":
        return
    _libc.prctl(PR_SET_PDEATHSIG, int(signum))
    if os.getppid() != parent:
        os.kill(os.getpid(), signum)


def name_process(name: str) -> None:
    """Set the name that `ps -e` and `top` show for this process (prctl(2), Linux only): forked
    processes have their parent's command line. The kernel keeps 15 bytes."""
    if sys.platform == "linux":
        _libc.prctl(PR_SET_NAME, name.encode())


_frozen = False


def freeze_for_forks() -> None:
    """Exclude all live objects from garbage collection (`gc.freeze`) and fill the holes between
    them (`fill_heap_holes`), once in this process.

    Called in a parent just before it forks workers: the collector writes into the header of each
    object it visits, which would copy pages that parent and children share. Garbage is collected
    first, so that none is kept for ever. Not to be called later in a worker: cycles frozen there
    would never be freed (https://docs.python.org/3/library/gc.html).
    """
    global _frozen
    if not _frozen:
        _frozen = True
        gc.collect()
        gc.freeze()
        fill_heap_holes()
