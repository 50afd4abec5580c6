"""How many sequences a network receives in one call: what the user allows, and what fits in memory."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from seqdo.errors import InputError, RunError

T = TypeVar("T")

OUT_OF_MEMORY = (
    "out of memory", "can't allocate memory", "cannot allocate memory", "not enough memory", "failed to allocate",
    "failed to alloc", "alloc_failed", "resource_exhausted", "resource exhausted", "bad_alloc", "bad allocation",
)  # fmt: skip
"""Words by which the errors of PyTorch, JAX, TensorFlow, CUDA, Metal and ONNX Runtime are recognized."""


@dataclass(eq=False)
class BatchLimit:
    """The largest number of sequences in one call of a network.

    Attributes
    ----------
    most : what the user allows; None leaves the number to the network
    fits : for predictions and for gradients, what fitted in memory after a larger batch did not
    """

    most: int | None = None
    fits: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.most = checked_batch(self.most)

    def size(self, wanted: int, purpose: str = "predictions") -> int:
        """The number of sequences in the next call, where ``wanted`` would be useful.

        Parameters
        ----------
        wanted : number of sequences
        purpose : "predictions" or "gradients"

        Examples
        --------
        >>> BatchLimit(most=4).size(100)
        4
        """
        return min(wanted, self.most or wanted, self.fits.get(purpose, wanted))

    def preferred(self, default: int, purpose: str = "predictions") -> int:
        """The number of sequences in a call of a long run: the user's, or else ``default``; never more than fits."""
        return self.size(self.most or default, purpose)

    def in_parts(
        self, rows: NDArray[Any], compute: Callable[[NDArray[Any], int], T], name: str, purpose: str = "predictions",
        wanted: int | None = None,
    ) -> Iterator[T]:  # fmt: skip
        """What ``compute`` returns for batch after batch. Where memory runs out, the batch is halved.

        Parameters
        ----------
        rows : (n, ...)
        compute : called with at most ``size(wanted)`` consecutive rows, and the number of the first of them; once for
            no rows at all
        name : how messages refer to the network
        purpose : "predictions" or "gradients"
        wanted : rows in one call; None for all of them

        Raises
        ------
        RunError
            Memory does not suffice for one sequence.
        """
        start, halved_from = 0, 0
        while start < len(rows) or not len(rows):
            size = self.size(max(len(rows), 1) if wanted is None else wanted, purpose)
            batch = rows[start : start + size]
            try:
                part = compute(batch, start)
            except Exception as error:
                if not is_out_of_memory(error):
                    raise
                problem = f"{type(error).__name__}: {str(error).strip().splitlines()[0] if str(error) else ''}"
                if len(batch) < 2:
                    raise _too_large(name, batch, problem) from error
            else:
                problem = ""
            if problem:  # outside the handler, whose traceback keeps the memory of the failed call
                halved_from = halved_from or len(batch)
                self.fits[purpose] = len(batch) // 2
                _free_cached_memory()
                continue
            if halved_from:
                _warn_of_halving(name, halved_from, len(batch))
                halved_from = 0
            yield part
            start += len(batch)
            if not len(rows):
                return


def checked_batch(batch: object) -> int | None:
    """The argument ``batch``: a whole number, at least 1, or None.

    Raises
    ------
    InputError
        Anything else.
    """
    if batch is None:
        return None
    if isinstance(batch, bool) or not isinstance(batch, int | np.integer) or batch < 1:
        raise InputError(f"`batch={batch!r}`", "one call of a model holds at least 1 sequence", "Write batch=128")
    return int(batch)


def is_out_of_memory(error: BaseException) -> bool:
    """Whether an error says that memory ran out, on the CPU or on another device.

    Examples
    --------
    >>> is_out_of_memory(RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 9 bytes"))
    True
    """
    if isinstance(error, InputError | RunError):
        return False
    if isinstance(error, MemoryError) or type(error).__name__ == "OutOfMemoryError":
        return True
    text = str(error).lower()
    return any(words in text for words in OUT_OF_MEMORY)


def _too_large(name: str, batch: NDArray[Any], problem: str) -> RunError:
    return RunError(
        f"`{name}` ran out of memory on a batch of {len(batch)} sequence of {batch.shape[-1]:,} positions",
        problem,
        "Free memory, use a device with more memory, or a model with a shorter input",
    )


def _warn_of_halving(name: str, size: int, fitting: int) -> None:
    warnings.warn(
        f"`{name}` ran out of memory on a batch of {size} sequences; batches of {fitting} fit and are used from here "
        f"on. Write batch={fitting} in sd.wrap or sd.run to start with that",
        stacklevel=4,
    )


def _free_cached_memory() -> None:
    """Give memory back that PyTorch keeps for later on a GPU, so that a smaller batch finds it."""
    torch: Any = sys.modules.get("torch")
    if torch is not None and torch.cuda.is_available() and torch.cuda.is_initialized():
        torch.cuda.empty_cache()
