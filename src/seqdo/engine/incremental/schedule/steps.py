"""What to compute at each node: the positions that the prediction needs, and those of them that an edit can reach."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, partial, reduce

import numpy as np
from numpy.typing import NDArray

from seqdo.engine.incremental.graph.nodes import Layer, Letters, Node, Recurrent
from seqdo.engine.incremental.graph.receptive_field import Positions, index_of, intersection, union

NO_POSITIONS = np.zeros(0, np.int32)

WIDE_POOL = 16
"""Positions in a max-pool's window from which on running maxima pay; an edit reaches all of most narrower windows."""


@dataclass(frozen=True, eq=False)
class Demand:
    """Positions that the prediction depends on.

    Attributes
    ----------
    needed : for each node, positions of its output
    unpooled : for each layer, positions before its pool (those of its output, if it has none)
    """

    nodes: tuple[Node, ...]
    needed: tuple[Positions, ...]
    unpooled: tuple[Positions, ...]


@dataclass(frozen=True, eq=False)
class Step:
    """What to compute at one node, as tables of indices; -1 stands for none in each of them.

    Attributes
    ----------
    node : index of the node
    region : positions of the output
    unpooled : positions before the pool
    tap_sources : (unpooled, taps), the index in the source's region that each tap reads
    skip_at : (unpooled,), the index in the region of the node that is added before the rectifier
    base_at : (unpooled,), the index in what is kept of the backgrounds
    pool_inputs : (region, window of the pool), what each output pools, as indices into ``unpooled``
    late_skip_at : (region,), the index in the region of the node that is added after the pool
    input_at : for a node that is not a layer, for each input the indices (region,) in the input's region
    prefix_at, suffix_at : (region,), for a pool with running maxima: the index, in the running maxima of the
        backgrounds, of the maximum over the positions before and after ``pool_inputs``
    """

    node: int
    region: Positions
    unpooled: Positions
    tap_sources: Positions
    skip_at: Positions
    base_at: Positions
    pool_inputs: Positions
    late_skip_at: Positions
    input_at: tuple[Positions, ...] = ()
    prefix_at: Positions = field(default_factory=NO_POSITIONS.copy)
    suffix_at: Positions = field(default_factory=NO_POSITIONS.copy)

    @cached_property
    def used_taps(self) -> tuple[int, int]:
        """First and last (exclusive) tap that reads anything."""
        # Changes of a few letters come through few taps of a wide window: the others need not be visited.
        used = np.flatnonzero((self.tap_sources >= 0).any(0))
        return (int(used[0]), int(used[-1]) + 1) if len(used) else (0, 0)


def demand(nodes: Sequence[Node], materialized: Sequence[int]) -> Demand:
    """Go from the prediction back to the letters, and mark what each node needs of the nodes it reads.

    ``materialized`` are the nodes that are read as whole tensors.
    """
    is_needed = [np.zeros(node.length, bool) for node in nodes]
    for place in materialized:
        is_needed[place][:] = True
    unpooled: list[Positions] = [NO_POSITIONS] * len(nodes)
    # Each node reads earlier ones only, so all readers of a node have marked what they need before its turn comes.
    for place in range(len(nodes) - 1, -1, -1):
        node, needed = nodes[place], _positions(is_needed[place])
        unpooled[place] = needed
        if isinstance(node, Layer):
            unpooled[place] = node.pool.field.needed_by(needed) if node.pool else needed
            is_needed[node.source][node.field.needed_by(unpooled[place])] = True
            for other, positions in ((node.skip, unpooled[place]), (node.late_skip, needed)):
                if other is not None:
                    is_needed[other][positions] = True
        elif isinstance(node, Recurrent):
            # Any state depends on all states before it, and a change is measured from the state at its own position.
            is_needed[place][:] = True
            is_needed[node.inputs[0]][:] = True
            unpooled[place] = _positions(is_needed[place])
        else:
            for source in node.inputs:
                is_needed[source][needed] = True
    return Demand(tuple(nodes), tuple(map(_positions, is_needed)), tuple(unpooled))


