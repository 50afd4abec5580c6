"""How much is held at a time: stated before anything is computed, from the program and the machine's memory."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import psutil

from seqdo.engine.incremental.compute.backend import Stretch
from seqdo.engine.incremental.compute.program import Program
from seqdo.engine.incremental.compute.running_maxima import swept
from seqdo.engine.incremental.graph.nodes import Layer, Pointwise, Recurrent

SHARE = 0.25
"""Part of the memory that is free, at most, that an engine takes."""

MOST = 2 * 2**30
"""Bytes that it never goes beyond."""

ROWS = 480
"""Rows that are computed in one go, where the memory allows: enough that what Python does between calls is little."""


@dataclass(frozen=True)
class Memory:
    """What an engine holds.

    Attributes
    ----------
    backgrounds : held at a time
    rows : computed at a time
    kept : bytes for each background, all members
    passing : bytes for the rows that are computed at a time, one member
    workers : members or rows that are computed beside one another
    """

    backgrounds: int
    rows: int
    kept: int
    passing: int
    workers: int

    @property
    def bytes(self) -> int:
        """The most that is held: a block, once more with an edit that many arms share, and what is passing."""
        return 2 * self.backgrounds * self.kept + self.workers * self.passing


def planned(programs: Sequence[Program], budget: int | None = None) -> Memory:
    """Rows and backgrounds for some programs, within a budget of bytes (by default a part of the free memory)."""
    if budget is None:
        budget = int(min(MOST, SHARE * psutil.virtual_memory().available))
    kept = sum(map(_kept, programs))
    workers = programs[0].loops.threads
    rows = ROWS
    while True:
        passing = max(_passing(program, rows) for program in programs)
        backgrounds = min(1024, (budget - workers * passing) // (2 * kept))
        if rows == 1 or backgrounds >= rows:
            return Memory(max(backgrounds // rows, 1) * rows, rows, kept, passing, workers)
        rows //= 2


def _kept(program: Program) -> int:
    """Bytes that are kept of one background."""
    demand, size = program.demand, program.loops.like.element_size()
    total = sum(len(demand.wanted[view.node]) * program.nodes[view.node].features for view in program.views.values())
    for place, node in enumerate(program.nodes):
        if isinstance(node, Layer) and node.nonlinear:
            total += len(demand.before[place]) * node.features
            total += 2 * node.pool.field.table.size * node.features if node.pool and swept(node) else 0
        elif isinstance(node, Pointwise):
            inputs = sum(program.nodes[i].features for i in node.inputs)
            total += len(demand.wanted[place]) * (inputs + node.features)
        elif isinstance(node, Recurrent):
            total += node.length * (len(node.input_bias) + 2 * node.features)
    return size * total + program.nodes[0].length


def _passing(program: Program, rows: int) -> int:
    """Bytes that some rows take on their way through everything."""
    total = 0
    for part in program.everything.parts:
        if isinstance(part, Stretch):
            total += part.bytes(rows)
        else:
            node = program.nodes[part.step.node]
            inputs = sum(program.nodes[read].features for read in node.inputs)
            total += rows * len(part.step.region) * (2 * inputs + node.features) * program.loops.like.element_size()
    return total
