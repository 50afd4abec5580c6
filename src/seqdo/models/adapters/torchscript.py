"""TorchScript as a network: modules that were scripted, traced or frozen, and scripted functions."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import torch
from torch import nn

from seqdo.errors import InputError
from seqdo.models.adapters.named_arrays import arrays_sha256
from seqdo.models.adapters.torch import TorchNetwork
from seqdo.models.input_layout import Layout
from seqdo.models.input_parameters import Parameters
from seqdo.models.network import Codes


class _ScriptedFunction(nn.Module):
    """A scripted function in the form of a module, whose input is a tensor."""

    def __init__(self, function: Callable[[Any], Any]) -> None:
        super().__init__()
        self.function = function
        self.training = False

    def forward(self, x: torch.Tensor, **inputs: torch.Tensor) -> Any:  # noqa: ANN401 - a function may return anything
        return self.function(x, **inputs)


@dataclass(frozen=True)
class TorchScriptNetwork(TorchNetwork):
    """A module of TorchScript. Opening its file is the user's own act: ``torch.jit.load`` runs what the file holds."""

    @classmethod
    def claims(cls, obj: object) -> bool:
        """Is the object a module or a function of TorchScript?"""
        return isinstance(obj, torch.jit.ScriptModule | torch.jit.ScriptFunction)

    @classmethod
    def adapt(
        cls,
        obj: Any,  # noqa: ANN401 - a module or function of TorchScript
        name: str,
        probe: Codes,
        layout: Layout | None,
        readout: Callable[[Any], Any],
        allow_noise: bool,
    ) -> Self:
        """The network of a module, as for any PyTorch module."""
        module = _ScriptedFunction(obj) if isinstance(obj, torch.jit.ScriptFunction) else obj
        return super().adapt(module, name, probe, layout, readout, allow_noise)

    @property
    def source(self) -> Any:  # noqa: ANN401 - the user's module or function
        """The user's module or function."""
        return self.module.function if isinstance(self.module, _ScriptedFunction) else self.module

    @property
    def parameters(self) -> Parameters | None:
        """Those of the compiled code, which keeps the names that the function had."""
        of: Any = self.source if isinstance(self.module, _ScriptedFunction) else self.module.forward
        arguments = [each for each in of.schema.arguments if not str(each.type).startswith("__torch__")]  # the module
        by_default = {each.name: each.default_value for each in arguments[1:] if each.has_default_value()}
        return Parameters(
            arguments[0].name,
            tuple(each.name for each in arguments[1:]),
            tuple(each.name for each in arguments[1:] if each.name not in by_default),
            tuple(name for name, value in by_default.items() if value is None),
        )

    @property
    def reading(self) -> str:
        """The framework, layout, dtype and readout."""
        return f"torchscript {super().reading.removeprefix('torch ')}"

    def weights_sha256(self) -> str | None:  # type: ignore[override]
        """Hash of all weights; those of a frozen module stand in its graph. None for a function."""
        if next(iter(self.module.state_dict()), None) is not None:
            return super().weights_sha256()
        return arrays_sha256(_constants(self.module))

    def with_shuffled_weights(self, rng: np.random.Generator) -> TorchNetwork:
        """A copy with the values of each weight in a random order; a frozen module or a function has none to change."""
        if next(self.module.parameters(), None) is None:
            raise InputError(
                f"`model` has the member `{self.name}`, whose weights are constants of its code",
                "a module with parameters is needed",
                "Wrap the module from before torch.jit.freeze",
            )
        return super().with_shuffled_weights(rng)


def _constants(module: nn.Module) -> list[tuple[str, Any]]:
    """Tensors in the graph of a frozen module, by their places."""
    if not isinstance(module, torch.jit.ScriptModule):
        return []
    nodes = [node for node in module.inlined_graph.nodes() if node.kind() == "prim::Constant"]
    tensors = [node.t("value") for node in nodes if node.hasAttribute("value") and node.kindOf("value") == "t"]
    dense = [tensor.to_dense() if tensor.layout != torch.strided else tensor for tensor in tensors]
    return [(f"{number:05}", tensor.detach().cpu().float().numpy()) for number, tensor in enumerate(dense)]
