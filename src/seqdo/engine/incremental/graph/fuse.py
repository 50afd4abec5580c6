"""Neighbouring layers become one where the order of a layer's parts allows it: a window is gone through once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace

from seqdo.engine.incremental.graph.nodes import Layer, Letters, Node


def fused(nodes: Sequence[Node], kept: Sequence[int]) -> tuple[list[Node], dict[int, int]]:
    """Fewer nodes that do the same, and where each of the nodes that are ``kept`` (read as a whole) has gone."""
    uses = Counter([node for one in nodes for node in one.inputs] + list(kept))
    made: list[Node | None] = []
    gone: dict[int, int] = {}
    was: dict[int, int] = {}
    for old, node in enumerate(nodes):
        node = _read(node, gone)
        if isinstance(node, Layer):
            node = _composed(node, made)
            for found, dropped in _candidates(node, made):
                if uses[was[dropped]] == 1:
                    made[dropped] = None
                    node = found
                    break
        gone[old], was[len(made)] = len(made), old
        made.append(node)
    return _compact(made, gone, [gone[node] for node in kept])


def _candidates(second: Layer, made: Sequence[Node | None]) -> Iterator[tuple[Layer, int]]:
    """A layer and one that it reads as one, with the index of the latter, for each way that is allowed."""
    ways: list[tuple[int, int | None]] = [(second.source, second.skip)]
    if second.skip is not None:
        ways.append((second.skip, second.source))  # a sum may become part of either of what it adds
    for place, other in ways:
        first = made[place]
        if isinstance(first, Layer) and (other is None or _only(second, "skip")):
            both = _both(first, second, other)
            if both is not None:
                yield replace(both, name=f"{first.name}, {second.name}"), place


def _both(first: Layer, second: Layer, other: int | None) -> Layer | None:
    """``second`` after ``first``, if the parts of a layer come in that order; ``other`` is what it adds to it."""
    if not second.reads.same or second.weight is not None or second.after is not None:
        return None
    open_ended = first.pool is None and first.after is None
    linear = open_ended and first.slope is None
    if other is not None:
        if linear and first.skip is None:
            return replace(first, skip=other)
        return replace(first, after=other) if first.after is None else None
    if second.scale is not None or second.bias is not None:
        return _scaled(first, second) if linear and first.skip is None and _only(second, "scale", "bias") else None
    if second.slope is not None:
        return replace(first, slope=second.slope, pool=second.pool) if linear else None
    if second.pool is not None:
        return replace(first, pool=second.pool) if open_ended else None
    return None


def _scaled(first: Layer, second: Layer) -> Layer:
    """A scale and a shift of features after a linear layer: into its weights, if it has them."""
    weight, scale, bias = first.weight, first.scale, first.bias
    if second.scale is not None:
        if weight is not None:
            weight = weight.double() * second.scale
        else:
            scale = second.scale if scale is None else scale * second.scale
        bias = None if bias is None else bias.double() * second.scale
    if second.bias is not None:
        bias = second.bias if bias is None else bias.double() + second.bias
    return replace(first, weight=weight, scale=scale, bias=bias)


def _parts(layer: Layer) -> set[str]:
    """What a layer does beside reading."""
    names = ("weight", "scale", "bias", "skip", "slope", "pool", "after")
    return {name for name in names if getattr(layer, name) is not None}


def _only(layer: Layer, *parts: str) -> bool:
    """Does a layer leave positions where they are, and do no more than this with them?"""
    return layer.reads.same and _parts(layer) <= set(parts)


def _composed(layer: Layer, made: Sequence[Node | None]) -> Layer:
    """The layer on what its source reads, where the source does nothing but move positions."""
    source = made[layer.source]
    if layer.reads.same or not isinstance(source, Layer) or source.reads.taps != 1 or _parts(source):
        return layer
    return replace(layer, source=source.source, reads=layer.reads.after(source.reads))


def _read(node: Node, gone: dict[int, int]) -> Node:
    """A node with the new indices of what it reads."""
    if isinstance(node, Layer):
        skip, after = (None if i is None else gone[i] for i in (node.skip, node.after))
        return replace(node, source=gone[node.source], skip=skip, after=after)
    return node if isinstance(node, Letters) else replace(node, inputs=tuple(gone[i] for i in node.inputs))


def _compact(
    made: Sequence[Node | None], gone: dict[int, int], kept: Sequence[int]
) -> tuple[list[Node], dict[int, int]]:
    """The nodes that something still reads, with new indices."""
    read = set(kept)
    for place in range(len(made) - 1, -1, -1):
        node = made[place]
        if place in read and node is not None:
            read.update(node.inputs)
    index: dict[int, int] = {}
    nodes: list[Node] = []
    for place, node in enumerate(made):
        if node is not None and place in read:
            nodes.append(_read(node, index))
            index[place] = len(nodes) - 1
    return nodes, {old: index[new] for old, new in gone.items() if new in index}
