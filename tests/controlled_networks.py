"""The network of ``frameworks.py`` with two further inputs, in each framework that takes them.

Its predictions are those without them times a dose, plus the mean of each control track. The order of inputs is mixed
on purpose: names decide, not places.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import frameworks
import numpy as np
from frameworks import LENGTH, OUTPUTS, Weights

INPUTS = {"control": (OUTPUTS, LENGTH), "dose": (1,)}
"""Name to the shape of one row."""


def truth(weights: Weights, x: np.ndarray, control: np.ndarray, dose: np.ndarray) -> np.ndarray:
    """Predictions (n, 2) for one-hot (n, 4, length) and the rows of both inputs, in float64."""
    return weights(x) * np.asarray(dose, np.float64) + np.asarray(control, np.float64).mean(2)


def torch_module(weights: Weights) -> Any:
    import torch
    from torch import nn

    class Controlled(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.net = frameworks.torch_module(weights)

        def forward(self, x: torch.Tensor, control: torch.Tensor, dose: torch.Tensor) -> torch.Tensor:
            return self.net(x) * dose + control.mean(2)

    return Controlled().eval()


def data_parallel(weights: Weights) -> Any:
    from torch import nn

    return nn.DataParallel(torch_module(weights))


def lightning_module(weights: Weights) -> Any:
    import importlib

    lightning = frameworks._quietly(lambda: importlib.import_module("lightning.pytorch"))

    class Controlled(lightning.LightningModule):
        def __init__(self) -> None:
            super().__init__()
            self.net = frameworks.torch_module(weights)

        def forward(self, x: Any, dose: Any, control: Any) -> Any:
            return self.net(x) * dose + control.mean(2)

    return Controlled().eval()


def scripted(weights: Weights) -> Any:
    import torch

    return frameworks._quietly(lambda: torch.jit.script(torch_module(weights)))


def traced(weights: Weights) -> Any:
    import torch

    rows = (torch.zeros(3, 4, LENGTH), torch.zeros(3, *INPUTS["control"]), torch.zeros(3, *INPUTS["dose"]))
    return frameworks._quietly(lambda: torch.jit.trace(torch_module(weights), rows))


def frozen(weights: Weights) -> Any:
    import torch

    return frameworks._quietly(lambda: torch.jit.freeze(scripted(weights)))


def keras_model(weights: Weights) -> Any:
    keras = frameworks._quietly(lambda: __import__("keras"))
    base = frameworks.keras_model(weights)
    control, dose = keras.Input(INPUTS["control"], name="control"), keras.Input(INPUTS["dose"], name="dose")
    sequence = keras.Input((LENGTH, 4), name="sequence")
    y = sequence
    for layer in base.layers:
        y = layer(y)
    return keras.Model([dose, sequence, control], y * dose + keras.ops.mean(control, 2))


def jax_function(weights: Weights) -> Callable[..., Any]:
    import jax.numpy as jnp

    network = frameworks.jax_function(weights)
    return lambda x, dose, control: network(x) * dose + jnp.asarray(control).mean(2)


def jitted(weights: Weights) -> Any:
    import jax

    return jax.jit(jax_function(weights))


def flax_module(weights: Weights) -> Any:
    from flax import nnx

    class Controlled(nnx.Module):
        def __init__(self) -> None:
            self.net = frameworks.flax_module(weights)

        def __call__(self, x: Any, control: Any, dose: Any) -> Any:
            return self.net(x) * dose + control.mean(2)

    net = Controlled()
    net.eval()
    return net


def equinox_module(weights: Weights) -> Any:
    import equinox as eqx

    class Controlled(eqx.Module):
        net: Any

        def __call__(self, x: Any, control: Any, dose: Any) -> Any:  # of one sequence
            return self.net(x) * dose + control.mean(1)

    return Controlled(frameworks.equinox_module(weights))


def onnx_model(weights: Weights, rows: int | str = "n") -> Any:
    from onnx import TensorProto, helper

    model = frameworks.onnx_model(weights, rows)
    for name, shape in INPUTS.items():
        model.graph.input.insert(0, helper.make_tensor_value_info(name, TensorProto.FLOAT, [rows, *shape]))
    nodes = [
        helper.make_node("Mul", ["y", "dose"], ["scaled"]),
        helper.make_node("ReduceMean", ["control"], ["added"], axes=[2], keepdims=0),
        helper.make_node("Add", ["scaled", "added"], ["z"]),
    ]
    model.graph.node.extend(nodes)
    del model.graph.output[:]
    model.graph.output.append(helper.make_tensor_value_info("z", TensorProto.FLOAT, [rows, OUTPUTS]))
    return model


def plain_function(weights: Weights) -> Callable[..., Any]:
    def network(x: Any, *, dose: Any, control: Any) -> Any:
        return truth(weights, x, control, dose)

    return network


CONTROLLED: dict[str, Callable[[Weights], Any]] = {
    "torch": torch_module, "data_parallel": data_parallel, "lightning": lightning_module, "scripted": scripted,
    "traced": traced, "frozen": frozen, "keras_torch": keras_model, "keras_jax": keras_model, "jax": jax_function,
    "jitted": jitted, "flax": flax_module, "equinox": equinox_module, "onnx": onnx_model, "function": plain_function,
}  # fmt: skip
"""Row of ``FRAMEWORKS`` to the network; rows without one take no further inputs."""
