"""JAX functions as networks, and what Flax and Equinox modules share. Imported only when JAX already is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any, ClassVar, Self

import jax
import jax.numpy as jnp
import numpy as np

from seqdo.errors import InputError
from seqdo.models.adapters.jax_calls import CallSizes, first_rows, input_gradients
from seqdo.models.adapters.named_arrays import arrays_sha256
from seqdo.models.input_layout import CHANNELS, Layout, encode
from seqdo.models.input_parameters import Parameters
from seqdo.models.network import Codes, Network, Numbers

MAKERS = ("jax.", "jaxlib.", "flax.nnx.transforms", "equinox._")
"""Modules whose callables compute in JAX: ``jax.jit``, ``nnx.jit``, ``eqx.filter_jit`` and their like."""


@dataclass(frozen=True)
class JaxNetwork(Network):
    """A function of JAX, and how it is called.

    Predictions reach the readout as numpy arrays. Where gradients are computed, the readout receives arrays of JAX.

    Attributes
    ----------
    function : the user's function or module
    sizes : numbers of rows in a call, few so that JAX compiles few shapes
    """

    function: Any
    sizes: CallSizes = field(default_factory=CallSizes, compare=False, repr=False)
    takes_inputs: ClassVar[bool] = True

    @classmethod
    def claims(cls, obj: object) -> bool:
        """Is the object a function that JAX transformed, such as ``jax.jit(function)``?"""
        inner = obj.func if isinstance(obj, partial) else obj
        # A class of JAX has its module on its type; a plain function that was transformed is recognized by its output.
        return callable(inner) and (isinstance(inner, jax.stages.Wrapped) or type(inner).__module__.startswith(MAKERS))

    @classmethod
    def claims_output(cls, output: object) -> bool:
        """Is it an array of JAX? A plain function that returns one computes in JAX."""
        return isinstance(output, jax.Array)

    @classmethod
    def adapt(
        cls,
        obj: Callable[[Any], Any],
        name: str,
        probe: Codes,
        layout: Layout | None,
        readout: Callable[[Any], Any],
        allow_noise: bool,
    ) -> Self:
        """The network of a function; the layout is (n, 4, length) unless declared."""
        if layout is None and probe.shape[1] == 4:
            raise InputError(
                f"`layout` of `{name}` is not declared, and length is 4",
                "the shape (n, 4, 4) does not show which axis holds the letters",
                CHANNELS,
            )
        return cls(name, layout or "NCL", readout, obj)

    @property
    def source(self) -> object:
        """The user's function or module."""
        return self.function

    @property
    def reading(self) -> str:
        """The framework, the layout and the readout."""
        return f"jax {super().reading}"

    @property
    def parameters(self) -> Parameters | None:
        """Those of the function."""
        return Parameters.of(self.function)

    def call(self, x: Any, further: Mapping[str, Any]) -> Any:  # noqa: ANN401 - arrays of numpy or JAX
        """What the user's function returns for input in the layout, and the rows of further inputs."""
        return self.function(x, **further)

    def raw(self, codes: Codes) -> Any:  # noqa: ANN401 - a function may return anything
        """What the readout makes of the function's output."""
        array = encode(codes, self.layout)
        rows = self.sizes.padded(array.astype(np.int32) if self.layout == "codes" else array)
        further = self.inputs.rows(len(codes), len(rows))
        return self.readout(first_rows(self.call(rows, further), len(codes), len(rows)))

    @property
    def device(self) -> str | None:
        """The device of the first weight; None for a function, whose weights can't be read."""
        weights = [leaf for _, leaf in self.weights() if isinstance(leaf, jax.Array)]
        if not weights:
            return None
        (device, *_) = weights[0].devices()
        return "cpu" if device.platform == "cpu" else f"{device.platform}:{device.id}"

    def weights(self) -> list[tuple[str, Any]]:
        """Name and array of each weight; none for a function."""
        return []

    def weights_sha256(self) -> str | None:
        """Hash of names, dtypes, shapes and bytes of all weights; None for a function."""
        return arrays_sha256(self.weights())

    @property
    def gradient_error(self) -> InputError | None:
        """A function of codes has no one-hot input; any other is differentiated by JAX."""
        if self.layout != "codes":
            return None
        return InputError(
            f'`{self.name}` reads codes (`layout="codes"`), and whole numbers have no gradient',
            "gradients need a function with real-valued one-hot input",
            "Use sd.mutagenesis, which needs predictions only",
        )

    def _differentiate(self, inputs: Numbers, output: int | None) -> Numbers:
        x = inputs.astype(np.float32)
        rows = self.sizes.padded(x.transpose(0, 2, 1) if self.layout == "NLC" else x)
        further = self.inputs.rows(len(inputs), len(rows))
        gradients = input_gradients(lambda x: self.readout(self.call(x, further)), rows, output, self.name)
        gradients = gradients[: len(inputs)]
        return gradients.swapaxes(2, 3) if self.layout == "NLC" else gradients


def named_leaves(tree: Any) -> list[tuple[str, Any]]:  # noqa: ANN401 - any structure that JAX knows
    """Path and array of each leaf that is an array of numbers; keys of random numbers are left out."""
    leaves = jax.tree_util.tree_leaves_with_path(tree)
    return [(jax.tree_util.keystr(path), leaf) for path, leaf in leaves if is_weight(leaf)]


def is_weight(leaf: object) -> bool:
    """Is the leaf an array of numbers, and not a key of random numbers?"""
    if isinstance(leaf, np.ndarray):
        return True
    return isinstance(leaf, jax.Array) and not jnp.issubdtype(leaf.dtype, jax.dtypes.prng_key)


def shuffled_leaves(tree: Any, shuffle: Callable[[Any], Any]) -> Any:  # noqa: ANN401
    """The structure with the values of each floating-point array in another order."""

    def replaced(leaf: Any) -> Any:  # noqa: ANN401
        real = is_weight(leaf) and jnp.issubdtype(leaf.dtype, np.floating)
        return jnp.asarray(shuffle(leaf)) if real else leaf

    return jax.tree.map(replaced, tree)
