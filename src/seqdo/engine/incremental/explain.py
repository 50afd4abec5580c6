"""An engine in words: what it holds, and what of each layer an edit makes it compute again."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import fx

from seqdo.engine.incremental.compute.program import Program
from seqdo.engine.incremental.graph.nodes import Concat, Layer, Letters, Node, Pointwise
from seqdo.engine.incremental.graph.trace import kind, layer_name
from seqdo.engine.incremental.memory import Memory


def explained(programs: Sequence[Program], memory: Memory) -> str:
    """Lines of text."""
    first = programs[0]
    places = first.middle
    plan = first.plan(places)
    lines = [
        f"up to {memory.backgrounds:,} backgrounds and {memory.rows} edited ones at a time: "
        f"at most {memory.bytes / 2**20:,.0f} MiB, {memory.kept / 2**10:,.0f} KiB of it for each background"
    ]
    if plan.macs:
        lines.append(
            f"{len(places)} letters at {places[0]}: {plan.macs / 1e6:,.2f} of {first.everything.macs / 1e6:,.2f} "
            f"million multiplications ({first.everything.macs / plan.macs:,.1f} times fewer)"
        )
    for node, step in zip(first.nodes, plan.steps, strict=True):
        wanted = len(first.demand.wanted[step.node])
        lines.append(
            f"  {node.name}: {len(step.region)} of {node.length} positions again"
            + (f" ({wanted} can be seen in the answer)" if wanted < node.length else "")
            + f"; {_how(node, first)}"
        )
    for call, reason in first.reasons.items():
        lines.append(f"  {layer_name(call)}: on whole tensors, since {reason}")
    last = [layer_name(call) for call in first.plain if call not in first.reasons and _is_layer(call)]
    if last and first.reasons:
        lines.append(f"  and so what follows: {', '.join(last[:6])}{' ...' if len(last) > 6 else ''}")
    if len(programs) > 1:
        lines.append(f"and so for {len(programs)} members")
    return "\n".join(lines)


def _is_layer(call: fx.Node) -> bool:
    return isinstance(call.meta.get("val"), torch.Tensor) and kind(call) not in {"getitem", "zeros"}


def _how(node: Node, program: Program) -> str:
    if isinstance(node, Letters):
        return "letters"
    if isinstance(node, Concat):
        return "side by side"
    if isinstance(node, Pointwise):
        return "again with the change, less what it was"
    if isinstance(node, Layer):
        if node.weight is not None and isinstance(program.nodes[node.source], Letters):
            return "a table of letters" + (", then the change of the rest" if node.nonlinear else "")
        return "linear: the change alone" if not node.nonlinear else "the change, then less what it was"
    return "from the first change on"
