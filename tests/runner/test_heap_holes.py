"""The holes of the C library's heap: filled before a fork, so that it does not write into shared
pages; returned to the system after a task."""

import subprocess
import sys

import pytest

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only glibc has mallinfo2")

# Half of many chunks is freed: holes between the others.
_HOLES = """
import ctypes
import django
from digest.runner import heap_holes
from digest.simulation.process_costs import memory
libc = ctypes.CDLL(None)
libc.mallinfo2.restype = heap_holes._MallocInfo
libc.malloc.restype, libc.free.argtypes = ctypes.c_void_p, (ctypes.c_void_p,)
def holes():
    found = libc.mallinfo2()
    return found.fordblks - found.keepcost
def make_holes(count, size):
    chunks = [libc.malloc(size) for _ in range(count)]
    for each in chunks:
        ctypes.memset(each, 1, size)
    for each in chunks[::2]:
        libc.free(each)
"""
_FILLED = """
make_holes(2_000, 600)
before = holes()
heap_holes.fill_heap_holes()
print(before, holes())
"""
_RETURNED = """
django.setup()
from digest.celery import end_task
make_holes(1_000, 40_000)
before = memory()
end_task(task_id="of no task")
print(before, memory())
"""


def printed(program: str) -> list[float]:
    done = subprocess.run(
        [sys.executable, "-c", _HOLES + program], capture_output=True, text=True, check=True
    )
    return [*map(float, done.stdout.split())]


def test_no_holes_are_left_before_a_fork() -> None:
    before, after = printed(_FILLED)
    assert before > 500_000
    assert after < before / 10


def test_free_memory_is_returned_after_a_task() -> None:
    before, after = printed(_RETURNED)
    assert before - after > 15  # of 20 MB
