"""Layers in compiled calls: each stretch of them is one, told where in memory everything is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from seqdo.engine.incremental.compute import kernels
from seqdo.engine.incremental.compute.backend import Loops, Rows, Scratch, Stretch
from seqdo.engine.incremental.compute.vectors import LANES
from seqdo.engine.incremental.graph.nodes import Layer
from seqdo.engine.incremental.graph.receptive_field import Positions
from seqdo.engine.incremental.schedule.steps import Step

Tensor = torch.Tensor

CACHE = 2**20
"""Bytes that what passes between layers should take: a core's own cache.

On an AMD EPYC with 1 MiB to a core, one thread took 74, 71, 66 and 68 us for an evaluation of ResidualBind with a
quarter, half, one and two MiB, and 26, 23, 22 and 23 for one of DeepSTARR (medians of 12).
"""

MOST = 4 * LANES
"""Rows at a time where they need little."""

NO_ROWS = np.zeros(0, np.int32)


class Compiled(Loops):
    """Layers of a network in float32 or float64 on a CPU."""

    places = 1

    @property
    def threads(self) -> int:
        """As many as torch would take for one operation."""
        return torch.get_num_threads()

    def stretch(self, steps: Sequence[Step], lasting: set[int]) -> Stretch:
        """Consecutive layers in one call."""
        near, width = self._near(steps, lasting)
        held: list[NDArray[Any]] = []
        calls = np.zeros(len(steps), kernels.CALL)
        for call, step in zip(calls, steps, strict=True):
            self._describe(call, step, held)
        return Calls(self, tuple(steps), lasting, calls, tuple(held), near, width)

    @cached_property
    def none(self) -> NDArray[Any]:
        """No numbers, of the network's dtype."""
        return _flat(self.like.new_zeros(0))

    @cached_property
    def packed(self) -> list[NDArray[Any] | None]:
        """Weights of each layer as the calls want them; None where a table has their products."""
        return [
            _flat(w.packed) if w is not None and isinstance(node, Layer) and not self.lettered(node) else None
            for w, node in zip(self.weights, self.nodes, strict=True)
        ]

    @cached_property
    def vectors(self) -> list[tuple[NDArray[Any] | None, NDArray[Any] | None]]:
        """Scale and bias of each layer."""
        return [
            (self._vector(node.scale), self._vector(node.bias)) if isinstance(node, Layer) else (None, None)
            for node in self.nodes
        ]

    def _vector(self, vector: Tensor | None) -> NDArray[Any] | None:
        return None if vector is None else _flat(vector.detach().to(self.like).contiguous())

    def _describe(self, call: Any, step: Step, held: list[NDArray[Any]]) -> None:  # noqa: ANN401 - a numpy record
        """All of a call that does not depend on the rows; arrays that it points to are ``held``."""
        node, weights = self.layer(step), self.weights[step.node]
        tables = {"taps": step.taps.T, "members": step.members}
        first, last = step.used
        if self.lettered(node):
            tables["taps"], tables["through"] = _first(step.taps)
            first, last = 0, tables["taps"].shape[1]
        tables |= {"skip_at": step.skip, "kept_at": step.base, "after_at": step.after}
        tables |= {"up_to_at": step.up_to, "onwards_at": step.onwards}
        numbers = {"share": _flat(self.share(step)), "weights": self.packed[step.node]}
        numbers |= dict(zip(("scale", "bias"), self.vectors[step.node], strict=True))
        for name, array in (tables | numbers).items():
            if array is not None and array.size:
                held.append(np.ascontiguousarray(array))
                call[name] = held[-1].ctypes.data
        call["first"], call["used"], (call["before"], call["width"]) = first, last - first, step.taps.shape
        call["depth"] = weights.depth if weights is not None and not self.lettered(node) else 0
        call["keyed"] = self.lettered(node)
        call["outputs"], call["reads"] = step.members.shape
        call["features"] = node.features
        call["largest"] = node.pool is not None and node.pool.kind == "max"
        call["slope"] = kernels.NO_SLOPE if node.slope is None else node.slope

    def _near(self, steps: Sequence[Step], lasting: set[int]) -> tuple[dict[int, int], int]:
        """Where, for one row, each layer that no one else reads puts its numbers, and how much room they take.

        A place is used again once what was there has been read for the last time.
        """
        read_last = {place: i for i, step in enumerate(steps) for place in self.nodes[step.node].inputs}
        begins: dict[int, int] = {}
        taken: dict[int, tuple[int, int]] = {}
        width = 0
        for i, step in enumerate(steps):
            if step.node not in lasting:
                size, begin = len(step.region) * self.nodes[step.node].features, 0
                for low, high in sorted(taken.values()):
                    if begin + size <= low:
                        break
                    begin = max(begin, high)
                begins[step.node], taken[step.node] = begin, (begin, begin + size)
                width = max(width, begin + size)
            taken = {place: span for place, span in taken.items() if read_last.get(place, -1) > i}
        return begins, width


