"""ONNX models as networks, computed by onnxruntime: a file, a model in memory, or a session."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from seqdo.errors import InputError
from seqdo.models.adapters.layout_trial import with_accepted_layout
from seqdo.models.adapters.onnx_file import read_onnx, read_proto
from seqdo.models.declared_inputs import DeclaredInput, as_declared, sequence_input
from seqdo.models.input_layout import Layout, encode
from seqdo.models.network import BATCH, Codes, Network

TYPES: dict[str, Any] = {
    "tensor(float)": np.float32, "tensor(double)": np.float64, "tensor(float16)": np.float16,
    "tensor(int64)": np.int64, "tensor(int32)": np.int32, "tensor(uint8)": np.uint8, "tensor(bool)": np.bool_,
}  # fmt: skip
"""ONNX types of input that seqdo can make, and numpy's names for them."""


@dataclass(frozen=True)
class OnnxNetwork(Network):
    """A session of onnxruntime.

    Attributes
    ----------
    origin : what the user gave, by which two members that are the same are recognized
    session : the onnxruntime.InferenceSession
    sha256 : hash of the weights; None for a session, which does not show them
    sequence : name of the input that is the sequence; "" until the further inputs are known
    fixed : the number of sequences that each call must have; None if any number will do
    """

    origin: object
    session: Any
    sha256: str | None
    sequence: str = ""
    fixed: int | None = None
    takes_inputs: ClassVar[bool] = True

    @classmethod
    def claims(cls, obj: object) -> bool:
        """Is the object a session of onnxruntime, a model of onnx, or the path of an .onnx file?"""
        if isinstance(obj, str | os.PathLike):
            return Path(obj).suffix.lower() == ".onnx"
        kinds = [("onnxruntime", "InferenceSession"), ("onnx", "ModelProto")]
        return any(isinstance(obj, getattr(sys.modules[name], kind)) for name, kind in kinds if name in sys.modules)

    @classmethod
    def label(cls, obj: Any) -> str:  # noqa: ANN401 - a path, a model, a session
        """The name of the file without its ending, or of the graph."""
        if isinstance(obj, str | os.PathLike):
            return Path(obj).stem
        return getattr(getattr(obj, "graph", None), "name", "") or "onnx"

    @classmethod
    def adapt(
        cls,
        obj: Any,  # noqa: ANN401 - a path, a model, a session
        name: str,
        probe: Codes,
        layout: Layout | None,
        readout: Callable[[Any], Any],
        allow_noise: bool,
    ) -> Self:
        """The network of a model; which of its inputs is the sequence shows later (``as_called``)."""
        if isinstance(obj, str | os.PathLike):
            session, sha256 = read_onnx(Path(obj))
        elif hasattr(obj, "get_inputs"):
            session, sha256 = obj, None
        else:
            session, sha256 = read_proto(obj, name)
        return cls(name, layout or "NCL", readout, obj, session, sha256)

    def check_inputs(self) -> None:
        """Nothing yet: names are checked together with shapes (``as_called``)."""

    def as_called(self, probe: Codes, layout: Layout | None) -> Self:
        """The network with the input that is the sequence, and the further inputs in their declared types."""
        declared = _declared_inputs(self.session)
        sequence = sequence_input(declared, self.inputs, self.name, probe.shape[1])
        shape = _checked_input(self.session, sequence.name, self.name, probe.shape[1], layout)
        inputs = as_declared(declared, self.inputs, self.name)
        return replace(self, sequence=sequence.name, fixed=shape[0], inputs=inputs)

    def with_accepted_layout(self, probe: Codes) -> Self:
        """The layout of the declared input, or the one that the model accepts."""
        return with_accepted_layout(self, probe)

    @property
    def source(self) -> object:
        """What the user gave."""
        return self.origin

    @property
    def reading(self) -> str:
        """The framework, the layout and the readout."""
        return f"onnx {super().reading}"

    @property
    def device(self) -> str:
        """Where onnxruntime computes: "cpu", or the name of its first provider, such as "cuda"."""
        return str(self.session.get_providers()[0]).removesuffix("ExecutionProvider").lower()

    @property
    def batch(self) -> int:
        """The number of sequences that the model demands, if it demands one."""
        return self.fixed or BATCH

    def raw(self, codes: Codes) -> Any:  # noqa: ANN401 - an array, or a dict of them
        """What the readout makes of the output: an array, or name to array if there are several outputs."""
        kind = next(each.type for each in self.session.get_inputs() if each.name == self.sequence)
        array = encode(codes, self.layout).astype(TYPES[kind], copy=False)
        size = self.fixed or len(array)
        calls = [self._call(array[start : start + size], start, size) for start in range(0, len(array), size)]
        names = [output.name for output in self.session.get_outputs()]
        heads = {name: np.concatenate([call[name] for call in calls]) for name in names}
        return self.readout(heads if len(heads) > 1 else heads[names[0]])

    def _call(self, rows: NDArray[Any], first: int, size: int) -> dict[str, NDArray[Any]]:
        """Name to array of the outputs for some rows, the first of which is number ``first``, in a call of ``size``."""
        padded = np.concatenate([rows, np.repeat(rows[-1:], size - len(rows), 0)]) if len(rows) < size else rows
        further = self.inputs.at(first, len(rows)).rows(len(rows), size)
        outputs = self.session.run(None, {self.sequence: padded, **further})
        names = [output.name for output in self.session.get_outputs()]
        # An output without rows is left to the checks of ``wrap``, which name its shape.
        return {name: np.atleast_1d(values)[: len(rows)] for name, values in zip(names, outputs, strict=True)}

    def weights_sha256(self) -> str | None:
        """Hash of all weights and constants; None for a session."""
        return self.sha256

    @property
    def gradient_error(self) -> InputError:
        """A session computes predictions only."""
        return InputError(
            f"`{self.name}` has no gradients: onnxruntime computes predictions only",
            "gradients need the network from which the file was exported",
            "Wrap that network, or use sd.mutagenesis, which needs predictions only",
        )


