"""The explanation of an engine: what it holds, and how much of each layer an edit makes it compute again."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import fx

from seqdo.engine.incremental.compute.program import Program
from seqdo.engine.incremental.graph.nodes import Concat, Layer, Letters, Node, Pointwise
from seqdo.engine.incremental.graph.trace import kind, layer_name
from seqdo.engine.incremental.memory import Memory

LONGEST_GROUP = 40
"""Lines of one step of a loop, at most, that are recognized as a repetition."""

CALLS_SHOWN = 6
"""Calls that are named of those that follow a fallback call."""


def explanation(programs: Sequence[Program], memory: Memory) -> str:
    """Lines of text: memory, work for an edit in the middle, then each layer of the first member."""
    first = programs[0]
    edit = first.middle
    plan = first.plan(edit)
    lines = [
        f"memory: at most {memory.bytes / 2**20:,.0f} MiB for {memory.backgrounds:,} backgrounds "
        f"({memory.background_bytes / 2**10:,.0f} KiB each) and {memory.rows} edited sequences at a time"
    ]
    work, everything = plan.macs + first.whole.macs, first.full_plan.macs + first.whole.macs
    if work:
        lines.append(
            f"work: an edit of positions {edit[0]} to {edit[-1]} takes {work / 1e6:,.2f} of "
            f"{everything / 1e6:,.2f} million multiplications ({everything / work:,.1f} times fewer)"
        )
    layers = []
    for node, step in zip(first.nodes, plan.steps, strict=True):
        needed = len(first.demand.needed[step.node])
        layers.append(
            f"  {node.name}: computes {len(step.region)} of {node.length} positions again"
            + (f" (the prediction depends on {needed})" if needed < node.length else "")
            + f"; {_method(node, first)}"
        )
    lines += folded(layers) + folded(_fallback_lines(first))
    if len(programs) > 1:
        lines.append(f"the same holds for each of the {len(programs)} members")
    return "\n".join(lines)


def folded(lines: Sequence[str]) -> list[str]:
    """The lines, with groups of up to ``LONGEST_GROUP`` lines that follow one another unchanged written once.

    Such groups are the steps of a loop, which a trace unrolls.

    Parameters
    ----------
    lines : lines of text

    Examples
    --------
    >>> folded(["in", "a", "b", "a", "b", "a", "b", "out"])
    ['in', 'a', 'b', '  ... these 2 lines 3 times in all', 'out']
    """
    out: list[str] = []
    start = 0
    while start < len(lines):
        size, times = _repetition(lines, start)
        out += lines[start : start + size]
        if times > 1:
            out.append(f"  ... {f'these {size} lines' if size > 1 else 'this line'} {times:,} times in all")
        start += size * times
    return out


def _repetition(lines: Sequence[str], start: int) -> tuple[int, int]:
    """Size and number of the group that stands repeatedly from a line on, such that most lines are saved; or 1, 1."""
    best = (1, 1)
    for size in range(1, LONGEST_GROUP + 1):
        group, times = lines[start : start + size], 1
        while lines[start + size * times : start + size * (times + 1)] == group:
            times += 1
        # One line says that a group is folded, so that at least two lines have to go.
        if size * (times - 1) > max(1, best[0] * (best[1] - 1)):
            best = (size, times)
    return best


def _fallback_lines(program: Program) -> list[str]:
    """A line for each call that has no node, with the reason, and one for the calls that follow."""
    lines = [
        f"  {layer_name(call)}: computed on whole tensors because {reason}" for call, reason in program.reasons.items()
    ]
    following = [layer_name(call) for call in program.whole.calls if call not in program.reasons and _is_layer(call)]
    if following and lines:
        more = " ..." if len(following) > CALLS_SHOWN else ""
        lines.append(f"  computed on whole tensors as well: {', '.join(following[:CALLS_SHOWN])}{more}")
    return lines


def _is_layer(call: fx.Node) -> bool:
    return isinstance(call.meta.get("val"), torch.Tensor) and kind(call) not in {"getitem", "zeros"}


def _method(node: Node, program: Program) -> str:
    """How a node's changes are computed."""
    if isinstance(node, Letters):
        return "the edited letters"
    if isinstance(node, Concat):
        return "the changes of its inputs, concatenated"
    if isinstance(node, Pointwise):
        return "values with the edit minus values without it"
    if isinstance(node, Layer):
        if node.weight is not None and isinstance(program.nodes[node.source], Letters):
            products = "products read from a table of letters"
            return f"{products}, then values with the edit minus values without it" if node.nonlinear else products
        return "values with the edit minus values without it" if node.nonlinear else "linear, so the change alone"
    return "resumed from the first change"
