"""What has to be computed: which positions of each node the answer needs, and which of them some edits can reach."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, partial, reduce

import numpy as np
from numpy.typing import NDArray

from seqdo.engine.incremental.compute.running_maxima import swept
from seqdo.engine.incremental.graph.nodes import Layer, Letters, Node, Recurrent
from seqdo.engine.incremental.graph.receptive_field import Positions, index_of, intersection, union

NONE = np.zeros(0, np.int32)


@dataclass(frozen=True, eq=False)
class Demand:
    """Positions that the answer needs.

    Attributes
    ----------
    wanted : for each node, positions of its output
    before : for each layer, positions before its pool (those of its output, without one)
    """

    nodes: tuple[Node, ...]
    wanted: tuple[Positions, ...]
    before: tuple[Positions, ...]


@dataclass(frozen=True, eq=False)
class Step:
    """What is to be computed at one node.

    Attributes
    ----------
    node : index
    region : positions of the output
    before : positions before the pool
    taps : (before, taps), for each tap its index in the source's region, -1 if it is zero there
    skip, base : for each of ``before`` its index in the region of the node added, and in what is kept
    members : (region, reads), for each output what it pools as indices into ``before``, -1 for none
    up_to, onwards : for each output of a pool that is swept where to read off the largest of what it pools before and
        behind those members (``sweep.running``), -1 for none
    after : for each of ``region`` its index in the region of the node added behind the pool
    inputs : for other nodes than layers, for each input the indices of ``region`` in the input's region
    """

    node: int
    region: Positions
    before: Positions
    taps: Positions
    skip: Positions
    base: Positions
    members: Positions
    after: Positions
    inputs: tuple[Positions, ...] = ()
    up_to: Positions = field(default_factory=NONE.copy)
    onwards: Positions = field(default_factory=NONE.copy)

    @cached_property
    def used(self) -> tuple[int, int]:
        """First and last (exclusive) tap through which anything comes."""
        some = np.flatnonzero((self.taps >= 0).any(0))
        return (int(some[0]), int(some[-1]) + 1) if len(some) else (0, 0)


def demand(nodes: Sequence[Node], kept: Sequence[int]) -> Demand:
    """From the end to the beginning: what the nodes that are read as a whole need of each other node."""
    need = [np.zeros(node.length, bool) for node in nodes]
    for read in kept:
        need[read][:] = True
    before: list[Positions] = [NONE] * len(nodes)
    for place in range(len(nodes) - 1, -1, -1):
        node, wanted = nodes[place], _places(need[place])
        before[place] = wanted
        if isinstance(node, Layer):
            before[place] = node.pool.field.needed_by(wanted) if node.pool else wanted
            need[node.source][node.field.needed_by(before[place])] = True
            for other, positions in ((node.skip, before[place]), (node.late_skip, wanted)):
                if other is not None:
                    need[other][positions] = True
        elif isinstance(node, Recurrent):
            need[place][:] = True
            need[node.inputs[0]][:] = True
            before[place] = _places(need[place])
        else:
            for source in node.inputs:
                need[source][wanted] = True
    return Demand(tuple(nodes), tuple(map(_places, need)), tuple(before))


def steps(demand: Demand, changed: Positions) -> list[Step]:
    """From the beginning to the end: what a change of letters at some positions can reach, of what is wanted."""
    regions: list[Positions] = []
    found: list[Step] = []
    for place, node in enumerate(demand.nodes):
        if isinstance(node, Letters):
            step = _rest(demand, place, (), intersection(changed, demand.wanted[place], node.length))
        elif isinstance(node, Layer):
            step = _layer(demand, place, node, regions)
        elif isinstance(node, Recurrent):
            step = _rest(demand, place, (regions[node.inputs[0]],), _resumed(node, regions[node.inputs[0]]))
        else:
            inputs = tuple(regions[i] for i in node.inputs)
            reached = reduce(partial(union, length=node.length), inputs)
            step = _rest(demand, place, inputs, intersection(reached, demand.wanted[place], node.length))
        regions.append(step.region)
        found.append(step)
    return found


def whole(demand: Demand) -> list[Step]:
    """Everything that is wanted."""
    found: list[Step] = []
    for place, node in enumerate(demand.nodes):
        wanted, before = demand.wanted[place], demand.before[place]
        if isinstance(node, Layer):
            found.append(_tables(demand, place, node, wanted, before, demand.wanted))
        else:
            found.append(_rest(demand, place, tuple(demand.wanted[i] for i in node.inputs), wanted))
    return found


def macs(nodes: Sequence[Node], found: Sequence[Step]) -> int:
    """Multiplications of weights for one row, each way of computing a layer being free to choose."""
    total = 0
    for step in found:
        node = nodes[step.node]
        if isinstance(node, Layer) and node.weight is not None:
            inner = 1 if isinstance(nodes[node.source], Letters) else node.weight.shape[1]
            total += _products(step) * inner * node.features
        elif isinstance(node, Recurrent):
            total += len(step.region) * node.hidden_weight.numel()
        elif not isinstance(node, Letters):
            total += len(step.region) * node.features
    return total


def _products(step: Step) -> int:
    """Pairs of positions that are multiplied: each source through all taps, or all taps of each output."""
    first, last = step.used
    sources = int(step.taps.max()) + 1 if step.taps.size else 0
    return min(sources, len(step.before)) * (last - first)


def _layer(demand: Demand, place: int, node: Layer, regions: Sequence[Positions]) -> Step:
    before = intersection(node.field.reached_by(regions[node.source]), demand.before[place], node.field.outputs)
    if node.skip is not None:
        length = node.field.outputs
        before = union(before, intersection(regions[node.skip], demand.before[place], length), length)
    region = before
    if node.pool:
        region = node.pool.field.reached_by(before)
        region = intersection(region, demand.wanted[place], node.length)
        if node.pool.kind == "max" and not swept(node):
            before = node.pool.field.needed_by(region)
    if node.late_skip is not None:
        region = union(region, intersection(regions[node.late_skip], demand.wanted[place], node.length), node.length)
    if not node.pool or not swept(node):
        return _tables(demand, place, node, region, before, regions)
    pooled, *ends = node.pool.field.changed_taps(region, before)
    before = _places(np.isin(np.arange(node.field.outputs), pooled))
    step = _tables(demand, place, node, region, before, regions)
    output = index_of(demand.wanted[place], node.length)[region]
    up_to, onwards = (np.where(tap < 0, tap, output * node.pool.field.taps + tap) for tap in ends)
    return replace(step, members=index_of(before, node.field.outputs)[pooled], up_to=up_to, onwards=onwards)


def _tables(
    demand: Demand, place: int, node: Layer, region: Positions, before: Positions, regions: Sequence[Positions]
) -> Step:
    length = node.field.outputs
    taps = index_of(regions[node.source], demand.nodes[node.source].length)[node.field.table[before]]
    skip = NONE if node.skip is None else index_of(regions[node.skip], length)[before]
    after = NONE if node.late_skip is None else index_of(regions[node.late_skip], node.length)[region]
    members = np.arange(len(before), dtype=np.int32)[:, None]
    if node.pool:
        members = index_of(before, length)[node.pool.field.table[region]]
    elif node.late_skip is not None:
        members = index_of(before, length)[region][:, None]
    base = index_of(demand.before[place], length)[before]
    return Step(place, region, before, taps, skip, base, members, after)


def _rest(demand: Demand, place: int, inputs: tuple[Positions, ...], region: Positions) -> Step:
    node = demand.nodes[place]
    at = tuple(
        index_of(positions, demand.nodes[other].length)[region]
        for other, positions in zip(node.inputs, inputs, strict=True)
    )
    base = index_of(demand.wanted[place], node.length)[region]
    return Step(place, region, region, NONE.reshape(0, 0), NONE, base, NONE.reshape(0, 0), NONE, at)


def _resumed(node: Recurrent, changed: Positions) -> Positions:
    """From the first change on, in the order of reading."""
    if not len(changed):
        return changed
    first = index_of(node.order, node.length)[changed].min()
    return np.sort(node.order[first:]).astype(np.int32)


def _places(mask: NDArray[np.bool_]) -> Positions:
    return np.flatnonzero(mask).astype(np.int32)
