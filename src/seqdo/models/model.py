"""Models: from codes to named numbers, with the members of an ensemble side by side."""

from __future__ import annotations

import random
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from seqdo.errors import InputError, RunError
from seqdo.models.ensemble import ask_all
from seqdo.models.reference import Reference
from seqdo.sequences.alphabet import PAD, Alphabet
from seqdo.sequences.sequences import Sequences

Padding = Literal["left", "right", "centre"]

SHOWN = 200
"""Letters of a sequence that an error shows; longer ones are cut."""

NAMED = 4
"""Outputs that a model names when it is printed; of more it says how many."""


@dataclass(frozen=True, eq=False)
class Member:
    """One trained network (or function) of a model.

    Attributes
    ----------
    name : str
    predict : callable
        Codes uint8 (n, length), padding included, to floats (n, outputs): float32, or float64 if the
        model computes in it. The adapters' callables also have what engines ask for
        (:class:`seqdo.models.adapters.torch.TorchCall` has the module, its layout and its readout).
    sha256 : hash of the weights, None where there are none to read
    reading : how codes become the model's input and its answer numbers, in words, for the record
    half : are its answers rounded to 16 bits?
    """

    name: str
    predict: Callable[[NDArray[np.uint8]], NDArray[np.floating[Any]]]
    sha256: str | None = None
    reading: str = ""
    half: bool = False


