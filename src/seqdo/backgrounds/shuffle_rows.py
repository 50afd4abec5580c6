"""The loop of the shuffles, in machine code. Imported at the first shuffle, since numba takes longer than all else.

Nodes are the (k-1)-mers, as numbers in base 4; ``shared`` is k - 1. The edges of a node are the letters that follow
it in the sequence; they lie side by side in ``edges``, from ``begin[node]`` to ``begin[node + 1]``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Letters = NDArray[np.uint8]
State = NDArray[np.uint64]


def _compiled(function: Callable[..., Any]) -> Callable[..., Any]:
    """The function in machine code, which is kept on disk where there is a folder that can be written to."""
    try:
        return njit(cache=True, nogil=True)(function)
    except RuntimeError:
        return njit(nogil=True)(function)


@_compiled
def _below(bound: int, state: State) -> np.int64:
    """A number in [0, bound), each equally likely: splitmix64, and Lemire's rejection on its upper half."""
    wide = np.uint64(bound)
    while True:
        state[0] += np.uint64(0x9E3779B97F4A7C15)
        z = state[0]
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        product = ((z ^ (z >> np.uint64(31))) >> np.uint64(32)) * wide
        if (product & np.uint64(0xFFFFFFFF)) >= np.uint64(0x100000000) % wide:
            return np.int64(product >> np.uint64(32))


@_compiled
def _sort_edges(line: Letters, shared: int, begin: Ints, leave: Ints, edges: Letters) -> tuple[int, int]:
    """Put the edges of a sequence in the order of their nodes, and return its first and its last node."""
    nodes, length = len(leave), len(line)
    begin[:] = 0
    node = 0
    for i in range(shared):
        node = 4 * node + line[i]
    first = node
    for i in range(shared, length):
        begin[node + 1] += 1
        node = (4 * node + line[i]) % nodes
    last = node
    for i in range(nodes):
        begin[i + 1] += begin[i]
        leave[i] = begin[i]
    node = first
    for i in range(shared, length):
        edges[leave[node]] = line[i]
        leave[node] += 1
        node = (4 * node + line[i]) % nodes
    return first, last


@_compiled
def _draw_tree(last: int, begin: Ints, leave: Ints, edges: Letters, in_tree: NDArray[np.bool_], state: State) -> None:
    """A uniform spanning tree towards the last node (Wilson 1996): ``leave[node]`` becomes the edge to its parent."""
    nodes = len(leave)
    in_tree[:] = False
    in_tree[last] = True
    for start in range(nodes):
        if begin[start] == begin[start + 1]:
            continue
        node = start
        # A node that the walk visits again gets another edge: that erases the loop.
        while not in_tree[node]:
            leave[node] = begin[node] + _below(begin[node + 1] - begin[node], state)
            node = (4 * node + edges[leave[node]]) % nodes
        node = start
        while not in_tree[node]:
            in_tree[node] = True
            node = (4 * node + edges[leave[node]]) % nodes


@_compiled
def _order_edges(last: int, begin: Ints, leave: Ints, edges: Letters, state: State) -> None:
    """Put the edges of each node in a random order, the edge of the tree last; ``leave`` points to the first."""
    for node in range(len(leave)):
        end = begin[node + 1]
        if node != last and end > begin[node]:
            end -= 1
            edges[leave[node]], edges[end] = edges[end], edges[leave[node]]
        for i in range(end - 1, begin[node], -1):
            j = begin[node] + _below(i + 1 - begin[node], state)
            edges[i], edges[j] = edges[j], edges[i]
        leave[node] = begin[node]


@_compiled
def _write(line: Letters, shared: int, first: int, leave: Ints, edges: Letters) -> None:
    """Write the walk over the sequence: from each node by its next edge."""
    nodes, node = len(leave), first
    for i in range(shared, len(line)):
        line[i] = edges[leave[node]]
        leave[node] += 1
        node = (4 * node + line[i]) % nodes


@_compiled
def shuffle_rows(codes: Letters, lengths: Ints, shared: int, seeds: State) -> None:
    """Shuffle each row of ``codes`` in place, up to its length, with a seed of its own."""
    nodes = 4**shared
    begin = np.zeros(nodes + 1, np.int64)
    leave = np.zeros(nodes, np.int64)
    in_tree = np.zeros(nodes, np.bool_)
    edges = np.zeros(codes.shape[1], np.uint8)
    state = np.zeros(1, np.uint64)
    for row in range(len(codes)):
        line = codes[row, : lengths[row]]
        if len(line) <= shared + 1 and shared:
            continue
        state[0] = seeds[row]
        first, last = _sort_edges(line, shared, begin, leave, edges)
        _draw_tree(last, begin, leave, edges, in_tree, state)
        _order_edges(last, begin, leave, edges, state)
        _write(line, shared, first, leave, edges)
