"""Gradients of a torch function's outputs with respect to its input, with nothing of a module changed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import nn

from seqdo.errors import InputError


def input_gradients(
    forward: Callable[[torch.Tensor], Any], leaf: torch.Tensor, output: int | None, name: str
) -> torch.Tensor:
    """Gradients (n, outputs, ...) of one output, or of all of them, with respect to ``leaf`` (n, ...).

    Rows are independent: the sum of an output over rows has the gradient of each row's output in that row.

    Parameters
    ----------
    forward : from ``leaf`` to numbers (n,) or (n, outputs), or a list of one row for each
    leaf : a tensor that requires gradients
    output : number of the output; None for all outputs
    name : how messages refer to the network

    Raises
    ------
    InputError
        Outputs that are detached from ``leaf``, or an output that does not exist.

    Examples
    --------
    >>> leaf = torch.tensor([[3.0, 4.0]], requires_grad=True)
    >>> input_gradients(lambda x: torch.stack([x.prod(1), x.sum(1)], 1), leaf, None, "net").tolist()
    [[[4.0, 3.0], [1.0, 1.0]]]
    """
    outputs = _one_tensor(forward(leaf), len(leaf))
    if outputs is None or not outputs.requires_grad:
        raise _detached(name)
    count = outputs.shape[1]
    if output is not None and not 0 <= output < count:
        raise InputError(f"`output={output}`", f"`{name}` has outputs 0 to {count - 1}", "Write output=0")
    columns = range(count) if output is None else [output]
    gradients = []
    for column in columns:
        # autograd.grad, unlike backward, leaves .grad of the parameters alone.
        (gradient,) = torch.autograd.grad(
            outputs[:, column].sum(), leaf, retain_graph=column != columns[-1], allow_unused=True
        )
        # Outputs may depend on parameters alone: zeros would hide that the input was detached on the way.
        if gradient is None:
            raise _detached(name)
        gradients.append(gradient)
    return torch.stack(gradients, 1)


@contextmanager
def gradient_mode(module: nn.Module) -> Iterator[None]:
    """Gradients are recorded inside, whatever the caller has switched off; the caller's modes are restored after."""
    on_gpu = any(tensor.is_cuda for tensor in module.parameters())
    recurrent = any(isinstance(part, nn.RNNBase) for part in module.modules())
    with torch.inference_mode(False), torch.enable_grad():
        if on_gpu and recurrent:
            # In eval mode cuDNN refuses gradients of an LSTM or GRU; torch's own kernels compute them.
            with torch.backends.cudnn.flags(enabled=False):
                yield
        else:
            yield


def _one_tensor(raw: Any, n: int) -> torch.Tensor | None:  # noqa: ANN401 - a module may return anything
    """Outputs (n, outputs); None if they are no tensors."""
    if isinstance(raw, list) and raw and all(isinstance(row, torch.Tensor) for row in raw):
        raw = torch.stack(raw)
    return raw.reshape(n, -1) if isinstance(raw, torch.Tensor) else None


def _detached(name: str) -> InputError:
    return InputError(
        f"`{name}` has no gradient: its outputs are detached from its one-hot input",
        "every step from the input to the readout must be differentiable in torch",
        "Look for detach(), no_grad, argmax, round or numpy in forward() and in the readout",
    )
