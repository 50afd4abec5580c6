"""A traced network as a program: it answers for whole sequences once, and then for changes of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import fx

from seqdo.engine.incremental import recurrent
from seqdo.engine.incremental.buffers import Buffers
from seqdo.engine.incremental.fuse import fused
from seqdo.engine.incremental.loops import Loops, Ready
from seqdo.engine.incremental.lower import Lowering
from seqdo.engine.incremental.nodes import Layer, Letters, Node, Pointwise, Recurrent
from seqdo.engine.incremental.plan import demand, macs, steps, whole
from seqdo.engine.incremental.reads import Places
from seqdo.engine.incremental.rules import RULES
from seqdo.engine.incremental.trace import Trace, run
from seqdo.engine.incremental.view import View
from seqdo.engine.incremental.weights import CODES

Tensor = torch.Tensor


Watch = Callable[[int, Tensor], None] | None
"""Who wants to see what each node gives."""


@dataclass(frozen=True, eq=False)
class Base:
    """Backgrounds as a program has gone through them.

    Attributes
    ----------
    codes : uint8 (backgrounds, length)
    kept : for each node what its changes are measured from
    whole : for each node that is read as a whole its values (positions, backgrounds, features)
    answers : tensors of the output node, for all backgrounds
    """

    codes: NDArray[np.uint8]
    kept: dict[int, list[Tensor]]
    whole: dict[int, Tensor]
    answers: list[Any]


@dataclass(frozen=True, eq=False)
class Plan:
    """What has to be computed when letters change at some positions.

    Attributes
    ----------
    changed : positions of the letters that can be seen in the answer
    macs : multiplications for one row
    """

    changed: Places
    ready: tuple[Ready, ...]
    macs: int

    @cached_property
    def bytes(self) -> int:
        """What its tables take, about."""
        return sum(16 * ready.step.taps.size + 64 * len(ready.step.region) + 512 for ready in self.ready)


class Program:
    """Nodes in order, then the calls that are made plainly on whole tensors.

    Parameters
    ----------
    trace : the network
    layout : of its input
    like : a tensor of its dtype, on its device
    """

    def __init__(self, trace: Trace, layout: str, like: Tensor) -> None:
        lowering = Lowering(trace, RULES)
        lowering.lower(layout)
        self.trace = trace
        self.reasons = lowering.reasons
        self.plain = tuple(lowering.plain)
        read = [call for user in (*self.plain, trace.calls[-1]) for call in user.all_input_nodes]
        views = {call: found for call in read if isinstance(found := lowering.known.get(call), View)}
        nodes, index = fused(lowering.nodes, sorted({view.node for view in views.values()}))
        self.views = {call: _moved(view, index) for call, view in views.items()}
        made = {call: known for call, known in lowering.known.items() if isinstance(known, View)}
        self.traced = {call: _moved(view, index) for call, view in made.items() if view.node in index}
        self.demand = demand(nodes, sorted({view.node for view in self.views.values()}))
        self.loops = Loops(self.demand.nodes, like)
        self.letters = torch.eye(CODES, dtype=like.dtype, device=like.device)[:, : nodes[0].features].contiguous()
        readers = [node for node in nodes if 0 in node.inputs]
        # Weights take letters from a table; whoever else reads them needs them one-hot.
        self.spelled = not all(isinstance(node, Layer) and 0 not in (node.skip, node.after) for node in readers)
        self.last_use = {read: place for place, node in enumerate(nodes) for read in node.inputs}
        found = whole(self.demand)
        self.everything = Plan(found[0].region, tuple(map(self.loops.ready, found)), macs(nodes, found))

    @property
    def nodes(self) -> tuple[Node, ...]:
        """The nodes, in order."""
        return self.demand.nodes

    def plan(self, changed: Places) -> Plan:
        """What has to be computed when letters change at some positions."""
        found = steps(self.demand, changed)
        return Plan(found[0].region, tuple(map(self.loops.ready, found)), macs(self.nodes, found))

    def base(self, codes: NDArray[np.uint8], buffers: Buffers | None = None, watch: Watch = None) -> Base:
        """Go through whole sequences, (backgrounds, length), and keep what changes are measured from."""
        rows = len(codes)
        buffers = buffers or Buffers(self.loops.like)
        kept: dict[int, list[Tensor]] = {}
        values: dict[int, Tensor] = {}
        wholes: dict[int, Tensor] = {}
        whole_nodes = {view.node for view in self.views.values()}
        key = np.ascontiguousarray(codes[:, self.everything.changed].T.astype(np.int32))
        for place, (node, ready) in enumerate(zip(self.nodes, self.everything.ready, strict=True)):
            if isinstance(node, Letters):
                if not (self.spelled or place in whole_nodes or watch):
                    continue
                values[place] = self._looked_up(self.letters, key)
            elif isinstance(node, Layer):
                values[place], kept[place] = self.loops.values(node, ready, values, key, rows, buffers)
            elif isinstance(node, Pointwise):
                inputs = self.loops.inputs(node, ready, values)
                values[place] = _own(node.function(inputs, ready.positions))
                kept[place] = [*(there.clone() for there in inputs), values[place]]
            elif isinstance(node, Recurrent):
                values[place], kept[place] = recurrent.values(node, values[node.inputs[0]])
            else:
                values[place] = torch.cat(self.loops.inputs(node, ready, values), 2)
            if watch:
                watch(place, values[place].clone())
            if place in whole_nodes:
                wholes[place] = values[place].clone()
            self._forget(values, place, buffers)
        return Base(codes, kept, wholes, self._finish(wholes, rows))

    def change(
        self, base: Base, plan: Plan, row_of: NDArray[np.integer], letters: NDArray[np.uint8],
        buffers: Buffers | None = None, watch: Watch = None,
    ) -> list[Any]:  # fmt: skip
        """Answers, row by row, of backgrounds ``row_of`` with other letters (rows, changed) at the plan's positions."""
        rows = len(row_of)
        buffers = buffers or Buffers(self.loops.like)
        old = base.codes[row_of[:, None], plan.changed].T.astype(np.int32)
        new = letters.T
        key = np.ascontiguousarray(np.where(old == new, -1, old * CODES + new).astype(np.int32))
        at = self.loops.array(np.ascontiguousarray(row_of, np.int32))
        changes: dict[int, Tensor] = {}
        wholes: dict[int, Tensor] = {}
        for place, (node, ready) in enumerate(zip(self.nodes, plan.ready, strict=True)):
            if isinstance(node, Letters):
                if not (self.spelled or place in base.whole or watch):
                    continue
                changes[place] = self._looked_up(self.loops.swaps(self.letters), key)
            elif isinstance(node, Layer):
                changes[place] = self.loops.change(node, ready, changes, key, base.kept[place], at, rows, buffers)
            elif isinstance(node, Pointwise):
                changes[place] = self._pointwise(node, ready, changes, base.kept[place], at)
            elif isinstance(node, Recurrent):
                changes[place] = recurrent.change(
                    node, changes[node.inputs[0]], ready.inputs[0], ready.step.region.tolist(), base.kept[place],
                    self.loops.index(at),
                )  # fmt: skip
            else:
                changes[place] = torch.cat(self.loops.inputs(node, ready, changes), 2)
            if watch:
                watch(place, changes[place].clone())
            if place in base.whole:
                wholes[place] = base.whole[place].index_select(1, self.loops.index(at))
                wholes[place][ready.index] += changes[place]
            self._forget(changes, place, buffers)
        return self._finish(wholes, rows)

    def _pointwise(
        self,
        node: Pointwise,
        ready: Ready,
        changes: dict[int, Tensor],
        kept: list[Tensor],
        at: Any,  # noqa: ANN401
    ) -> Tensor:
        """The function with the changes, less that without."""
        if not len(ready.positions):
            return self.letters.new_empty(0, len(at), node.features)
        here = [values.index_select(0, ready.base_index).index_select(1, self.loops.index(at)) for values in kept]
        changed = [was + more for was, more in zip(here, self.loops.inputs(node, ready, changes), strict=False)]
        return _own(node.function(changed, ready.positions) - here[-1])

    def _looked_up(self, table: Tensor, key: NDArray[np.int32]) -> Tensor:
        """Rows of a table, zeros for the key -1."""
        at = torch.as_tensor(key, dtype=torch.long, device=table.device)
        return table[at.clamp(min=0)] * (at >= 0)[:, :, None]

    def _forget(self, values: dict[int, Tensor], place: int, buffers: Buffers) -> None:
        """Give back what no later node reads."""
        for read in (*self.nodes[place].inputs, place):
            if self.last_use.get(read, read) <= place and read in values:
                buffers.give(values.pop(read))

    def _finish(self, wholes: dict[int, Tensor], rows: int) -> list[Any]:
        """Make the calls that are left, on whole tensors; what the output node holds."""
        known: dict[fx.Node, Any] = dict(self.trace.constants)
        known |= {call: self._as_traced(call, view, wholes[view.node]) for call, view in self.views.items()}
        for call in self.plain:
            known[call] = rows if _counts_rows(call, self.trace.batch) else run(call, known)
        return [known[out] if isinstance(out, fx.Node) else out for out in self.trace.outputs]

    def _as_traced(self, call: fx.Node, view: View, values: Tensor) -> Tensor:
        if call is self.trace.input and not call.meta["val"].dtype.is_floating_point:
            return values.argmax(2).T  # the codes
        return view.tensor(values).contiguous()


def _counts_rows(call: fx.Node, batch: str) -> bool:
    """Does a call return the number of rows?"""
    return str(call.meta.get("val")) == batch


def _own(values: Tensor) -> Tensor:
    """The values in memory of their own: what they were made of is used again."""
    return values.clone(memory_format=torch.contiguous_format) if values._is_view() else values.contiguous()


def _moved(view: View, index: dict[int, int]) -> View:
    return View(index[view.node], view.place, view.memory, view.dims)
