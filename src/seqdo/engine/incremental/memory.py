"""How much is held at a time: stated before anything is computed, from the program and the machine's memory."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import psutil
import torch

from seqdo.engine.incremental.nodes import Layer, Letters, Pointwise, Recurrent
from seqdo.engine.incremental.program import Program
from seqdo.engine.incremental.tile import ROWS

SHARE = 0.25
"""Part of the memory that is free, at most, that an engine takes."""

MOST = 2 * 2**30
"""Bytes that it never goes beyond."""

CACHE = 7 * 2**20
"""Bytes that the widest layer of the rows of one piece should take: near enough, and few calls.

On two cores an evaluation of DeepSTARR takes 35, 23, 23, 21 and 18 us with 24, 48, 96, 144 and 240 rows, one of
ResidualBind 59, 45, 43 and 42 us with 24, 48, 96 and 192 (medians of 3): with few rows, calls of Python dominate.
"""

FEWEST, MOST_ROWS = 2 * ROWS, 20 * ROWS
"""Rows of a piece where a row alone fills the cache, and where it is small: whole tiles, so that none is half empty."""


@dataclass(frozen=True)
class Memory:
    """What an engine holds.

    Attributes
    ----------
    backgrounds : held at a time
    rows : computed at a time
    kept : bytes for each background, all members
    passing : bytes for each row of a whole pass, one member
    workers : pieces that are computed at the same time
    """

    backgrounds: int
    rows: int
    kept: int
    passing: int
    workers: int

    @property
    def bytes(self) -> int:
        """The most that is held: a block, once more with an edit that many arms share, and what is passing."""
        return 2 * self.backgrounds * self.kept + self.workers * self.rows * self.passing


def planned(programs: Sequence[Program], budget: int | None = None) -> Memory:
    """Rows and backgrounds for some programs, within a budget of bytes (by default a part of the free memory)."""
    if budget is None:
        budget = int(min(MOST, SHARE * psutil.virtual_memory().available))
    kept = sum(map(_kept, programs))
    passing = max(map(_passing, programs))
    reach = max(_reach(program) for program in programs)
    workers = torch.get_num_threads()
    fitting = budget // (2 * kept + workers * passing)
    rows = max(1, min(max(CACHE // max(reach, 1), FEWEST), MOST_ROWS, fitting))
    rows = rows // ROWS * ROWS or rows
    backgrounds = min(1024, (budget - workers * rows * passing) // (2 * kept))
    return Memory(max(backgrounds // rows, 1) * rows, rows, kept, passing, workers)


def _kept(program: Program) -> int:
    """Bytes that are kept of one background."""
    demand, size = program.demand, program.loops.like.element_size()
    total = sum(len(demand.wanted[view.node]) * program.nodes[view.node].features for view in program.views.values())
    for place, node in enumerate(program.nodes):
        if isinstance(node, Layer) and node.keeps:
            total += len(demand.before[place]) * node.features
        elif isinstance(node, Pointwise):
            inputs = sum(program.nodes[i].features for i in node.inputs)
            total += len(demand.wanted[place]) * (inputs + node.features)
        elif isinstance(node, Recurrent):
            total += node.length * (len(node.input_bias) + 2 * node.features)
    return size * total + program.nodes[0].length


def _passing(program: Program) -> int:
    """Bytes for one row in the widest layer of a whole pass: what comes in, the terms, what goes out."""
    return program.loops.like.element_size() * max(
        (_width(program, place) for place in range(len(program.nodes))), default=1
    )


def _width(program: Program, place: int) -> int:
    node, wanted = program.nodes[place], program.demand.wanted
    sources = sum(len(wanted[i]) * program.nodes[i].features for i in node.inputs)
    return sources + (len(program.demand.before[place]) + len(wanted[place])) * node.features


def _reach(program: Program) -> int:
    """Bytes for one row in the widest layer when eight letters in the middle change."""
    middle = program.nodes[0].length // 2
    plan = program.plan(np.arange(max(middle - 4, 0), min(middle + 4, program.nodes[0].length), dtype=np.int32))
    widest = 0
    for ready, node in zip(plan.ready, program.nodes, strict=True):
        if isinstance(node, Layer):
            sources = 0 if isinstance(program.nodes[node.source], Letters) else int(ready.step.taps.max(initial=-1)) + 1
            width = program.nodes[node.source].features
            widest = max(widest, sources * width + (len(ready.step.before) + len(ready.step.region)) * node.features)
    return widest * program.loops.like.element_size()
