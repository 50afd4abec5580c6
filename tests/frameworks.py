"""One small network with the same weights in each framework, and what seqdo can do with it there.

``python tests/frameworks.py`` writes the table of README.md from ``FRAMEWORKS``; ``tests/models/test_frameworks.py``
measures each entry of it on the real network.
"""

from __future__ import annotations

import importlib.util
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

LENGTH, FEATURES, WIDTH, OUTPUTS = 24, 5, 6, 2
README = Path(__file__).resolve().parents[1] / "README.md"
BEGIN, END = "<!-- frameworks: written by tests/frameworks.py -->", "<!-- end of frameworks -->"


class Weights:
    """A convolution, tanh, the mean over positions, and a linear layer."""

    def __init__(self, seed: int = 7) -> None:
        rng = np.random.default_rng(seed)
        self.kernel = rng.normal(size=(FEATURES, 4, WIDTH)).astype(np.float32)
        self.shift = rng.normal(size=FEATURES).astype(np.float32)
        self.last = rng.normal(size=(OUTPUTS, FEATURES)).astype(np.float32)
        self.bias = rng.normal(size=OUTPUTS).astype(np.float32)

    def hidden(self, x: np.ndarray) -> np.ndarray:
        """The input (n, features) of the last layer, for one-hot (n, 4, length), in float64."""
        windows = np.lib.stride_tricks.sliding_window_view(np.asarray(x, np.float64), WIDTH, axis=2)
        return np.tanh(np.einsum("nclw,fcw->nfl", windows, self.kernel) + self.shift[:, None]).mean(2)

    def __call__(self, x: np.ndarray) -> np.ndarray:
        """Predictions (n, 2) for one-hot or real numbers (n, 4, length), in float64."""
        return self.hidden(x) @ self.last.T.astype(np.float64) + self.bias


# --- one function a framework: the network with these weights, calls of which can be counted


def torch_module(weights: Weights) -> Any:
    import torch
    from torch import nn

    net = nn.Sequential(
        nn.Conv1d(4, FEATURES, WIDTH), nn.Tanh(), nn.AdaptiveAvgPool1d(1), nn.Flatten(), nn.Dropout(0.5),
        nn.Linear(FEATURES, OUTPUTS),
    ).eval()  # fmt: skip
    with torch.no_grad():
        for tensor, values in zip(net.parameters(), (weights.kernel, weights.shift, weights.last, weights.bias),
                                  strict=True):  # fmt: skip
            tensor.copy_(torch.from_numpy(values))
    return net


def data_parallel(weights: Weights) -> Any:
    from torch import nn

    return nn.DataParallel(torch_module(weights))


def scripted(weights: Weights) -> Any:
    import torch

    return _quietly(lambda: torch.jit.script(torch_module(weights)))


def traced(weights: Weights) -> Any:
    import torch

    return _quietly(lambda: torch.jit.trace(torch_module(weights), torch.zeros(3, 4, LENGTH)))


def frozen(weights: Weights) -> Any:
    import torch

    return _quietly(lambda: torch.jit.freeze(scripted(weights)))


def _quietly(make: Callable[[], Any]) -> Any:
    """A framework's own notes about its age are no part of the test."""
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return make()


def lightning_module(weights: Weights) -> Any:
    lightning = _quietly(lambda: importlib.import_module("lightning.pytorch"))

    class Regression(lightning.LightningModule):
        def __init__(self) -> None:
            super().__init__()
            self.net = torch_module(weights)

        def forward(self, x: Any) -> Any:
            return self.net(x)

        def training_step(self, batch: Any, index: int) -> Any:
            raise AssertionError("nothing trains")

    return Regression().eval()


def keras_model(weights: Weights) -> Any:
    keras = _quietly(lambda: importlib.import_module("keras"))
    model = keras.Sequential([
        keras.Input((LENGTH, 4)), keras.layers.Conv1D(FEATURES, WIDTH, activation="tanh"),
        keras.layers.GlobalAveragePooling1D(), keras.layers.Dropout(0.5), keras.layers.Dense(OUTPUTS),
    ])  # fmt: skip
    model.set_weights([weights.kernel.transpose(2, 1, 0), weights.shift, weights.last.T, weights.bias])
    return model


