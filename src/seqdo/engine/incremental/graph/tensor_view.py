"""How a traced tensor lies in a node: which of its dimensions hold rows, positions and features."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch


@dataclass(frozen=True, eq=False)
class Axis:
    """An axis of a traced tensor. It stays the same object when the tensor is reshaped or permuted."""

    size: int

    def __repr__(self) -> str:
        return str(self.size)


ROWS = Axis(-1)
"""The batch axis. Its size changes from call to call, and one object stands for it in every view."""


@dataclass(frozen=True)
class RowsTimes:
    """A size that is a multiple of the number of rows."""

    factor: int = 1


class UnsupportedCallError(Exception):
    """A traced call can't become a node, so that it is made on whole tensors.

    The message says why, as a clause that ``explain()`` puts after "because".
    """


class SplitPositionsError(UnsupportedCallError):
    """A reshape that splits the axis ``position`` in two; ``outer`` is the size of the first.

    No view of the same node shows such a tensor, but another node can: one with fewer positions and more features.
    """

    def __init__(self, position: Axis, outer: int) -> None:
        super().__init__("it splits positions")
        self.position, self.outer = position, outer


@dataclass(frozen=True, eq=False)
class View:
    """A traced tensor as a view of a node.

    Attributes
    ----------
    node : index of the node
    position : the axis of positions; None where the tensor has none and the node has one position
    features : the other axes, in the order in which they make up the node's features
    dims : for each dimension of the tensor, the axes that it is made of
    """

    node: int
    position: Axis | None
    features: tuple[Axis, ...]
    dims: tuple[tuple[Axis, ...], ...]

    @property
    def axes(self) -> tuple[Axis, ...]:
        """All axes, in the order of the tensor."""
        return tuple(axis for dim in self.dims for axis in dim)

    def dim_of(self, axis: Axis) -> int:
        """The dimension that holds an axis."""
        return next(i for i, dim in enumerate(self.dims) if axis in dim)

    def holds_features(self, dim: int) -> bool:
        """Is a dimension made of features alone?"""
        return all(axis is not ROWS and axis is not self.position for axis in self.dims[dim])

    def holds_positions(self, dim: int) -> bool:
        """Is a dimension made of positions alone?"""
        return tuple(self.dims[dim]) == (self.position,)

    @property
    def in_order(self) -> bool:
        """Do the features have the same order in the tensor as in the node?"""
        return feature_axes(self.dims, self.position) == self.features

    def permuted(self, order: Sequence[int]) -> View:
        """The view after ``tensor.permute(order)``."""
        return View(self.node, self.position, self.features, tuple(self.dims[i] for i in order))

    def reshaped(self, shape: Sequence[int | RowsTimes]) -> View:
        """The view after a reshape to these sizes.

        Raises
        ------
        SplitPositionsError
            The reshape splits positions.
        UnsupportedCallError
            The reshape mixes rows with another axis, or regroups features.
        """
        # Axes are taken from the left until they fill the next size. An axis that overfills it is split in two.
        left, features = list(self.axes), list(self.features)
        dims: list[tuple[Axis, ...]] = []
        for size in shape:
            if isinstance(size, int):
                dims.append(self._filled(size, left, features))
            else:
                dims.append(self._with_rows(size.factor, left, features))
        if any(axis.size != 1 for axis in left):
            raise UnsupportedCallError("it drops an axis")
        return View(self.node, self.position, tuple(features), tuple(dims)).without(left)

    def without(self, dropped: Sequence[Axis]) -> View:
        """The view without some axes, whose size is 1."""
        position = None if self.position in dropped else self.position
        features = tuple(axis for axis in self.features if axis not in dropped)
        dims = tuple(tuple(axis for axis in dim if axis not in dropped) for dim in self.dims)
        return View(self.node, position, features, dims)

    def _with_rows(self, size: int, left: list[Axis], features: list[Axis]) -> tuple[Axis, ...]:
        """Take axes from ``left`` that make up a dimension of rows and of axes with this size together."""
        before = 0
        while before < len(left) and left[before] is not ROWS:
            before += 1
        if before == len(left):
            raise UnsupportedCallError("it mixes sequences with positions or features")
        outer = left[:before]
        del left[: before + 1]
        filled = math.prod(axis.size for axis in outer)
        if size % filled:
            raise UnsupportedCallError("it regroups features across two axes")
        return (*outer, ROWS, *self._filled(size // filled, left, features))

    def _filled(self, size: int, left: list[Axis], features: list[Axis]) -> tuple[Axis, ...]:
        """Take axes from ``left`` that make up a dimension of this size; ``features`` follows where one is split."""
        dim: list[Axis] = []
        filled = 1
        while filled < size:
            if not left or left[0] is ROWS:
                raise UnsupportedCallError("it mixes sequences with positions or features")
            axis = left.pop(0)
            if filled * axis.size > size:
                # Without this check a size that no split can fill, such as 6 of (4, 3), would be split for ever.
                if size % filled:
                    raise UnsupportedCallError("it regroups features across two axes")
                axis, rest = self._split(axis, size // filled, features)
                left.insert(0, rest)
            filled *= axis.size
            dim.append(axis)
        if filled != size:
            raise UnsupportedCallError("it makes an empty dimension")
        return tuple(dim)

    def _split(self, axis: Axis, size: int, features: list[Axis]) -> tuple[Axis, Axis]:
        """A feature axis as two, the first with this size; ``features`` gets the same two."""
        if axis.size % size:
            raise UnsupportedCallError("it splits an axis unevenly")
        if axis is self.position:
            raise SplitPositionsError(axis, size)
        parts = Axis(size), Axis(axis.size // size)
        at = features.index(axis)
        features[at : at + 1] = parts
        return parts

    def as_tensor(self, values: torch.Tensor) -> torch.Tensor:
        """The traced tensor for a node's values [position, row, feature], of any number of positions and rows."""
        positions, rows, _ = values.shape
        axes = [self.position, ROWS, *self.features]
        tensor = values.reshape(positions, rows, *(axis.size for axis in self.features))
        if self.position is None:
            axes, tensor = axes[1:], tensor[0]
        tensor = tensor.permute([axes.index(axis) for axis in self.axes])
        if all(len(dim) == 1 for dim in self.dims):
            return tensor
        # Some dimensions are made of several axes, or of none. Sizes of positions and rows are those of the values:
        # the axes hold the sizes of the trace.
        sizes = {self.position: positions, ROWS: rows}
        shape = [torch.Size([sizes.get(axis, axis.size) for axis in dim]).numel() for dim in self.dims]
        return tensor.reshape(shape)

    def as_values(self, tensor: torch.Tensor, rows: int) -> torch.Tensor:
        """Values [position, row, feature] of a traced tensor with this many rows: the inverse of :meth:`as_tensor`."""
        # The number of positions follows from the others: the axis has the size of the trace.
        split = tensor.reshape(
            [rows if axis is ROWS else -1 if axis is self.position else axis.size for axis in self.axes]
        )
        axes: list[Axis | None] = list(self.axes)
        if self.position is None:
            axes, split = [None, *axes], split[None]
        split = split.permute([axes.index(axis) for axis in (self.position, ROWS, *self.features)])
        return split.reshape(*split.shape[:2], torch.Size([axis.size for axis in self.features]).numel())


def feature_axes(dims: Sequence[tuple[Axis, ...]], position: Axis | None) -> tuple[Axis, ...]:
    """The axes of these dimensions that hold features, in the order of the tensor."""
    return tuple(axis for dim in dims for axis in dim if axis is not ROWS and axis is not position)
