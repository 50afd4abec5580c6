"""Weights of a file, loaded into a PyTorch network that was built by its own code. No code of the file runs."""

from __future__ import annotations

import pickle
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import nn

from seqdo.errors import InputError

CHECKPOINTS = (".pt", ".pth", ".bin", ".ckpt")
"""Endings of files that ``torch.save`` wrote."""

SAFE = (2, 10)
"""The first version of PyTorch whose reader of weights is used for such files."""

SAVE = 'Save the weights with safetensors.torch.save_file(net.state_dict(), "weights.safetensors")'
SHOWN = 6


def load_weights(net: nn.Module, path: Path) -> None:
    """Load a file of weights into a network, and put the network into eval mode.

    Names that all begin with the same prefix (``module.``, ``model.``) are read without it, where they then fit.

    Parameters
    ----------
    net : the network that was built
    path : a safetensors file, or a state dict that ``torch.save`` wrote

    Raises
    ------
    InputError
        A file that is missing, damaged, or holds more than weights; names or shapes that are not the network's. The
        error lists all of them.
    """
    weights, own = _read(path), net.state_dict()
    if weights.keys() != own.keys():
        weights = _without_prefix(weights, own)
    missing, unexpected = [name for name in own if name not in weights], [name for name in weights if name not in own]
    shapes = [
        f"{name} {tuple(weights[name].shape)} where the network has {tuple(own[name].shape)}"
        for name in own
        if name in weights and weights[name].shape != own[name].shape
    ]
    differences = [f"missing in the file: {_listed(missing)}"] * bool(missing)
    differences += [f"not in the network: {_listed(unexpected)}"] * bool(unexpected)
    differences += [f"of another shape: {_listed(shapes)}"] * bool(shapes)
    if differences:
        raise InputError(
            f"`weights` {path.name} does not fit {type(net).__name__}: {'; '.join(differences)}",
            "the file has to hold every weight of the network that the function returns, by name and in its shape",
            "Check the arguments of the function, or name the file that belongs to this network",
        )
    net.load_state_dict(dict(weights))
    net.eval()


def _read(path: Path) -> Mapping[str, torch.Tensor]:
    """The weights of a file, by name."""
    if not path.is_file():
        raise InputError(f"`weights` {path}", "there is no such file", "Paths start from the folder of the study file")
    if path.suffix == ".safetensors":
        return _safetensors(path)
    if path.suffix not in CHECKPOINTS:
        raise InputError(
            f"`weights` {path.name}", f"a file that ends in .safetensors or {', '.join(CHECKPOINTS)} is needed", SAVE
        )
    if tuple(int(number) for number in torch.__version__.split(".")[:2]) < SAFE:
        raise InputError(f"`weights` {path.name}", f"PyTorch {SAFE[0]}.{SAFE[1]} or newer is needed to read it", SAVE)
    try:
        content = torch.load(path, map_location="cpu", weights_only=True)
    except (pickle.UnpicklingError, RuntimeError, EOFError, ValueError, KeyError, AttributeError) as error:
        reason = str(error).strip().splitlines()[0][:150]
        needed = f"it holds more than weights, or is damaged ({reason})"
        raise InputError(f"`weights` {path.name}", needed, SAVE) from error
    return _state_dict(content, path)


def _safetensors(path: Path) -> Mapping[str, torch.Tensor]:
    try:
        from safetensors import SafetensorError
        from safetensors.torch import load
    except ImportError as error:
        raise InputError(
            f"`weights` {path.name}", "this file needs safetensors", "Run pip install 'seqdo[torch]'"
        ) from error
    try:
        weights: dict[str, torch.Tensor] = load(path.read_bytes())
    except (SafetensorError, ValueError) as error:
        needed = f"it is no safetensors file, or is damaged ({error})"
        raise InputError(f"`weights` {path.name}", needed, SAVE) from error
    return weights


def _state_dict(content: Any, path: Path) -> Mapping[str, torch.Tensor]:  # noqa: ANN401 - whatever a file holds
    """The weights in what ``torch.save`` wrote: a state dict, or a checkpoint with the key ``state_dict``."""
    weights = content.get("state_dict", content) if isinstance(content, Mapping) else content
    if not isinstance(weights, Mapping) or not all(isinstance(each, torch.Tensor) for each in weights.values()):
        kind = (
            f"a mapping of {_listed(list(map(str, content)))}"
            if isinstance(content, Mapping)
            else type(content).__name__
        )
        raise InputError(f"`weights` {path.name} holds {kind}", "a state dict is needed: names and their weights", SAVE)
    return weights


def _without_prefix(weights: Mapping[str, torch.Tensor], own: Mapping[str, Any]) -> Mapping[str, torch.Tensor]:
    """The weights without the prefix that all names share, if the rest are the network's names."""
    prefix = next(iter(weights), "").partition(".")[0] + "."
    shorter = {name.removeprefix(prefix): weight for name, weight in weights.items()}
    return shorter if all(name.startswith(prefix) for name in weights) and shorter.keys() == own.keys() else weights


def _listed(names: list[str]) -> str:
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return ", ".join(names[:SHOWN]) + more
