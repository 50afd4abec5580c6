"""Keras models as networks, whatever computes them. Imported only when Keras already is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Self, cast

import keras
import numpy as np

from seqdo.errors import InputError
from seqdo.models.adapters.named_arrays import arrays_sha256, in_random_order
from seqdo.models.input_layout import Layout, encode
from seqdo.models.network import Codes, LayerInput, Network, Numbers

STATISTICS = ("moving_mean", "moving_variance")
"""Names of the running means of normalization layers, which are no trained weights."""


@dataclass(frozen=True)
class KerasNetwork(Network):
    """A Keras model, called with ``training=False``.

    Attributes
    ----------
    model : the user's model, which stays as it is
    rows : numbers of rows in a call, where JAX computes; None elsewhere
    """

    model: Any
    rows: Any = field(default=None, compare=False, repr=False)

    @classmethod
    def claims(cls, obj: object) -> bool:
        """Is the object a model or layer of Keras?"""
        return isinstance(obj, keras.Layer)  # a Model is a Layer

    @classmethod
    def adapt(
        cls,
        obj: Any,  # noqa: ANN401 - a model of Keras
        name: str,
        probe: Codes,
        layout: Layout | None,
        readout: Callable[[Any], Any],
        allow_noise: bool,
    ) -> Self:
        """The network of a model; the layout is that of the model's input, and (n, length, 4) where it shows none."""
        if not obj.built:  # its first call would give it random weights
            raise InputError(
                f"`{name}` has no weights yet: Keras makes them at the first call",
                "a trained model is needed",
                "Call it once, load its weights, and then wrap it",
            )
        shape = _input_shape(obj, name)
        _refuse_other_length(shape, name, probe.shape[1], layout)
        channels_first = len(shape) == 2 and shape[0] == 4 != shape[1]
        rows = None
        if keras.backend.backend() == "jax":
            from seqdo.models.adapters.jax_calls import CallSizes

            rows = CallSizes()
        return cls(name, layout or ("NCL" if channels_first else "NLC"), readout, obj, rows)

    @property
    def source(self) -> object:
        """The user's model."""
        return self.model

    @property
    def reading(self) -> str:
        """Keras, what computes it, layout and readout."""
        return f"keras on {keras.backend.backend()} {super().reading}"

    @property
    def device(self) -> str | None:
        """The device of the first weight; None if it is unknown."""
        if not self.model.weights:
            return None
        value = self.model.weights[0].value
        if keras.backend.backend() == "jax":
            (device, *_) = value.devices()
            return "cpu" if device.platform == "cpu" else f"{device.platform}:{device.id}"
        return str(value.device) if keras.backend.backend() == "torch" else None

    def raw(self, codes: Codes) -> Any:  # noqa: ANN401 - a model may return anything
        """What the readout makes of the model's output."""
        array = encode(codes, self.layout)
        if keras.backend.backend() == "jax":
            from seqdo.models.adapters.jax_calls import first_rows

            rows = self.rows.padded(array)
            return self.readout(first_rows(self._compiled(*self._variables(), rows), len(codes), len(rows)))
        if keras.backend.backend() == "torch":
            import torch

            with torch.no_grad():
                return self.readout(self.model(array, training=False))
        return self.readout(self.model(array, training=False))

    def weights_sha256(self) -> str | None:
        """Hash of numbers, names, dtypes, shapes and bytes of all weights."""
        return arrays_sha256(
            (f"{number:05} {weight.name}", keras.ops.convert_to_numpy(weight.value))
            for number, weight in enumerate(self.model.weights)
        )

    def with_shuffled_weights(self, rng: np.random.Generator) -> Self:
        """A copy of the model with the values of each weight in a random order; running means stay."""
        try:
            model = keras.models.clone_model(self.model)
            model(np.zeros((1, *self._shape()), np.float32), training=False)  # a clone has weights after a call
        except Exception as error:  # Keras clones models that it can rebuild from their configuration
            raise InputError(
                f"`model` has the member `{self.name}`, which Keras can't clone: {type(error).__name__}: {error}",
                "a Sequential or functional model is needed, or one with get_config()",
                "Wrap an untrained model as a second model and run the same design on it",
            ) from error
        model.set_weights([_shuffled(weight, rng) for weight in self.model.weights])
        return replace(self, model=model)

    def last_layer_input(self, codes: Codes) -> LayerInput | None:
        """Name and input of the last layer with weights; None for a model whose layers Keras does not connect."""
        layers = [layer for layer in getattr(self.model, "layers", []) if layer.weights]
        try:
            before = keras.Model(self.model.inputs[0], layers[-1].input)
        except (AttributeError, IndexError, TypeError, ValueError):  # a subclass of Model, or a layer called twice
            return None
        values = keras.ops.convert_to_numpy(before(encode(codes, self.layout), training=False)).astype(np.float32)
        if values.ndim > 2:
            channels_first = getattr(layers[-1], "data_format", None) == "channels_first"
            values = values.mean(tuple(range(2, values.ndim)) if channels_first else tuple(range(1, values.ndim - 1)))
        return LayerInput(layers[-1].name, values)

    @property
    def gradient_error(self) -> InputError | None:
        """Keras has gradients on torch and on JAX, with one-hot input."""
        if self.layout == "codes":
            problem = f'`{self.name}` reads codes (`layout="codes"`), and whole numbers have no gradient'
        elif keras.backend.backend() not in ("jax", "torch"):
            problem = f"`{self.name}` is computed by {keras.backend.backend()}"
        else:
            return None
        return InputError(
            problem,
            "gradients need a Keras model on torch or JAX, with real-valued one-hot input",
            "Set KERAS_BACKEND=torch or KERAS_BACKEND=jax, or use sd.mutagenesis, which needs predictions only",
        )

    def _differentiate(self, inputs: Numbers, output: int | None) -> Numbers:
        x = inputs.astype(np.float32)
        x = np.ascontiguousarray(x.transpose(0, 2, 1)) if self.layout == "NLC" else x
        on_jax = keras.backend.backend() == "jax"
        gradients = self._gradients_on_jax(x, output) if on_jax else self._gradients_on_torch(x, output)
        return gradients.swapaxes(2, 3) if self.layout == "NLC" else gradients

    def _gradients_on_jax(self, x: Numbers, output: int | None) -> Numbers:
        from seqdo.models.adapters.jax_calls import input_gradients

        variables = self._variables()
        forward = lambda rows: self.readout(self._compiled(*variables, rows))  # noqa: E731
        return input_gradients(forward, self.rows.padded(x), output, self.name)[: len(x)]

    def _gradients_on_torch(self, x: Numbers, output: int | None) -> Numbers:
        import torch

        from seqdo.models.adapters.torch_gradients import gradient_mode, input_gradients

        with gradient_mode(self.model):
            leaf = torch.tensor(x, device=self.device or "cpu", requires_grad=True)
            gradients = input_gradients(
                lambda rows: self.readout(self.model(rows.clone(), training=False)), leaf, output, self.name
            )
        return cast(Numbers, gradients.to(torch.float32).cpu().numpy())

    def _variables(self) -> tuple[list[Any], list[Any]]:
        """The values of the model's variables now: the user may load other weights."""
        return (
            [variable.value for variable in self.model.trainable_variables],
            [variable.value for variable in self.model.non_trainable_variables],
        )

    @cached_property
    def _compiled(self) -> Callable[..., Any]:
        """The model as a function of its variables and input, compiled by JAX."""
        import jax

        model = self.model
        return cast(
            Callable[..., Any],
            jax.jit(lambda trained, fixed, x: model.stateless_call(trained, fixed, x, training=False)[0]),
        )

    def _shape(self) -> tuple[int, ...]:
        return tuple(size or 1 for size in _input_shape(self.model, self.name))


