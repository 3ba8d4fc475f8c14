"""The holes of the C library's heap are filled, so that forks do not write into shared pages."""

import subprocess
import sys

import pytest

# Half of many small chunks is freed: holes between the others. It prints the free bytes in holes.
PROGRAM = """
import ctypes
from digest.runner import heap_holes
libc = ctypes.CDLL(None)
libc.mallinfo2.restype = heap_holes._MallocInfo
libc.malloc.restype, libc.free.argtypes = ctypes.c_void_p, (ctypes.c_void_p,)
def holes():
    found = libc.mallinfo2()
    return found.fordblks - found.keepcost
chunks = [libc.malloc(600) for _ in range(2_000)]
for each in chunks[::2]:
    libc.free(each)
before = holes()
heap_holes.fill_heap_holes()
print(before, holes())
"""


@pytest.mark.skipif(sys.platform != "linux", reason="only glibc has mallinfo2")
def test_no_holes_are_left() -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True
    )
    before, after = map(int, done.stdout.split())
    assert before > 500_000
    assert after < before / 10
