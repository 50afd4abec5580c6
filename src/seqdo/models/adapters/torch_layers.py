"""What the last layer of a network is given: where the network itself puts a sequence. Imported only where torch is."""

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

Seen = tuple[str, torch.Tensor]


def last_input(module: nn.Module, x: torch.Tensor) -> Seen | None:
    """Name and input (n, features) of the last part with weights that a call of the module goes through.

    An input with positions is averaged over them. None where no part can be watched (a script), or where the input is
    not one row for each sequence. Hooks are taken off again; nothing else of the module is touched.

    Examples
    --------
    >>> net = nn.Sequential(nn.Flatten(), nn.ReLU(), nn.Linear(4, 1)).eval()
    >>> name, given = last_input(net, torch.tensor([[[1.0, -2.0], [3.0, -4.0]]]))
    >>> name, given.tolist()
    ('2', [[1.0, 0.0, 3.0, 0.0]])
    """
    seen: list[Seen | None] = []
    weighted = [(name, part) for name, part in module.named_modules() if _has_weights(part)]
    handles = []
    try:
        for name, part in weighted:
            hook = _hook(name or type(part).__name__, len(x), seen)
            handles.append(part.register_forward_pre_hook(hook, with_kwargs=True))
        with torch.no_grad():
            module(x)
    finally:
        for handle in handles:
            handle.remove()
    return seen[-1] if seen else None


def _has_weights(part: nn.Module) -> bool:
    """Has it parameters of its own? Those of a parametrised layer are in a part of it."""
    if isinstance(part, torch.jit.ScriptModule | nn.utils.parametrize.ParametrizationList):
        return False
    return nn.utils.parametrize.is_parametrized(part) or next(part.parameters(recurse=False), None) is not None


def _hook(name: str, n: int, seen: list[Seen | None]) -> Callable[..., None]:
    """A hook that keeps what this call is given in the place of what the call before was."""

    def keep(part: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        given = next((one for one in (*args, *kwargs.values()) if isinstance(one, torch.Tensor)), None)
        seen[:] = [None if given is None or given.ndim < 2 or len(given) != n else (name, _features(part, given))]

    return keep


def _features(part: nn.Module, given: torch.Tensor) -> torch.Tensor:
    """A copy (n, features): what comes later may write over the input itself."""
    values = given.detach().to(torch.float32, copy=True)
    if values.ndim == 2:
        return values
    return values.flatten(2).mean(2) if isinstance(part, CHANNELS_FIRST) else values.flatten(1, -2).mean(1)