def _input_shape(model: Any, name: str) -> tuple[int | None, ...]:  # noqa: ANN401 - a model of Keras
    """The shape of one input, such as (length, 4); () where the model does not show it."""
    try:
        shape = model.input_shape
    except (AttributeError, ValueError):  # a subclass of Model, or a model that was not built
        return ()
    if isinstance(shape, dict | list):
        raise InputError(
            f"`{name}` has {len(shape)} inputs",
            "a model with one input, the sequence, is needed",
            "Write sd.wrap(lambda x: net([x, others(len(x))]), layout=..., ...) with the other inputs filled in",
        )
    return tuple(shape[1:])


def _refuse_other_length(shape: tuple[int | None, ...], name: str, length: int, layout: Layout | None) -> None:
    """Refuse a model that declares another number of positions, which Keras would report in a trace of layers."""
    sizes = {size for size in shape if size is not None}
    fits = len(shape) == 1 if layout == "codes" else len(shape) == 2
    if shape and not (fits and sizes <= {4, length}):
        raise InputError(
            f"`{name}` has the input shape {(None, *shape)}, and `length={length}`",
            "the input shape is (None, length, 4), or (None, 4, length)",
            f"Write length={max((size for size in sizes if size != 4), default=length)}, or check the model",
        )


def _shuffled(weight: Any, rng: np.random.Generator) -> Any:  # noqa: ANN401 - a variable of Keras
    values = keras.ops.convert_to_numpy(weight.value)
    is_statistic = weight.name in STATISTICS or not np.issubdtype(values.dtype, np.floating)
    return values if is_statistic else in_random_order(values, rng)
