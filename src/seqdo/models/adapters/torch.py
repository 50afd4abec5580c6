"""PyTorch modules as members of a model. Imported only when torch already is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from seqdo.errors import InputError
from seqdo.models.adapters.function import Layout, encode, explained
from seqdo.models.adapters.torch_layers import last_input
from seqdo.models.model import Member
from seqdo.models.readout import Readout, as_numbers, as_readout, in_words, is_half


@dataclass(frozen=True)
class TorchCall:
    """A module with how it is asked: a member's ``predict``.

    The module is used where it is and as it is: input goes to the device and the dtype of its first
    parameter, and no flag, hook or random state is changed.
    """

    name: str
    module: nn.Module
    layout: Layout
    readout: Callable[[Any], Any]
    noisy: bool = False

    @property
    def on_cpu(self) -> bool:
        """Does the module compute on the CPU?"""
        return placement(self.module)[0].type == "cpu"

    def raw(self, codes: NDArray[np.uint8]) -> Any:  # noqa: ANN401 - a module may answer anything
        """The answer after the readout, before it is made an array."""
        refuse_train_mode(self.module, self.name, self.noisy)
        # Not inference_mode: what a module caches in its first call must stay fit for gradients later.
        with torch.no_grad():
            return self.readout(self.module(self.encode(codes)))

    def encode(self, codes: NDArray[np.uint8]) -> torch.Tensor:
        """The input tensor for codes (n, length), on the module's device and in its dtype."""
        array = torch.from_numpy(encode(codes, self.layout))
        device, dtype = placement(self.module)
        return array.to(device, torch.long) if self.layout == "codes" else array.to(device, dtype)

    def layer(self, codes: NDArray[np.uint8]) -> tuple[str, NDArray[np.float32]] | None:
        """Name of the last layer with weights and what it is given, float32 (n, features); None if none is seen.

        An input with positions is averaged over them (:func:`seqdo.models.adapters.torch_layers.last_input`).
        """
        refuse_train_mode(self.module, self.name, self.noisy)
        seen = last_input(self.module, self.encode(codes))
        return None if seen is None else (seen[0], seen[1].cpu().numpy())

    def __call__(self, codes: NDArray[np.uint8]) -> NDArray[np.floating[Any]]:
        """Numbers (n, outputs) for codes (n, length)."""
        return as_numbers(self.raw(codes), len(codes), self.name)


def claims(obj: object) -> bool:
    """Is it a PyTorch module?"""
    return isinstance(obj, nn.Module)


def torch_member(
    module: nn.Module, name: str, probe: NDArray[np.uint8], layout: Layout | None, readout: Readout, noisy: bool
) -> Member:
    """A member for a module; a layout that is not declared is found by trying both."""
    refuse_meta(module, name)
    refuse_train_mode(module, name, noisy)
    read = as_readout(readout)
    if layout is None:
        call = _detected(module, name, probe, read, noisy)
    else:
        call = TorchCall(name, module, layout, read, noisy)
    half = is_half(explained(call, probe))
    dtype = str(placement(module)[1]).removeprefix("torch.")
    reading = " ".join(filter(None, ["torch", call.layout, dtype, in_words(read)]))
    return Member(name, call, weights_sha256(module), reading, half)


def placement(module: nn.Module) -> tuple[torch.device, torch.dtype]:
    """Device and dtype of the first floating-point parameter (or buffer); the CPU and float32 if there is none."""
    for tensor in (*module.parameters(), *module.buffers()):
        if tensor.is_floating_point():
            return tensor.device, tensor.dtype
    return torch.device("cpu"), torch.float32


def weights_sha256(module: nn.Module) -> str:
    """Hash of names, dtypes, shapes and bytes of all parameters and buffers."""
    digest = sha256()
    for key, tensor in sorted(module.state_dict().items()):
        if isinstance(tensor, torch.Tensor):
            digest.update(f"{key} {tensor.dtype} {tuple(tensor.shape)}".encode())
            flat = tensor.detach().cpu().contiguous().reshape(-1)
            digest.update(flat.view(torch.uint8).numpy().tobytes())
    return digest.hexdigest()


def refuse_train_mode(module: nn.Module, name: str, noisy: bool) -> None:
    """Refuse a module in train mode, found in any of its parts; nothing is switched.

    A module that is noisy on purpose may have dropout on, but never a normalisation that learns from
    what it is shown: asking it would change the user's model.
    """
    training = [(path, part) for path, part in module.named_modules() if part.training]
    if noisy:
        training = [(path, part) for path, part in training if getattr(part, "track_running_stats", False)]
    if not training:
        return
    path, part = training[0]
    where = f"its part {path!r} ({type(part).__name__})" if path else type(part).__name__
    raise InputError(
        f"{name} is in train mode ({where})",
        "dropout would draw random numbers and batch norm would learn from the backgrounds",
        "Call net.eval() first" + ("" if noisy else "; for dropout on purpose write allow_noise=True"),
    )


def refuse_meta(module: nn.Module, name: str) -> None:
    """Refuse a module that has shapes and no values."""
    for path, tensor in (*module.named_parameters(), *module.named_buffers()):
        if tensor.device.type == "meta":
            raise InputError(
                f"{name} has {path!r} on the device meta",
                "there the weights have no values",
                'Load them: net.to_empty(device="cpu"), then net.load_state_dict(...)',
            )


def _detected(
    module: nn.Module, name: str, probe: NDArray[np.uint8], read: Callable[[Any], Any], noisy: bool
) -> TorchCall:
    """The one layout that the module accepts. One that accepts both (it flattens, or length is 4) tells nothing."""
    first, last = (TorchCall(name, module, layout, read, noisy) for layout in ("NCL", "NLC"))
    if not _accepts(last, probe):
        return first  # if this fails as well, its error is the one to show
    if not _accepts(first, probe):
        return last
    n, length = probe.shape
    raise InputError(
        f"{name}: the layout is not declared",
        f"it accepts ({n}, 4, {length}) and ({n}, {length}, 4), and only one of them means what it was trained on",
        'Write layout="NCL" if letters are channels (n, 4, length), layout="NLC" if they come last (n, length, 4)',
    )


def _accepts(call: TorchCall, probe: NDArray[np.uint8]) -> bool:
    try:
        call(probe)
    except Exception:  # whatever the wrong layout makes a module raise
        return False
    return True
