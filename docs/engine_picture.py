"""Draws the figure of ARCHITECTURE.md, what an edit makes the engine compute again: python docs/engine_picture.py"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import FancyBboxPatch, Polygon
from numpy.typing import NDArray
from torch import nn

import seqdo as sd
from seqdo.engine.incremental.compute.program import Program
from seqdo.engine.incremental.graph.nodes import Layer
from seqdo.engine.incremental.graph.trace import export, read
from seqdo.engine.incremental.schedule.steps import Demand, Step, steps
from seqdo.models.adapters.torch import TorchNetwork
from seqdo.reporting.figures.style import BAND, INK, LINES, house_style, new_figure, to_svg

LENGTH, EDIT, TEXT = 36, np.arange(9, 13, dtype=np.int32), "GATA"
AGAIN, NEEDED = LINES[0], LINES[1]
REACHED, PALE = "#a9c8e0", "#fdf6f0"
STEP = 2.5
"""Distance between two rows of positions, in positions of the sequence."""


class Middle(nn.Module):
    """The positions that the prediction depends on, flattened."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(rows, channels, positions) to (rows, features)."""
        return x[:, :, 4:10].flatten(1)


class Cells(NamedTuple):
    """A row of the figure: a layer's positions that the edit reaches, that the prediction needs, and that are both."""

    name: str
    number: int
    reached: NDArray[np.int32]
    needed: NDArray[np.int32]
    again: NDArray[np.int32]


def program() -> Program:
    """The program of a small network."""
    layers = nn.Conv1d(4, 8, 5, padding=2), nn.ReLU(), nn.MaxPool1d(3), nn.Conv1d(8, 8, 3, padding=1), nn.ReLU()
    net = nn.Sequential(*layers, Middle(), nn.Linear(6 * 8, 1)).eval()
    call = sd.wrap(net, alphabet=sd.DNA, length=LENGTH).members[0].predict
    if not isinstance(call, TorchNetwork):
        raise TypeError(call)
    example = call.encode(np.zeros((3, LENGTH), np.uint8))
    return Program(read(export(call, example)), call.layout, example)


def rows_of(network: Program) -> list[Cells]:
    """From the letters to the prediction, as the engine plans it; a pool has a row of its own."""
    nodes, demand = network.nodes, network.demand
    unpooled = [node.field.outputs if isinstance(node, Layer) else node.length for node in nodes]
    everything = Demand(nodes, *(tuple(np.arange(n, dtype=np.int32) for n in some)
                                 for some in ([node.length for node in nodes], unpooled)))  # fmt: skip
    rows = []
    names = iter(("letters", "convolution of 5", "max-pool of 3", "convolution of 3", "dense"))
    for place, (reach, plan) in enumerate(zip(steps(everything, EDIT), steps(demand, EDIT), strict=True)):
        node = nodes[place]
        if isinstance(node, Layer):
            cells = Cells(next(names), unpooled[place], _read(reach), demand.unpooled[place], _read(plan))
            rows.append(cells)
        if not isinstance(node, Layer) or node.pool:
            rows.append(Cells(next(names), node.length, reach.region, demand.needed[place], plan.region))
    return rows


def _read(step: Step) -> NDArray[np.int32]:
    """Positions whose source changes; a max-pool visits unchanged positions of its windows too."""
    return step.unpooled[(step.tap_sources >= 0).any(1)]


def draw(rows: list[Cells]) -> Figure:
    """All rows, with the letters at the bottom."""
    figure = new_figure(8.6, 3.0)
    ax = figure.add_subplot()
    for low, high, height in zip(rows, rows[1:], range(len(rows)), strict=False):
        _between(ax, low, high, height)
    for height, row in enumerate(rows):
        _row(ax, row, height * STEP)
    text = sd.backgrounds.uniform(LENGTH).sample(1, rng=0).codes[0]
    for at, code in enumerate(text):
        edited = at in EDIT
        ax.text(at + 0.5, 0, TEXT[at - EDIT[0]] if edited else "ACGT"[code], ha="center", va="center_baseline",
                fontsize=8, weight="bold" if edited else "normal", color="white" if edited else "#6b7280")  # fmt: skip
    top = (len(rows) - 1) * STEP
    _key(ax, top + 2.2)
    ax.text(LENGTH + 0.8, top + 0.95, "computed\nagain", fontsize=9, va="bottom", color=AGAIN)
    ax.text(EDIT.mean() + 0.5, -0.75, "the edit", fontsize=9, ha="center", va="top", color=AGAIN)
    ax.set(xlim=(-8.2, LENGTH + 5), ylim=(-1.5, top + 2.8), aspect="equal")
    ax.axis("off")
    return figure


