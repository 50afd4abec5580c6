"""The global random states, which seqdo leaves as they were."""

from __future__ import annotations

import random
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np


@contextmanager
def untouched_randomness() -> Iterator[None]:
    """Restore the global random states afterwards: python's, numpy's and, if it is loaded, torch's."""
    python, numpy = random.getstate(), np.random.get_state()  # noqa: NPY002 - the user's state, not ours
    torch: Any = sys.modules.get("torch")
    on_cpu = torch.get_rng_state() if torch else None
    on_gpus = torch.cuda.get_rng_state_all() if torch and torch.cuda.is_initialized() else None
    try:
        yield
    finally:
        random.setstate(python)
        np.random.set_state(numpy)  # noqa: NPY002
        if torch:
            torch.set_rng_state(on_cpu)
        if on_gpus is not None:
            torch.cuda.set_rng_state_all(on_gpus)
