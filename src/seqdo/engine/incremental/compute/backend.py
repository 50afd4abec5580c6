"""What a backend that computes layers receives and has to do.

There are two backends: ``compiled_backend.py`` makes compiled calls on a CPU, ``tensor_backend.py`` makes operations on
whole tensors, on any device.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from seqdo.engine.incremental.compute.layer_weights import LayerWeights
from seqdo.engine.incremental.graph.nodes import Layer, Letters, Node
from seqdo.engine.incremental.schedule.steps import Step

Tensor = torch.Tensor
LetterIndex = NDArray[np.int32]

Activations = dict[int, list[Tensor]]
"""For each node that changes nonlinearly, what its changes are measured from.

A layer keeps its values before the rectifier, then the running maxima of its pool if it has them. A pointwise function
keeps its inputs, then its values. A recurrent layer keeps its gates, hidden states and cells.
"""


@dataclass(frozen=True, eq=False)
class Rows:
    """Rows that are computed together: backgrounds, or changes of backgrounds.

    Attributes
    ----------
    count : number of rows
    letter_index : (letter positions, rows), which row of a table of letters, or of changes of letters; -1 for none
    background_of : (rows,), the background that each row is a change of; None where the rows are backgrounds
    activations : of the backgrounds; filled in where the rows are backgrounds
    rebased : takes the activations of the changed rows, where these are all backgrounds in order; else None
    """

    count: int
    letter_index: LetterIndex
    background_of: NDArray[np.int32] | None
    activations: Activations
    rebased: Activations | None = None

    @property
    def is_base(self) -> bool:
        """Are the rows backgrounds themselves, and not changes of them?"""
        return self.background_of is None


class Segment(ABC):
    """Consecutive layers, prepared for one plan.

    Attributes
    ----------
    steps : the step of each layer
    """

    steps: Sequence[Step]

    @abstractmethod
    def bytes(self, rows: int) -> int:
        """The most memory that ``rows`` rows take."""

    @abstractmethod
    def run(self, rows: Rows, values: dict[int, Tensor], scratch: Scratch) -> None:
        """Compute the layers, and add to ``values`` the (region, rows, features) of those that others read.

        These are values of backgrounds, or changes of them.
        """


class Scratch:
    """Memory that is used again and again by one thread at a time.

    The first write to a fresh page of memory costs more than the computation of the numbers that are written.
    """

    def __init__(self, like: Tensor) -> None:
        self.flat = like.new_empty(0)

    def take(self, numbers: int) -> Tensor:
        """A flat tensor of at least so many numbers, with any content."""
        # It never shrinks: plans of different sizes alternate, and the largest comes again.
        if self.flat.numel() < numbers:
            self.flat = self.flat.new_empty(numbers)
        return self.flat


class Backend(ABC):
    """Computes the layers of one network, on its device and in its dtype.

    Attributes
    ----------
    position_dim : 0 or 1, the dimension of a layer's activations that holds positions; the other holds backgrounds
    """

    position_dim: int

    def __init__(self, nodes: Sequence[Node], like: Tensor) -> None:
        self.nodes = nodes
        self.like = like
        self.weights = [self._weights(node) for node in nodes]

    @property
    @abstractmethod
    def threads(self) -> int:
        """The number of segments that may run at the same time."""

    @abstractmethod
    def segment(self, steps: Sequence[Step], exported: set[int]) -> Segment:
        """Prepare consecutive layers; ``exported`` are those that nodes outside the segment read."""

    def layer(self, step: Step) -> Layer:
        """The layer of a step in a segment."""
        node = self.nodes[step.node]
        if not isinstance(node, Layer):
            raise TypeError(f"{node.name} is no layer")
        return node

    def reads_letters(self, node: Layer) -> bool:
        """Is the layer's source the input, so that its products can be looked up in a table of letters?"""
        return isinstance(self.nodes[node.source], Letters)

    def pool_factor(self, step: Step) -> Tensor:
        """(region,), the factor of each output's pool; 1 for a layer without a pool."""
        pool = self.layer(step).pool
        factor = torch.ones(len(step.region)) if pool is None else pool.factor[torch.from_numpy(step.region).long()]
        return factor.to(self.like)  # float64 until here, rounded once

    def _weights(self, node: Node) -> LayerWeights | None:
        if not isinstance(node, Layer):
            return None
        return LayerWeights.of(node, self.like, self.reads_letters(node))
