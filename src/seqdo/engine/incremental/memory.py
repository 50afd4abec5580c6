"""How many backgrounds and rows are held at a time. This is settled before anything is computed, from free memory."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import psutil

from seqdo.engine.incremental.compute.backend import Segment
from seqdo.engine.incremental.compute.program import Program
from seqdo.engine.incremental.graph.nodes import Layer, Pointwise, Recurrent
from seqdo.engine.incremental.schedule.steps import uses_running_maxima

FREE_SHARE = 0.25
"""The largest share of free memory that an engine takes."""

MAX_BYTES = 2 * 2**30
"""Bytes that an engine never exceeds."""

BATCH_ROWS = 480
"""Rows of a batch, if memory allows: enough for the time that Python takes between calls to be little."""

MAX_BACKGROUNDS = 1024
"""The most backgrounds in a block."""


@dataclass(frozen=True)
class Memory:
    """What an engine holds.

    Attributes
    ----------
    backgrounds : held at a time
    rows : of a batch, computed at a time
    background_bytes : for each background, all members
    batch_bytes : for the rows of a batch, one member
    workers : batches that are computed at the same time
    """

    backgrounds: int
    rows: int
    background_bytes: int
    batch_bytes: int
    workers: int

    @property
    def bytes(self) -> int:
        """The most that is held: a block, the same block with a shared edit, and the batches that are computed."""
        return 2 * self.backgrounds * self.background_bytes + self.workers * self.batch_bytes


def planned(programs: Sequence[Program], budget: int | None = None) -> Memory:
    """Rows and backgrounds that fit a budget.

    Parameters
    ----------
    programs : of all members
    budget : in bytes; by default a share of the free memory
    """
    if budget is None:
        budget = int(min(MAX_BYTES, FREE_SHARE * psutil.virtual_memory().available))
    background_bytes = sum(map(_background_bytes, programs))
    workers = programs[0].backend.threads
    rows = BATCH_ROWS
    while True:
        batch_bytes = max(_batch_bytes(program, rows) for program in programs)
        backgrounds = min(MAX_BACKGROUNDS, (budget - workers * batch_bytes) // (2 * background_bytes))
        # Fewer backgrounds than rows would leave most batches partly empty. One row is computed whatever it takes.
        if rows == 1 or backgrounds >= rows:
            return Memory(max(backgrounds // rows, 1) * rows, rows, background_bytes, batch_bytes, workers)
        rows //= 2


def _background_bytes(program: Program) -> int:
    """Bytes of one background in a base."""
    demand, size = program.demand, program.backend.like.element_size()
    numbers = _materialized(program)
    for place, node in enumerate(program.nodes):
        if isinstance(node, Layer) and node.nonlinear:
            numbers += len(demand.unpooled[place]) * node.features
            if node.pool and uses_running_maxima(node):
                numbers += 2 * node.pool.field.table.size * node.features
        elif isinstance(node, Pointwise):
            inputs = sum(program.nodes[i].features for i in node.inputs)
            numbers += len(demand.needed[place]) * (inputs + node.features)
        elif isinstance(node, Recurrent):
            numbers += node.length * (len(node.input_bias) + 2 * node.features)
    return size * numbers + program.nodes[0].length  # and a byte for each letter


def _batch_bytes(program: Program, rows: int) -> int:
    """Bytes of some rows on their way through everything that the prediction needs, the most that a plan computes."""
    whole = program.whole
    total = whole.row_bytes * min(rows, whole.chunk)
    total += rows * program.backend.like.element_size() * _materialized(program)
    for stage in program.full_plan.stages:
        if isinstance(stage, Segment):
            total += stage.bytes(rows)
        else:
            node = program.nodes[stage.step.node]
            inputs = sum(program.nodes[source].features for source in node.inputs)
            numbers = rows * len(stage.step.region) * (2 * inputs + node.features)
            total += numbers * program.backend.like.element_size()
    return total


def _materialized(program: Program) -> int:
    """Numbers, for one row, of the nodes that are read as whole tensors."""
    return sum(len(program.demand.needed[node]) * program.nodes[node].features for node in program.materialized)