def _declared_inputs(session: Any) -> list[DeclaredInput]:  # noqa: ANN401 - an onnxruntime.InferenceSession
    """Name, shape of a row and type of each input."""
    return [
        DeclaredInput(each.name, _sizes(each.shape)[1:] if each.shape else None, _dtype(each.type))
        for each in session.get_inputs()
    ]


def _dtype(kind: str) -> np.dtype[Any] | None:
    return np.dtype(TYPES[kind]) if kind in TYPES else None


def _sizes(shape: Any) -> tuple[int | None, ...]:  # noqa: ANN401 - a list of sizes and their names
    return tuple(size if isinstance(size, int) else None for size in shape)


def _checked_input(
    session: Any,  # noqa: ANN401 - an onnxruntime.InferenceSession
    sequence: str,
    name: str,
    length: int,
    layout: Layout | None,
) -> tuple[int | None, ...]:
    """Shape of the sequence, with None where any size will do."""
    inputs = [each for each in session.get_inputs() if each.name == sequence]
    kind, shape = inputs[0].type, _sizes(inputs[0].shape)
    whole = "int" in kind
    if kind not in TYPES or whole != (layout == "codes"):
        raise InputError(
            f"`{name}` reads {kind} of shape {inputs[0].shape}" + (f', and `layout="{layout}"`' if layout else ""),
            "one-hot input is tensor(float); whole numbers are ids of tokens, which a file does not explain",
            'If the network was trained with A, C, G, T as 0, 1, 2, 3, write layout="codes"'
            if whole
            else 'Write layout="NCL" or layout="NLC"',
        )
    expected: dict[Layout, list[tuple[int, ...]]] = {"codes": [(length,)], "NCL": [(4, length)], "NLC": [(length, 4)]}
    choices = expected[layout] if layout else expected["NCL"] + expected["NLC"]
    if shape and not any(_fits(shape[1:], choice) for choice in choices):
        raise InputError(
            f"`{name}` reads input of shape {inputs[0].shape}, and `length={length}`",
            f"the shape is (n, {'), or (n, '.join(', '.join(map(str, choice)) for choice in choices)})",
            f"Write length={max((size for size in shape[1:] if size and size != 4), default=length)}"
            if not layout
            else "Leave layout out to have it found",
        )
    return shape or (None,)


def _fits(shape: tuple[int | None, ...], choice: tuple[int, ...]) -> bool:
    return len(shape) == len(choice) and all(size in (None, wanted) for size, wanted in zip(shape, choice, strict=True))
