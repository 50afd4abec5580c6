"""Lightning modules as networks: PyTorch modules that also know how they are trained."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Self

from torch import nn

from seqdo.errors import InputError
from seqdo.models.adapters.torch import TorchNetwork
from seqdo.models.input_layout import Layout
from seqdo.models.network import Codes

PACKAGES = ("lightning.pytorch", "pytorch_lightning")
"""The two packages in which Lightning is published; their classes differ."""


@dataclass(frozen=True)
class LightningNetwork(TorchNetwork):
    """A Lightning module, whose ``forward`` makes the predictions. Its trainer and its hooks are not called."""

    @classmethod
    def claims(cls, obj: object) -> bool:
        """Is the object a Lightning module of either package?"""
        return any(isinstance(obj, kind) for kind in _kinds())

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
        """The network of a module that has ``forward``."""
        if any(type(obj).forward is kind.forward for kind in _kinds()):
            inner = next((path for path, _ in obj.named_children()), "net")
            raise InputError(
                f"`{name}` is a Lightning module without `forward`",
                "predictions are what forward(x) returns",
                f"Wrap the network that it trains, such as sd.wrap(module.{inner}, ...), or write forward",
            )
        return super().adapt(obj, name, probe, layout, readout, allow_noise)

    @property
    def reading(self) -> str:
        """The framework, layout, dtype and readout."""
        return f"lightning {super().reading.removeprefix('torch ')}"


def _kinds() -> list[Any]:
    return [sys.modules[package].LightningModule for package in PACKAGES if package in sys.modules]
