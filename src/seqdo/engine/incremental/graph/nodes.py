"""The five kinds of nodes that a traced network is made of. Each node holds values [position, row, feature].

A row is one background in one arm. A node without positions (after flatten → dense, or a global pool) has one position.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import torch

from seqdo.engine.incremental.graph.receptive_field import Positions, ReceptiveField


@dataclass(frozen=True, eq=False)
class Letters:
    """The input: one-hot letters.

    Attributes
    ----------
    features : 4, or 5 where the network reads codes and padding is a code of its own
    """

    name: str
    length: int
    features: int

    @property
    def inputs(self) -> tuple[int, ...]:
        """No nodes: the input reads none."""
        return ()


@dataclass(frozen=True, eq=False)
class Pool:
    """Several positions become one: their maximum, or their sum times a factor.

    Attributes
    ----------
    kind : "max", or "mean" for sums and means
    factor : (outputs,), multiplies the sum of each output: 1 / n for a mean, 1 for a sum; not used by "max"
    """

    field: ReceptiveField
    kind: Literal["max", "mean"]
    factor: torch.Tensor


@dataclass(frozen=True, eq=False)
class Layer:
    """A layer with parts that are applied in one fixed order; each part may be missing.

    ``pool(rectify(scale · Σ_t source[field[o, t]] @ weight[t] + bias + skip)) + late_skip``

    A convolution, a dense layer, batch norm, a rectifier, a pool, a sum and a crop are each a layer with one of these
    parts. ``fuse.py`` merges adjacent ones, so that one pass over a window computes them all.

    Attributes
    ----------
    source : index of the node that the receptive field refers to
    weight : (taps, features in / groups, features out), None where features stay as they are
    scale, bias : (features out,)
    skip, late_skip : nodes that are added before the rectifier, and after the pool
    slope : of the rectifier below 0; None for no rectifier
    """

    name: str
    source: int
    field: ReceptiveField
    features: int
    weight: torch.Tensor | None = None
    groups: int = 1
    scale: torch.Tensor | None = None
    bias: torch.Tensor | None = None
    skip: int | None = None
    slope: float | None = None
    pool: Pool | None = None
    late_skip: int | None = None

    @property
    def inputs(self) -> tuple[int, ...]:
        """Indices of the nodes that the layer reads."""
        return (self.source, *(node for node in (self.skip, self.late_skip) if node is not None))

    @property
    def length(self) -> int:
        """Number of output positions."""
        return self.pool.field.outputs if self.pool else self.field.outputs

    @property
    def nonlinear(self) -> bool:
        """Does the change of the output depend on the background's value, so that it must be kept?

        A linear layer maps a change to a change, whatever the background, and keeps nothing.
        """
        return self.slope is not None or (self.pool is not None and self.pool.kind == "max")


@dataclass(frozen=True, eq=False)
class Pointwise:
    """Any function of the features at one position: GELU, softmax over channels, a product of two branches.

    Attributes
    ----------
    function : takes the values [position, row, feature] of each input, and the positions; returns values
    """

    name: str
    inputs: tuple[int, ...]
    length: int
    features: int
    function: Callable[[list[torch.Tensor], torch.Tensor], torch.Tensor]


@dataclass(frozen=True, eq=False)
class Concat:
    """The features of several nodes, concatenated."""

    name: str
    inputs: tuple[int, ...]
    length: int
    features: int


@dataclass(frozen=True, eq=False)
class Recurrent:
    """One direction of an LSTM or GRU layer, which is resumed at the first change.

    Attributes
    ----------
    kind : "lstm" or "gru"
    order : positions in the order in which the layer reads them
    input_weight, hidden_weight : (features in, gates · hidden), (hidden, gates · hidden)
    input_bias, hidden_bias : (gates · hidden,)
    """

    name: str
    inputs: tuple[int, ...]
    length: int
    features: int
    kind: Literal["lstm", "gru"]
    order: Positions
    input_weight: torch.Tensor
    hidden_weight: torch.Tensor
    input_bias: torch.Tensor
    hidden_bias: torch.Tensor


Node = Letters | Layer | Pointwise | Concat | Recurrent
