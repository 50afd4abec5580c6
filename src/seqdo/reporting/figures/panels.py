"""What figures are made of: the margin, curves, intervals, distributions and maps. Each function draws on Axes."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from seqdo.reporting.figures.style import BAND, COLORS, FAINT, INK, LINES, MARKERS
from seqdo.reporting.text.labels import VERDICTS, printable
from seqdo.reporting.text.numbers import number, rounded

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MOST_MARKERS = 60
"""Levels of a curve up to which each has its marker."""

MOST_LETTERS = 24
"""Rows or columns of a map, or ticks of a curve, up to which each has its label."""

_LONGEST = 28


def short(text: str, longest: int = _LONGEST) -> str:
    """A label that fits: its beginning and its end.

    >>> short("GATTACA" * 10, 12)
    'GATTAC…TTACA'
    """
    text = printable(text)
    half = (longest - 1) // 2
    return text if len(text) <= longest else f"{text[: longest - 1 - half]}…{text[-half:]}"


def band(ax: Axes, margin: float, *, vertical: bool) -> None:
    """The margin as a gray band around the zero line, across or ``vertical``."""
    span, line = (ax.axvspan, ax.axvline) if vertical else (ax.axhspan, ax.axhline)
    if math.isfinite(margin) and margin > 0:
        span(-margin, margin, color=BAND, linewidth=0, zorder=0, label=f"margin ± {rounded(margin)}")
    line(0, color=FAINT, linewidth=0.9, zorder=1)


def curve(ax: Axes, lines: Sequence[tuple[str, pd.DataFrame]], by: str) -> None:
    """Effect against a numeric factor: a line, interval and band for each of ``lines``; markers show the verdicts.

    A line breaks where levels of a scan in even steps were left out.
    """
    for i, (label, rows) in enumerate(lines):
        rows = rows.sort_values(by)
        x = rows[by].to_numpy(float)
        for at, part in enumerate(np.split(np.arange(len(rows)), holes(x))):
            _run(ax, rows.iloc[part], by, i, "_" * bool(at) + short(label))
        if len(rows) <= MOST_MARKERS and len(lines) == 1:
            _verdict_markers(ax, x, rows)
    ax.set_xlabel(short(by))
    levels = np.unique(np.concatenate([rows[by].to_numpy(float) for _, rows in lines]))
    if len(levels) <= MOST_LETTERS // 2:
        ax.set_xticks(levels, [f"{value:g}" for value in levels])


def _run(ax: Axes, rows: pd.DataFrame, by: str, number: int, label: str) -> None:
    """A stretch of the curve of this number; one level alone has no width, and its interval is drawn as a bar."""
    color, x = LINES[number % len(LINES)], rows[by].to_numpy(float)
    low, high = (rows[f"{end}_band"].fillna(rows[f"{end}_adjusted"]) for end in ("low", "high"))
    ax.fill_between(x, low, high, color=color, alpha=0.10, linewidth=0, zorder=2)
    ax.fill_between(x, rows["low"], rows["high"], color=color, alpha=0.24, linewidth=0, zorder=2)
    style = "--" if number else "-"
    ax.plot(x, rows["estimate"], color=color, linewidth=1.5, linestyle=style, label=label, zorder=3)
    if len(rows) == 1:
        ax.vlines(x, rows["low"], rows["high"], color=color, linewidth=2.4, zorder=3)


def holes(x: NDArray[np.float64]) -> NDArray[np.int64]:
    """Where levels are missing in a scan with even steps: the steps that are at least twice as long.

    In such a scan two of three steps are the shortest, and the others are multiples of it: 1, 2, 4, 8 is none.

    >>> holes(np.array([0.0, 5.0, 10.0, 25.0, 30.0])).tolist(), holes(np.array([1.0, 2.0, 4.0, 8.0])).tolist()
    ([3], [])
    """
    steps = np.diff(x)
    if not len(steps) or steps.min() <= 0:
        return np.empty(0, np.int64)
    times = steps / steps.min()
    even = np.allclose(times, times.round()) and np.mean(times < 1.5) >= 2 / 3
    return np.flatnonzero(times > 1.5) + 1 if even else np.empty(0, np.int64)


def intervals(ax: Axes, labels: Sequence[str], rows: pd.DataFrame) -> None:
    """One interval to a line, in the order given from the top, colored by verdict."""
    y = np.arange(len(rows))[::-1]
    for verdict in VERDICTS:
        of = (rows["verdict"] == verdict).to_numpy()
        if not of.any():
            continue
        chosen = rows[of]
        ax.hlines(
            y[of], chosen["low_adjusted"], chosen["high_adjusted"], color=COLORS[verdict], linewidth=0.9, zorder=2
        )
        ax.hlines(y[of], chosen["low"], chosen["high"], color=COLORS[verdict], linewidth=2.6, zorder=2)
        _markers(ax, chosen["estimate"].to_numpy(float), y[of], verdict)
    ax.set_yticks(y, [short(label) for label in labels])
    ax.set_ylim(-0.6, len(rows) - 0.4)
    ax.tick_params(axis="y", length=0)
    ax.spines["left"].set_visible(False)


def distribution(ax: Axes, deltas: NDArray[np.floating[Any]], row: pd.Series[Any]) -> None:
    """The contrast on each background, as a histogram, with the mean and its interval beneath."""
    deltas = deltas[np.isfinite(deltas)]
    color = COLORS.get(str(row["verdict"]), INK)
    if deltas.size and np.ptp(deltas) > 1e-12 * max(float(np.abs(deltas).max()), 1e-300):
        edges = np.histogram_bin_edges(deltas, bins=min(60, max(10, round(2 * deltas.size ** (1 / 3)))))
        ax.hist(deltas, bins=edges.tolist(), color=color, alpha=0.35, linewidth=0.4, edgecolor="white", zorder=2)
    elif deltas.size:  # identical on all backgrounds: one line shows it
        ax.vlines([float(deltas[0])], 0, deltas.size, color=color, linewidth=3, zorder=2)
        span = max(abs(float(deltas[0])), 1e-9)
        ax.set_xlim(min(0.0, float(deltas[0])) - 0.3 * span, max(0.0, float(deltas[0])) + 0.3 * span)
    top = max(ax.get_ylim()[1], 1.0)
    below = -0.11 * top
    ax.hlines([below], row["low_adjusted"], row["high_adjusted"], color=color, linewidth=1, zorder=3)
    ax.hlines([below], row["low"], row["high"], color=color, linewidth=3, zorder=3)
    _markers(ax, np.array([row["estimate"]], float), np.array([below]), str(row["verdict"]))
    ax.set_ylim(-0.22 * top, top)
    ax.set_yticks([tick for tick in ax.get_yticks() if 0 <= tick <= top])
    ax.set_ylabel("backgrounds")
    if math.isfinite(float(row["estimate"])):
        ax.annotate(
            f"mean {number(float(row['estimate']))}", (float(row["estimate"]), below), (7, 6),
            textcoords="offset points", fontsize=8.5, color=color, zorder=4,
        )  # fmt: skip


def heat_map(ax: Axes, rows: pd.DataFrame, across: str, down: str, down_levels: Sequence[Any], margin: float) -> None:
    """Effect by two factors: warm is more, cold less, gray within the margin; a dot where it is inconclusive."""
    from matplotlib.colors import ListedColormap

    columns = sorted(rows[across].unique()) if rows[across].map(_is_number).all() else list(dict.fromkeys(rows[across]))
    grid = rows.pivot_table("estimate", down, across, dropna=False, sort=False)
    grid = grid.reindex(index=pd.Index(down_levels), columns=pd.Index(columns))
    largest = float(np.nanmax(np.abs(grid.to_numpy()))) if grid.notna().to_numpy().any() else 1.0
    limit = max(largest, 1.5 * margin if math.isfinite(margin) else 0.0, 1e-12)
    import matplotlib as mpl

    colors = mpl.colormaps["RdBu_r"](np.linspace(0, 1, 401))
    if math.isfinite(margin):
        colors[np.abs(np.linspace(-limit, limit, 401)) <= margin] = (0.874, 0.89, 0.91, 1)  # BAND
    image = ax.imshow(
        grid.to_numpy(float),
        aspect="auto",
        cmap=ListedColormap(colors),
        vmin=-limit,
        vmax=limit,
        interpolation="nearest",
    )
    for axis, levels in ((ax.xaxis, columns), (ax.yaxis, list(down_levels))):
        at = _thinned(len(levels))
        axis.set_ticks(at, [short(_tick(levels[i]), 10) for i in at])
    ax.tick_params(length=0)
    for spine in ax.spines.values():
        spine.set_visible(False)
    if grid.size <= 400:
        doubtful = rows[rows["verdict"] == "inconclusive"]
        x = [columns.index(value) for value in doubtful[across]]
        ax.scatter(x, [list(down_levels).index(value) for value in doubtful[down]], s=7, color=INK, linewidth=0)
    ax.set_xlabel(short(across))
    ax.set_ylabel(short(down))
    if ax.figure is not None:
        bar = ax.figure.colorbar(image, ax=ax, pad=0.02, aspect=24)
        bar.outline.set_visible(False)
        bar.set_label(_bar_label(margin), fontsize=8.5)


def no_data(ax: Axes, why: str = "no data") -> None:
    """Say that there is nothing to draw."""
    ax.set_axis_off()
    ax.text(0.5, 0.5, why, ha="center", va="center", transform=ax.transAxes, color=INK)


def mark_missing(ax: Axes, letters: Sequence[str], rows: pd.DataFrame, across: str, down: str) -> None:
    """In a map of substitutions, write the pattern's own letter into its cell, which has no substitution."""
    columns = sorted(rows[across].unique())
    for i, column in enumerate(columns):
        missing = set(letters) - set(rows.loc[rows[across] == column, down])
        if len(missing) == 1:
            letter = missing.pop()
            ax.text(i, list(letters).index(letter), letter, ha="center", va="center", weight="bold", fontsize=9)