@dataclass(frozen=True, eq=False, repr=False)
class Model:
    """What an experiment asks: sequences in, (members, n, outputs) numbers out.

    Made by :func:`seqdo.wrap`, which checks what it wraps.

    Attributes
    ----------
    name : str
    alphabet : Alphabet
    length : int
        Letters the model reads, padding included.
    outputs : names of the numbers it answers with
    members : one for a single network, more for an ensemble
    pad : where zeros go when a sequence is shorter; None refuses shorter sequences
        "centre" puts (length - letters) // 2 of them on the left.
    reference : what the model says of held-out real sequences, None if nobody shipped it
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

    def arrange(self, sequences: Sequences) -> NDArray[np.uint8]:
        """Codes (n, length) as the model reads them, padded where it wants its padding.

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
        """Where the first letter of sequences of some lengths comes to lie in what the model reads."""
        short = self.length - lengths
        return {"right": 0 * short, "left": short, "centre": short // 2}[self.pad or "right"]

    def predict(self, sequences: Sequences, *, batch: int = 512) -> NDArray[np.floating[Any]]:
        """Answers for each member, sequence and output: (members, n, outputs).

        Raises
        ------
        InputError
            Sequences the model can't read (see :meth:`arrange`).
        RunError
            A member that fails, or that answers NaN or infinity: named, with the row and the sequence.
        """
        if batch < 1:
            raise InputError(f"batch={batch}", "the sequences of one forward pass are at least 1")
        codes = self.arrange(sequences)
        # A noisy model must go on drawing; any other leaves the random state as it was.
        if self.noise is None:
            with untouched_randomness():
                answers = ask_all(lambda member: self.ask(member, codes, batch=batch), self.members)
        else:
            answers = [self.ask(member, codes, batch=batch) for member in self.members]
        dtype = np.result_type(np.float32, *answers)
        return np.stack([answer.astype(dtype, copy=False) for answer in answers])

    def describe(self) -> dict[str, Any]:
        """What to write down so that the model can be known again; only JSON's own types."""
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
        named = ", ".join(self.outputs) if len(self.outputs) <= NAMED else f"{len(self.outputs)} outputs"
        return f"<model {self.name}: {self.length} letters of {self.alphabet} to {named}, {members}>"

    def ask(self, member: Member, codes: NDArray[np.uint8], *, batch: int = 512) -> NDArray[np.floating[Any]]:
        """Answers (n, outputs) of one member for codes as :meth:`arrange` makes them, batched and checked."""
        parts: list[NDArray[np.floating[Any]]] = []
        for start in range(0, len(codes), batch):
            rows = codes[start : start + batch]
            try:
                part = member.predict(rows)
            except (InputError, RunError):
                raise
            except Exception as error:
                raise RunError(
                    f"{member.name} failed on sequences {start} to {start + len(rows) - 1}",
                    f"{type(error).__name__}: {error}",
                ) from error
            if part.shape != (len(rows), len(self.outputs)):
                raise RunError(
                    f"{member.name} answered with shape {part.shape} for {len(rows)} sequences",
                    f"it has {len(self.outputs)} outputs ({', '.join(self.outputs)})",
                )
            self.refuse_not_finite(member, part, rows, start)
            parts.append(part)
        return np.concatenate(parts) if parts else np.zeros((0, len(self.outputs)), np.float32)

    def refuse_not_finite(
        self, member: Member, part: NDArray[np.floating[Any]], rows: NDArray[np.uint8], start: int = 0
    ) -> None:
        """Refuse answers (n, outputs) to codes (n, length) that are not finite; the first is number ``start``."""
        if np.isfinite(part).all():
            return
        bad = np.argwhere(~np.isfinite(part))
        row, output = int(bad[0, 0]), int(bad[0, 1])
        letters = self.alphabet.decode(rows[row])
        shown = letters if len(letters) <= SHOWN else f"{letters[:SHOWN]}… ({len(letters)} letters)"
        others = len(np.unique(bad[:, 0])) - 1
        advice = (
            "A half-precision model? Use float32; an exponential at the end? Read the logarithm out (readout=...)"
            if np.isinf(part[row, output])
            else "Ask the model for this sequence alone to see why"
        )
        raise RunError(
            f"{member.name} answered {part[row, output]} for {self.outputs[output]!r} on sequence {start + row}"
            f" ({shown})" + (f" and such for {others} more of {len(part)}" if others else ""),
            "answers must be finite: a mean that leaves some out would be another question",
            advice,
        )

    def _check_alphabet(self, sequences: Sequences) -> None:
        if sequences.alphabet is not None and sequences.alphabet != self.alphabet:
            raise InputError(
                f"{sequences.alphabet.name} sequences ({sequences.alphabet.letters})",
                f"{self.name} reads {self.alphabet.name} ({self.alphabet.letters})",
                f"Give {self.alphabet.name} sequences, or replace {sequences.alphabet.letters[3]} by "
                f"{self.alphabet.letters[3]}",
            )

    def _check_lengths(self, lengths: NDArray[np.int64]) -> None:
        wrong = lengths > self.length if self.pad else lengths != self.length
        if not wrong.any():
            return
        got = np.unique(lengths[wrong])
        span = f"{got[0]}" if len(got) == 1 else f"{got[0]} to {got[-1]}"
        count = f"{int(wrong.sum())} of {len(lengths)} sequences" if len(lengths) > 1 else "a sequence"
        long = int(lengths.max()) > self.length
        raise InputError(
            f"{count} of length {span}",
            f"{self.name} reads {'at most ' if self.pad else ''}{self.length} letters",
            f"Cut them to {self.length} letters" if long else 'For zeros beside them write wrap(..., pad="centre")',
        )


@contextmanager
def untouched_randomness() -> Iterator[None]:
    """Put the global random states back as they were: python's, numpy's and, if it is loaded, torch's."""
    python, numpy = random.getstate(), np.random.get_state()  # noqa: NPY002 - the user's state, not ours
    torch: Any = sys.modules.get("torch")
    on_cpu = torch.get_rng_state() if torch else None
    on_gpus = torch.cuda.get_rng_state_all() if torch and torch.cuda.is_initialized() else None
    try:
        yield
    finally:
        random.setstate(python)
        np.random.set_state(numpy)  # noqa: NPY002
        if torch:
            torch.set_rng_state(on_cpu)
        if on_gpus is not None:
            torch.cuda.set_rng_state_all(on_gpus)
