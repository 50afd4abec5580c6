"""Adjacent layers become one where the order of a layer's parts allows it, so that one pass computes them all."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace

from seqdo.engine.incremental.graph.nodes import Layer, Letters, Node


def fuse(nodes: Sequence[Node], materialized: Sequence[int]) -> tuple[list[Node], dict[int, int]]:
    """Fewer nodes that compute the same.

    Parameters
    ----------
    nodes : in an order in which each reads earlier ones only
    materialized : indices of nodes that are read as whole tensors, which must stay

    Returns
    -------
    The nodes, and from the old index of each node that is still computed to its new index.
    """
    uses = Counter([source for node in nodes for source in node.inputs] + list(materialized))
    merged: list[Node | None] = []
    new_index: dict[int, int] = {}
    old_index: dict[int, int] = {}
    for old, node in enumerate(nodes):
        node = _renumbered(node, new_index)
        if isinstance(node, Layer):
            node = _composed(node, merged)
            for both, absorbed in _candidates(node, merged):
                # A layer that others read as well must be computed anyway, so that absorbing it would gain nothing.
                if uses[old_index[absorbed]] == 1:
                    merged[absorbed] = None
                    node = both
                    break
        new_index[old], old_index[len(merged)] = len(merged), old
        merged.append(node)
    return _compacted(merged, new_index, [new_index[node] for node in materialized])


def _candidates(second: Layer, merged: Sequence[Node | None]) -> Iterator[tuple[Layer, int]]:
    """Each way to merge a layer with one that it reads: the merged layer, and the index of the one it absorbs."""
    ways: list[tuple[int, int | None]] = [(second.source, second.skip)]
    if second.skip is not None:
        ways.append((second.skip, second.source))  # a sum may become part of either of its two terms
    for index, other in ways:
        first = merged[index]
        if isinstance(first, Layer) and (other is None or _has_only(second, "skip")):
            both = _merged(first, second, other)
            if both is not None:
                yield replace(both, name=f"{first.name}, {second.name}"), index


def _merged(first: Layer, second: Layer, other: int | None) -> Layer | None:
    """``second`` applied after ``first`` as one layer; None if the order of a layer's parts forbids it.

    ``other`` is the node that ``second`` adds to ``first``, None for no sum.
    """
    if not second.field.is_identity or second.weight is not None or second.late_skip is not None:
        return None
    before_pool = first.pool is None and first.late_skip is None
    linear = before_pool and first.slope is None
    if other is not None:
        if linear and first.skip is None:
            return replace(first, skip=other)
        return replace(first, late_skip=other) if first.late_skip is None else None
    if second.scale is not None or second.bias is not None:
        # A scale after a skip would have to scale the skip as well.
        return _scaled(first, second) if linear and first.skip is None and _has_only(second, "scale", "bias") else None
    if second.slope is not None:
        return replace(first, slope=second.slope, pool=second.pool) if linear else None
    if second.pool is not None:
        return replace(first, pool=second.pool) if before_pool else None
    return None


def _scaled(first: Layer, second: Layer) -> Layer:
    """A linear layer followed by a scale and a shift of features, which go into its weights if it has any."""
    weight, scale, bias = first.weight, first.scale, first.bias
    # In float64: folding batch norm into weights must not round more than the two layers do one after the other.
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
    """Names of the parts that a layer has, other than its receptive field."""
    names = ("weight", "scale", "bias", "skip", "slope", "pool", "late_skip")
    return {name for name in names if getattr(layer, name) is not None}


def _has_only(layer: Layer, *parts: str) -> bool:
    """Does a layer leave positions where they are, and have no other parts than these?"""
    return layer.field.is_identity and _parts(layer) <= set(parts)


def _composed(layer: Layer, merged: Sequence[Node | None]) -> Layer:
    """The layer on the input of its source, where the source only moves positions (a crop, pad or flip)."""
    source = merged[layer.source]
    if layer.field.is_identity or not isinstance(source, Layer) or source.field.taps != 1 or _parts(source):
        return layer
    return replace(layer, source=source.source, field=layer.field.composed_with(source.field))


def _renumbered(node: Node, index: dict[int, int]) -> Node:
    """A node with the new indices of its inputs."""
    if isinstance(node, Layer):
        skip, late_skip = (None if i is None else index[i] for i in (node.skip, node.late_skip))
        return replace(node, source=index[node.source], skip=skip, late_skip=late_skip)
    return node if isinstance(node, Letters) else replace(node, inputs=tuple(index[i] for i in node.inputs))


def _compacted(
    merged: Sequence[Node | None], new_index: dict[int, int], materialized: Sequence[int]
) -> tuple[list[Node], dict[int, int]]:
    """The nodes that are still read, without the gaps that absorbed ones left, and the new indices."""
    read = set(materialized)
    for place in range(len(merged) - 1, -1, -1):
        node = merged[place]
        if place in read and node is not None:
            read.update(node.inputs)
    index: dict[int, int] = {}
    nodes: list[Node] = []
    for place, node in enumerate(merged):
        if node is not None and place in read:
            nodes.append(_renumbered(node, index))
            index[place] = len(nodes) - 1
    return nodes, {old: index[new] for old, new in new_index.items() if new in index}
