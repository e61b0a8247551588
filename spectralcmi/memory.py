"""Memory of the machine."""

from __future__ import annotations

import os
import re
import resource
from pathlib import Path


def usable_memory() -> float:
    """Memory that this process may use: what is free, or a limit set for the process [bytes]."""
    limits = [float(os.sysconf("SC_PHYS_PAGES")) * os.sysconf("SC_PAGE_SIZE")]
    available = re.search(r"MemAvailable:\s+(\d+) kB", _text("/proc/meminfo"))
    if available:
        limits.append(1024.0 * float(available[1]))
    if (container := _text("/sys/fs/cgroup/memory.max").strip()).isdecimal():
        limits.append(float(container))
    soft, _ = resource.getrlimit(resource.RLIMIT_AS)
    if soft != resource.RLIM_INFINITY:
        limits.append(float(soft))
    return min(limits)


def _text(path: str) -> str:
    """Text of a file of the system, empty where there is none."""
    try:
        return Path(path).read_text()
    except OSError:
        return ""
