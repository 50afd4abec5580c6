"""How far from the roofline: what matrix products reach on this machine, and what the evaluations make of it."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

import torch
from torch import nn

from benchmarks.measure import Row
from benchmarks.models import NETWORKS
from benchmarks.workloads import WORKLOADS

ROWS, CHANNELS = (64, 512, 4096), (64, 128, 256)
SECONDS = 0.05
"""Of each shape, three times; the best counts, since a roofline is what can be reached."""


def products(threads: int) -> dict[tuple[int, int], float]:
    """GFLOP/s of float32 (rows, channels) @ (channels, channels) in so many threads."""
    before = torch.get_num_threads()
    torch.set_num_threads(threads)
    try:
        return {(rows, channels): _gflops(rows, channels) for rows in ROWS for channels in CHANNELS}
    finally:
        torch.set_num_threads(before)


def _gflops(rows: int, channels: int) -> float:
    a, b, out = torch.randn(rows, channels), torch.randn(channels, channels), torch.empty(rows, channels)
    torch.mm(a, b, out=out)
    best = 0.0
    for _ in range(3):
        start, times = time.perf_counter(), 0
        while time.perf_counter() - start < SECONDS:
            torch.mm(a, b, out=out)
            times += 1
        best = max(best, 2e-9 * rows * channels * channels * times / (time.perf_counter() - start))
    return best


def forward_macs(net: nn.Module, length: int) -> float:
    """Multiply-adds of the convolutions, dense layers and LSTMs of one forward pass."""
    total = 0.0

    def count(module: Any, _: Any, answer: Any) -> None:
        nonlocal total
        if isinstance(module, nn.LSTM):
            weights = sum(weight.numel() for name, weight in module.named_parameters() if name.startswith("weight"))
            total += weights * answer[0].shape[1]
        else:
            places = answer.shape[-1] if isinstance(module, nn.Conv1d) else 1
            total += module.weight.numel() * places

    counted = [module for module in net.modules() if isinstance(module, nn.Conv1d | nn.Linear | nn.LSTM)]
    hooks = [module.register_forward_hook(count) for module in counted]
    with torch.inference_mode():
        net(torch.zeros(1, 4, length))
    for hook in hooks:
        hook.remove()
    return total


def lines(rows: Sequence[Row]) -> list[str]:
    """The roofline as Markdown: products first, then each evaluation.

    An evaluation's "as if whole" are the GFLOP/s that plain torch would need to be as fast; "computed" counts
    only what the engine multiplies, where it says so.
    """
    every = torch.get_num_threads()
    some = {threads: products(threads) for threads in sorted({1, every})}
    text = ["", "## Roofline", "", "float32 `torch.mm` of (rows, c) @ (c, c), GFLOP/s:", ""]
    text += ["| rows | " + " | ".join(f"c = {c}, {t} threads" for t in some for c in CHANNELS) + " |"]
    text += ["|---" * (1 + len(some) * len(CHANNELS)) + "|"]
    for n in ROWS:
        text.append(f"| {n} | " + " | ".join(f"{some[t][n, c]:.0f}" for t in some for c in CHANNELS) + " |")
    text += ["", "| network | workload | MACs of a forward pass | MACs of an evaluation | times fewer | plain GFLOP/s "]
    text[-1] += "| seqdo GFLOP/s, computed | as if whole |"
    text += ["|---|---|--:|--:|--:|--:|--:|--:|"]
    whole: dict[str, float] = {}
    for row in rows:
        if row.network not in whole:
            network = NETWORKS[row.network]
            whole[row.network] = forward_macs(network.build(), network.length)
        text.append(_line(row, whole[row.network]))
    return text + _missed(rows, whole, max(some[every].values()))


def _missed(rows: Sequence[Row], whole: dict[str, float], best: float) -> list[str]:
    """Why a floor was not reached: what the multiplications alone would take at the best speed of any product here."""
    missed = [row for row in rows if row.fast is False]
    if not missed:
        return []
    text = ["", "## Floors that were not reached, and why", ""]
    text += ["A bound is what would be reached if each evaluation's multiply-adds, its share of the pass over the"]
    text += [
        f"backgrounds among them, were done at the {best:.0f} GFLOP/s that `torch.mm` reaches at its best here.",
        "",
    ]
    return text + [_reason(row, whole[row.network], best) for row in missed]


def _reason(row: Row, whole: float, best: float) -> str:
    against, reached = row.floor.against, row.ratio(row.floor.against)  # type: ignore[union-attr, arg-type]
    said = f"- {row.network} {row.workload}: {reached:.1f}× {against}, floor {row.floor.ratio:g}×."  # type: ignore[union-attr]
    plain = 2e-9 * whole / row.timings["plain"].seconds
    said += f" Plain torch works at {plain:.0f} GFLOP/s here."
    if not row.macs:
        return said
    macs = row.macs + whole / WORKLOADS[row.workload](NETWORKS[row.network].length).each
    seconds = 2e-9 * macs / best
    bound = row.timings[against].seconds / seconds
    said += f" {macs / 1e6:.2f} M multiply-adds would take {seconds * 1e6:.1f} µs: {bound:.1f}× is the bound"
    if bound < row.floor.ratio:  # type: ignore[union-attr]
        return said + ", below the floor, for this way of computing on this machine."
    taken = row.timings["seqdo"].seconds
    return (
        said
        + f"; of the {taken * 1e6:.1f} µs taken, {100 - 100 * seconds / taken:.0f} % go elsewhere or are done slower."
    )


def _line(row: Row, whole: float) -> str:
    seqdo, plain = row.timings["seqdo"].seconds, row.timings["plain"].seconds
    mine = ["–", "–", "–"]
    if row.macs:
        mine = [f"{row.macs / 1e6:.2f} M", f"{whole / row.macs:.1f}", f"{2e-9 * row.macs / seqdo:.0f}"]
    cells = [row.network, row.workload, f"{whole / 1e6:.1f} M", mine[0], mine[1], f"{2e-9 * whole / plain:.0f}"]
    return "| " + " | ".join([*cells, mine[2], f"{2e-9 * whole / seqdo:.0f}"]) + " |"