def steps(demand: Demand, changed: Positions) -> list[Step]:
    """Go from the letters to the prediction: what a change at some positions reaches, of what is needed."""
    regions: list[Positions] = []
    reached_steps: list[Step] = []
    for place, node in enumerate(demand.nodes):
        if isinstance(node, Letters):
            step = _node_step(demand, place, (), intersection(changed, demand.needed[place], node.length))
        elif isinstance(node, Layer):
            step = _layer_step(demand, place, node, regions)
        elif isinstance(node, Recurrent):
            source = regions[node.inputs[0]]
            step = _node_step(demand, place, (source,), _from_first_change(node, source))
        else:
            inputs = tuple(regions[i] for i in node.inputs)
            reached = reduce(partial(union, length=node.length), inputs)
            step = _node_step(demand, place, inputs, intersection(reached, demand.needed[place], node.length))
        # Regions of all earlier nodes are complete here, since each node reads earlier ones only.
        regions.append(step.region)
        reached_steps.append(step)
    return reached_steps


def full_steps(demand: Demand) -> list[Step]:
    """The steps that compute everything that is needed: one pass over whole backgrounds."""
    all_steps: list[Step] = []
    for place, node in enumerate(demand.nodes):
        needed, unpooled = demand.needed[place], demand.unpooled[place]
        if isinstance(node, Layer):
            all_steps.append(_tables(demand, place, node, needed, unpooled, demand.needed))
        else:
            all_steps.append(_node_step(demand, place, tuple(demand.needed[i] for i in node.inputs), needed))
    return all_steps


def macs(nodes: Sequence[Node], node_steps: Sequence[Step]) -> int:
    """Multiply-adds for one row, if each layer is computed in the cheaper of its two ways (see ``_products``)."""
    # An estimate for decisions, so that additions, rectifiers and pools are left out.
    total = 0
    for step in node_steps:
        node = nodes[step.node]
        if isinstance(node, Layer) and node.weight is not None:
            # One-hot letters select a row of the weights: one addition in place of a product over features.
            inner = 1 if isinstance(nodes[node.source], Letters) else node.weight.shape[1]
            total += _products(step) * inner * node.features
        elif isinstance(node, Recurrent):
            total += len(step.region) * node.hidden_weight.numel()
        elif not isinstance(node, Letters):
            total += len(step.region) * node.features
    return total


def uses_running_maxima(layer: Layer) -> bool:
    """Is the layer's pool a maximum over wide windows that hardly overlap?

    For such a pool the maxima over the unchanged positions on either side of an edit are kept. Where windows overlap
    much, the running maxima of all windows would take many times the memory of the values.
    """
    pool = layer.pool
    return (
        pool is not None
        and pool.kind == "max"
        and pool.field.taps >= WIDE_POOL
        and pool.field.table.size <= 2 * pool.field.inputs
    )


def _products(step: Step) -> int:
    """Pairs of positions to multiply: each source through all taps, or all taps of each output."""
    first, last = step.used_taps
    sources = int(step.tap_sources.max()) + 1 if step.tap_sources.size else 0
    return min(sources, len(step.unpooled)) * (last - first)


def _layer_step(demand: Demand, place: int, node: Layer, regions: Sequence[Positions]) -> Step:
    """The step of a layer: what the change of its source, or of a node that it adds, reaches."""
    length = node.field.outputs
    unpooled = intersection(node.field.reached_by(regions[node.source]), demand.unpooled[place], length)
    if node.skip is not None:
        skip = intersection(regions[node.skip], demand.unpooled[place], length)
        unpooled = union(unpooled, skip, length)
    region = unpooled
    if node.pool:
        region = intersection(node.pool.field.reached_by(unpooled), demand.needed[place], node.length)
        if node.pool.kind == "max" and not uses_running_maxima(node):
            # The change of a maximum depends on the whole window, so that unchanged positions of it are visited too.
            # A mean is linear and needs the changed ones alone.
            unpooled = node.pool.field.needed_by(region)
    if node.late_skip is not None:
        late_skip = intersection(regions[node.late_skip], demand.needed[place], node.length)
        region = union(region, late_skip, node.length)
    if not node.pool or not uses_running_maxima(node):
        return _tables(demand, place, node, region, unpooled, regions)
    return _step_with_running_maxima(demand, place, node, region, unpooled, regions)


