"""A fork of this process that runs one function while this process does something else."""

import contextlib
import multiprocessing
import os
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from typing import ParamSpec, TypeVar

from django.db import connections

from .process import die_with_parent

_Given = ParamSpec("_Given")
_Result = TypeVar("_Result")


@contextlib.contextmanager
def in_fork(
    function: Callable[_Given, _Result], *args: _Given.args, **kwargs: _Given.kwargs
) -> Iterator[Future[_Result]]:
    """Run a function of a module in a fork while the block runs; yield its result to come.

    What the function loads goes with the fork: migrations leave 15 MB behind that every fork of
    this process would share. It has ended, and this process has one thread again, after the block.
    """
    connections.close_all()  # processes must not share one
    context = multiprocessing.get_context("fork")
    with ProcessPoolExecutor(1, context, die_with_parent, (os.getpid(),)) as pool:
        yield pool.submit(function, *args, **kwargs)
