"""Models: sequences in, named numbers out, with the members of an ensemble side by side."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal, TypeVar

import numpy as np
from numpy.typing import NDArray

from seqdo.caller_warning import warn_caller
from seqdo.errors import InputError, RunError
from seqdo.models.batch_limit import BatchLimit, checked_batch
from seqdo.models.ensemble import for_each_member
from seqdo.models.member import Member
from seqdo.models.network import BATCH, GRADIENT_BATCH, Network
from seqdo.models.random_states import untouched_randomness
from seqdo.models.reference import Reference
from seqdo.sequences.alphabet import PAD, RNA, Alphabet
from seqdo.sequences.sequences import Sequences

Padding = Literal["left", "right", "centre"]

SHOWN = 200
"""Positions of a sequence that an error shows; longer sequences are cut."""

CALL_POSITIONS = 2**24
"""The most positions in one call of a member by default: 512 sequences of 32,768 bp, whose one-hot takes 256 MiB."""

CPU_POSITIONS = 21_504
"""The same on a CPU, for 512 sequences of 42 nt: the values of a few layers then fit into its caches.

A BPNet of 2,114 bp takes 29 ms for each sequence in a batch of 128, and 14.5 ms in batches of 4 to 16 (one core)."""

CPU_BYTES = 2**23
"""Bytes of the largest tensor in one call on a CPU. For much larger ones each layer asks the system for memory.

