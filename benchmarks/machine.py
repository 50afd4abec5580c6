"""The machine that the figures are of."""

from __future__ import annotations

import datetime
import importlib.metadata
import os
import platform
import re
from pathlib import Path


def machine() -> dict[str, object]:
    """CPU, cores, threads that torch takes, how busy it is, versions, date."""
    import torch

    packages = ["seqdo", "torch", "numpy", "numba", "tangermeme"]
    found = {dist.metadata["Name"]: dist.version for dist in importlib.metadata.distributions()}
    return {
        "date": datetime.datetime.now(tz=datetime.UTC).date().isoformat(),
        "cpu": _cpu(),
        "cores": os.cpu_count(),
        "threads": torch.get_num_threads(),
        "instructions": torch.backends.cpu.get_cpu_capability(),
        "load": round(os.getloadavg()[0], 2),
        "memory_gib": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30, 1),
        "python": platform.python_version(),
        "versions": {name: found[name] for name in packages if name in found},
    }


def file_stem(about: dict[str, object]) -> str:
    """``<date>-<cpu>``, in letters that any file system takes.

    >>> file_stem({"date": "2026-11-22", "cpu": "AMD EPYC 9R14 (Zen 4)"})
    '2026-11-22-amd-epyc-9r14-zen-4'
    """
    words = re.findall(r"[a-z0-9]+", str(about["cpu"]).lower())
    return "-".join([str(about["date"]), *words])


def _cpu() -> str:
    """The name the kernel gives the CPU, or the platform's."""
    listed = Path("/proc/cpuinfo")
    names = re.findall(r"model name\s*:\s*(.+)", listed.read_text(encoding="utf-8")) if listed.exists() else []
    return names[0].strip() if names else platform.processor() or platform.machine()
