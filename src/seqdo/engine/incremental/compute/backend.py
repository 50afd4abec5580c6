"""What computes layers is told, and has to do: in compiled calls on a CPU, in operations on whole tensors elsewhere."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from seqdo.engine.incremental.compute.layer_weights import Weights
from seqdo.engine.incremental.graph.nodes import Layer, Letters, Node
from seqdo.engine.incremental.schedule.steps import Step

Tensor = torch.Tensor
Key = NDArray[np.int32]


@dataclass(frozen=True, eq=False)
class Rows:
    """What is gone through together.

    Attributes
    ----------
    number : of rows
    key : (positions of letters, rows), the entry of each in a table of letters, or of changes of them; -1 for none
    background : for each row that is a change, which background it is a change of; None for backgrounds themselves
    kept : for each node what was kept of the backgrounds; filled if these are they
    moved : where to put the same of the changed ones, if they are all backgrounds in order and become such; else None
    """

    number: int
    key: Key
    background: NDArray[np.int32] | None
    kept: dict[int, list[Tensor]]
    moved: dict[int, list[Tensor]] | None = None

    @property
    def fresh(self) -> bool:
        """Are these backgrounds themselves, and no changes of them?"""
        return self.background is None


class Stretch(ABC):
    """Consecutive layers as they are computed for one plan: with their tables in place.

    Attributes
    ----------
    steps : of the layers
    """

    steps: Sequence[Step]

    @abstractmethod
    def bytes(self, rows: int) -> int:
        """The most memory that it takes for so many rows."""

    @abstractmethod
    def go(self, rows: Rows, values: dict[int, Tensor], scratch: Scratch) -> None:
        """Add values or changes (region, rows, features) of those layers to ``values`` that others will read."""


class Scratch:
    """Memory that is used again, by one thread at a time: fresh pages cost more than the numbers written to them."""

    def __init__(self, like: Tensor) -> None:
        self.flat = like.new_empty(0)

    def take(self, numbers: int) -> Tensor:
        """So many numbers, of any content."""
        if self.flat.numel() < numbers:
            self.flat = self.flat.new_empty(numbers)
        return self.flat


class Loops(ABC):
    """Layers of one network, on its device and in its dtype.

    Attributes
    ----------
    places : dimension of what is kept along which the positions lie; the backgrounds lie along the other of the two
    """

    places: int

    def __init__(self, nodes: Sequence[Node], like: Tensor) -> None:
        self.nodes = nodes
        self.like = like
        self.weights = [self._weights(node) for node in nodes]

    @property
    @abstractmethod
    def threads(self) -> int:
        """How many stretches may be gone through beside one another."""

    @abstractmethod
    def stretch(self, steps: Sequence[Step], lasting: set[int]) -> Stretch:
        """Consecutive layers; the values of ``lasting`` ones are read by others."""

    def layer(self, step: Step) -> Layer:
        """The node of a step of a stretch."""
        node = self.nodes[step.node]
        if not isinstance(node, Layer):
            raise TypeError(f"{node.name} is no layer")
        return node

    def lettered(self, node: Layer) -> bool:
        """Does a layer read letters, so that a table has its products?"""
        return isinstance(self.nodes[node.source], Letters)

    def share(self, step: Step) -> Tensor:
        """The share of each output of what it pools."""
        pool = self.layer(step).pool
        share = torch.ones(len(step.region)) if pool is None else pool.factor[torch.from_numpy(step.region).long()]
        return share.to(self.like)

    def _weights(self, node: Node) -> Weights | None:
        if not isinstance(node, Layer):
            return None
        return Weights.of(node, self.like, self.lettered(node))
