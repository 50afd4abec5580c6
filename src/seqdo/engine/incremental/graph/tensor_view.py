"""How a traced tensor lies in a node: which of its dimensions are rows, positions and features."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch


@dataclass(frozen=True, eq=False)
class Axis:
    """An axis of a traced tensor: the same object wherever the tensor is reshaped or permuted."""

    size: int

    def __repr__(self) -> str:
        return str(self.size)


ROWS = Axis(-1)
"""The batch, whose size changes from call to call."""


class NotUnderstoodError(Exception):
    """The network does something here that is not known to stay at its position: it goes on plainly from here."""


@dataclass(frozen=True, eq=False)
class View:
    """A traced tensor as a way to look at a node.

    Attributes
    ----------
    node : index of the node
    place : the axis of positions; None where the tensor has none and the node has one position
    memory : feature axes in the node's order
    dims : for each dimension of the tensor, the axes that it is made of
    """

    node: int
    place: Axis | None
    memory: tuple[Axis, ...]
    dims: tuple[tuple[Axis, ...], ...]

    @property
    def axes(self) -> tuple[Axis, ...]:
        """All axes, in the tensor's order."""
        return tuple(axis for dim in self.dims for axis in dim)

    def dim_of(self, axis: Axis) -> int:
        """The dimension that holds an axis."""
        return next(i for i, dim in enumerate(self.dims) if axis in dim)

    def features_in(self, dim: int) -> bool:
        """Is a dimension made of features alone?"""
        return all(axis is not ROWS and axis is not self.place for axis in self.dims[dim])

    def is_place(self, dim: int) -> bool:
        """Is a dimension that of positions, with nothing else in it?"""
        return tuple(self.dims[dim]) == (self.place,)

    @property
    def in_order(self) -> bool:
        """Are features in the tensor's order as in the node's?"""
        return tuple(a for a in self.axes if a is not ROWS and a is not self.place) == self.memory

    def permuted(self, order: Sequence[int]) -> View:
        """The view after ``tensor.permute(order)``."""
        return View(self.node, self.place, self.memory, tuple(self.dims[i] for i in order))

    def reshaped(self, shape: Sequence[Any], batch: str) -> View:
        """The view after a reshape; ``batch`` is how the number of rows prints among the sizes of a shape.

        Raises
        ------
        NotUnderstoodError
            Rows or positions are cut up or mixed with one another.
        """
        left, memory = list(self.axes), list(self.memory)
        dims: list[tuple[Axis, ...]] = []
        for size in shape:
            dim: list[Axis] = []
            if not isinstance(size, int):
                if str(size) != batch or not left or left[0] is not ROWS:
                    raise NotUnderstoodError("rows are mixed with something else")
                dims.append((left.pop(0),))
                continue
            have = 1
            while have < size:
                if not left or left[0] is ROWS:
                    raise NotUnderstoodError("rows are mixed with something else")
                axis = left.pop(0)
                if have * axis.size > size:
                    axis, rest = self._split(axis, size // have, memory)
                    left.insert(0, rest)
                have *= axis.size
                dim.append(axis)
            if have != size:
                raise NotUnderstoodError("positions are cut into pieces")
            dims.append(tuple(dim))
        if any(axis.size != 1 for axis in left):
            raise NotUnderstoodError("an axis is lost")
        return View(self.node, self.place, tuple(memory), tuple(dims)).without(left)

    def without(self, gone: Sequence[Axis]) -> View:
        """The view without axes of size 1."""
        place = None if self.place in gone else self.place
        memory = tuple(axis for axis in self.memory if axis not in gone)
        return View(self.node, place, memory, tuple(tuple(a for a in dim if a not in gone) for dim in self.dims))

    def _split(self, axis: Axis, size: int, memory: list[Axis]) -> tuple[Axis, Axis]:
        if axis is self.place or size < 1 or axis.size % size:
            raise NotUnderstoodError("positions are cut into pieces")
        parts = Axis(size), Axis(axis.size // size)
        at = memory.index(axis)
        memory[at : at + 1] = parts
        return parts

    def tensor(self, values: torch.Tensor) -> torch.Tensor:
        """The traced tensor, of any number of positions and rows, for a node's values [position, row, feature]."""
        positions, rows, _ = values.shape
        axes = [self.place, ROWS, *self.memory]
        whole = values.reshape(positions, rows, *(axis.size for axis in self.memory))
        if self.place is None:
            axes, whole = axes[1:], whole[0]
        whole = whole.permute([axes.index(axis) for axis in self.axes])
        if all(len(dim) == 1 for dim in self.dims):
            return whole
        size = {self.place: positions, ROWS: rows}
        shape = [torch.Size([size.get(a, a.size) for a in dim]).numel() for dim in self.dims]
        return whole.reshape(shape)

    def values(self, tensor: torch.Tensor) -> torch.Tensor:
        """Values [position, row, feature] of a traced tensor: the inverse of :meth:`tensor`."""
        sizes = iter(tensor.shape)
        shape: list[int] = []
        for dim in self.dims:
            size = next(sizes)
            shape += [size] if len(dim) == 1 else [a.size if a is not self.place else -1 for a in dim]
        whole = tensor.reshape(shape)
        axes: list[Axis | None] = list(self.axes)
        if self.place is None:
            axes, whole = [None, *axes], whole[None]
        whole = whole.permute([axes.index(axis) for axis in (self.place, ROWS, *self.memory)])
        return whole.reshape(*whole.shape[:2], torch.Size([axis.size for axis in self.memory]).numel())
