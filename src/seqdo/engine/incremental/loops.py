"""How one layer is computed: in one compiled pass on a CPU, in operations on whole tensors elsewhere."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from seqdo.engine.incremental import kernels, twin
from seqdo.engine.incremental.buffers import Buffers
from seqdo.engine.incremental.nodes import Layer, Letters, Node
from seqdo.engine.incremental.plan import Step
from seqdo.engine.incremental.weights import CODES, Weights

Tensor = torch.Tensor


@dataclass(frozen=True, eq=False)
class Ready:
    """A step with its tables where the loops want them: arrays for compiled loops, tensors on the device for others.

    Attributes
    ----------
    collects : is what each output reads laid side by side before the product?
    itself : (positions before the pool, 1), each its own index: the taps after that
    positions, index, base_index : the region as positions, and as indices into what is wanted and kept
    """

    step: Step
    taps: Any
    itself: Any
    skip: Any
    base: Any
    members: Any
    after: Any
    share: Any
    collects: bool
    positions: Tensor
    index: Tensor
    base_index: Tensor
    inputs: tuple[Tensor, ...]


class Loops:
    """Layers of one network, on its device and in its dtype."""

    def __init__(self, nodes: Sequence[Node], like: Tensor) -> None:
        self.nodes = nodes
        self.like = like
        self.compiled = like.device.type == "cpu" and like.dtype in (torch.float32, torch.float64)
        self.weights = [self._weights(node) for node in nodes]
        self.packed = [_flat(w.packed) if w is not None and self.compiled else None for w in self.weights]
        self.vectors = [
            tuple(self._vector(v) for v in (node.scale, node.bias)) if isinstance(node, Layer) else () for node in nodes
        ]
        self.number = np.float32 if like.dtype == torch.float32 else np.float64
        self.nothing = like.new_zeros(0, 0, 0)
        self.no_weights = self._vector(None)
        self.no_rows = self.array(np.zeros(0, np.int32))
        self.no_key = self.array(np.zeros((0, 0), np.int32))

    def array(self, numbers: NDArray[np.int32]) -> Any:  # noqa: ANN401
        """A table as the loops want it."""
        if self.compiled:
            return np.ascontiguousarray(numbers, np.int32)
        return torch.as_tensor(numbers, dtype=torch.long, device=self.like.device)

    def index(self, numbers: Any) -> Tensor:  # noqa: ANN401
        """The same as a tensor to index with."""
        return torch.as_tensor(numbers, dtype=torch.long, device=self.like.device)

    @lru_cache(maxsize=8)  # noqa: B019 - as long as the program
    def swaps(self, table: Tensor) -> Tensor:
        """(25, features): what a letter becoming another changes in a table of letters."""
        return (table[None] - table[:, None]).flatten(0, 1).contiguous()

    def ready(self, step: Step) -> Ready:
        """A step with its tables in place."""
        node = self.nodes[step.node]
        share = torch.ones(len(step.region))
        if isinstance(node, Layer) and node.pool:
            share = node.pool.share[torch.from_numpy(step.region).long()]
        weights = self.weights[step.node]
        sources = int(step.taps.max(initial=-1)) + 1
        return Ready(
            step=step,
            **{name: self.array(getattr(step, name)) for name in ("taps", "skip", "base", "members", "after")},
            itself=self.array(np.arange(len(step.before), dtype=np.int32)[:, None]),
            share=self._numbers(share),
            collects=weights is not None and len(step.before) < sources,
            positions=self.index(step.region),
            index=self.index(step.base if not isinstance(node, Layer) else step.region),
            base_index=self.index(step.base),
            inputs=tuple(self.index(at) for at in step.inputs),
        )

    def change(
        self, node: Layer, ready: Ready, changes: dict[int, Tensor], key: Any, kept: list[Tensor], row_of: Any,  # noqa: ANN401
        rows: int, buffers: Buffers,
    ) -> Tensor:  # fmt: skip
        """Changes (region, rows, features) of a layer."""
        out = buffers.take(len(ready.step.region), rows, node.features)
        if out.numel():
            base = kept[0] if kept else self.nothing
            self._pass(node, ready, changes, key, base, row_of, self.nothing, out, fresh=False)
        return out

    def values(
        self,
        node: Layer,
        ready: Ready,
        values: dict[int, Tensor],
        key: Any,  # noqa: ANN401
        rows: int,
        buffers: Buffers,
    ) -> tuple[Tensor, list[Tensor]]:
        """Values (wanted, rows, features) of a layer, and what its changes will be measured from."""
        out = buffers.take(len(ready.step.region), rows, node.features)
        kept = [self.like.new_empty(len(ready.step.before), rows, node.features)] if node.keeps else []
        keep = kept[0] if kept else self.nothing
        self._pass(node, ready, values, key, self.nothing, self.no_rows, keep, out, fresh=True)
        return out, kept

    def inputs(self, node: Node, ready: Ready, values: dict[int, Tensor]) -> list[Tensor]:
        """What a node reads at its positions; zeros where an input has not changed."""
        found = []
        for read, at in zip(node.inputs, ready.inputs, strict=True):
            there = values[read]
            if there.shape[0] == len(at) and ready.step.inputs and (at >= 0).all():
                found.append(there)
                continue
            taken = there.new_zeros(len(at), *there.shape[1:])
            some = torch.nonzero(at >= 0)[:, 0]
            taken[some] = there[at[some]]
            found.append(taken)
        return found

    def _pass(
        self, node: Layer, ready: Ready, values: dict[int, Tensor], key: Any, base: Tensor, row_of: Any,  # noqa: ANN401
        keep: Tensor, out: Tensor, *, fresh: bool,
    ) -> None:  # fmt: skip
        """One layer, compiled or as operations on tensors."""
        scale, bias = self.vectors[ready.step.node]
        weights = self.weights[ready.step.node]
        slope: Any = kernels.NO_SLOPE if node.slope is None else node.slope
        slope = self.number(slope) if self.compiled else slope
        lettered = isinstance(self.nodes[node.source], Letters)
        first, last = ready.step.used
        if lettered and weights is not None:
            source, weights = weights.letters if fresh else weights.changes, None
            key, first, last = self.array(key), 0, node.reads.taps
        else:
            source, key = values[node.source], self.no_key
        before: tuple[Any, ...] = (scale, bias, self._of(node.skip, values), ready.skip, base, ready.base, row_of)
        pool: tuple[Any, ...] = (ready.members, ready.share, node.pool is not None and node.pool.kind == "max")
        behind: tuple[Any, ...] = (self._of(node.after, values), ready.after, fresh, out)
        if self.compiled:
            packed, depth = (self.no_weights, 1) if weights is None else (self.packed[ready.step.node], weights.depth)
            arguments = (
                source, key, packed, depth, first, last - first, ready.taps, *before, base.shape[1], keep, slope, *pool,
                *behind, out.shape[1], node.features,
            )  # fmt: skip
            kernels.layer(*[_flat(a) if isinstance(a, Tensor) else a for a in arguments])
            return
        taps = ready.taps
        if weights is None:
            terms = source if lettered else source.flatten(0, 1)[:, None]
        elif ready.collects:
            terms = weights.collect(twin.collected(source, taps, first, last - first), first)
            taps, first = ready.itself, 0
        else:
            terms = weights.spread(source, first, last - first)
        rest = (*before, keep, slope, *pool, *behind)
        twin.layer(terms, key, first, taps, *rest)

    def _of(self, node: int | None, values: dict[int, Tensor]) -> Tensor:
        return self.nothing if node is None else values[node]

    def _weights(self, node: Node) -> Weights | None:
        if not isinstance(node, Layer):
            return None
        if node.weight is None and isinstance(self.nodes[node.source], Letters):
            return Weights(torch.eye(CODES, dtype=self.like.dtype, device=self.like.device)[None, :, : node.features])
        return Weights.of(node, self.like)

    def _vector(self, vector: Tensor | None) -> Any:  # noqa: ANN401
        return self._numbers(self.like.new_zeros(0) if vector is None else vector)

    def _numbers(self, vector: Tensor) -> Any:  # noqa: ANN401
        there = vector.detach().to(self.like.device, self.like.dtype).contiguous()
        return _flat(there) if self.compiled else there


def _flat(tensor: Tensor) -> NDArray[Any]:
    """A tensor as a flat array; a view of it, for it is contiguous."""
    array: NDArray[Any] = tensor.numpy()
    return array.reshape(-1)
