"""A traced network as a program: it answers for whole sequences once, and then for changes of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import groupby
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import fx

from seqdo.engine.incremental.compute import recurrent
from seqdo.engine.incremental.compute.backend import Loops, Rows, Scratch, Stretch
from seqdo.engine.incremental.compute.compiled_backend import Compiled
from seqdo.engine.incremental.compute.layer_weights import CODES
from seqdo.engine.incremental.compute.running_maxima import rectified, running, swept
from seqdo.engine.incremental.compute.tensor_backend import Plain
from seqdo.engine.incremental.graph.fuse import fuse
from seqdo.engine.incremental.graph.lower import Lowering
from seqdo.engine.incremental.graph.nodes import Concat, Layer, Letters, Node, Pointwise, Recurrent
from seqdo.engine.incremental.graph.receptive_field import Positions
from seqdo.engine.incremental.graph.rules import RULES
from seqdo.engine.incremental.graph.tensor_view import View
from seqdo.engine.incremental.graph.trace import Trace, execute
from seqdo.engine.incremental.schedule.steps import Step, demand, macs, steps, whole

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
class Ready:
    """Another step than a layer, with its tables as tensors to index with.

    Attributes
    ----------
    region : positions of the output
    base : their indices in what is kept
    inputs : for each input the indices of the region in the input's region, -1 for what is not there
    """

    node: Letters | Pointwise | Concat | Recurrent
    step: Step
    region: Tensor
    base: Tensor
    inputs: tuple[Tensor, ...]


@dataclass(frozen=True, eq=False)
class Plan:
    """What has to be computed when letters change at some positions.

    Attributes
    ----------
    changed : positions of the letters that can be seen in the answer
    steps : of all nodes
    parts : the same as they are gone through: stretches of layers, and what is between them
    macs : multiplications for one row
    """

    changed: Positions
    steps: tuple[Step, ...]
    parts: tuple[Stretch | Ready, ...]
    macs: int

    @cached_property
    def bytes(self) -> int:
        """What its tables take, about: each is held twice, as it was found and as the loops want it."""
        return sum(2 * (s.taps.nbytes + s.members.nbytes) + 64 * len(s.region) + 512 for s in self.steps)


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
        self.plain = tuple(lowering.fallback)
        self.counting = {call for call in self.plain if str(call.meta.get("val")) == trace.batch}  # rows, and no more
        read = [call for user in (*self.plain, trace.calls[-1]) for call in user.all_input_nodes]
        views = {call: found for call in read if isinstance(found := lowering.lowered.get(call), View)}
        nodes, index = fuse(lowering.nodes, sorted({view.node for view in views.values()}))
        self.views = {call: _moved(view, index) for call, view in views.items()}
        made = {call: known for call, known in lowering.lowered.items() if isinstance(known, View)}
        self.traced = {call: _moved(view, index) for call, view in made.items() if view.node in index}
        self.whole = frozenset(view.node for view in self.views.values())
        self.demand = demand(nodes, sorted(self.whole))
        compiled = like.device.type == "cpu" and like.dtype in (torch.float32, torch.float64)
        self.loops: Loops = (Compiled if compiled else Plain)(self.demand.nodes, like)
        self.letters = torch.eye(CODES, dtype=like.dtype, device=like.device)[:, : nodes[0].features].contiguous()
        self.swaps = (self.letters[None] - self.letters[:, None]).flatten(0, 1)
        readers = [node for node in nodes if 0 in node.inputs]
        # Weights take letters from a table; whoever else reads them needs them one-hot.
        self.spelled = not all(isinstance(node, Layer) and 0 not in (node.skip, node.late_skip) for node in readers)
        self.readers = [
            {reader for reader, node in enumerate(nodes) if place in node.inputs} for place in range(len(nodes))
        ]
        self.everything = self._plan(whole(self.demand))

    @property
    def nodes(self) -> tuple[Node, ...]:
        """The nodes, in order."""
        return self.demand.nodes

    @property
    def middle(self) -> Positions:
        """Eight letters in the middle: the edit that is spoken of where one has to stand for all."""
        length = self.nodes[0].length
        return np.arange(max(length // 2 - 4, 0), min(length // 2 + 4, length), dtype=np.int32)

    def plan(self, changed: Positions, *, apart: bool = False) -> Plan:
        """What has to be computed when letters change at some positions; each node ``apart`` where all are watched."""
        return self._plan(steps(self.demand, changed), apart)

    def _plan(self, found: Sequence[Step], apart: bool = False) -> Plan:
        def together(step: Step) -> int:
            return step.node if apart or not isinstance(self.nodes[step.node], Layer) else -1

        parts = [self._part(list(some)) for _, some in groupby(found, together)]
        return Plan(found[0].region, tuple(found), tuple(parts), macs(self.nodes, found))

    def _part(self, some: Sequence[Step]) -> Stretch | Ready:
        """Layers in a row, those that others read lasting; or what is none."""
        node = self.nodes[some[0].node]
        if isinstance(node, Layer):
            mine = {step.node for step in some}
            return self.loops.stretch(
                some, {place for place in mine if place in self.whole or self.readers[place] - mine}
            )
        inputs = tuple(map(self._index, some[0].inputs))
        return Ready(node, some[0], self._index(some[0].region), self._index(some[0].base), inputs)

    def base(self, codes: NDArray[np.uint8], scratch: Scratch | None = None, watch: Watch = None) -> Base:
        """Go through whole sequences, (backgrounds, length), and keep what changes are measured from."""
        plan = self._plan(whole(self.demand), apart=True) if watch else self.everything
        key = np.ascontiguousarray(codes[:, plan.changed].T.astype(np.int32))
        rows = Rows(len(codes), key, None, {})
        values = self._values(plan, rows, scratch, watch)
        self._sweep(rows.kept)
        return Base(codes, rows.kept, values, self._finish(values, rows.number))

    def change(
        self, base: Base, plan: Plan, row_of: NDArray[np.integer], letters: NDArray[np.uint8],
        scratch: Scratch | None = None, watch: Watch = None,
    ) -> list[Any]:  # fmt: skip
        """Answers, row by row, of backgrounds ``row_of`` with other letters (rows, changed) at the plan's positions."""
        rows = self._rows(base, plan, np.ascontiguousarray(row_of, np.int32), letters)
        return self._finish(self._changed(base, plan, rows, scratch, watch), rows.number)

    def moved(self, base: Base, plan: Plan, codes: NDArray[np.uint8], scratch: Scratch | None = None) -> Base:
        """The base of the same backgrounds as ``codes``, other at the plan's positions, from what was kept of them."""
        every = np.arange(len(codes), dtype=np.int32)
        rows = replace(self._rows(base, plan, every, codes[:, plan.changed]), moved={})
        values = self._changed(base, plan, rows, scratch)
        self._sweep(rows.moved or {})
        return Base(codes, base.kept | (rows.moved or {}), values, self._finish(values, rows.number))

    @property
    def movable(self) -> bool:
        """Can what is kept be changed in place? Not the states of a recurrent layer, which are gone through again."""
        return not any(isinstance(node, Recurrent) for node in self.nodes)

    def _sweep(self, kept: dict[int, list[Tensor]]) -> None:
        """Beside what is kept of a wide pool, its running maxima."""
        for place, found in kept.items():
            node = self.nodes[place]
            if isinstance(node, Layer) and swept(node):
                members = self._index(self.everything.steps[place].members)
                found += running(rectified(found[0], node.slope), members, self.loops.places)

    def _rows(self, base: Base, plan: Plan, row_of: NDArray[np.int32], letters: NDArray[np.uint8]) -> Rows:
        old, new = base.codes[row_of[:, None], plan.changed].T.astype(np.int32), letters.T
        key = np.ascontiguousarray(np.where(old == new, -1, old * CODES + new).astype(np.int32))
        return Rows(len(row_of), key, row_of, base.kept)

    def _changed(
        self, base: Base, plan: Plan, rows: Rows, scratch: Scratch | None, watch: Watch = None
    ) -> dict[int, Tensor]:  # fmt: skip
        """Values, with the changes, of the nodes that are read as a whole."""
        changes = self._values(plan, rows, scratch, watch)
        background = self._index(rows.background)
        wholes = {}
        for place, change in changes.items():
            wholes[place] = base.whole[place].index_select(1, background)
            wholes[place][self._index(plan.steps[place].region)] += change
        return wholes

    def _values(self, plan: Plan, rows: Rows, scratch: Scratch | None, watch: Watch) -> dict[int, Tensor]:
        """Values or changes of the nodes that are read as a whole."""
        scratch = scratch or Scratch(self.loops.like)
        values: dict[int, Tensor] = {}
        for part in plan.parts:
            if isinstance(part, Stretch):
                part.go(rows, values, scratch)
                done = part.steps[-1].node
            else:
                done = part.step.node
                if done or self.spelled or 0 in self.whole or watch:
                    values[done] = self._other(part, rows, values)
            if watch:
                watch(done, values[done].clone())
            values = {place: there for place, there in values.items() if self._last_use[place] > done}
        return values

    @cached_property
    def _last_use(self) -> list[int]:
        """For each node the last that reads it; what is read as a whole is never done with."""
        never = len(self.nodes)
        return [never if place in self.whole else max(read, default=-1) for place, read in enumerate(self.readers)]

    def _other(self, ready: Ready, rows: Rows, values: dict[int, Tensor]) -> Tensor:
        """Values, or changes, of another node than a layer."""
        node, place = ready.node, ready.step.node
        if isinstance(node, Letters):
            return self._looked_up(self.letters if rows.fresh else self.swaps, rows.key)
        inputs = [_taken(values[read], at) for read, at in zip(node.inputs, ready.inputs, strict=True)]
        if isinstance(node, Concat):
            return torch.cat(inputs, 2)
        background = None if rows.background is None else self._index(rows.background)
        if isinstance(node, Recurrent):
            if background is None:
                found, rows.kept[place] = recurrent.values(node, inputs[0])
                return found
            changed, region = ready.inputs[0], ready.step.region.tolist()
            return recurrent.change(node, values[node.inputs[0]], changed, region, rows.kept[place], background)
        if background is None:
            found = _own(node.function(inputs, ready.region))
            rows.kept[place] = [*inputs, found]
            return found
        if not len(ready.region):
            return self.letters.new_empty(0, rows.number, node.features)
        here = [kept.index_select(0, ready.base).index_select(1, background) for kept in rows.kept[place]]
        changed_inputs = [was + more for was, more in zip(here, inputs, strict=False)]
        found = _own(node.function(changed_inputs, ready.region) - here[-1])
        if rows.moved is not None:
            rows.moved[place] = [kept.clone() for kept in rows.kept[place]]
            for kept, more in zip(rows.moved[place], [*inputs, found], strict=True):
                kept[ready.base] += more
        return found

    def _index(self, numbers: Any) -> Tensor:  # noqa: ANN401
        return torch.as_tensor(numbers, dtype=torch.long, device=self.loops.like.device)

    def _looked_up(self, table: Tensor, key: NDArray[np.int32]) -> Tensor:
        """Rows of a table, zeros for the key -1."""
        at = torch.as_tensor(key, dtype=torch.long, device=table.device)
        return table[at.clamp(min=0)] * (at >= 0)[:, :, None]

    def _finish(self, wholes: dict[int, Tensor], rows: int) -> list[Any]:
        """Make the calls that are left, on whole tensors; what the output node holds."""
        known: dict[fx.Node, Any] = dict(self.trace.constants)
        known |= {call: self._as_traced(call, view, wholes[view.node]) for call, view in self.views.items()}
        for call in self.plain:
            known[call] = rows if call in self.counting else execute(call, known)
        return [known[out] if isinstance(out, fx.Node) else out for out in self.trace.outputs]

    def _as_traced(self, call: fx.Node, view: View, values: Tensor) -> Tensor:
        if call is self.trace.input and not call.meta["val"].dtype.is_floating_point:
            return values.argmax(2).T  # the codes
        return view.as_tensor(values).contiguous()


def _taken(there: Tensor, at: Tensor) -> Tensor:
    """What a node reads at its positions; zeros where an input has not changed."""
    if there.shape[0] == len(at) and bool((at >= 0).all()):
        return there
    taken = there.new_zeros(len(at), *there.shape[1:])
    some = torch.nonzero(at >= 0)[:, 0]
    taken[some] = there[at[some]]
    return taken


def _own(values: Tensor) -> Tensor:
    """The values in memory of their own, in order: compiled calls are told where they begin, and no more."""
    return values.clone(memory_format=torch.contiguous_format) if values._is_view() else values.contiguous()


def _moved(view: View, index: dict[int, int]) -> View:
    return View(index[view.node], view.position, view.features, view.dims)
