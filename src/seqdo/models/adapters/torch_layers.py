"""The input of a network's last layer: where the network itself places a sequence. Imported only where torch is."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import nn

CHANNELS_FIRST = (
    nn.Conv1d, nn.Conv2d, nn.Conv3d, nn.ConvTranspose1d, nn.ConvTranspose2d, nn.ConvTranspose3d,
    nn.BatchNorm1d, nn.BatchNorm2d, nn.BatchNorm3d, nn.InstanceNorm1d, nn.InstanceNorm2d, nn.GroupNorm,
)  # fmt: skip
"""Layers whose input has features in its second dimension; others have them in the last."""

Observed = tuple[str, torch.Tensor]
"""The name of a layer and its input (n, features)."""


def last_input(module: nn.Module, x: torch.Tensor, call: Callable[[], object] | None = None) -> Observed | None:
    """Name and input (n, features) of the last part with weights that a call of the module goes through.

    An input with positions is averaged over them. None where no part can be observed (a script), or where the input is
    not one row for each sequence. Hooks are removed again; nothing else of the module is touched.

    Examples
    --------
    >>> net = nn.Sequential(nn.Flatten(), nn.ReLU(), nn.Linear(4, 1)).eval()
    >>> name, values = last_input(net, torch.tensor([[[1.0, -2.0], [3.0, -4.0]]]))
    >>> name, values.tolist()
    ('2', [[1.0, 0.0, 3.0, 0.0]])
    """
    latest: list[Observed | None] = []
    weighted = [(name, part) for name, part in module.named_modules() if _has_weights(part)]
    handles = []
    try:
        for name, part in weighted:
            hook = _hook(name or type(part).__name__, len(x), latest)
            handles.append(part.register_forward_pre_hook(hook, with_kwargs=True))
        with torch.no_grad():
            module(x) if call is None else call()
    finally:
        for handle in handles:
            handle.remove()
    return latest[-1] if latest else None


def _has_weights(part: nn.Module) -> bool:
    """Has the part parameters of its own? The parameters of a parametrized layer are in a part of it."""
    if isinstance(part, torch.jit.ScriptModule | nn.utils.parametrize.ParametrizationList):
        return False
    return nn.utils.parametrize.is_parametrized(part) or next(part.parameters(recurse=False), None) is not None


def _hook(name: str, n: int, latest: list[Observed | None]) -> Callable[..., None]:
    """A hook that keeps the input of this call, in the place of the input of the call before."""

    def keep(part: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        tensor = next((value for value in (*args, *kwargs.values()) if isinstance(value, torch.Tensor)), None)
        if tensor is None or tensor.ndim < 2 or len(tensor) != n:
            latest[:] = [None]
        else:
            latest[:] = [(name, _features(part, tensor))]

    return keep


def _features(part: nn.Module, tensor: torch.Tensor) -> torch.Tensor:
    """A copy (n, features), since a later layer may write over the input itself."""
    values = tensor.detach().to(torch.float32, copy=True)
    if values.ndim == 2:
        return values
    return values.flatten(2).mean(2) if isinstance(part, CHANNELS_FIRST) else values.flatten(1, -2).mean(1)
