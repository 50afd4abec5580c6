"""What a network can do: predict, and whatever else its framework allows.

A framework gets an adapter: one subclass of :class:`Network` in ``adapters/``, and one row in ``wrap``'s table. The
subclass implements :meth:`~Network.claims`, :meth:`~Network.adapt`, :attr:`~Network.source` and :meth:`~Network.raw`.
Everything else is optional. The default of each optional ability holds for any function: no gradients, no layers, no
weights. An adapter overrides the abilities that its framework has, and the rest of seqdo reads them here.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from seqdo.errors import InputError
from seqdo.models.batch_limit import BatchLimit
from seqdo.models.further_inputs import FurtherInputs
from seqdo.models.input_layout import Layout, encode
from seqdo.models.input_parameters import Parameters
from seqdo.models.letter_order import LETTERS, channel_order, code_table
from seqdo.models.readout import as_numbers, in_words
from seqdo.models.work import Work

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
    letters : the letters in the order of the network's channels or codes
    inputs : further inputs, next to the sequence
    limit : the largest number of sequences in one call
    takes_inputs : of an adapter, whether its ``raw`` passes ``inputs`` on
    """

    name: str
    layout: Layout
    readout: Callable[[Any], Any]
    letters: str = field(default=LETTERS, kw_only=True)
    inputs: FurtherInputs = field(default_factory=FurtherInputs, kw_only=True)
    limit: BatchLimit = field(default_factory=BatchLimit, kw_only=True, repr=False)
    takes_inputs: ClassVar[bool] = False

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
        """What the readout returns for codes (n, length), in the framework's own arrays.

        The codes are in the network's own order of letters (:meth:`codes_in`). All are predicted in one call.
        """

    # --- predictions, which every network has

    def predict(self, codes: Codes) -> Numbers:
        """Predictions (n, outputs) for codes uint8 (n, length), padding included; float32, or float64 as computed.

        No call of the network exceeds ``limit``. Where memory runs out, the batch is halved.
        """
        parts = [numbers for _, numbers in self.raw_parts(codes)]
        return parts[0] if len(parts) == 1 else np.concatenate(parts)

    def raw_parts(self, codes: Codes) -> Iterator[tuple[Any, Numbers]]:
        """For batch after batch: what the readout returns, and the same as an array (n, outputs)."""

        def compute(rows: Codes, first: int) -> tuple[Any, Numbers]:
            raw = self.at(first, len(rows)).raw(rows)
            return raw, as_numbers(raw, len(rows), self.name)

        return self.limit.in_parts(self.codes_in(codes), compute, self.name)

    def at(self, first: int, number: int) -> Self:
        """The network for some consecutive sequences, with their rows of the further inputs; itself if no rows differ.

        Parameters
        ----------
        first, number : the first sequence, and how many there are
        """
        return replace(self, inputs=self.inputs.at(first, number)) if self.inputs.examples else self

    def codes_in(self, codes: Codes) -> Codes:
        """Codes in the network's own order of letters, for codes of A, C, G, T (or U)."""
        return codes if self.letters == LETTERS else code_table(self.letters)[codes]

    def __call__(self, codes: Codes) -> Numbers:
        """The same as :meth:`predict`."""
        return self.predict(codes)

    @property
    def reading(self) -> str:
        """How codes become predictions, for the record: the layout and the readout."""
        order = "" if self.letters == LETTERS else f"letters={self.letters}"
        return " ".join(filter(None, [self.layout, order, self.inputs.in_words(), in_words(self.readout)]))

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
        """The number of sequences in one call that suits the network, where the user does not say."""
        return BATCH

    def on_device(self, device: str) -> Self:
        """The network on another device; the user's object stays where it is.

        Raises
        ------
        InputError
            The framework has no such device, or seqdo can't move its networks.
        """
        raise InputError(
            f"`device={device!r}` for `{self.name}`",
            "seqdo can move PyTorch modules only",
            "Leave device out, and let the model itself choose where it computes",
        )

    def with_accepted_layout(self, probe: Codes) -> Self:
        """The network with a layout that it accepts, where none was declared.

        Parameters
        ----------
        probe : codes (n, length) on which the network may be tried
        """
        return self

    @property
    def parameters(self) -> Parameters | None:
        """The parameters of what is called, by which ``inputs`` are passed; None if they can't be read."""
        return None

    def check_inputs(self) -> None:
        """Refuse ``inputs`` whose names are no parameters of the user's object.

        Raises
        ------
        InputError
            A name that is no parameter; the message lists the parameters.
        """
        if self.inputs and self.parameters is not None:
            self.parameters.refuse_unknown(self.inputs, self.name)

    def as_called(self, probe: Codes, layout: Layout | None) -> Self:
        """The network as it is called with its further inputs, which ``adapt`` does not know yet.

        Parameters
        ----------
        probe : codes (n, length) on which the network may be tried
        layout : the declared layout; None if none is declared
        """
        return self

    def watch_precision(self) -> AbstractContextManager[set[str]]:
        """Within the context, the floating-point types that the network computes in are added to the set, if seen."""
        return nullcontext(set())

    def work(self, length: int) -> Work | None:
        """What the prediction of one sequence takes; None if it is unknown.

        Parameters
        ----------
        length : positions of a sequence
        """
        return None

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
        return self._in_batches(codes, lambda rows: encode(self.codes_in(rows), "NCL"), output, batch)

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
        return self._in_batches(inputs, lambda rows: rows[:, channel_order(self.letters)], output, batch)

    def _in_batches(
        self, rows: NDArray[Any], one_hot: Callable[[NDArray[Any]], Numbers], output: int | None, batch: int
    ) -> NDArray[np.float32]:
        if (error := self.gradient_error) is not None:
            raise error
        if not len(rows) or batch < 1:
            raise InputError(f"`codes` or `inputs` has {len(rows)} rows, and `batch={batch}`", "at least 1 is needed")

        def differentiate(some: NDArray[Any], first: int) -> Numbers:
            return self.at(first, len(some))._differentiate(one_hot(some), output)

        parts = list(self.limit.in_parts(rows, differentiate, self.name, "gradients", batch))
        gradients = np.concatenate(parts).astype(np.float32, copy=False)
        if self.letters != LETTERS:
            gradients = gradients[:, :, [self.letters.index(letter) for letter in LETTERS]]
        return gradients if output is None else gradients[:, 0]

    def _differentiate(self, inputs: Numbers, output: int | None) -> Numbers:
        """Gradients (n, outputs, 4, length) at real-valued inputs (n, 4, length), in one call of the network.

        Channels are in the network's own order of letters, of the inputs and of the gradients.
        What an adapter with gradients implements, together with :attr:`gradient_error`. With ``output``, the second
        axis has that output alone.
        """
        raise NotImplementedError(type(self).__name__)