def _row(ax: Axes, row: Cells, y: float) -> None:
    """Positions as cells, each over the middle of the sequence positions that belong to it."""
    wide = LENGTH / row.number
    for at in range(row.number):
        again, needed, reached = at in row.again, at in row.needed, at in row.reached
        color = AGAIN if again else REACHED if reached else PALE if needed else BAND
        width = min(wide, 3.0) - 0.18
        middle = (at + 0.5) * wide
        ax.add_patch(FancyBboxPatch(
            (middle - width / 2, y - 0.41), width, 0.82, boxstyle="round,pad=0,rounding_size=0.16",
            facecolor=color, edgecolor=NEEDED if needed else "none", linewidth=1.1, zorder=3 if needed else 2,
        ))  # fmt: skip
    ax.text(-0.7, y, row.name, ha="right", va="center", fontsize=9.5, color=INK)
    if y:
        ax.text(LENGTH + 0.8, y, f"{len(row.again)} of {row.number}", va="center", fontsize=9.5, color=AGAIN)


def _between(ax: Axes, low: Cells, high: Cells, height: int) -> None:
    """The areas between two rows: what reaches the next row, and what the next row needs."""
    for below, above, color, alpha in (
        (low.needed, high.needed, NEEDED, 0.08), (_on(low, high), high.reached, REACHED, 0.35),
        (low.again, high.again, AGAIN, 0.3),
    ):  # fmt: skip
        (a, b), (c, d) = _ends(low, below), _ends(high, above)
        y, after = height * STEP + 0.41, (height + 1) * STEP - 0.41
        ax.add_patch(Polygon([(a, y), (b, y), (d, after), (c, after)], facecolor=color, alpha=alpha, linewidth=0))


def _on(low: Cells, high: Cells) -> NDArray[np.int32]:
    """What the edit reaches of a row and the next row reads; the last row reads the needed positions alone."""
    return low.again if high.number == 1 else low.reached


def _ends(row: Cells, some: NDArray[np.int32]) -> tuple[float, float]:
    wide = LENGTH / row.number
    if row.number == 1:
        return LENGTH / 2 - 1.41, LENGTH / 2 + 1.41
    return float(some[0]) * wide + 0.09, float(some[-1] + 1) * wide - 0.09


def _key(ax: Axes, y: float) -> None:
    """The key of colors."""
    for x, face, edge, text in (
        (0, REACHED, "none", "the edit reaches it"), (11.6, PALE, NEEDED, "the answer needs it"),
        (23.5, AGAIN, NEEDED, "both: computed again"),
    ):  # fmt: skip
        ax.add_patch(FancyBboxPatch((x + 0.09, y - 0.41), 0.82, 0.82, boxstyle="round,pad=0,rounding_size=0.16",
                                    facecolor=face, edgecolor=edge, linewidth=1.1))  # fmt: skip
        ax.text(x + 1.4, y, text, va="center", fontsize=9.5, color=INK)


def main() -> None:
    """Plan, draw, and write the file."""
    rows = rows_of(program())
    with house_style():
        figure = draw(rows)
    again = ", ".join(f"{len(row.again)} of {row.number} positions of the {row.name}" for row in rows[1:])
    alt = f"What an edit reaches and what the answer needs, layer by layer; both, and so computed again: {again}"
    (Path(__file__).parent / "engine.svg").write_text(to_svg(figure, "engine", alt), encoding="utf-8")


if __name__ == "__main__":
    main()