Two cores, us for each sequence in calls of 8, 32, 64 and 128 (the best of five rounds): DeepSTARR (249 kB) 329, 245,
250, 432; Basset (698 kB) 1,960, 2,009, 2,905, 2,704. In calls of 8, 16, 32 and 64: BPNet (541 kB) 5,480, 4,959, 5,824,
10,189.
"""

NAMED = 4
"""The most outputs that a printed model names; beyond that it shows their number."""

Array = NDArray[np.floating[Any]]
T = TypeVar("T", bound=Array)


@dataclass(frozen=True, eq=False, repr=False)
class Model:
    """What a design runs on: sequences in, (members, n, outputs) numbers out.

    Made by :func:`seqdo.wrap`, which checks what it wraps.

    Attributes
    ----------
    name : how tables, pages and messages refer to the model
    alphabet : DNA or RNA
    length : number of positions that the model reads, padding included
    outputs : names of the numbers that it predicts, in order
    members : one for a single network, more for an ensemble
    pad : where zeros go when a sequence is shorter; None refuses shorter sequences
        "centre" puts (length - sequence length) // 2 of the zeros on the left.
    reference : predictions on held-out real sequences, and their letters; None if the model came without
    noise : SD of repeated identical calls for each output, None for a model without noise
    """

    name: str
    alphabet: Alphabet
    length: int
    outputs: tuple[str, ...]
    members: tuple[Member, ...]
    pad: Padding | None = None
    reference: Reference | None = None
    noise: dict[str, float] | None = None

    @property
    def evaluated(self) -> Model:
        """The model that an engine evaluates for this one: the model itself, unless a run reads its profile later."""
        return self

    @property
    def width(self) -> int:
        """How many numbers a network predicts for each sequence."""
        return len(self.outputs)

    def output_name(self, number: int) -> str:
        """The name of one of these numbers, for messages.

        Parameters
        ----------
        number : its place among the numbers of a sequence, from 0
        """
        return self.outputs[number]

    def arrange(self, sequences: Sequences) -> NDArray[np.uint8]:
        """Codes (n, length) as the model reads them, with its padding.

        Parameters
        ----------
        sequences : sequences of the model's alphabet

        Raises
        ------
        InputError
            Sequences of the other alphabet, too long ones, or short ones where ``pad`` is None.

        Examples
        --------
        >>> from seqdo.sequences.alphabet import DNA
        >>> model = Model("m", DNA, 6, ("y",), (), pad="centre")
        >>> model.arrange(Sequences.from_strings(["TGA"])).tolist()
        [[4, 3, 2, 0, 4, 4]]
        """
        self._check_alphabet(sequences)
        self._check_lengths(sequences.lengths)
        lengths = sequences.lengths[:, None]
        if (lengths == self.length).all():
            return sequences.codes[:, : self.length]
        column = np.arange(self.length) - self.offsets(sequences.lengths)[:, None]
        inside = (column >= 0) & (column < lengths)
        codes = np.take_along_axis(sequences.codes, np.where(inside, column, 0), axis=1)
        return np.where(inside, codes, np.uint8(PAD))

    def offsets(self, lengths: NDArray[np.int64]) -> NDArray[np.int64]:
        """Positions (n,) in the model's input of the first letters of some sequences.

        Parameters
        ----------
        lengths : lengths (n,) of the sequences
        """
        short = self.length - lengths
        return {"right": 0 * short, "left": short, "centre": short // 2}[self.pad or "right"]

    def predict(self, sequences: Sequences, *, batch: int | None = None) -> Array:
        """Predictions for each member, sequence and output: (members, n, outputs).

        With a readout ``at_reference_peak()`` each sequence is its own reference, so it is read at its own peak.

        Parameters
        ----------
        sequences : sequences of the model's alphabet and length (shorter ones with ``pad``)
        batch : sequences in one call of a member, no more than ``wrap(batch=)`` allows; None for that number, or 512

        Raises
        ------
        InputError
            Sequences that the model can't read (see :meth:`arrange`).
        RunError
            A member that fails, or that predicts NaN or infinity: named, with the row and the sequence.
        """
        codes = self._codes(sequences, batch)
        parts = self._members(lambda member: self.predict_member(member, codes, batch=batch))
        dtype = np.result_type(np.float32, *parts)
        return np.stack([part.astype(dtype, copy=False) for part in parts])

    def gradients(
        self, sequences: Sequences, output: str | None = None, *, batch: int | None = None
    ) -> NDArray[np.float32]:
        """Gradients of one output with respect to the one-hot input: (members, n, 4, length).

        The channels are A, C, G, T (or U). Positions are those of the model's input, and columns of padding are zero.
        The gradient includes the readout.

        Parameters
        ----------
        sequences : sequences of the model's alphabet and length (shorter ones with ``pad``)
        output : name of the output; None for a model that has one output
        batch : sequences in one call of a member, no more than ``wrap(batch=)`` allows; None for that number, or 128

        Raises
        ------
        InputError
            A member without gradients, such as a function; several outputs and none named; sequences that the model
            can't read.
        RunError
            A member that fails, or whose gradient is NaN or infinite: named, with the row and the sequence.

        Examples
        --------
        >>> import torch, seqdo as sd
        >>> net = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(12, 1)).eval()
        >>> model = sd.wrap(net, alphabet=sd.DNA, length=3, layout="NCL")
        >>> gradients = model.gradients(sd.Sequences.from_strings(["GAT"]))
        >>> bool((gradients[0, 0].ravel() == net[1].weight.detach().numpy()).all())
        True
        """
        index = self._output_index(output)
        for member in self.members:
            if (error := member.network.gradient_error) is not None:
                raise error
        codes = self._codes(sequences, batch)
        gradients = np.stack(self._members(lambda member: self._differentiated(member, codes, index, batch)))
        np.moveaxis(gradients, 2, 3)[:, codes == PAD] = 0
        return gradients

    def describe(self) -> dict[str, Any]:
        """The record by which the model can be recognized, in JSON's own types."""
        members = [
            {key: value for key, value in (("name", m.name), ("sha256", m.sha256), ("reading", m.reading)) if value}
            for m in self.members
        ]
        return {
            "name": self.name,
            "alphabet": self.alphabet.name,
            "length": self.length,
            "outputs": list(self.outputs),
            "pad": self.pad,
            "noise": self.noise,
            "members": members,
        }

    def __repr__(self) -> str:
        members = f"{len(self.members)} member{'s' if len(self.members) != 1 else ''}"
        outputs = ", ".join(self.outputs) if len(self.outputs) <= NAMED else f"{len(self.outputs)} outputs"
        return f"<model {self.name}: {self._span(self.length)} of {self.alphabet} to {outputs}, {members}>"

    def with_batch(self, batch: int | None) -> Model:
        """The model with a lower limit on the number of sequences in one call; None leaves the limit as it is.

        Parameters
        ----------
        batch : the largest number of sequences in one call of a member
            The batch of ``wrap`` is never exceeded. A larger one has no effect, and a warning says so.

        Raises
        ------
        InputError
            A batch below 1.
        """
        size = checked_batch(batch)
        if size is None:
            return self
        allowed = min((member.network.limit.most for member in self.members if member.network.limit.most), default=size)
        if size > allowed:
            warn_caller(
                f"batch={size} exceeds batch={allowed} of sd.wrap, which is never exceeded: calls hold at most "
                f"{allowed} sequence{'s' * (allowed > 1)}. To allow more, write batch={size} in sd.wrap"
            )
        return self._with_networks(lambda network: replace(network, limit=BatchLimit(network.limit.size(size))))

    def with_rows(self, rows: Mapping[str, NDArray[Any]]) -> Model:
        """The model for n sequences that get a row each of some further inputs; without rows the model as it is.

        Parameters
        ----------
        rows : name of an input to an array (n, ...), as :func:`seqdo.models.example_rows.example_rows` checks them
        """
        if not rows:
            return self
        return self._with_networks(lambda network: replace(network, inputs=replace(network.inputs, examples=rows)))

    def _with_networks(self, changed: Callable[[Network], Network]) -> Model:
        members = (replace(member, network=changed(member.network)) for member in self.members)
        return replace(self, members=tuple(members))

    def usual_batch(self, network: Network, most: int) -> int:
        """Sequences in one call where the user does not say: ``most``, or fewer of long ones and of wide networks.

        Parameters
        ----------
        network : of a member
        most : number of sequences for a model of moderate length
        """
        if not network.on_cpu:
            return max(1, min(most, CALL_POSITIONS // self.length))
        work = network.work(self.length)
        fitting = CPU_BYTES // work.largest if work and work.largest else most
        return max(1, min(most, CPU_POSITIONS // self.length, fitting))

    def predict_member(self, member: Member, codes: NDArray[np.uint8], *, batch: int | None = None) -> Array:
        """Predictions (n, outputs) of one member, computed in batches and checked.

        Parameters
        ----------
        member : one of ``members``
        codes : uint8 (n, length), as :meth:`arrange` returns them
        batch : sequences in one call of the member; None for what the user allows, or 512

        Raises
        ------
        RunError
            A member that fails, changes its number of outputs, or predicts NaN or infinity.
        """
        parts = list(self._parts(member, codes, batch))
        return np.concatenate(parts) if parts else np.zeros((0, self.width), np.float32)

    def _parts(self, member: Member, codes: NDArray[np.uint8], batch: int | None) -> Iterator[Array]:
        """The predictions of batch after batch, checked."""
        size = member.network.limit.preferred(self.usual_batch(member.network, BATCH)) if batch is None else batch
        for start, rows, part in member.in_batches(codes, size, lambda network, rows: network.predict(rows)):
            if part.shape != (len(rows), self.width):
                raise RunError(
                    f"`{member.name}` returned shape {part.shape} for {len(rows)} sequences",
                    f"it has {self.width} outputs ({', '.join(self.outputs)})",
                )
            self.refuse_not_finite(member, part, rows, start)
            yield part

    def refuse_not_finite(self, member: Member, part: Array, rows: NDArray[np.uint8], start: int = 0) -> None:
        """Refuse predictions that are NaN or infinite, with the first sequence that gets one.

        Parameters
        ----------
        member : the member that predicts
        part : its predictions (n, outputs)
        rows : codes (n, length) of the sequences
        start : number of the first sequence, for the message

        Raises
        ------
        RunError
            A prediction that is not finite.
        """
        if np.isfinite(part).all():
            return
        bad = np.argwhere(~np.isfinite(part))
        row, output = int(bad[0, 0]), int(bad[0, 1])
        others = len(np.unique(bad[:, 0])) - 1
        advice = (
            "A half-precision model? Use float32; an exponential at the end? Read the logarithm out (readout=...)"
            if np.isinf(part[row, output])
            else "Predict this sequence alone to see why"
        )
        raise RunError(
            f"`{member.name}` predicted {part[row, output]} for {self.output_name(output)!r} on sequence {start + row}"
            f" ({self._shown(rows[row])})" + (f" and the like for {others} more of {len(part)}" if others else ""),
            "predictions must be finite: a mean over the other sequences would be a different quantity",
            advice,
        )

    def _differentiated(
        self, member: Member, codes: NDArray[np.uint8], output: int, batch: int | None
    ) -> NDArray[np.float32]:
        """Gradients (n, 4, length) of one member, computed in batches and checked."""
        parts: list[NDArray[np.float32]] = []
        usual = self.usual_batch(member.network, GRADIENT_BATCH)
        size = member.network.limit.preferred(usual, "gradients") if batch is None else batch

        def differentiate(network: Network, rows: NDArray[np.uint8]) -> NDArray[np.float32]:
            return network.gradients(rows, output, batch=size)

        for start, rows, part in member.in_batches(codes, size, differentiate):
            finite = np.isfinite(part).all((1, 2))
            if not finite.all():
                row = int(np.argmin(finite))
                raise RunError(
                    f"`{member.name}`: the gradient of {self.outputs[output]!r} is not finite on sequence {start + row}"
                    f" ({self._shown(rows[row])})",
                    "gradients must be finite",
                    "Look for a square root, logarithm or norm of 0 in the network or the readout",
                )
            parts.append(part)
        return np.concatenate(parts) if parts else np.zeros((0, 4, self.length), np.float32)

    def _members(self, compute: Callable[[Member], T]) -> list[T]:
        """The result of ``compute`` for each member."""
        # A noisy model must go on drawing; any other leaves the random state as it was.
        if self.noise is not None:
            return [compute(member) for member in self.members]
        with untouched_randomness():
            return for_each_member(compute, self.members)

    def _codes(self, sequences: Sequences, batch: int | None) -> NDArray[np.uint8]:
        checked_batch(batch)
        return self.arrange(sequences)

    def _output_index(self, output: str | None) -> int:
        if output is None and len(self.outputs) == 1:
            return 0
        if output not in self.outputs:
            raise InputError(
                f"`output={output!r}`",
                f"{self.name} predicts {', '.join(map(repr, self.outputs))}",
                f"Write output={self.outputs[0]!r}",
            )
        return self.outputs.index(output)

    def _check_alphabet(self, sequences: Sequences) -> None:
        theirs, own = sequences.alphabet, self.alphabet
        if theirs is not None and theirs != own:
            raise InputError(
                f"the sequences are {theirs} ({theirs.letters}), not `alphabet=sd.{own}`",
                f"{self.name} reads {own} ({own.letters})",
                f"Pass {own} sequences, or replace {theirs.letters[3]} by {own.letters[3]}",
            )

    def _check_lengths(self, lengths: NDArray[np.int64]) -> None:
        wrong = lengths > self.length if self.pad else lengths != self.length
        if not wrong.any():
            return
        got = np.unique(lengths[wrong])
        span = f"{got[0]}" if len(got) == 1 else f"{got[0]} to {got[-1]}"
        which = f"{int(wrong.sum())} of {len(lengths)} sequences have" if len(lengths) > 1 else "the sequence has"
        long = int(lengths.max()) > self.length
        raise InputError(
            f"{which} length {span}, {'more than' if self.pad else 'not'} `length={self.length}`",
            f"{self.name} reads {'at most ' if self.pad else ''}{self._span(self.length)}",
            f"Cut them to {self._span(self.length)}" if long else 'For zeros around them write wrap(..., pad="centre")',
        )

    def _shown(self, codes: NDArray[np.uint8]) -> str:
        letters = self.alphabet.decode(codes)
        return letters if len(letters) <= SHOWN else f"{letters[:SHOWN]}… ({self._span(len(letters))})"

    def _span(self, length: int) -> str:
        return f"{length} {'nt' if self.alphabet == RNA else 'bp'}"
