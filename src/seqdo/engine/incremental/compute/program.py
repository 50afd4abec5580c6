"""A traced network as a program. It goes through whole backgrounds once, and then computes changes of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from seqdo.engine.incremental.compute.backend import Activations, Backend, Rows, Scratch, Segment
from seqdo.engine.incremental.compute.compiled_backend import CompiledBackend
from seqdo.engine.incremental.compute.edit_plan import Plan, Planner
from seqdo.engine.incremental.compute.layer_weights import CODES
from seqdo.engine.incremental.compute.running_maxima import rectified, running_maxima
from seqdo.engine.incremental.compute.single_nodes import SingleNodes
from seqdo.engine.incremental.compute.tensor_backend import TensorBackend
from seqdo.engine.incremental.compute.whole_tensors import WholeTensors
from seqdo.engine.incremental.graph.fuse import fuse
from seqdo.engine.incremental.graph.lower import Lowering
from seqdo.engine.incremental.graph.nodes import Layer, Node, Recurrent
from seqdo.engine.incremental.graph.receptive_field import Positions
from seqdo.engine.incremental.graph.rules import RULES
from seqdo.engine.incremental.graph.tensor_view import View
from seqdo.engine.incremental.graph.trace import Trace
from seqdo.engine.incremental.schedule.steps import demand, full_steps, steps, uses_running_maxima

Tensor = torch.Tensor

Watch = Callable[[int, Tensor], None] | None
"""Receives the index of each node and its values or changes, as they are computed."""


@dataclass(frozen=True, eq=False)
class Base:
    """Backgrounds that a program has gone through.

    Attributes
    ----------
    codes : uint8 (backgrounds, length)
    activations : for each nonlinear node what its changes are measured from
    materialized : for each node that is read as a whole tensor its values (positions, backgrounds, features)
    outputs : the tensors of the output node, for all backgrounds
    """

    codes: NDArray[np.uint8]
    activations: Activations
    materialized: dict[int, Tensor]
    outputs: list[Any]


class Program:
    """Nodes in order, then the calls that are made on whole tensors.

    Attributes
    ----------
    trace : the network
    reasons : for each fallback call that reads a node, why it has no node itself
    whole : the calls that are made on whole tensors
    traced : for each traced call that is still computed, its view of a node
    demand : positions of each node that the prediction needs
    full_plan : computes everything that the prediction needs

    Parameters
    ----------
    trace : the network
    layout : of its input, "NCL", "NLC" or "codes"
    like : a tensor of its dtype, on its device
    code_of : for each code, the code in the network's own order of letters
    """

    def __init__(self, trace: Trace, layout: str, like: Tensor, code_of: NDArray[np.uint8] | None = None) -> None:
        self.code_of = np.arange(CODES, dtype=np.uint8) if code_of is None else code_of
        lowering = Lowering(trace, RULES)
        lowering.lower(layout)
        self.trace = trace
        self.reasons = lowering.reasons
        read = [call for reader in (*lowering.fallback, trace.calls[-1]) for call in reader.all_input_nodes]
        views = {call: view for call in read if isinstance(view := lowering.lowered.get(call), View)}
        # Fusion renumbers nodes; nodes that are read as whole tensors must stay nodes of their own.
        nodes, index = fuse(lowering.nodes, sorted({view.node for view in views.values()}))
        views = {call: _renumbered(view, index) for call, view in views.items()}
        self.whole = WholeTensors(trace, tuple(lowering.fallback), views)
        lowered = {call: view for call, view in lowering.lowered.items() if isinstance(view, View)}
        self.traced = {call: _renumbered(view, index) for call, view in lowered.items() if view.node in index}
        self.materialized = frozenset(view.node for view in views.values())
        self.demand = demand(nodes, sorted(self.materialized))
        compiled = like.device.type == "cpu" and like.dtype in (torch.float32, torch.float64)
        self.backend: Backend = (CompiledBackend if compiled else TensorBackend)(self.demand.nodes, like)
        self.planner = Planner(self.backend, self.materialized)
        self.single_nodes = SingleNodes(nodes[0].features, like)
        # Layers with weights take letters from a table. Anything else that reads them needs one-hot values.
        readers = [node for node in nodes if 0 in node.inputs]
        self.needs_one_hot = 0 in self.materialized or not all(
            isinstance(node, Layer) and 0 not in (node.skip, node.late_skip) for node in readers
        )
        self.full_plan = self.planner.plan(full_steps(self.demand))

    @property
    def nodes(self) -> tuple[Node, ...]:
        """The nodes, in order."""
        return self.demand.nodes

    @property
    def middle(self) -> Positions:
        """Eight positions in the middle: the example of an edit, for ``explain()`` and the engine's gain."""
        length = self.nodes[0].length
        return np.arange(max(length // 2 - 4, 0), min(length // 2 + 4, length), dtype=np.int32)

    @property
    def can_rebase(self) -> bool:
        """Can activations be updated for changed backgrounds? The states of a recurrent layer can't be."""
        return not any(isinstance(node, Recurrent) for node in self.nodes)

    def plan(self, changed: Positions, *, separate: bool = False) -> Plan:
        """What to compute when letters change at some positions; ``separate`` keeps each layer apart, to be watched."""
        return self.planner.plan(steps(self.demand, changed), separate=separate)

    def base(self, codes: NDArray[np.uint8], scratch: Scratch | None = None, watch: Watch = None) -> Base:
        """Go through backgrounds, and keep what changes are measured from.

        Parameters
        ----------
        codes : (backgrounds, length)
        scratch : memory to use
        watch : receives the values of each node
        """
        plan = self.planner.plan(full_steps(self.demand), separate=True) if watch else self.full_plan
        # Position by position, as all values are: rows of one position lie side by side.
        letter_index = np.ascontiguousarray(self.code_of[codes[:, plan.changed]].T.astype(np.int32))
        rows = Rows(len(codes), letter_index, None, {})
        values = self._run(plan, rows, scratch, watch)
        self._add_running_maxima(rows.activations)
        return Base(codes, rows.activations, values, self.whole.outputs(values, rows.count))

    def change(
        self, base: Base, plan: Plan, background_of: NDArray[np.integer], letters: NDArray[np.uint8],
        scratch: Scratch | None = None, watch: Watch = None,
    ) -> list[Any]:  # fmt: skip
        """The tensors of the output node for backgrounds with other letters.

        Parameters
        ----------
        base : of the backgrounds
        plan : for the positions that change
        background_of : (rows,), the background of each row
        letters : (rows, changed), each row's letters at the plan's positions
        scratch : memory to use
        watch : receives the changes of each node
        """
        rows = self._changed_rows(base, plan, np.ascontiguousarray(background_of, np.int32), letters)
        return self.whole.outputs(self._materialized(base, plan, rows, scratch, watch), rows.count)

    def rebased(self, base: Base, plan: Plan, codes: NDArray[np.uint8], scratch: Scratch | None = None) -> Base:
        """The base of changed backgrounds, from the base of the backgrounds.

        Parameters
        ----------
        base : of the backgrounds
        plan : for the positions where ``codes`` differ from the backgrounds
        codes : (backgrounds, length), the same backgrounds with other letters
        scratch : memory to use
        """
        every = np.arange(len(codes), dtype=np.int32)
        rebased: Activations = {}
        rows = replace(self._changed_rows(base, plan, every, codes[:, plan.changed]), rebased=rebased)
        values = self._materialized(base, plan, rows, scratch)
        self._add_running_maxima(rebased)
        # Nodes that the change does not reach keep the tensors of the base: nothing writes to either.
        return Base(codes, base.activations | rebased, values, self.whole.outputs(values, rows.count))

    def _add_running_maxima(self, activations: Activations) -> None:
        """Add the running maxima of wide pools to the values before them."""
        for place, tensors in activations.items():
            node = self.nodes[place]
            if isinstance(node, Layer) and uses_running_maxima(node):
                pool_inputs = self.planner.index(self.full_plan.steps[place].pool_inputs)
                tensors += running_maxima(rectified(tensors[0], node.slope), pool_inputs, self.backend.position_dim)

    def _changed_rows(
        self, base: Base, plan: Plan, background_of: NDArray[np.int32], letters: NDArray[np.uint8]
    ) -> Rows:
        old = self.code_of[base.codes[background_of[:, None], plan.changed]].T.astype(np.int32)
        new = self.code_of[letters].T
        # Rows of ``change_terms``. A letter that stays is -1: its change is zero, and layers skip what is not there.
        letter_index = np.ascontiguousarray(np.where(old == new, -1, old * CODES + new).astype(np.int32))
        return Rows(len(background_of), letter_index, background_of, base.activations)

    def _materialized(
        self, base: Base, plan: Plan, rows: Rows, scratch: Scratch | None, watch: Watch = None
    ) -> dict[int, Tensor]:  # fmt: skip
        """Values, changes included, of the nodes that are read as whole tensors."""
        changes = self._run(plan, rows, scratch, watch)
        background_of = self.planner.index(rows.background_of)
        tensors = {}
        for place, change in changes.items():
            # index_select copies, so that the base can be changed by the next batch too.
            tensors[place] = base.materialized[place].index_select(1, background_of)
            tensors[place][self.planner.index(plan.steps[place].region)] += change
        return tensors

    def _run(self, plan: Plan, rows: Rows, scratch: Scratch | None, watch: Watch) -> dict[int, Tensor]:
        """Values or changes of the nodes that are read as whole tensors."""
        scratch = scratch or Scratch(self.backend.like)
        values: dict[int, Tensor] = {}
        for stage in plan.stages:
            if isinstance(stage, Segment):
                stage.run(rows, values, scratch)
                place = stage.steps[-1].node
            else:
                place = stage.step.node
                if place or self.needs_one_hot or watch:  # node 0 is the letters
                    values[place] = self.single_nodes.compute(stage, rows, values)
            if watch:
                watch(place, values[place].clone())
            # What no later node reads is freed at once: memory is planned for the widest stage.
            values = {node: tensor for node, tensor in values.items() if self.planner.last_reader[node] > place}
        return values


def _renumbered(view: View, index: dict[int, int]) -> View:
    """The view of a node after fusion."""
    return View(index[view.node], view.position, view.features, view.dims)
