"""The free chunks of the C library's heap (glibc 2.33 or newer)."""

import ctypes
import sys

_LARGEST, _SMALLEST, _STEP = 65_536, 24, 16  # bytes


class _MallocInfo(ctypes.Structure):
    """`struct mallinfo2` of mallinfo(3); `keepcost`: free bytes at the end of the heap."""

    _fields_ = [
        (name, ctypes.c_size_t)
        for name in (
            "arena", "ordblks", "smblks", "hblks", "hblkhd", "usmblks", "fsmblks", "uordblks",
            "fordblks", "keepcost",
        )
    ]  # fmt: skip


def fill_heap_holes() -> None:
    """Allocate the free chunks between live objects, and never free them.

    They are all over the heap, about 1 MB in 3,000 chunks. A forked process would use them first,
    and with each of them copy the page around it, which it shares: 8 MB a process. Without them it
    allocates at the end of the heap.
    """
    libc = ctypes.CDLL(None)
    if sys.platform != "linux" or not hasattr(libc, "mallinfo2"):
        return
    libc.mallinfo2.restype = _MallocInfo
    libc.malloc.argtypes, libc.malloc.restype = (ctypes.c_size_t,), ctypes.c_void_p
    libc.malloc_trim(0)  # joins adjacent chunks, and returns whole pages
    size, before = _LARGEST, libc.mallinfo2()
    while size >= _SMALLEST:
        libc.malloc(size)
        after = libc.mallinfo2()
        if (after.arena, after.keepcost) != (before.arena, before.keepcost):
            # It came from the end: there is no hole of this size.
            size = min(size - _STEP, size * 9 // 10) if size > 1024 else size - _STEP
        before = after


def return_free_memory() -> None:
    """Return the free pages of the heap to the system (malloc_trim(3)), which the C library does
    only at its end: after a dump of 10,000 papers they are 35 MB."""
    if sys.platform == "linux" and hasattr(libc := ctypes.CDLL(None), "malloc_trim"):
        libc.malloc_trim(0)
