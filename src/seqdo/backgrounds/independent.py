"""Letters drawn independently of one another, and how a letter follows from a number in [0, 1)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seqdo.backgrounds.background import Endless
from seqdo.sequences.alphabet import PAD, Alphabet
from seqdo.sequences.sequences import Sequences


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class Independent(Endless):
    """A mixture over lengths of independent letters."""

    cumulative: NDArray[np.float64]  # (lengths, longest, 4)
    lengths: NDArray[np.int64]
    shares: NDArray[np.float64]  # cumulative, (lengths,)

    def _draw(self, rows: NDArray[np.int64], rng: np.random.Generator) -> Sequences:
        u = rng.random((len(rows), self.longest))
        if len(self.lengths) == 1:  # no draw of the length: so uniform is a plain recipe that others can follow
            return Sequences(letters_at(u, self.cumulative[0]), np.full(len(rows), self.longest))
        pick = np.searchsorted(self.shares, rng.random(len(rows)), "right")
        return padded(letters_at(u, self.cumulative[pick]), self.lengths[pick])


def independent(
    name: str,
    matrices: Mapping[int, NDArray[np.float64]],
    shares: Mapping[int, float],
    alphabet: Alphabet | None,
    parameters: Mapping[str, Any],
) -> Independent:
    """The mixture of lengths in these shares, each with its probabilities (length, 4)."""
    lengths = np.array(sorted(matrices), np.int64)
    longest = int(lengths[-1])
    cumulative = np.ones((len(lengths), longest, 4))
    for row, length in enumerate(lengths.tolist()):
        cumulative[row, :length] = cumulative_sums(matrices[length])
    return Independent(
        name=name, alphabet=alphabet, shortest=int(lengths[0]), longest=longest, parameters=parameters,
        cumulative=cumulative, lengths=lengths, shares=cumulative_sums(np.array([shares[i] for i in lengths.tolist()])),
    )  # fmt: skip


def letters_at(u: NDArray[np.float64], cumulative: NDArray[np.float64]) -> NDArray[np.uint8]:
    """The letter whose interval of [0, 1) holds each u; a letter of probability 0 has an empty interval."""
    codes = np.zeros(u.shape, np.uint8)
    for letter in range(3):
        codes += u >= cumulative[..., letter]
    return codes


def cumulative_sums(shares: NDArray[np.float64]) -> NDArray[np.float64]:
    """Cumulative sums along the last axis, the last of them exactly 1."""
    total = np.cumsum(shares, -1)
    return np.asarray(total / total[..., -1:])


def padded(codes: NDArray[np.uint8], lengths: NDArray[np.int64]) -> Sequences:
    """The codes with padding beyond each length; its alphabet is the background's."""
    codes[np.arange(codes.shape[1]) >= lengths[:, None]] = PAD
    return Sequences(codes, lengths)
