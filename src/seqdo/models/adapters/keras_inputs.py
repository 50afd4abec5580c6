"""Inputs of Keras models: by their names where the model is functional, else as arguments of ``call``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import keras
import numpy as np

from seqdo.errors import InputError
from seqdo.models.declared_inputs import DeclaredInput
from seqdo.models.input_layout import Layout


def input_tensors(model: Any) -> Any:  # noqa: ANN401 - a model of Keras, tensors in its own structure
    """The symbolic inputs of a functional model, as it was made of them; None for another model."""
    inputs = getattr(model, "inputs", None)
    if not inputs:
        return None
    return getattr(model, "input", inputs) if len(inputs) > 1 else inputs[0]


def declared_inputs(model: Any) -> list[DeclaredInput]:  # noqa: ANN401 - a model of Keras
    """Name, shape of a row and type of each input; none for a model that does not show them.

    A model of a dict of inputs has the names of the dict, any other those of ``keras.Input(name=...)``.
    """
    return [
        DeclaredInput(name, tuple(tensor.shape[1:]), np.dtype(keras.backend.standardize_dtype(tensor.dtype)))
        for name, tensor in _named(input_tensors(model))
    ]


def _named(tensors: Any) -> list[tuple[str, Any]]:  # noqa: ANN401 - tensors in a structure
    """Names and tensors, in the order in which Keras flattens them."""
    if tensors is None:
        return []
    flat = keras.tree.flatten(tensors)
    keys = {id(tensor): str(key) for key, tensor in tensors.items()} if isinstance(tensors, dict) else {}
    return [(keys.get(id(tensor), str(tensor.name)), tensor) for tensor in flat]


def arguments_of(model: Any, sequence: str, x: Any, further: Mapping[str, Any]) -> tuple[Any, dict[str, Any]]:  # noqa: ANN401
    """The first argument of a call of a model, and its other arguments by name.

    Parameters
    ----------
    model : a model of Keras
    sequence : name of the input that is the sequence
    x : the sequences
    further : name of a further input to its rows
    """
    tensors = input_tensors(model)
    if tensors is None:
        return x, dict(further)
    if not isinstance(tensors, dict | list | tuple):
        return x, {}
    values = [x if name == sequence else further[name] for name, _ in _named(tensors)]
    return keras.tree.pack_sequence_as(tensors, values), {}


def compiled(model: Any) -> Callable[..., Any]:  # noqa: ANN401 - a model of Keras
    """A model as a function of its variables and inputs, compiled by JAX."""
    import jax

    def forward(trained: Any, fixed: Any, x: Any, further: dict[str, Any]) -> Any:  # noqa: ANN401 - arrays of JAX
        return model.stateless_call(trained, fixed, x, training=False, **further)[0]

    function: Callable[..., Any] = jax.jit(forward)
    return function


def input_shape(model: Any) -> tuple[int | None, ...]:  # noqa: ANN401 - a model of Keras
    """The shape of a row of a model without declared inputs; () where it does not show it."""
    try:
        shape = model.input_shape
    except (AttributeError, ValueError):  # a subclass of Model, or a model that was not built
        return ()
    return () if isinstance(shape, dict | list) else tuple(shape[1:])


def layout_of(shape: tuple[int | None, ...]) -> Layout:
    """The layout of a shape such as (length, 4), which is also that of no shape."""
    return "NCL" if len(shape) == 2 and shape[0] == 4 != shape[1] else "NLC"


def refuse_other_length(shape: tuple[int | None, ...], of: str, length: int, layout: Layout | None) -> None:
    """Refuse a model that declares another number of positions, which Keras would report in a trace of layers.

    Parameters
    ----------
    shape : of one row
    of : how messages refer to the input
    length : positions that the user declares
    layout : that the user declares
    """
    sizes = {size for size in shape if size is not None}
    fits = len(shape) == 1 if layout == "codes" else len(shape) == 2
    if shape and not (fits and sizes <= {4, length}):
        raise InputError(
            f"{of} has the input shape {(None, *shape)}, and `length={length}`",
            "the input shape is (None, length, 4), or (None, 4, length)",
            f"Write length={max((size for size in sizes if size != 4), default=length)}, or check the model",
        )