def _bar_label(margin: float) -> str:
    return f"change (gray: within ± {rounded(margin)})" if math.isfinite(margin) else "change"


def _verdict_markers(ax: Axes, x: NDArray[np.float64], rows: pd.DataFrame) -> None:
    for verdict in VERDICTS:
        of = (rows["verdict"] == verdict).to_numpy()
        if of.any():
            _markers(ax, x[of], rows["estimate"].to_numpy(float)[of], verdict)


def _markers(ax: Axes, x: NDArray[Any], y: NDArray[Any], verdict: str) -> None:
    color = COLORS.get(verdict, INK)
    face = "white" if verdict == "inconclusive" else color
    ax.plot(
        x, y, linestyle="", marker=MARKERS.get(verdict, "o"), markersize=4.6, color=color, markerfacecolor=face,
        markeredgewidth=1.2, label=verdict, zorder=4,
    )  # fmt: skip


def _thinned(size: int) -> list[int]:
    step = max(1, math.ceil(size / MOST_LETTERS))
    return list(range(0, size, step))


def _tick(value: Any) -> str:  # noqa: ANN401
    return f"{value:g}" if _is_number(value) else str(value)


def _is_number(value: Any) -> bool:  # noqa: ANN401
    return isinstance(value, int | float | np.number) and not isinstance(value, bool)
