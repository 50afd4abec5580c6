"""Receptive fields: which positions of its input each output position of a layer reads.

A convolution, a pool, a crop, a pad, a stride, an upsampling and flatten → dense differ in this one table alone.
(Flatten → dense is one output that reads every position through a tap of its own.) Three things are derived from the
table: what an edit can reach, what a prediction depends on, and what a kernel must add up.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np
from numpy.typing import NDArray

Positions = NDArray[np.int32]
"""Sorted positions of a node, or indices into such a list; -1 stands for none."""


@dataclass(frozen=True, eq=False)
class ReceptiveField:
    """Output position o reads, through tap t, input position ``table[o, t]``; -1 reads padding, which is zero.

    Attributes
    ----------
    table : int32 (outputs, taps)
    inputs : number of input positions
    """

    table: Positions
    inputs: int

    @property
    def outputs(self) -> int:
        """Number of output positions."""
        return len(self.table)

    @property
    def taps(self) -> int:
        """The most positions that one output reads."""
        return int(self.table.shape[1])

    @cached_property
    def is_identity(self) -> bool:
        """Does each position read itself and nothing else?"""
        return self.table.shape == (self.inputs, 1) and bool((self.table[:, 0] == np.arange(self.inputs)).all())

    def reached_by(self, changed: Positions) -> Positions:
        """Outputs that read at least one changed position.

        >>> window(inputs=9, taps=3, offset=1).reached_by(np.array([4, 5], np.int32)).tolist()
        [3, 4, 5, 6]
        """
        if not len(changed):
            return changed
        # The exact test below reads whole rows of the table. Most outputs lie far from an edit and are dropped before.
        lowest, highest = self._extent
        nearby = np.flatnonzero((lowest <= changed[-1]) & (highest >= changed[0])).astype(np.int32)
        # One more mark than positions: index -1 (padding) falls on the last mark, which is never set.
        is_changed = np.zeros(self.inputs + 1, bool)
        is_changed[changed] = True
        return nearby[is_changed[self.table[nearby]].any(1)]

    def needed_by(self, outputs: Positions) -> Positions:
        """Input positions that at least one of these outputs reads."""
        is_read = np.zeros(self.inputs + 1, bool)
        is_read[self.table[outputs]] = True
        return np.flatnonzero(is_read[:-1]).astype(np.int32)  # without the mark of padding

    def changed_taps(self, outputs: Positions, changed: Positions) -> tuple[Positions, Positions, Positions]:
        """For some outputs, the taps from the first to the last that read a changed position.

        Returns
        -------
        The positions that these taps read, (outputs, taps), filled up with -1; the tap before the first of them, -1 if
        there is none; the tap after the last of them, -1 if there is none.

        >>> table, before, behind = all_positions(6).changed_taps(np.array([0]), np.array([2, 4], np.int32))
        >>> table.tolist(), before.tolist(), behind.tolist()
        ([[2, 3, 4]], [1], [5])
        """
        is_changed = np.zeros(self.inputs + 1, bool)
        is_changed[changed] = True
        table = self.table[outputs]
        hit = is_changed[table]
        first = hit.argmax(1)
        # argmax of a row without a hit is 0 from either end: such a row gets the empty range [0, 0).
        stop = np.where(hit.any(1), self.taps - hit[:, ::-1].argmax(1), 0)
        tap = first[:, None] + np.arange(max((stop - first).max(initial=0), 0))
        # Rows with fewer changed taps run past their own stop, and may run past the table: clipped, then masked.
        read = np.take_along_axis(table, np.minimum(tap, self.taps - 1), 1)
        read = np.where(tap < stop[:, None], read, -1).astype(np.int32)
        return read, first.astype(np.int32) - 1, np.where(stop < self.taps, stop, -1).astype(np.int32)

    def composed_with(self, first: ReceptiveField) -> ReceptiveField:
        """The field of this layer applied to the output of ``first``, which has one tap."""
        # The appended -1 is what index -1 selects: padding of this layer stays padding.
        return ReceptiveField(np.append(first.table[:, 0], np.int32(-1))[self.table], first.inputs)

    @cached_property
    def _extent(self) -> tuple[Positions, Positions]:
        """Lowest and highest position that each output reads; an empty range where it reads padding alone."""
        lowest = np.where(self.table < 0, self.inputs, self.table).min(1)
        return lowest, self.table.max(1)


def index_of(positions: Positions, length: int) -> Positions:
    """For each of ``length`` positions its index in ``positions``, -1 if absent; a last entry maps -1 to -1."""
    index = np.full(length + 1, -1, np.int32)
    index[positions] = np.arange(len(positions), dtype=np.int32)
    return index


def intersection(positions: Positions, others: Positions, length: int) -> Positions:
    """Positions that both lists hold, out of ``length``."""
    # Marks take time in the length alone; np.intersect1d sorts, and a plan calls this for every layer.
    is_other = np.zeros(length, bool)
    is_other[others] = True
    return positions[is_other[positions]]


def union(positions: Positions, others: Positions, length: int) -> Positions:
    """Positions that at least one list holds, out of ``length``."""
    is_member = np.zeros(length, bool)
    is_member[positions] = is_member[others] = True
    return np.flatnonzero(is_member).astype(np.int32)


# Networks repeat few shapes of layers, and a table of many positions takes longer to make than to look up. Tables are
# shared, so nothing writes to them.
@lru_cache(maxsize=512)
def window(
    inputs: int, taps: int, *, stride: int = 1, dilation: int = 1, offset: int = 0, outputs: int | None = None
) -> ReceptiveField:
    """A sliding window: tap t of output o reads position ``o stride + t dilation - offset``.

    By default there are as many outputs as fit, with as much padding on the right as on the left.
    """
    if outputs is None:
        outputs = (inputs + 2 * offset - dilation * (taps - 1) - 1) // stride + 1
    read = np.arange(outputs)[:, None] * stride + np.arange(taps) * dilation - offset
    return ReceptiveField(_or_padding(read, inputs), inputs)


@lru_cache(maxsize=64)
def transposed_window(
    inputs: int, taps: int, *, stride: int, dilation: int, offset: int, outputs: int
) -> ReceptiveField:
    """A transposed window: tap t of input i writes output ``i stride + t dilation - offset``."""
    # Solved for i: an output gets something through a tap only if the distance is a multiple of the stride.
    distance = np.arange(outputs)[:, None] - np.arange(taps) * dilation + offset
    return ReceptiveField(_or_padding(np.where(distance % stride == 0, distance // stride, -1), inputs), inputs)


@lru_cache(maxsize=64)
def all_positions(inputs: int) -> ReceptiveField:
    """One output that reads each position through a tap of its own."""
    return ReceptiveField(np.arange(inputs, dtype=np.int32)[None], inputs)


def identity(inputs: int) -> ReceptiveField:
    """Every position reads itself."""
    return window(inputs, 1)


def gathered(positions: NDArray[np.integer], inputs: int) -> ReceptiveField:
    """Output o reads input ``positions[o]``, or zero where that is outside."""
    return ReceptiveField(_or_padding(np.asarray(positions)[:, None], inputs), inputs)


def _or_padding(read: NDArray[np.integer], inputs: int) -> Positions:
    """The positions, with -1 for those outside the input."""
    return np.where((read >= 0) & (read < inputs), read, -1).astype(np.int32)