def jax_function(weights: Weights) -> Callable[[Any], Any]:
    import jax
    import jax.numpy as jnp

    def network(x: Any) -> Any:
        x = jnp.asarray(x)
        c = jax.lax.conv_general_dilated(x, weights.kernel, (1,), "VALID", dimension_numbers=("NCH", "OIH", "NCH"))
        return jnp.tanh(c + weights.shift[:, None]).mean(2) @ weights.last.T + weights.bias

    return network


def jitted(weights: Weights) -> Any:
    import jax

    return jax.jit(jax_function(weights))


def flax_module(weights: Weights) -> Any:
    import jax.numpy as jnp
    from flax import nnx

    class Net(nnx.Module):
        def __init__(self) -> None:
            rngs = nnx.Rngs(0)
            self.conv = nnx.Conv(4, FEATURES, (WIDTH,), padding="VALID", rngs=rngs)
            self.dropout = nnx.Dropout(0.5, rngs=rngs)
            self.last = nnx.Linear(FEATURES, OUTPUTS, rngs=rngs)

        def __call__(self, x: Any) -> Any:
            return self.last(self.dropout(jnp.tanh(self.conv(x)).mean(1)))

    net = Net()
    net.eval()
    for variable, values in (
        (net.conv.kernel, weights.kernel.transpose(2, 1, 0)), (net.conv.bias, weights.shift),
        (net.last.kernel, weights.last.T), (net.last.bias, weights.bias),
    ):  # fmt: skip
        variable[...] = jnp.asarray(values)
    return net


def equinox_module(weights: Weights) -> Any:
    import equinox as eqx
    import jax
    import jax.numpy as jnp

    key = jax.random.key(0)
    net = eqx.nn.Sequential([
        eqx.nn.Conv1d(4, FEATURES, WIDTH, key=key), eqx.nn.Lambda(jnp.tanh), eqx.nn.Lambda(lambda x: x.mean(1)),
        eqx.nn.Dropout(0.5), eqx.nn.Linear(FEATURES, OUTPUTS, key=key),
    ])  # fmt: skip
    values = (weights.kernel, weights.shift[:, None], weights.last, weights.bias)
    places = lambda n: (n.layers[0].weight, n.layers[0].bias, n.layers[4].weight, n.layers[4].bias)  # noqa: E731
    return eqx.nn.inference_mode(eqx.tree_at(places, net, tuple(map(jnp.asarray, values))))


def onnx_model(weights: Weights, rows: int | str = "n", heads: bool = False, **versions: int) -> Any:
    """The network as an onnx.ModelProto; with ``heads`` its hidden values are an output too."""
    from onnx import TensorProto, helper, numpy_helper

    nodes = [
        helper.make_node("Conv", ["x", "kernel", "shift"], ["c"]), helper.make_node("Tanh", ["c"], ["t"]),
        helper.make_node("ReduceMean", ["t"], ["m"], axes=[2], keepdims=0),
        helper.make_node("Gemm", ["m", "last", "bias"], ["y"], transB=1),
    ]  # fmt: skip
    arrays = {name: numpy_helper.from_array(getattr(weights, name), name) for name in vars(weights)}
    outputs = [helper.make_tensor_value_info("y", TensorProto.FLOAT, [rows, OUTPUTS])]
    outputs += [helper.make_tensor_value_info("m", TensorProto.FLOAT, [rows, FEATURES])] if heads else []
    inputs = [helper.make_tensor_value_info("x", TensorProto.FLOAT, [rows, 4, LENGTH])]
    graph = helper.make_graph(nodes, "small", inputs, outputs, list(arrays.values()))
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", versions.get("opset", 17))])
    model.ir_version = versions.get("ir", 8)
    return model


def plain_function(weights: Weights) -> Callable[[Any], Any]:
    def network(x: Any) -> Any:
        return weights(x)

    return network


def remote_function(weights: Weights) -> Any:
    import seqdo as sd

    def service(sequence: str) -> list[float]:
        return weights(np.eye(4)[sd.DNA.encode(sequence)].T[None])[0].tolist()

    return sd.remote(service)


# --- a token model: BERT, as transformers computes it and as numpy does

VOCABULARY = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "T", "G", "C", "A", "N"]
"""A has the id 8 and T the id 5: whoever takes 0 to 3 for the letters is wrong."""