@dataclass(frozen=True, eq=False)
class Calls(Stretch):
    """One compiled call.

    Attributes
    ----------
    calls : what it is told of each layer, but for what depends on the rows
    held : arrays that these point to
    near : where, for one row, the numbers of a layer that no one else reads are
    width : numbers for one row there
    """

    loops: Compiled
    steps: tuple[Step, ...]
    lasting: set[int]
    calls: NDArray[Any]
    held: tuple[NDArray[Any], ...]
    near: dict[int, int]
    width: int

    def bytes(self, rows: int) -> int:
        """What the others will read, and what is near."""
        lasting = sum(
            len(step.region) * self.loops.nodes[step.node].features for step in self.steps if step.node in self.lasting
        )
        return self.loops.like.element_size() * (lasting * rows + self.width * self._block(rows))

    def go(self, rows: Rows, values: dict[int, Tensor], scratch: Scratch) -> None:
        """Find out where everything is, and call."""
        block = self._block(rows.number)
        calls = self.calls.copy()
        where, count = self._places(rows, values, scratch.take(self.width * block), block)
        for name, read in self._reads.items():
            calls[name], calls[f"{name}_rows"] = where[read], count[read]
        for i, step in enumerate(self.steps):
            node, weights = self.loops.layer(step), self.loops.weights[step.node]
            if calls["keyed"][i] and weights is not None:
                calls["source"][i] = (weights.letters if rows.fresh else weights.changes).data_ptr()
            if not node.nonlinear:
                continue
            if rows.fresh:
                rows.kept[step.node] = [self.loops.like.new_empty(rows.number, len(step.before), node.features)]
            kept = rows.kept[step.node][0]
            calls["kept"][i], calls["kept_positions"][i] = kept.data_ptr(), kept.shape[1]
            for name, ran in zip(("up_to", "onwards"), rows.kept[step.node][1:], strict=False):
                calls[name][i], calls["ran"][i] = ran.data_ptr(), ran.shape[1]
            if rows.moved is not None:
                rows.moved[step.node] = [kept.clone()]
                calls["moved"][i] = rows.moved[step.node][0].data_ptr()
        row_of = NO_ROWS if rows.background is None else rows.background
        kernels.stretch(calls, rows.key.reshape(-1), row_of, rows.number, block, rows.fresh, self.loops.none)

    def _places(
        self, rows: Rows, values: dict[int, Tensor], flat: Tensor, block: int
    ) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """For each node where its numbers begin, and the rows of that array; 0 for what is not there."""
        where, count = np.zeros((2, len(self.loops.nodes) + 1), np.int64)
        for step in self.steps:
            if step.node in self.lasting:
                features = self.loops.nodes[step.node].features
                values[step.node] = self.loops.like.new_empty(len(step.region), rows.number, features)
        for place, there in values.items():
            where[place], count[place] = there.data_ptr(), rows.number
        for place, begin in self.near.items():
            where[place], count[place] = flat.data_ptr() + begin * block * flat.element_size(), block
        return where, count

    @cached_property
    def _reads(self) -> dict[str, list[int]]:
        """For each layer the nodes it reads and writes; -1 is none."""
        nodes = [self.loops.nodes[step.node] for step in self.steps]
        found = {"out": [step.node for step in self.steps]}
        for name in ("source", "skip", "after"):
            read = [getattr(node, "late_skip" if name == "after" else name) for node in nodes]
            found[name] = [-1 if place is None else place for place in read]
        return found

    def _block(self, rows: int) -> int:
        """Rows at a time: as many as the cache has room for, in whole tiles if it can be."""
        fitting = CACHE // max(1, self.width * self.loops.like.element_size())
        return max(1, min(MOST, rows, fitting // LANES * LANES or fitting))


def _first(taps: Positions) -> tuple[Positions, Positions]:
    """For each position the sources that there are before the -1s, as many as any has, and the tap of each."""
    most = int((taps >= 0).sum(1).max(initial=0))
    through = np.argsort(taps < 0, axis=1, kind="stable")[:, :most].astype(np.int32)
    return np.take_along_axis(taps, through, 1), through


def _flat(tensor: Tensor) -> NDArray[Any]:
    """A tensor as a flat array; a view of it, for it is contiguous."""
    array: NDArray[Any] = tensor.numpy()
    return array.reshape(-1)
