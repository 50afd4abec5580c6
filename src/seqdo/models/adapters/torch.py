"""PyTorch modules as networks. Imported only when torch already is."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from copy import deepcopy
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Any, ClassVar, Self
from weakref import WeakKeyDictionary

import numpy as np
import torch
from torch import nn

from seqdo.errors import InputError
from seqdo.models.adapters.layout_trial import with_accepted_layout
from seqdo.models.adapters.token_ids import check_token_ids
from seqdo.models.adapters.torch_gradients import gradient_mode, input_gradients
from seqdo.models.adapters.torch_layers import last_input
from seqdo.models.adapters.torch_precision import seen_precision
from seqdo.models.adapters.torch_refusals import refuse_train_mode, refuse_unfit
from seqdo.models.adapters.torch_work import work
from seqdo.models.input_layout import Layout
from seqdo.models.input_parameters import Parameters
from seqdo.models.network import BATCH, Codes, LayerInput, Network, Numbers
from seqdo.models.random_states import untouched_randomness
from seqdo.models.work import Work

CPU_BATCH = 128
"""Sequences in one call on a CPU, whose caches the layers should fit.

One ResidualBind on two cores takes 123, 107, 171 and 204 us for an evaluation in calls of 64, 128, 256 and 512, and an
ensemble of five 106, 95, 103 and 120 (medians of 11 alternating rounds).
"""

_work: WeakKeyDictionary[nn.Module, dict[int, Work | None]] = WeakKeyDictionary()
"""What a sequence of a length takes, of the modules still in use."""


@dataclass(frozen=True)
class TorchNetwork(Network):
    """A module, and how it is called.

    The module is used where it is and as it is. The input goes to the device and the dtype of the module's first
    parameter. No flag, hook, gradient or random state is changed.

    Attributes
    ----------
    module : the user's module
    noisy : may the module draw random numbers?
    """

    module: nn.Module
    noisy: bool = False
    takes_inputs: ClassVar[bool] = True

    @classmethod
    def claims(cls, obj: object) -> bool:
        """Is the object a PyTorch module?"""
        return isinstance(obj, nn.Module)

    @classmethod
    def adapt(
        cls,
        obj: nn.Module,
        name: str,
        probe: Codes,
        layout: Layout | None,
        readout: Callable[[Any], Any],
        allow_noise: bool,
    ) -> Self:
        """The network of a module; a layout that is not declared is found later (``with_accepted_layout``)."""
        module = unwrapped(obj)
        refuse_unfit(module, name, allow_noise)
        return cls(name, layout or "NCL", readout, module, allow_noise)

    @classmethod
    def label(cls, obj: nn.Module) -> str:
        """The class of the module, inside of what only distributes or compiles it."""
        return super().label(unwrapped(obj))

    @property
    def source(self) -> nn.Module:
        """The user's module."""
        return self.module

    @property
    def torch_module(self) -> nn.Module:
        """The user's module."""
        return self.module

    @property
    def device(self) -> str:
        """The device of the first parameter."""
        return str(placement(self.module)[0])

    @property
    def batch(self) -> int:
        """Smaller on a CPU than elsewhere (``CPU_BATCH``)."""
        return CPU_BATCH if self.on_cpu else BATCH

    @property
    def reading(self) -> str:
        """Layout, dtype and readout."""
        layout, *readout = super().reading.split(" ", 1)
        return " ".join(["torch", layout, str(placement(self.module)[1]).removeprefix("torch."), *readout])

    def raw(self, codes: Codes) -> Any:  # noqa: ANN401 - a module may return anything
        """What the readout makes of the module's output."""
        refuse_train_mode(self.module, self.name, self.noisy)
        # Not inference_mode: what a module caches in its first call must stay fit for gradients later.
        with torch.no_grad():
            return self.readout(self.forward(self.encode(codes)))

    def encode(self, codes: Codes) -> torch.Tensor:
        """The input tensor for codes (n, length) in the network's order of letters, on its device and in its dtype.

        The codes go to the device, a byte for each letter, and become one-hot there.
        """
        device, dtype = placement(self.module)
        on_device = torch.from_numpy(np.ascontiguousarray(codes)).to(device)
        if self.layout == "codes":
            return on_device.to(torch.long)
        channels = torch.arange(4, dtype=torch.uint8, device=device)
        first = self.layout == "NCL"
        equal = on_device[:, None, :] == channels[:, None] if first else on_device[:, :, None] == channels
        return equal.to(dtype)

    def forward(self, x: torch.Tensor) -> Any:  # noqa: ANN401 - a module may return anything
        """What the module returns for an input tensor (n, ...) and the further inputs."""
        rows = {name: row.expand(len(x), *row.shape[1:]) for name, row in self.input_rows().items()}
        return self.module(x, **rows)

    def work(self, length: int) -> Work | None:
        """What one sequence takes, counted in a call; None where torch can't be watched.

        It is counted once for a module: its size decides about the speed of later calls, and about nothing else.
        """
        refuse_train_mode(self.module, self.name, self.noisy)  # a call would change the module's statistics
        counted = _work.setdefault(self.module, {})
        if length not in counted:
            try:
                codes = np.zeros((1, length), np.uint8)
                with torch.no_grad(), untouched_randomness():
                    counted[length] = work(lambda: self.at(0, 1).forward(self.encode(codes)))
            except Exception:  # torch may take another path while calls are watched, and an estimate may not stop a run
                counted[length] = None
        return counted[length]

    @property
    def parameters(self) -> Parameters | None:
        """Those of ``forward``."""
        return Parameters.of(self.module.forward)

    def input_rows(self) -> dict[str, torch.Tensor]:
        """Rows (1, ...) or (n, ...) of each further input, on the module's device; real numbers are in its dtype.

        They are copies: a module may write into its inputs, also into the row of a single sequence.
        """
        device, dtype = placement(self.module)
        tensors = {name: torch.tensor(row, device=device) for name, row in self.inputs.arrays.items()}
        return {name: row.to(dtype) if row.is_floating_point() else row for name, row in tensors.items()}

    def on_device(self, device: str) -> Self:
        """A copy of the module on the device; where the module is there already, the module itself."""
        wanted = checked_device(device)
        if placement(self.module)[0] == wanted:
            return self
        return replace(self, module=deepcopy(self.module).to(wanted))

    def watch_precision(self) -> AbstractContextManager[set[str]]:
        """Within the context, the floating-point types of all results of torch are added to a set."""
        return seen_precision()

    def weights_sha256(self) -> str:
        """Hash of names, dtypes, shapes and bytes of all parameters and buffers."""
        return weights_sha256(self.module)

    def with_shuffled_weights(self, rng: np.random.Generator) -> TorchNetwork:
        """A copy of the module in which the values of each parameter stand in a random order; buffers stay."""
        module = deepcopy(self.module)
        with torch.no_grad():
            for tensor in module.parameters():
                order = torch.from_numpy(rng.permutation(tensor.numel())).to(tensor.device)
                tensor.copy_(tensor.reshape(-1)[order].reshape(tensor.shape))
        return replace(self, module=module)

    def last_layer_input(self, codes: Codes) -> LayerInput | None:
        """Name and input of the last layer with weights (:func:`seqdo.models.adapters.torch_layers.last_input`)."""
        refuse_train_mode(self.module, self.name, self.noisy)
        with torch.no_grad():
            x = self.encode(self.codes_in(codes))
            observed = last_input(self.module, x, lambda: self.forward(x))
        return None if observed is None else LayerInput(observed[0], observed[1].cpu().numpy())

    @property
    def gradient_error(self) -> InputError | None:
        """A module that reads codes has no one-hot input; any other has gradients."""
        if self.layout != "codes":
            return None
        return InputError(
            f'`{self.name}` reads codes (`layout="codes"`), and whole numbers have no gradient',
            "gradients need a module with real-valued one-hot input",
            "Replace the embedding by a linear layer with the same weights, or use sd.mutagenesis, which needs "
            "predictions only",
        )

    def _differentiate(self, inputs: Numbers, output: int | None) -> Numbers:
        refuse_train_mode(self.module, self.name, self.noisy)
        device, dtype = placement(self.module)
        with gradient_mode(self.module):
            leaf = torch.tensor(inputs, dtype=dtype, device=device, requires_grad=True)
            gradients = input_gradients(self._forward, leaf, output, self.name)
        numbers: Numbers = gradients.to(torch.float32).cpu().numpy()
        return numbers

    def _forward(self, leaf: torch.Tensor) -> Any:  # noqa: ANN401 - a module may return anything
        """What the readout makes of the module's output for one-hot (n, 4, length), with a graph to differentiate."""
        x = leaf.transpose(1, 2) if self.layout == "NLC" else leaf
        # A copy: torch refuses a module that writes into a leaf, as an inplace ReLU may do.
        return self.readout(self.forward(x.clone(memory_format=torch.contiguous_format)))

    def with_accepted_layout(self, probe: Codes) -> Self:
        """The one layout that the module accepts, found by trying both one-hot layouts."""
        return with_accepted_layout(self, probe)

    def check_first_call(self, probe: Codes) -> None:
        """Refuse or warn about an embedding whose ids no tokenizer decided."""
        check_token_ids(self, self.module, probe)


