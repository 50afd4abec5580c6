"""Modules of Flax NNX as networks. Imported only when Flax already is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Self

import jax
import numpy as np
from flax import linen, nnx

from seqdo.errors import InputError
from seqdo.models.adapters.jax import JaxNetwork, named_leaves, shuffled_leaves
from seqdo.models.adapters.layout_trial import with_accepted_layout
from seqdo.models.adapters.named_arrays import in_random_order
from seqdo.models.input_layout import Layout
from seqdo.models.input_parameters import Parameters
from seqdo.models.network import Codes


@partial(jax.jit, static_argnums=0)
def _forward(graph: Any, state: Any, x: Any, further: Any) -> Any:  # noqa: ANN401 - Flax's own types
    return nnx.merge(graph, state)(x, **further)


@dataclass(frozen=True)
class FlaxNetwork(JaxNetwork):
    """A module of Flax NNX. Its weights are read at each call, and nothing of the module is changed."""

    @classmethod
    def claims(cls, obj: object) -> bool:
        """Is the object a module of Flax NNX, or one of Linen without weights?"""
        return isinstance(obj, nnx.Module) or (isinstance(obj, linen.Module) and obj.scope is None)

    @classmethod
    def claims_output(cls, output: object) -> bool:
        """An output shows that JAX computed it, and not that Flax did."""
        return False

    @classmethod
    def adapt(
        cls,
        obj: Any,  # noqa: ANN401 - a module of Flax
        name: str,
        probe: Codes,
        layout: Layout | None,
        readout: Callable[[Any], Any],
        allow_noise: bool,
    ) -> Self:
        """The network of a module; a layout that is not declared is found later (``with_accepted_layout``)."""
        if isinstance(obj, linen.Module):
            raise InputError(
                f"`{name}` is a module of Flax Linen, which has no weights of its own",
                "a function of the input is needed",
                "Write sd.wrap(jax.jit(lambda x: net.apply(variables, x)), ...)",
            )
        _refuse_train_mode(obj, name, allow_noise)
        return cls(name, layout or "NLC", readout, obj)

    def with_accepted_layout(self, probe: Codes) -> Self:
        """The one layout that the module accepts, found by trying both one-hot layouts."""
        return with_accepted_layout(self, probe)

    @property
    def reading(self) -> str:
        """The framework, the layout and the readout."""
        return f"flax {super().reading.removeprefix('jax ')}"

    @property
    def parameters(self) -> Parameters | None:
        """Those of ``__call__``."""
        return Parameters.of(self.function.__call__)

    def call(self, x: Any, further: Mapping[str, Any]) -> Any:  # noqa: ANN401 - arrays of numpy or JAX
        """What the module returns, compiled; the module itself stays as it is, counters of random numbers included."""
        parts: Any = nnx.split(self.function)
        graph, state = parts
        return _forward(graph, state, x, dict(further))

    def weights(self) -> list[tuple[str, Any]]:
        """Path and array of each variable."""
        return named_leaves(nnx.state(self.function, nnx.Not(nnx.RngState)))

    def with_shuffled_weights(self, rng: np.random.Generator) -> Self:
        """A copy of the module in which the values of each parameter stand in a random order; statistics stay."""
        parts: Any = nnx.split(self.function, nnx.Param, ...)
        graph, parameters, rest = parts
        shuffled = shuffled_leaves(parameters, lambda leaf: in_random_order(leaf, rng))
        return replace(self, function=nnx.merge(graph, shuffled, rest))


def _refuse_train_mode(module: Any, name: str, noisy: bool) -> None:  # noqa: ANN401 - a module of Flax
    """Refuse a module whose normalization learns from its input, or whose dropout is on without permission."""
    for path, part in nnx.iter_modules(module):
        learning = getattr(part, "use_running_average", True) is False
        random = getattr(part, "deterministic", True) is False and getattr(part, "rate", 1.0) > 0
        if learning or (random and not noisy):
            where = f"its part {'.'.join(map(str, path))!r} ({type(part).__name__})" if path else type(part).__name__
            raise InputError(
                f"`{name}` is in train mode ({where})",
                "dropout would draw random numbers and batch norm would learn from the backgrounds",
                "Call net.eval() first",
            )
