"""The machine on which the benchmark ran."""

from __future__ import annotations

import datetime
import importlib.metadata
import os
import platform
import re
from pathlib import Path


def machine() -> dict[str, object]:
    """CPU, cores, threads of torch, load, memory, versions and date."""
    import torch

    packages = ["seqdo", "torch", "numpy", "numba", "tangermeme"]
    installed = {dist.metadata["Name"]: dist.version for dist in importlib.metadata.distributions()}
    return {
        "date": datetime.datetime.now(tz=datetime.UTC).date().isoformat(),
        "cpu": _cpu(),
        "cores": os.cpu_count(),
        "threads": torch.get_num_threads(),
        "instructions": torch.backends.cpu.get_cpu_capability(),
        "load": round(os.getloadavg()[0], 2),
        "memory_gib": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30, 1),
        "python": platform.python_version(),
        "versions": {name: installed[name] for name in packages if name in installed},
    }


def file_stem(about: dict[str, object]) -> str:
    """``<date>-<cpu>``, with characters that any file system accepts.

    >>> file_stem({"date": "2026-11-22", "cpu": "AMD EPYC 9R14 (Zen 4)"})
    '2026-11-22-amd-epyc-9r14-zen-4'
    """
    parts = re.findall(r"[a-z0-9]+", str(about["cpu"]).lower())
    return "-".join([str(about["date"]), *parts])


def _cpu() -> str:
    """Name of the CPU according to the kernel, else according to the platform."""
    listed = Path("/proc/cpuinfo")
    names = re.findall(r"model name\s*:\s*(.+)", listed.read_text(encoding="utf-8")) if listed.exists() else []
    return names[0].strip() if names else platform.processor() or platform.machine()
