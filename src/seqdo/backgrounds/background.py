"""A background: a null model of sequences, and how rows of it are drawn.

A background is drawn in blocks of ``BLOCK`` consecutive indices. A block is always drawn whole, from
``stream(root(rng), "background", block)``, and then the requested rows are cut out of it. So n=500 is the
beginning of n=1000, a run in pieces gives the rows of a run in one go, and two seeds share no stream.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seqdo.errors import InputError
from seqdo.sequences.alphabet import Alphabet
from seqdo.sequences.sequences import Sequences, fingerprint
from seqdo.sequences.stream import Seed, root, stream

BLOCK = 256
"""Backgrounds per block: the unit in which they are drawn, whatever the blocks of a run."""


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class Background(ABC):
    """A null model of sequences.

    `seqdo.backgrounds.custom.custom` makes one from any function.

    Attributes
    ----------
    name : the kind, as reports call it
    alphabet : None if it fits both DNA and RNA
    shortest, longest : int
        Lengths of the shortest and the longest sequence that can be drawn, in bp (DNA) or nt (RNA).
    capacity : int or None
        How many backgrounds there are; None if any number can be drawn.
    set_size : int
        Consecutive backgrounds that are drawn together and depend on one another; it divides BLOCK. 1 if all
        backgrounds are independent.
    in_turn : int
        How many source sequences the backgrounds cycle through: backgrounds i and i + in_turn share their source
        sequence. 0 if they have none.
    parameters : what made the background, in values that JSON can hold
    """

    name: str
    alphabet: Alphabet | None
    shortest: int
    longest: int
    capacity: int | None = None
    set_size: int = 1
    in_turn: int = 0
    parameters: Mapping[str, Any] = field(default_factory=dict)

    def sample(self, n: int, rng: Seed = None, first: int = 0) -> Sequences:
        """Backgrounds first, first + 1, ..., first + n - 1 of the seed ``rng``.

        Parameters
        ----------
        n : number of backgrounds
        rng : seed; None draws one
        first : index of the first background

        Returns
        -------
        Sequences
            Codes of shape (n, longest), so that the shape does not depend on which rows were requested.

        Examples
        --------
        >>> from seqdo.backgrounds.uniform import uniform
        >>> drawn = uniform(12).sample(1000, rng=0)
        >>> drawn.codes.shape
        (1000, 12)
        >>> uniform(12).sample(2, rng=0, first=500).to_strings() == drawn[500:502].to_strings()
        True
        """
        n = whole("n", n, "a whole number of backgrounds, at least 1 (2 for an interval), is needed", "Write n=1000")
        first = whole("first", first, "the index of the first background, a whole number from 0, is needed", least=0)
        if self.capacity is not None and first + n > self.capacity:
            start = f", first={first}" if first else ""
            raise InputError(
                f"n={n}{start} of the background {self.name}",
                f"it holds {self.capacity} sequences, and each is used once",
                f"Write n={max(self.capacity - first, 1)} or fewer, or give more sequences",
            )
        return self._take(first, n, root(rng))

    def describe(self) -> dict[str, Any]:
        """What the background is, for provenance: kind, lengths, parameters, number and sha256 of its sources."""
        alphabet = None if self.alphabet is None else self.alphabet.name
        shown = {"kind": self.name, "alphabet": alphabet, "shortest": self.shortest, "longest": self.longest}
        turns = {"in_turn": self.in_turn} if self.in_turn else {}
        return {**shown, "capacity": self.capacity, **turns, **self.parameters}

    def made_of(self, first: int, end: int) -> Background | None:
        """The background made of source sequences first to end only; None where it can't be divided."""
        return None

    def __repr__(self) -> str:
        length = f"{self.longest}" if self.shortest == self.longest else f"{self.shortest} to {self.longest}"
        return f"<background {self.name}, {length} positions>"

    @abstractmethod
    def _take(self, first: int, n: int, seed: np.random.SeedSequence) -> Sequences:
        """Rows first to first + n of this seed; both numbers have been checked."""


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class Endless(Background):
    """A background that any number of sequences can be drawn from, in blocks."""

    def _take(self, first: int, n: int, seed: np.random.SeedSequence) -> Sequences:
        """Rows first to first + n, cut out of whole blocks."""
        blocks = range(first // BLOCK, (first + n - 1) // BLOCK + 1)
        drawn = [
            self._draw(np.arange(block * BLOCK, (block + 1) * BLOCK), stream(seed, "background", block))
            for block in blocks
        ]
        rows = slice(first - blocks[0] * BLOCK, first - blocks[0] * BLOCK + n)
        codes = np.concatenate([block.codes for block in drawn])[rows]
        return Sequences(codes, np.concatenate([block.lengths for block in drawn])[rows], self.alphabet)

    @abstractmethod
    def _draw(self, rows: NDArray[np.int64], rng: np.random.Generator) -> Sequences:
        """The block with these indices, (BLOCK, longest), all of it from ``rng``."""


def whole(name: str, value: int, needed: str, write: str = "", least: int = 1) -> int:
    """The value as an int, if it is a whole number and at least ``least``."""
    if not isinstance(value, int | np.integer) or isinstance(value, bool) or value < least:
        shown = int(value) if isinstance(value, np.integer) else value
        raise InputError(f"{name}={shown!r}", needed, write)
    return int(value)


def outline(
    name: str, sources: Sequences, parameters: Mapping[str, Any] | None = None, capacity: int | None = None
) -> dict[str, Any]:
    """Fields that every background made of source sequences has."""
    return {
        "name": name, "alphabet": sources.alphabet, "capacity": capacity,
        "shortest": int(sources.lengths.min()), "longest": int(sources.lengths.max()),
        "parameters": {**(parameters or {}), "sources": fingerprint(sources)},
    }  # fmt: skip


def part(sources: Sequences, parameters: Mapping[str, Any]) -> dict[str, Any]:
    """Fields of a background that change when it is made of these sources alone."""
    return {
        "sources": sources, "in_turn": len(sources), "parameters": {**parameters, "sources": fingerprint(sources)}
    }  # fmt: skip