def tokenizer() -> Any:
    transformers = _quietly(lambda: importlib.import_module("transformers"))
    from tokenizers import Regex, Tokenizer, models, pre_tokenizers, processors

    inner = Tokenizer(models.WordLevel({token: i for i, token in enumerate(VOCABULARY)}, unk_token="[UNK]"))
    inner.pre_tokenizer = pre_tokenizers.Split(Regex("."), "isolated")
    inner.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    return transformers.PreTrainedTokenizerFast(
        tokenizer_object=inner, pad_token="[PAD]", unk_token="[UNK]", cls_token="[CLS]", sep_token="[SEP]",
        mask_token="[MASK]",
    )  # fmt: skip


def bert(kind: str = "BertForSequenceClassification") -> Any:
    transformers = _quietly(lambda: importlib.import_module("transformers"))
    import torch

    config = transformers.BertConfig(
        vocab_size=len(VOCABULARY), hidden_size=12, num_hidden_layers=1, num_attention_heads=2, intermediate_size=20,
        max_position_embeddings=40, num_labels=OUTPUTS,
    )  # fmt: skip
    torch.manual_seed(5)
    model = getattr(transformers, kind)(config).eval()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.normal_(0, 0.5)
    return model


def token_network(weights: Weights) -> Any:
    import seqdo as sd

    return sd.token_model(bert(), tokenizer())


class Bert:
    """What BERT predicts for DNA, in numpy and float64 (Devlin et al. 2019): one layer, two attention heads."""

    def __init__(self, model: Any) -> None:
        self.weights = {name: tensor.detach().double().numpy() for name, tensor in model.state_dict().items()}

    def linear(self, name: str, x: np.ndarray) -> np.ndarray:
        return x @ self.weights[f"{name}.weight"].T + self.weights[f"{name}.bias"]

    def norm(self, name: str, x: np.ndarray) -> np.ndarray:
        scaled = (x - x.mean(-1, keepdims=True)) / np.sqrt(x.var(-1, keepdims=True) + 1e-12)
        return scaled * self.weights[f"{name}.weight"] + self.weights[f"{name}.bias"]

    def hidden(self, x: np.ndarray) -> np.ndarray:
        """The last hidden states (n, length + 2, 12) for one-hot (n, 4, length)."""
        from scipy.special import erf, softmax

        ids = np.array([VOCABULARY.index(letter) for letter in "ACGT"])[np.argmax(x, 1)]
        ids = np.pad(ids, ((0, 0), (1, 1)), constant_values=((0, 0), (2, 3)))
        w, layer = self.weights, "bert.encoder.layer.0"
        h = w["bert.embeddings.word_embeddings.weight"][ids] + w["bert.embeddings.token_type_embeddings.weight"][0]
        h = self.norm("bert.embeddings.LayerNorm", h + w["bert.embeddings.position_embeddings.weight"][: ids.shape[1]])
        split = lambda a: a.reshape(*a.shape[:2], 2, 6).swapaxes(1, 2)  # noqa: E731
        q, k, v = (split(self.linear(f"{layer}.attention.self.{part}", h)) for part in ("query", "key", "value"))
        mixed = (softmax(q @ k.swapaxes(2, 3) / np.sqrt(6), -1) @ v).swapaxes(1, 2).reshape(h.shape)
        h = self.norm(f"{layer}.attention.output.LayerNorm", h + self.linear(f"{layer}.attention.output.dense", mixed))
        inner = self.linear(f"{layer}.intermediate.dense", h)
        inner = inner * 0.5 * (1 + erf(inner / np.sqrt(2)))
        return self.norm(f"{layer}.output.LayerNorm", h + self.linear(f"{layer}.output.dense", inner))

    def __call__(self, x: np.ndarray) -> np.ndarray:
        pooled = np.tanh(self.linear("bert.pooler.dense", self.hidden(x)[:, 0]))
        return self.linear("classifier", pooled)


# --- the table


@dataclass(frozen=True)
class Framework:
    """A framework, or one way to use it.

    Attributes
    ----------
    title : what the README calls it
    make : the network with some weights
    needs : packages without which the row is skipped
    extra : the optional packages of seqdo that install them
    reading : how the record of a run begins
    layout : the layout that is found, or None where it is declared in ``options``
    gradients, layers, engine, hashed, shuffled : what seqdo can do with it
    keras : what computes Keras in this row
    options : further arguments of ``wrap``
    """

    title: str
    make: Callable[[Weights], Any]
    needs: tuple[str, ...]
    extra: str
    reading: str
    gradients: bool
    layers: bool
    engine: bool
    hashed: bool
    shuffled: bool
    keras: str | None = None
    options: dict[str, Any] = field(default_factory=dict)

    @property
    def missing(self) -> str:
        """Why the row can't run here; "" if it can."""
        for package in self.needs:
            if importlib.util.find_spec(package) is None:
                return f"{package} is not installed: make test-frameworks"
        if self.keras and os.environ.get("KERAS_BACKEND", "tensorflow") != self.keras:
            return f"it needs a process of its own: KERAS_BACKEND={self.keras}"
        return ""


