"""Forks: settings of the kernel and the garbage collector, and a function that runs in one."""

import contextlib
import ctypes
import gc
import multiprocessing
import os
import signal
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from typing import ParamSpec, TypeVar

from django.db import connections

from . import CannotStart
from .heap_holes import fill_heap_holes

PR_SET_PDEATHSIG, PR_SET_NAME = 1, 15
_libc = ctypes.CDLL(None)
_Given = ParamSpec("_Given")
_Result = TypeVar("_Result")


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
# Containers allocated between two collections of garbage. With Python's 700 a worker spends 5 % of
# its time on them: a digest allocates thousands, few of them in cycles.
_NEW_OBJECTS = 20_000


def freeze_for_forks() -> None:
    """Exclude all live objects from garbage collection (`gc.freeze`), collect new ones less often,
    and fill the holes between them (`fill_heap_holes`), once in this process.

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
        gc.set_threshold(_NEW_OBJECTS)
        fill_heap_holes()
        gc.enable()  # see digest/management/command_line.py


@contextlib.contextmanager
def in_fork(
    function: Callable[_Given, _Result], *args: _Given.args, **kwargs: _Given.kwargs
) -> Iterator[Future[_Result]]:
    """Run a function of a module in a fork while the block runs; yield its result to come.

    What the function loads goes with the fork: migrations leave 15 MB behind that every fork of
    this process would share. It has ended, and this process has one thread again, after the block.
    Raises CannotStart if the fork was killed.
    """
    connections.close_all()  # processes must not share one
    context = multiprocessing.get_context("fork")
    try:
        with ProcessPoolExecutor(1, context, die_with_parent, (os.getpid(),)) as pool:
            yield pool.submit(function, *args, **kwargs)
    except BrokenProcessPool:
        raise CannotStart("A process of the start was killed. Start again.") from None
