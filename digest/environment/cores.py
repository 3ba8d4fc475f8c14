"""The processor cores that this process may use."""

import os
import sys
from pathlib import Path

_CGROUP = Path("/sys/fs/cgroup")


def available_cores(cgroup: Path = _CGROUP) -> float:
    """Return how many cores this process may use: those that it is allowed to run on, or fewer if
    a container's quota, which may be a fraction, gives it less time."""
    if sys.platform == "linux":
        cores = float(len(os.sched_getaffinity(0)))
    else:
        cores = float(os.cpu_count() or 1)
    return min(cores, _quota(cgroup) or cores)


def _quota(cgroup: Path) -> float | None:
    """Return the cores' worth of time of a control group, version 2 or 1; None without a limit."""
    for paths in (["cpu.max"], ["cpu/cpu.cfs_quota_us", "cpu/cpu.cfs_period_us"]):
        try:
            quota, period = " ".join((cgroup / path).read_text() for path in paths).split()
            if int(quota) > 0 and int(period) > 0:
                return int(quota) / int(period)
        except (OSError, ValueError):  # another version, or "max": no limit
            continue
    return None