def _step_with_running_maxima(
    demand: Demand, place: int, node: Layer, region: Positions, reached: Positions, regions: Sequence[Positions]
) -> Step:
    """The step of a wide max-pool, which visits each window from its first changed position to its last only."""
    if node.pool is None:
        raise TypeError(f"{node.name} has no pool")
    pooled, *ends = node.pool.field.changed_taps(region, reached)
    # Between two changed positions of a window lie unchanged ones, which are visited as well. (-1 is no position.)
    unpooled = _positions(np.isin(np.arange(node.field.outputs), pooled))
    step = _tables(demand, place, node, region, unpooled, regions)
    # Running maxima lie flat, (outputs · window), in the order of the needed outputs.
    output = index_of(demand.needed[place], node.length)[region]
    prefix_at, suffix_at = (np.where(tap < 0, tap, output * node.pool.field.taps + tap) for tap in ends)
    pool_inputs = index_of(unpooled, node.field.outputs)[pooled]
    return replace(step, pool_inputs=pool_inputs, prefix_at=prefix_at, suffix_at=suffix_at)


def _tables(
    demand: Demand, place: int, node: Layer, region: Positions, unpooled: Positions, regions: Sequence[Positions]
) -> Step:
    """The step of a layer whose positions are chosen: where each of them reads."""
    length = node.field.outputs
    # Positions become indices twice over: of what a tap reads, then of that position in the source's region. An
    # unchanged source is not in the region and gets -1, as padding does: a change of zero.
    tap_sources = index_of(regions[node.source], demand.nodes[node.source].length)[node.field.table[unpooled]]
    skip_at = NO_POSITIONS if node.skip is None else index_of(regions[node.skip], length)[unpooled]
    late_skip_at = NO_POSITIONS if node.late_skip is None else index_of(regions[node.late_skip], node.length)[region]
    pool_inputs = np.arange(len(unpooled), dtype=np.int32)[:, None]
    if node.pool:
        pool_inputs = index_of(unpooled, length)[node.pool.field.table[region]]
    elif node.late_skip is not None:
        # The late skip may change where the rest of the layer does not: such outputs pool nothing.
        pool_inputs = index_of(unpooled, length)[region][:, None]
    base_at = index_of(demand.unpooled[place], length)[unpooled]
    return Step(place, region, unpooled, tap_sources, skip_at, base_at, pool_inputs, late_skip_at)


def _node_step(demand: Demand, place: int, inputs: tuple[Positions, ...], region: Positions) -> Step:
    """The step of a node that is not a layer; ``inputs`` are the regions of its inputs."""
    node = demand.nodes[place]
    input_at = tuple(
        index_of(positions, demand.nodes[source].length)[region]
        for source, positions in zip(node.inputs, inputs, strict=True)
    )
    # A function of several inputs may have one that is unchanged at some positions: its index there is -1.
    base_at = index_of(demand.needed[place], node.length)[region]
    no_table = NO_POSITIONS.reshape(0, 0)
    return Step(place, region, region, no_table, NO_POSITIONS, base_at, no_table, NO_POSITIONS, input_at)


def _from_first_change(node: Recurrent, changed: Positions) -> Positions:
    """Positions from the first change on, in the order of reading."""
    if not len(changed):
        return changed
    first = index_of(node.order, node.length)[changed].min()
    return np.sort(node.order[first:]).astype(np.int32)


def _positions(mask: NDArray[np.bool_]) -> Positions:
    return np.flatnonzero(mask).astype(np.int32)
