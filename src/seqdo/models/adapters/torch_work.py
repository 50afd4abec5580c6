"""How much a call of a module computes and holds. Imported only where torch is."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch.nn import functional
from torch.overrides import TorchFunctionMode

from seqdo.models.work import Work


class _Watch(TorchFunctionMode):
    """Adds up the multiplications of every call of a function in ``COUNTS``, and notes the largest tensor."""

    def __init__(self) -> None:
        super().__init__()
        self.multiplications = self.largest = 0

    def __torch_function__(
        self,
        func: Callable[..., Any],
        types: Any,  # noqa: ANN401 - torch's own signature
        args: tuple[Any, ...] = (),
        kwargs: dict[str, Any] | None = None,
    ) -> Any:  # noqa: ANN401
        result = func(*args, **(kwargs or {}))
        count = COUNTS.get(func)
        if count is not None and isinstance(result, torch.Tensor):
            self.multiplications += count(args, result)
        for tensor in result if isinstance(result, tuple | list) else (result,):
            if isinstance(tensor, torch.Tensor):
                self.largest = max(self.largest, tensor.numel() * tensor.element_size())
        return result


def work(call: Callable[[], Any]) -> Work:
    """What a call takes. Multiplications are those of convolutions and matrix products; other work is not counted.

    torch's own counter takes seconds before its first result, and this number decides whether seconds are worth it.

    Examples
    --------
    >>> layer, x = torch.nn.Conv1d(4, 8, 5), torch.zeros(1, 4, 20)
    >>> work(lambda: layer(x))  # 16 positions × 8 × 4 × 5, and 8 × 16 numbers of 4 bytes
    Work(multiplications=2560, largest=512)
    """
    watch = _Watch()
    with watch:
        call()
    return Work(watch.multiplications, watch.largest)


def _convolution(args: tuple[Any, ...], result: torch.Tensor) -> int:
    return int(result.numel() * args[1][0].numel())


def _transposed(args: tuple[Any, ...], result: torch.Tensor) -> int:
    return int(args[0].numel() * args[1][0].numel())


def _dense(args: tuple[Any, ...], result: torch.Tensor) -> int:
    return int(result.numel() * args[0].shape[-1])


def _attention(args: tuple[Any, ...], result: torch.Tensor) -> int:
    query, key, value = args[:3]
    return int(query[..., 0].numel() * key.shape[-2] * (query.shape[-1] + value.shape[-1]))


COUNTS: dict[Callable[..., Any], Callable[[tuple[Any, ...], torch.Tensor], int]] = {
    **dict.fromkeys((torch.conv1d, torch.conv2d, functional.conv1d, functional.conv2d), _convolution),
    **dict.fromkeys((torch.conv_transpose1d, functional.conv_transpose1d), _transposed),
    **dict.fromkeys((functional.linear, torch.matmul, torch.bmm, torch.mm, torch.Tensor.matmul), _dense),
    functional.scaled_dot_product_attention: _attention,
}  # fmt: skip
"""Functions of torch, and how many multiplications a call with these arguments and this result takes."""
