"""Keras models as networks, whatever computes them. Imported only when Keras already is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar, Self, cast

import keras
import numpy as np

from seqdo.errors import InputError
from seqdo.models.adapters.keras_inputs import (
    arguments_of,
    compiled,
    declared_inputs,
    input_shape,
    input_tensors,
    layout_of,
    refuse_other_length,
)  # fmt: skip
from seqdo.models.adapters.named_arrays import arrays_sha256, in_random_order
from seqdo.models.declared_inputs import as_declared, sequence_input
from seqdo.models.input_layout import Layout, encode
from seqdo.models.input_parameters import Parameters
from seqdo.models.network import Codes, LayerInput, Network, Numbers

STATISTICS = ("moving_mean", "moving_variance")
"""Names of the running means of normalization layers, which are no trained weights."""


@dataclass(frozen=True)
class KerasNetwork(Network):
    """A Keras model, called with ``training=False``.

    Attributes
    ----------
    model : the user's model, which stays as it is
    sequence : name of the input that is the sequence; "" for a model that declares no inputs
    rows : numbers of rows in a call, where JAX computes; None elsewhere
    compiled : the model as a function of its variables and inputs, compiled by JAX; None elsewhere
    """

    model: Any
    sequence: str = ""
    rows: Any = field(default=None, compare=False, repr=False)
    compiled: Any = field(default=None, compare=False, repr=False)
    takes_inputs: ClassVar[bool] = True

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
        if keras.backend.backend() != "jax":
            return cls(name, layout or "NLC", readout, obj)
        from seqdo.models.adapters.jax_calls import CallSizes

        return cls(name, layout or "NLC", readout, obj, "", CallSizes(), compiled(obj))

    @property
    def parameters(self) -> Parameters | None:
        """Those of ``call``, where the model declares no inputs; Keras passes ``training`` and ``mask`` itself."""
        return None if declared_inputs(self.model) else Parameters.of(self.model.call, own=("training", "mask"))

    def as_called(self, probe: Codes, layout: Layout | None) -> Self:
        """The network with the layout of the model's input, and the further inputs in their declared types."""
        declared, length = declared_inputs(self.model), probe.shape[1]
        if not declared:
            shape = input_shape(self.model)
            refuse_other_length(shape, self.name, length, layout)
            inputs = self.inputs.as_real(keras.config.floatx())
            return replace(self, layout=layout or layout_of(shape), inputs=inputs)
        sequence = sequence_input(declared, self.inputs, self.name, length)
        of = f"the input {sequence.name!r} of `{self.name}`" if len(declared) > 1 else f"`{self.name}`"
        refuse_other_length(sequence.shape or (), of, length, layout)
        inputs = as_declared(declared, self.inputs, self.name)
        return replace(self, layout=layout or layout_of(sequence.shape or ()), sequence=sequence.name, inputs=inputs)

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
        array, n = encode(codes, self.layout), len(codes)
        if keras.backend.backend() == "jax":
            from seqdo.models.adapters.jax_calls import first_rows

            rows = self.rows.padded(array)
            arguments = arguments_of(self.model, self.sequence, rows, self.inputs.rows(n, len(rows)))
            return self.readout(first_rows(self.compiled(*self._variables(), *arguments), n, len(rows)))
        if keras.backend.backend() == "torch":
            import torch

            with torch.no_grad():
                return self.readout(self._called(array))
        return self.readout(self._called(array))

    def _called(self, x: Any) -> Any:  # noqa: ANN401 - an array or a tensor, and what a model may return
        """What the model returns for input in the layout and the further inputs."""
        # Keras refuses arrays next to tensors, and where gradients are computed the sequences are tensors.
        further = {name: keras.ops.convert_to_tensor(rows) for name, rows in self.inputs.rows(len(x)).items()}
        x = keras.ops.convert_to_tensor(x) if further and isinstance(x, np.ndarray) else x
        first, others = arguments_of(self.model, self.sequence, x, further)
        return self.model(first, training=False, **others)

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
            replace(self, model=model)._called(self._zeros())  # a clone has weights after a call
        except Exception as error:  # Keras clones models that it can rebuild from their configuration
            raise InputError(
                f"`model` has the member `{self.name}`, which Keras can't clone: {type(error).__name__}: {error}",
                "a Sequential or functional model is needed, or one with get_config()",
                "Wrap an untrained model as a second model and run the same design on it",
            ) from error
        model.set_weights([_shuffled(weight, rng) for weight in self.model.weights])
        return replace(self, model=model, compiled=self.compiled and compiled(model))

    def last_layer_input(self, codes: Codes) -> LayerInput | None:
        """Name and input of the last layer with weights; None for a model whose layers Keras does not connect."""
        layers = [layer for layer in getattr(self.model, "layers", []) if layer.weights]
        try:
            before = keras.Model(input_tensors(self.model), layers[-1].input)
        except (AttributeError, IndexError, TypeError, ValueError):  # a subclass of Model, or a layer called twice
            return None
        x, _ = arguments_of(before, self.sequence, encode(codes, self.layout), self.inputs.rows(len(codes)))
        observed = before(x, training=False)
        if isinstance(observed, dict | list | tuple):  # a layer of several inputs
            return None
        values = keras.ops.convert_to_numpy(observed).astype(np.float32)
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

        variables, rows = self._variables(), self.rows.padded(x)
        further = self.inputs.rows(len(x), len(rows))

        def forward(rows: Any) -> Any:  # noqa: ANN401 - arrays of JAX
            return self.readout(self.compiled(*variables, *arguments_of(self.model, self.sequence, rows, further)))

        return input_gradients(forward, rows, output, self.name)[: len(x)]

    def _gradients_on_torch(self, x: Numbers, output: int | None) -> Numbers:
        import torch

        from seqdo.models.adapters.torch_gradients import gradient_mode, input_gradients

        with gradient_mode(self.model):
            leaf = torch.tensor(x, device=self.device or "cpu", requires_grad=True)
            gradients = input_gradients(lambda rows: self.readout(self._called(rows.clone())), leaf, output, self.name)
        return cast(Numbers, gradients.to(torch.float32).cpu().numpy())

    def _variables(self) -> tuple[list[Any], list[Any]]:
        """The values of the model's variables now: the user may load other weights."""
        return (
            [variable.value for variable in self.model.trainable_variables],
            [variable.value for variable in self.model.non_trainable_variables],
        )

    def _zeros(self) -> Numbers:
        """One input of zeros, of the shape that the model declares."""
        declared = {each.name: each.shape for each in declared_inputs(self.model)}
        shape = declared[self.sequence] if declared else input_shape(self.model)
        return np.zeros((1, *(size or 1 for size in shape or ())), np.float32)


def _shuffled(weight: Any, rng: np.random.Generator) -> Any:  # noqa: ANN401 - a variable of Keras
    values = keras.ops.convert_to_numpy(weight.value)
    is_statistic = weight.name in STATISTICS or not np.issubdtype(values.dtype, np.floating)
    return values if is_statistic else in_random_order(values, rng)
