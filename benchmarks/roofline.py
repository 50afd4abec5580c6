"""The roofline: the speed of matrix products on this machine, and the speed of the evaluations."""

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
"""Seconds for each shape, three times; the fastest counts, because a roofline is an upper bound."""


def products(threads: int) -> dict[tuple[int, int], float]:
    """GFLOP/s of float32 (rows, channels) @ (channels, channels) with this number of threads."""
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

    def count(module: Any, _: Any, output: Any) -> None:
        nonlocal total
        if isinstance(module, nn.LSTM):
            weights = sum(weight.numel() for name, weight in module.named_parameters() if name.startswith("weight"))
            total += weights * output[0].shape[1]
        else:
            places = output.shape[-1] if isinstance(module, nn.Conv1d) else 1
            total += module.weight.numel() * places

    counted = [module for module in net.modules() if isinstance(module, nn.Conv1d | nn.Linear | nn.LSTM)]
    hooks = [module.register_forward_hook(count) for module in counted]
    with torch.inference_mode():
        net(torch.zeros(1, 4, length))
    for hook in hooks:
        hook.remove()
    return total


def lines(rows: Sequence[Row]) -> list[str]:
    """The roofline as Markdown: matrix products, then each evaluation.

    "As if whole" is the GFLOP/s that plain torch would need for the same speed. "Computed" counts only the
    multiply-adds of the engine, if it counts them.
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
    """Why floors were not reached: the time of the multiplications alone, at the fastest speed of a product here."""
    missed = [row for row in rows if row.fast is False]
    if not missed:
        return []
    text = ["", "## Floors that were not reached, and why", ""]
    text += [
        "The bound assumes that the multiply-adds of an evaluation, with its share of the pass over the backgrounds,"
    ]
    text += [f"are done at {best:.0f} GFLOP/s, the fastest speed of `torch.mm` here.", ""]
    return text + [_reason(row, whole[row.network], best) for row in missed]


def _reason(row: Row, whole: float, best: float) -> str:
    against, reached = row.floor.against, row.ratio(row.floor.against)  # type: ignore[union-attr, arg-type]
    reason = f"- {row.network} {row.workload}: {reached:.1f}× {against}, floor {row.floor.ratio:g}×."  # type: ignore[union-attr]
    plain = 2e-9 * whole / row.timings["plain"].seconds
    reason += f" Plain torch reaches {plain:.0f} GFLOP/s here."
    if not row.macs:
        return reason
    macs = row.macs + whole / WORKLOADS[row.workload](NETWORKS[row.network].length).each
    seconds = 2e-9 * macs / best
    bound = row.timings[against].seconds / seconds
    reason += f" {macs / 1e6:.2f} M multiply-adds would take {seconds * 1e6:.1f} µs: the bound is {bound:.1f}×"
    if bound < row.floor.ratio:  # type: ignore[union-attr]
        return reason + ", below the floor, for this algorithm on this machine."
    measured = row.timings["seqdo"].seconds
    share = 100 - 100 * seconds / measured
    return f"{reason}; of the {measured * 1e6:.1f} µs measured, {share:.0f} % are other work or slower products."


def _line(row: Row, whole: float) -> str:
    seqdo, plain = row.timings["seqdo"].seconds, row.timings["plain"].seconds
    engine = ["–", "–", "–"]
    if row.macs:
        engine = [f"{row.macs / 1e6:.2f} M", f"{whole / row.macs:.1f}", f"{2e-9 * row.macs / seqdo:.0f}"]
    cells = [row.network, row.workload, f"{whole / 1e6:.1f} M", engine[0], engine[1], f"{2e-9 * whole / plain:.0f}"]
    return "| " + " | ".join([*cells, engine[2], f"{2e-9 * whole / seqdo:.0f}"]) + " |"
