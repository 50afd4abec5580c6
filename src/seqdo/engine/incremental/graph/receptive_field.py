"""Which positions of its input each position of a layer's output reads: the one geometry of all layers.

A convolution, a pool, a crop, a pad, a stride, an upsampling, even flatten → dense (one output that reads every
position through a tap of its own) differ in this table alone. What an edit can reach, what an answer can depend on, and
what a kernel must add up are all read from it.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np
from numpy.typing import NDArray

Places = NDArray[np.int32]
"""Sorted positions, or indices into such; -1 is none."""


@dataclass(frozen=True, eq=False)
class Reads:
    """Output position o reads, through tap t, input position ``table[o, t]``; -1 reads padding, which is zero.

    Attributes
    ----------
    table : int32 (outputs, taps)
    inputs : positions of the input
    """

    table: Places
    inputs: int

    @property
    def outputs(self) -> int:
        """Positions of the output."""
        return len(self.table)

    @property
    def taps(self) -> int:
        """Positions that one output reads at most."""
        return int(self.table.shape[1])

    @cached_property
    def same(self) -> bool:
        """Does each position read itself and nothing else?"""
        return self.table.shape == (self.inputs, 1) and bool((self.table[:, 0] == np.arange(self.inputs)).all())

    def reach(self, changed: Places) -> Places:
        """Outputs that read a changed position.

        >>> window(inputs=9, taps=3, offset=1).reach(np.array([4, 5], np.int32)).tolist()
        [3, 4, 5, 6]
        """
        if not len(changed):
            return changed
        low, high = self._extent
        near = np.flatnonzero((low <= changed[-1]) & (high >= changed[0])).astype(np.int32)
        there = np.zeros(self.inputs + 1, bool)  # one more, for what reads padding
        there[changed] = True
        return near[there[self.table[near]].any(1)]

    def needs(self, wanted: Places) -> Places:
        """Input positions that some wanted output reads."""
        read = np.zeros(self.inputs + 1, bool)
        read[self.table[wanted]] = True
        return np.flatnonzero(read[:-1]).astype(np.int32)

    def between(self, outputs: Places, changed: Places) -> tuple[Places, Places, Places]:
        """For some outputs, what lies from the first to the last of their taps that read a changed position.

        Returns
        -------
        The positions read there, (outputs, taps), filled up with -1; the tap before them, -1 if there is none; the tap
        behind them, likewise.

        >>> table, before, behind = everything(6).between(np.array([0]), np.array([2, 4], np.int32))
        >>> table.tolist(), before.tolist(), behind.tolist()
        ([[2, 3, 4]], [1], [5])
        """
        there = np.zeros(self.inputs + 1, bool)
        there[changed] = True
        table = self.table[outputs]
        hit = there[table]
        first = hit.argmax(1)
        behind = np.where(hit.any(1), self.taps - hit[:, ::-1].argmax(1), 0)
        at = first[:, None] + np.arange(max((behind - first).max(initial=0), 0))
        inside = np.take_along_axis(table, np.minimum(at, self.taps - 1), 1)
        inside = np.where(at < behind[:, None], inside, -1).astype(np.int32)
        return inside, first.astype(np.int32) - 1, np.where(behind < self.taps, behind, -1).astype(np.int32)

    def after(self, first: Reads) -> Reads:
        """The two in a row: these taps, on an output of ``first``, which has one tap."""
        return Reads(np.append(first.table[:, 0], np.int32(-1))[self.table], first.inputs)

    @cached_property
    def _extent(self) -> tuple[Places, Places]:
        """Lowest and highest position that each output reads; an empty range where it reads padding alone."""
        low = np.where(self.table < 0, self.inputs, self.table).min(1)
        return low, self.table.max(1)


def index_of(places: Places, length: int) -> Places:
    """For each of ``length`` positions its index in ``places``, else -1; one more entry, so that -1 stays -1."""
    index = np.full(length + 1, -1, np.int32)
    index[places] = np.arange(len(places), dtype=np.int32)
    return index


def common(places: Places, others: Places, length: int) -> Places:
    """Those that are among the others too, of ``length`` positions; by marks, which take less time than sorting."""
    there = np.zeros(length, bool)
    there[others] = True
    return places[there[places]]


def either(places: Places, others: Places, length: int) -> Places:
    """Those of both, of ``length`` positions."""
    there = np.zeros(length, bool)
    there[places] = there[others] = True
    return np.flatnonzero(there).astype(np.int32)


@lru_cache(maxsize=512)
def window(
    inputs: int, taps: int, *, stride: int = 1, dilation: int = 1, offset: int = 0, outputs: int | None = None
) -> Reads:
    """A sliding window: tap t of output o reads position ``o stride + t dilation - offset``.

    By default there are as many outputs as fit, with as much padding on the right as on the left.
    """
    if outputs is None:
        outputs = (inputs + 2 * offset - dilation * (taps - 1) - 1) // stride + 1
    at = np.arange(outputs)[:, None] * stride + np.arange(taps) * dilation - offset
    return Reads(_inside(at, inputs), inputs)


@lru_cache(maxsize=64)
def spread(inputs: int, taps: int, *, stride: int, dilation: int, offset: int, outputs: int) -> Reads:
    """A transposed window: tap t of input i writes output ``i stride + t dilation - offset``."""
    at = np.arange(outputs)[:, None] - np.arange(taps) * dilation + offset
    return Reads(_inside(np.where(at % stride == 0, at // stride, -1), inputs), inputs)


@lru_cache(maxsize=64)
def everything(inputs: int) -> Reads:
    """One output that reads each position through a tap of its own."""
    return Reads(np.arange(inputs, dtype=np.int32)[None], inputs)


def each(inputs: int) -> Reads:
    """Every position reads itself."""
    return window(inputs, 1)


def picked(places: NDArray[np.integer], inputs: int) -> Reads:
    """Output o is input ``places[o]``, or zero where that is outside."""
    return Reads(_inside(np.asarray(places)[:, None], inputs), inputs)


def _inside(at: NDArray[np.integer], inputs: int) -> Places:
    return np.where((at >= 0) & (at < inputs), at, -1).astype(np.int32)
