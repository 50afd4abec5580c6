"""What a traced network is made of: five kinds of nodes, each of the shape [position, row, feature].

A row is one background in one arm. Nodes without positions (after flatten → dense, or a global pool) have one position.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import torch

from seqdo.engine.incremental.graph.receptive_field import Places, Reads


@dataclass(frozen=True, eq=False)
class Letters:
    """The input: one-hot letters, as the network is handed them.

    Attributes
    ----------
    features : 4, or 5 where the network is handed codes and padding is a code of its own
    """

    name: str
    length: int
    features: int

    @property
    def inputs(self) -> tuple[int, ...]:
        """It reads no node."""
        return ()


@dataclass(frozen=True, eq=False)
class Pool:
    """How activations become one: "max" of what is read, or "mean" of it, weighted by ``share`` for each output."""

    reads: Reads
    kind: Literal["max", "mean"]
    share: torch.Tensor


@dataclass(frozen=True, eq=False)
class Layer:
    """``pool(rectify(scale · Σ_t source[reads[o, t]] @ weight[t] + bias + skip)) + after``; each part may be missing.

    A convolution, a dense layer, batch norm, a rectifier, a pool, a sum, a crop: each is a layer with one of these
    parts, and neighbours are fused into one (``fuse.py``) so that a window is gone through once.

    Attributes
    ----------
    weight : (taps, features in / groups, features out), None where features stay as they are
    scale, bias : (features out,)
    slope : of the rectifier below 0; None for no rectifier
    skip, after : nodes added before the rectifier, and behind the pool
    """

    name: str
    source: int
    reads: Reads
    features: int
    weight: torch.Tensor | None = None
    groups: int = 1
    scale: torch.Tensor | None = None
    bias: torch.Tensor | None = None
    skip: int | None = None
    slope: float | None = None
    pool: Pool | None = None
    after: int | None = None

    @property
    def inputs(self) -> tuple[int, ...]:
        """Nodes it reads."""
        return (self.source, *(node for node in (self.skip, self.after) if node is not None))

    @property
    def length(self) -> int:
        """Positions of its output."""
        return self.pool.reads.outputs if self.pool else self.reads.outputs

    @property
    def keeps(self) -> bool:
        """Does a change depend on what was there, so that it must be kept? Linear layers need no memory."""
        return self.slope is not None or (self.pool is not None and self.pool.kind == "max")


@dataclass(frozen=True, eq=False)
class Pointwise:
    """Any function of the features at one position: GELU, softmax over channels, a product of two branches.

    Attributes
    ----------
    function : from values [position, row, feature], one for each input, and the positions, to values
    """

    name: str
    inputs: tuple[int, ...]
    length: int
    features: int
    function: Callable[[list[torch.Tensor], torch.Tensor], torch.Tensor]


@dataclass(frozen=True, eq=False)
class Join:
    """Features of several nodes side by side."""

    name: str
    inputs: tuple[int, ...]
    length: int
    features: int


@dataclass(frozen=True, eq=False)
class Recurrent:
    """One direction of an LSTM or GRU layer, resumed where the first change is.

    Attributes
    ----------
    kind : "lstm" or "gru"
    order : positions in the order in which they are read
    input_weight, hidden_weight : (features in, gates · hidden), (hidden, gates · hidden)
    input_bias, hidden_bias : (gates · hidden,)
    """

    name: str
    inputs: tuple[int, ...]
    length: int
    features: int
    kind: Literal["lstm", "gru"]
    order: Places
    input_weight: torch.Tensor
    hidden_weight: torch.Tensor
    input_bias: torch.Tensor
    hidden_bias: torch.Tensor


Node = Letters | Layer | Pointwise | Join | Recurrent
