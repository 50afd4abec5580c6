"""Maps of mutagenesis: the effect of each substitution in one sequence, and the interaction of each two letters."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from seqdo.effects.effects import Effects
from seqdo.errors import InputError
from seqdo.reporting.figures.kinds.logo import letters
from seqdo.reporting.figures.panels import MOST_LETTERS, short
from seqdo.reporting.figures.selection import READABLE
from seqdo.reporting.figures.style import FAINT, INK, WIDTH, house_style, new_figure
from seqdo.reporting.text.labels import margin_of, outputs, printable, unit_of
from seqdo.reporting.text.numbers import rounded
from seqdo.sequences.alphabet import DNA

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes
    from matplotlib.colors import BoundaryNorm, ListedColormap

Floats = NDArray[np.float64]

STEPS = 10
"""Colors on either side of the margin. A map is drawn color by color, so that few of them make a small file."""


def map_figure(effects: Effects, sequence: int | str = 0, output: str | None = None, ax: Axes | None = None) -> Axes:
    """Draw the map of one sequence, mean over members: white is within the margin, red is more, blue is less.

    For mutagenesis, a heat map of letters by positions with the sequence's own letters written in it. Above the map,
    each of these letters is as high as the loss from replacing it: minus the mean of the three substitutions (two Axes
    within ``ax``). For pairwise mutagenesis, a triangle of positions by positions: the interaction of the two letters,
    as the mean over the nine ways to replace both. Both maps describe this sequence alone.

    Parameters
    ----------
    effects : of ``mutagenesis`` or ``pairwise_mutagenesis``
    sequence : its number or its name
    output : by default the first
    ax : Axes to draw on; by default those of a new Figure (``ax.figure``), which opens no window

    Raises
    ------
    InputError
        A sequence or an output that is not there; effects of another experiment.
    """
    table, names = effects.maps, outputs(effects)
    output = names[0] if output is None else output
    if output not in names:
        raise InputError(
            f"`output={output!r}` is not in the table", f"it has {', '.join(map(repr, names))}",
            f"Write output={names[0]!r}",
        )  # fmt: skip
    row = _row(table, sequence)
    values = table.isel(sequence=row).sel(output=output).mean("model")
    codes = effects.outcomes.backgrounds.codes[row, values["position"].values]
    pairs = "position 2" in values.dims
    with house_style():
        ax = ax or new_figure(WIDTH, 0.86 * WIDTH if pairs else 0.55 * WIDTH).add_subplot()
        draw = _triangle if pairs else _letters
        draw(ax, values, codes, effects, output)
    return ax


def _row(table: xr.DataArray, sequence: int | str) -> int:
    names = [str(name) for name in table["sequence"].values.tolist()]
    if isinstance(sequence, str) and sequence in names:
        return names.index(sequence)
    if not isinstance(sequence, str) and 0 <= sequence < len(names):
        return int(sequence)
    raise InputError(
        f"`sequence={sequence!r}` is not there", f"there are {len(names)}, numbered from 0; the first is {names[0]!r}",
        "Write sequence=0",
    )  # fmt: skip


def _letters(ax: Axes, values: xr.DataArray, codes: NDArray[np.uint8], effects: Effects, output: str) -> None:
    """Letters by positions, and above them the sequence's own letters, as high as the loss from replacing each."""
    grid = values.transpose("letter", "position").values
    alphabet = effects.outcomes.backgrounds.alphabet or DNA
    places = np.arange(grid.shape[1])
    ax.set_axis_off()
    below, above = ax.inset_axes((0, 0, 1, 0.58)), ax.inset_axes((0, 0.62, 1, 0.38))
    _cells(below, grid, margin_of(effects, output), ax)
    if len(places) <= READABLE:
        for place, code in enumerate(codes.tolist()):
            below.text(place, code, alphabet.letters[code], ha="center", va="center", fontsize=6.5, color=INK)
    else:
        below.plot(places, codes, linestyle="", marker="s", markersize=1.2, color=FAINT)
    below.set_ylim(3.5, -0.5)
    below.set_yticks(range(4), list(alphabet.letters))
    _places(below, values, "x")
    below.set_xlabel("position")
    below.set_ylabel("letter written")
    lost = -grid.sum(0) / (len(grid) - 1)
    if len(places) <= READABLE:
        heights = np.zeros((len(places), 4))
        heights[places, codes] = lost
        letters(np.nan_to_num(heights), alphabet, above)
    else:
        above.stairs(lost, np.arange(len(places) + 1) - 0.5, fill=True, color=INK)
        above.axhline(0, color=FAINT, linewidth=0.8)
    for each in (below, above):
        each.set_xlim(-0.5, len(places) - 0.5)
    above.set_xticks([])
    above.set_xlabel("")
    above.set_ylabel("loss if replaced")
    ax.set_title(_title(values, effects, output))


