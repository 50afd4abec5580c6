"""What a network can do: predict, and whatever else its framework allows.

A framework gets an adapter: one subclass of :class:`Network` in ``adapters/``, and one row in ``wrap``'s table. The
subclass implements :meth:`~Network.claims`, :meth:`~Network.adapt`, :attr:`~Network.source` and :meth:`~Network.raw`.
Everything else is optional. The default of each optional ability holds for any function: no gradients, no layers, no
weights. An adapter overrides the abilities that its framework has, and the rest of seqdo reads them here.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from seqdo.errors import InputError
from seqdo.models.input_layout import Layout, encode
from seqdo.models.readout import as_numbers, in_words

BATCH = 512
"""Sequences in one call of a network, unless its adapter declares another number."""

GRADIENT_BATCH = 128
"""Sequences in one call for gradients: a quarter of ``BATCH``, since the activations of all layers are in memory."""

GRADIENTS_NEED = "gradients need a network that seqdo can differentiate, such as a torch.nn.Module, with one-hot input"
"""What an error accepts where a network has no gradients."""

Codes = NDArray[np.uint8]
Numbers = NDArray[np.floating[Any]]


class LayerInput(NamedTuple):
    """The name of a layer, and its input, float32 (n, features)."""

    name: str
    values: NDArray[np.float32]


@dataclass(frozen=True)
class Network(ABC):
    """One trained network, or one function, and how it is called.

    Attributes
    ----------
    name : how messages refer to the network
    layout : the input that the network reads: "NCL", "NLC" or "codes"
    readout : function from what the network returns to numbers, (n,) or (n, outputs)
    """

    name: str
    layout: Layout
    readout: Callable[[Any], Any]

    # --- what an adapter implements

    @classmethod
    @abstractmethod
    def claims(cls, obj: object) -> bool:
        """Is the object a network of this adapter's framework?"""

    @classmethod
    def claims_output(cls, output: object) -> bool:
        """Does the output of a plain function show that this adapter's framework computed it?"""
        return False

    @classmethod
    def label(cls, obj: Any) -> str:  # noqa: ANN401 - the framework's own type
        """The name of a user's object in messages: that of a function, or of the class."""
        return getattr(obj, "__name__", type(obj).__name__).replace("<lambda>", "lambda")

    @classmethod
    @abstractmethod
    def adapt(
        cls,
        obj: Any,  # noqa: ANN401 - the framework's own type
        name: str,
        probe: Codes,
        layout: Layout | None,
        readout: Callable[[Any], Any],
        allow_noise: bool,
    ) -> Self:
        """The network of a user's object.

        Parameters
        ----------
        obj : the user's object, which stays as it is
        name : how messages refer to it
        probe : codes (n, length) on which the adapter may try the object
        layout : the declared layout; None if the adapter has to find it out, or choose a default
        readout : function from what the object returns to numbers
        allow_noise : may the object draw random numbers?
        """

    @property
    @abstractmethod
    def source(self) -> object:
        """The user's object, by which two members that are the same object are recognized."""

    @abstractmethod
    def raw(self, codes: Codes) -> Any:  # noqa: ANN401 - the framework's own arrays
        """What the readout returns for codes (n, length), in the framework's own arrays."""

    # --- predictions, which every network has

    def predict(self, codes: Codes) -> Numbers:
        """Predictions (n, outputs) for codes uint8 (n, length), padding included; float32, or float64 as computed."""
        return as_numbers(self.raw(codes), len(codes), self.name)

    def __call__(self, codes: Codes) -> Numbers:
        """The same as :meth:`predict`."""
        return self.predict(codes)

    @property
    def reading(self) -> str:
        """How codes become predictions, for the record: the layout and the readout."""
        return " ".join(filter(None, [self.layout, in_words(self.readout)]))

    # --- where and how the network computes

    @property
    def device(self) -> str | None:
        """The device that holds the weights, such as "cpu" or "cuda:0"; None if it is unknown."""
        return None

    @property
    def on_cpu(self) -> bool:
        """Does the network compute on the CPU, as far as its adapter can tell?"""
        return self.device == "cpu"

    @property
    def batch(self) -> int:
        """The number of sequences in one call that suits the network."""
        return BATCH

    def with_accepted_layout(self, probe: Codes) -> Self:
        """The network with a layout that it accepts, where none was declared.

        Parameters
        ----------
        probe : codes (n, length) on which the network may be tried
        """
        return self

    def check_first_call(self, probe: Codes) -> None:  # noqa: B027 - optional: most networks have no more to check
        """Refuse, or warn about, what a call shows that no error of the framework explains.

        Parameters
        ----------
        probe : codes (n, length) on which the network may be tried
        """

    # --- weights and layers

    @property
    def torch_module(self) -> Any:  # noqa: ANN401 - a torch.nn.Module, which only the adapter may import
        """The PyTorch module that computes the predictions; None if there is none."""
        return None

    def weights_sha256(self) -> str | None:
        """Hash of all weights; None if they can't be read."""
        return None

    def with_shuffled_weights(self, rng: np.random.Generator) -> Network:
        """A copy in which the values of each weight tensor stand in a random order.

        Raises
        ------
        InputError
            The weights can't be read.
        """
        raise InputError(
            f"`model` has the member `{self.name}`, whose weights can't be read",
            "a network of a supported framework is needed, such as a torch.nn.Module",
            "Wrap the network itself, or wrap an untrained network as a second model and run the same design on it",
        )

    def last_layer_input(self, codes: Codes) -> LayerInput | None:
        """The input of the last layer with weights, averaged over positions; None if no such layer can be observed."""
        return None

    # --- gradients

    @property
    def gradient_error(self) -> InputError | None:
        """The error that gradients raise, with the reason; None if the network has gradients."""
        return InputError(
            f"`{self.name}` has no gradients",
            GRADIENTS_NEED,
            "Wrap such a network, or use in-silico mutagenesis (sd.mutagenesis), which needs predictions only",
        )

    def gradients(self, codes: Codes, output: int | None = None, *, batch: int = GRADIENT_BATCH) -> NDArray[np.float32]:
        """Gradients of predictions with respect to the one-hot input.

        Parameters
        ----------
        codes : uint8 (n, length), padding included, n at least 1
        output : number of the output to differentiate; None for all outputs
        batch : sequences in one call of the network

        Returns
        -------
        float32 (n, 4, length), whatever the layout; (n, outputs, 4, length) for all outputs
            The channels are A, C, G, T (or U). The input is zero where there is padding, and its gradient need not be.

        Raises
        ------
        InputError
            A network without gradients (see :attr:`gradient_error`), an output that does not exist, no sequences.
        """
        return self._in_batches(codes, lambda rows: encode(rows, "NCL"), output, batch)

    def gradients_at(
        self, inputs: Numbers, output: int | None = None, *, batch: int = GRADIENT_BATCH
    ) -> NDArray[np.float32]:
        """Gradients at real-valued inputs, such as those between a reference and a sequence.

        Parameters
        ----------
        inputs : real numbers (n, 4, length), channels A, C, G, T (or U), whatever the layout; n at least 1
        output : number of the output to differentiate; None for all outputs
        batch : inputs in one call of the network

        Returns
        -------
        As :meth:`gradients`

        Raises
        ------
        InputError
            As :meth:`gradients`, and inputs of another shape.
        """
        if inputs.ndim != 3 or inputs.shape[1] != 4:
            raise InputError(
                f"`inputs` has shape {inputs.shape}",
                "real-valued one-hot input is (n, 4, length), with the channels A, C, G, T (or U)",
                "Write inputs.transpose(0, 2, 1) if the channels come last",
            )
        return self._in_batches(inputs, lambda rows: rows, output, batch)

    def _in_batches(
        self, rows: NDArray[Any], one_hot: Callable[[NDArray[Any]], Numbers], output: int | None, batch: int
    ) -> NDArray[np.float32]:
        if (error := self.gradient_error) is not None:
            raise error
        if not len(rows) or batch < 1:
            raise InputError(f"`codes` or `inputs` has {len(rows)} rows, and `batch={batch}`", "at least 1 is needed")
        batches = [rows[start : start + batch] for start in range(0, len(rows), batch)]
        parts = [self._differentiate(one_hot(some), output) for some in batches]
        gradients = np.concatenate(parts).astype(np.float32, copy=False)
        return gradients if output is None else gradients[:, 0]

    def _differentiate(self, inputs: Numbers, output: int | None) -> Numbers:
        """Gradients (n, outputs, 4, length) at real-valued inputs (n, 4, length), in one call of the network.

        What an adapter with gradients implements, together with :attr:`gradient_error`. With ``output``, the second
        axis has that output alone.
        """
        raise NotImplementedError(type(self).__name__)


def first_output(network: Network, probe: Codes) -> Any:  # noqa: ANN401 - the framework's own arrays
    """The raw output for some sequences; if the network breaks, an error with the input that it received.

    Raises
    ------
    InputError
        Whatever the network raises, with the shape of its input and the layout.
    """
    try:
        return network.raw(probe)
    except InputError:
        raise
    except Exception as error:
        shape = (len(probe), *encode(probe[:1], network.layout).shape[1:])
        raise InputError(
            f'`{network.name}` failed on its first input, of shape {shape} (`layout="{network.layout}"`): '
            f"{type(error).__name__}: {error}",
            'the layout is "NCL" (n, 4, length) unless declared, and `length` is the number of positions that it reads',
            'Write layout="NLC" for (n, length, 4) or layout="codes" for (n, length), or check `length`',
        ) from error
