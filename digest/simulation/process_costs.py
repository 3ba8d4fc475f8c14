"""What processes cost, as the kernel counts it (Linux: /proc)."""

import os
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK")


def peak_memory(pid: int | str = "self") -> float:
    """The most memory that it had so far, MB. (getrusage would count that of its parent, too.)"""
    return _memory("VmHWM", pid)


def memory(pid: int | str = "self") -> float:
    """What it has now, MB."""
    return _memory("VmRSS", pid)


def shared_memory(pid: int | str = "self") -> float:
    """What it has now, MB, where a page that n processes share counts as one n-th (PSS)."""
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("Pss:")) / 1024


def _memory(name: str, pid: int | str) -> float:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(f"{name}:")) / 1024


def processor(pid: int) -> float:
    """Seconds of the processor that it and its children, ended or not, have used."""
    own, ended = _times(pid)
    return own + ended + sum(processor(child) for child in _children(pid))


def _times(pid: int) -> tuple[float, float]:
    """Its own seconds, and those of the children it has waited for."""
    # The name, in parentheses, may hold blanks.
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    user, system, of_users, of_systems = (int(field) for field in fields[11:15])
    return (user + system) / _TICKS, (of_users + of_systems) / _TICKS


def _children(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
