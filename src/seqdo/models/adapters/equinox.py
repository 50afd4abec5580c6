"""Modules of Equinox as networks. Imported only when Equinox already is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Self

import equinox as eqx
import jax
import numpy as np

from seqdo.errors import InputError
from seqdo.models.adapters.jax import JaxNetwork, named_leaves, shuffled_leaves
from seqdo.models.adapters.layout_trial import with_accepted_layout
from seqdo.models.adapters.named_arrays import in_random_order
from seqdo.models.input_layout import Layout
from seqdo.models.input_parameters import Parameters
from seqdo.models.network import Codes

_each: Callable[[Any, Any, Any], Any] = eqx.filter_jit(
    lambda module, x, further: jax.vmap(lambda row, rows: module(row, **rows))(x, further)
)
"""A compiled call of a module that reads one sequence."""

_together: Callable[[Any, Any, Any], Any] = eqx.filter_jit(lambda module, x, further: module(x, **further))
"""A compiled call of a module that reads many sequences."""


@dataclass(frozen=True)
class EquinoxNetwork(JaxNetwork):
    """A module of Equinox.

    Attributes
    ----------
    batched : does the module read many sequences at once? By Equinox's convention a module reads one
    """

    batched: bool = False

    @classmethod
    def claims(cls, obj: object) -> bool:
        """Is the object a module of Equinox, and not a function that Equinox transformed?"""
        return isinstance(obj, eqx.Module) and not type(obj).__module__.startswith("equinox._")

    @classmethod
    def claims_output(cls, output: object) -> bool:
        """An output shows that JAX computed it, and not that Equinox did."""
        return False

    @classmethod
    def adapt(
        cls,
        obj: Any,  # noqa: ANN401 - a module of Equinox
        name: str,
        probe: Codes,
        layout: Layout | None,
        readout: Callable[[Any], Any],
        allow_noise: bool,
    ) -> Self:
        """The network of a module; how many sequences it reads at once is tried later (``as_called``)."""
        _refuse_train_mode(obj, name)
        return cls(name, layout or "NCL", readout, obj)

    def as_called(self, probe: Codes, layout: Layout | None) -> Self:
        """The network of a module that reads one sequence (4, length), or else many (n, 4, length)."""
        # A module that vmaps on its own fails on one sequence, and then reads many.
        if _works(self, probe, layout):
            return self
        batched = replace(self, batched=True)
        return batched if _works(batched, probe, layout) else self

    @property
    def parameters(self) -> Parameters | None:
        """Those of ``__call__``; Equinox passes ``key`` and ``state`` itself."""
        return Parameters.of(self.function.__call__, own=("key", "state"))

    def with_accepted_layout(self, probe: Codes) -> Self:
        """The one layout that the module accepts, found by trying both one-hot layouts."""
        return with_accepted_layout(self, probe)

    @property
    def reading(self) -> str:
        """The framework, the layout and the readout."""
        return f"equinox {super().reading.removeprefix('jax ')}"

    def call(self, x: Any, further: Mapping[str, Any]) -> Any:  # noqa: ANN401 - arrays of numpy or JAX
        """What the module returns, compiled."""
        return (_together if self.batched else _each)(self.function, x, dict(further))

    def weights(self) -> list[tuple[str, Any]]:
        """Path and array of each weight."""
        return named_leaves(eqx.filter(self.function, eqx.is_array))

    def with_shuffled_weights(self, rng: np.random.Generator) -> Self:
        """A copy of the module in which the values of each array stand in a random order."""
        weights, rest = eqx.partition(self.function, eqx.is_array)
        return replace(self, function=eqx.combine(shuffled_leaves(weights, lambda x: in_random_order(x, rng)), rest))


def _works(network: EquinoxNetwork, probe: Codes, layout: Layout | None) -> bool:
    """Does the module accept the layout, or one of the two?"""
    for trial in [layout] if layout else ("NCL", "NLC"):
        try:
            replace(network, layout=trial).predict(probe)
        except Exception:  # noqa: S112 - whatever a module raises for input that it can't read
            continue
        return True
    return False


def _refuse_train_mode(module: Any, name: str) -> None:  # noqa: ANN401 - a module of Equinox
    """Refuse a module with a dropout or normalization that is not in inference mode."""
    parts = jax.tree.leaves(module, is_leaf=lambda part: part is not module and hasattr(part, "inference"))
    for part in parts:
        if getattr(part, "inference", True) is False:
            raise InputError(
                f"`{name}` is in train mode ({type(part).__name__})",
                "dropout would draw random numbers and batch norm would learn from the backgrounds",
                "Write net = eqx.nn.inference_mode(net)",
            )
