"""The floating-point types in which a torch network computes, as seen during one call."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import torch
from torch.overrides import TorchFunctionMode


@contextmanager
def seen_precision() -> Iterator[set[str]]:
    """A context in which the floating-point types of all results of torch are noted; nothing is changed.

    A module may compute in 16 bits inside ``torch.autocast`` and return float32, which its output does not show.

    Examples
    --------
    >>> with seen_precision() as seen:
    ...     _ = torch.ones(2) + torch.ones(2).to(torch.bfloat16)
    >>> sorted(seen)
    ['bfloat16', 'float32']
    """
    watch = _Watch()
    with watch:
        yield watch.names


class _Watch(TorchFunctionMode):
    """Makes every call of torch as it is, and keeps the types of its results.

    Calls of functions, not of kernels: to watch kernels, torch would first import its compiler, which takes a second.
    """

    def __init__(self) -> None:
        super().__init__()
        self.names: set[str] = set()

    def __torch_function__(
        self, func: Callable[..., Any], types: Any, args: Sequence[Any] = (), kwargs: dict[str, Any] | None = None  # noqa: ANN401
    ) -> Any:  # fmt: skip # noqa: ANN401
        """The result of the call, with its type noted."""
        result = func(*args, **(kwargs or {}))
        for value in result if isinstance(result, tuple | list) else (result,):
            if isinstance(value, torch.Tensor) and value.is_floating_point():
                self.names.add(str(value.dtype).removeprefix("torch."))
        return result