def unwrapped(module: nn.Module) -> nn.Module:
    """The module inside of one that only distributes, averages or compiles it (``nn.DataParallel``, ``torch.compile``).

    >>> inner = nn.Linear(2, 1)
    >>> unwrapped(nn.DataParallel(inner)) is inner
    True
    """
    around = (nn.DataParallel, nn.parallel.DistributedDataParallel, torch.optim.swa_utils.AveragedModel)
    while isinstance(module, around) or hasattr(module, "_orig_mod"):
        module = module.module if isinstance(module, around) else module._orig_mod  # type: ignore[assignment]
    return module


def placement(module: nn.Module) -> tuple[torch.device, torch.dtype]:
    """Device and dtype of the first floating-point parameter (or buffer); the CPU and float32 if there is none."""
    for tensor in (*module.parameters(), *module.buffers()):
        if tensor.is_floating_point():
            return tensor.device, tensor.dtype
    return torch.device("cpu"), torch.float32


def checked_device(device: str) -> torch.device:
    """The argument ``device`` of ``sd.wrap``.

    Raises
    ------
    InputError
        A name that is no device, or a device that this installation of torch can't use.
    """
    accepted = 'a device of PyTorch is needed: "cpu", "cuda", "cuda:1" or "mps"'
    try:
        wanted = torch.device(device)
        torch.empty(0, device=wanted)
    except (RuntimeError, TypeError, AssertionError, NotImplementedError) as error:
        lines = str(error).strip().splitlines() or [type(error).__name__]
        raise InputError(f"`device={device!r}`: {lines[0][:200]}", accepted, 'Write device="cpu"') from error
    if wanted.type == "meta":
        raise InputError('`device="meta"`', accepted, 'Write device="cpu"')
    if wanted.type == "cuda" and wanted.index is None:
        return torch.device("cuda", torch.cuda.current_device())
    return wanted


def weights_sha256(module: nn.Module) -> str:
    """Hash of names, dtypes, shapes and bytes of all parameters and buffers."""
    digest = sha256()
    for key, tensor in sorted(module.state_dict().items()):
        pieces = tensor if isinstance(tensor, tuple) else (tensor,)  # a quantized layer packs its weight and bias
        for piece in (piece for piece in pieces if isinstance(piece, torch.Tensor)):
            digest.update(f"{key} {piece.dtype} {tuple(piece.shape)}".encode())
            plain = piece.dequantize() if piece.is_quantized else piece
            flat = plain.detach().cpu().contiguous().reshape(-1)
            digest.update(flat.view(torch.uint8).numpy().tobytes())
    return digest.hexdigest()