def _row(
    title: str, make: Callable[[Weights], Any], needs: str, extra: str, reading: str, can: str, **more: Any
) -> Any:
    abilities = ("gradients", "layers", "engine", "hashed", "shuffled")
    assert set(can.split()) <= set(abilities)
    return Framework(title, make, tuple(needs.split()), extra, reading,
                     **{ability: ability in can.split() for ability in abilities}, **more)  # fmt: skip


FRAMEWORKS = {
    "torch": _row("PyTorch module", torch_module, "torch", "torch", "torch NCL",
                  "gradients layers engine hashed shuffled"),
    "data_parallel": _row("`nn.DataParallel`, `torch.compile`", data_parallel, "torch", "torch", "torch NCL",
                          "gradients layers engine hashed shuffled"),
    "lightning": _row("Lightning module", lightning_module, "torch lightning", "lightning", "lightning NCL",
                      "gradients layers engine hashed shuffled"),
    "scripted": _row("TorchScript, scripted", scripted, "torch", "torch", "torchscript NCL",
                     "gradients hashed shuffled"),
    "traced": _row("TorchScript, traced", traced, "torch", "torch", "torchscript NCL",
                   "gradients engine hashed shuffled"),
    "frozen": _row("TorchScript, frozen", frozen, "torch", "torch", "torchscript NCL", "gradients engine hashed"),
    "keras_torch": _row("Keras 3 on PyTorch", keras_model, "keras torch", "keras", "keras on torch NLC",
                        "gradients layers hashed shuffled", keras="torch"),
    "keras_jax": _row("Keras 3 on JAX", keras_model, "keras jax", "keras", "keras on jax NLC",
                      "gradients layers hashed shuffled", keras="jax"),
    "jax": _row("JAX function", jax_function, "jax", "jax", "jax NCL", "gradients"),
    "jitted": _row("JAX function, `jax.jit`", jitted, "jax", "jax", "jax NCL", "gradients"),
    "flax": _row("Flax NNX module", flax_module, "flax", "flax", "flax NLC", "gradients hashed shuffled"),
    "equinox": _row("Equinox module", equinox_module, "equinox", "equinox", "equinox NCL", "gradients hashed shuffled"),
    "onnx": _row("ONNX file or model", onnx_model, "onnx onnxruntime", "onnx", "onnx NCL", "hashed"),
    "tokens": _row("Hugging Face model with tokenizer", token_network, "torch transformers tokenizers", "transformers",
                   "tokens of", "hashed shuffled"),
    "function": _row("any other function", plain_function, "numpy", "", "NCL", ""),
    "remote": _row("slow or remote function, `sd.remote`", remote_function, "numpy", "", "remote", ""),
}  # fmt: skip


def table() -> str:
    """What seqdo can do in each framework, in Markdown."""
    head = [
        "model",
        "predictions",
        "gradients",
        "last layer",
        "fast engine",
        "weights hashed",
        "shuffled weights",
        "further inputs",
        "extra",
    ]
    lines = ["| " + " | ".join(head) + " |", "|---|" + ":-:|" * (len(head) - 2) + "---|"]
    from controlled_networks import CONTROLLED

    for key, row in FRAMEWORKS.items():
        abilities = (True, row.gradients, row.layers, row.engine, row.hashed, row.shuffled, key in CONTROLLED)
        marks = ["yes" if ability else "–" for ability in abilities]
        lines.append("| " + " | ".join([row.title, *marks, f"`{row.extra}`" if row.extra else "–"]) + " |")
    return "\n".join(lines)


def readme_table() -> str:
    """The table that stands in the README."""
    text = README.read_text(encoding="utf-8")
    return text.partition(BEGIN + "\n")[2].partition("\n" + END)[0]


def write() -> None:
    """Write the table into the README, between its marks."""
    text = README.read_text(encoding="utf-8")
    before, after = text.partition(BEGIN)[0], text.partition(END)[2]
    README.write_text(f"{before}{BEGIN}\n{table()}\n{END}{after}", encoding="utf-8")


if __name__ == "__main__":
    sys.exit(write())