def _triangle(ax: Axes, values: xr.DataArray, codes: NDArray[np.uint8], effects: Effects, output: str) -> None:
    """Positions by positions, each pair once; the sequence along the diagonal."""
    grid = np.where(np.tri(len(codes), k=-1, dtype=bool), values.transpose("position 2", "position").values, np.nan)
    alphabet = effects.outcomes.backgrounds.alphabet or DNA
    _cells(ax, grid, margin_of(effects, output), ax)
    for place, code in enumerate(codes.tolist() if len(codes) <= READABLE else ()):
        ax.text(place, place, alphabet.letters[code], ha="center", va="center", fontsize=6.5, color=INK)
    ax.set_xlim(-0.5, len(codes) - 0.5)
    ax.set_ylim(-0.5, len(codes) - 0.5)
    for axis in "xy":
        _places(ax, values, axis)
    ax.set_aspect("equal")
    ax.set_xlabel("position")
    ax.set_ylabel("other position")
    ax.set_title(_title(values, effects, output))


def _title(values: xr.DataArray, effects: Effects, output: str) -> str:
    name, unit = values["sequence"].values.item(), unit_of(effects, output)
    on = f"{printable(output)} ({unit})" if unit else printable(output)
    return f"{short(name if isinstance(name, str) else f'sequence {name}')}: {short(on, 40)}"


def _places(ax: Axes, values: xr.DataArray, axis: str) -> None:
    """Labels of as many positions as can be read, and no lines around the map."""
    names = values["position"].values
    at = range(0, len(names), max(1, math.ceil(len(names) / MOST_LETTERS)))
    (ax.set_xticks if axis == "x" else ax.set_yticks)(list(at), [str(names[i]) for i in at])
    ax.tick_params(length=0, labelsize=8.5)
    for spine in ax.spines.values():
        spine.set_visible(False)


def _cells(ax: Axes, grid: Floats, margin: float, host: Axes) -> None:
    """The cells beyond the margin, those of one color as one path, and a color bar at ``host``; NaN is left out."""
    from matplotlib.cm import ScalarMappable
    from matplotlib.patches import PathPatch
    from matplotlib.path import Path

    colors, norm = _scale(grid, margin)
    finite = np.isfinite(grid)
    step = np.where(finite, np.clip(norm(np.where(finite, grid, 0)), 0, colors.N - 1), STEPS).astype(int)
    for number in np.setdiff1d(step, [STEPS]):
        corners = _rectangles(step == number)
        codes = np.tile([Path.MOVETO, *[Path.LINETO] * 3, Path.CLOSEPOLY], len(corners))
        outline = Path(np.concatenate([corners, corners[:, :1]], 1).reshape(-1, 2), codes)
        ax.add_patch(PathPatch(outline, facecolor=colors(number), linewidth=0, gid=f"step {number}"))
    if ax.figure is not None:
        bar = ax.figure.colorbar(ScalarMappable(norm, colors), ax=host, pad=0.02, aspect=24)
        bar.outline.set_visible(False)
        ends = [float(norm.boundaries[at]) for at in (0, STEPS // 2, -1 - STEPS // 2, -1)]
        bar.set_ticks([*ends, 0], labels=[*map(rounded, ends), "0"])
        bar.ax.tick_params(length=0, labelsize=8.5)
        bar.ax.minorticks_off()
        bar.set_label(f"change (white: within ± {rounded(margin)})" if margin > 0 else "change", fontsize=8.5)


def _scale(grid: Floats, margin: float) -> tuple[ListedColormap, BoundaryNorm]:
    """Steps of color from the margin to the largest value, the same to both sides, and white between."""
    import matplotlib as mpl
    from matplotlib.colors import BoundaryNorm, ListedColormap

    largest = float(np.nanmax(np.abs(grid))) if np.isfinite(grid).any() else 0.0
    within = margin if math.isfinite(margin) and margin > 0 else largest / (2 * STEPS)
    limit = max(largest, 1.5 * within) or 1.0
    side = np.linspace(within or 0.05, limit, STEPS + 1)
    shades = 0.5 + 0.5 * (np.arange(STEPS) + 1.5) / (STEPS + 0.5)
    table: Any = mpl.colormaps["RdBu_r"]
    colors = [*table(1 - shades[::-1]), (1, 1, 1, 1), *table(shades)]
    return ListedColormap(colors), BoundaryNorm(np.concatenate([-side[::-1], side]), len(colors))


def _rectangles(of: NDArray[np.bool_]) -> Floats:
    """Corners (rectangles, 4, 2) of runs of cells, row by row; they lap a little, so that no seam shows."""
    edges = np.diff(np.pad(of, ((0, 0), (1, 1))).astype(np.int8), axis=1)
    (row, start), (_, stop) = np.nonzero(edges == 1), np.nonzero(edges == -1)
    left, right, low, high = start - 0.5, stop - 0.47, row - 0.5, row + 0.53
    corners: Floats = np.stack([np.stack(p, 1) for p in ((left, low), (right, low), (right, high), (left, high))], 1)
    return corners
