"""Sequence logos: a motif, or any signed heights of letters, as stacks of letters."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from itertools import product
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from seqdo.errors import InputError
from seqdo.motifs.motif import Motif
from seqdo.reporting.figures.panels import MOST_LETTERS
from seqdo.reporting.figures.style import FAINT, LINES, house_style, new_figure
from seqdo.sequences.alphabet import DNA, Alphabet

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.path import Path

LETTER_COLORS = (LINES[2], LINES[0], LINES[1], LINES[3])
"""Of A, C, G and T or U. Color is never the only cue: the letters themselves differ."""

OUTLINES = {
    "A": "M 0 0 L .36 1 .64 1 1 0 .76 0 .69 .22 .31 .22 .24 0 Z M .37 .4 L .63 .4 .5 .79 Z",
    "C": "M 1 .94 Q .84 1 .62 1 0 1 0 .5 0 0 .62 0 .84 0 1 .06 L 1 .27 Q .86 .17 .68 .17 .27 .17 .27 .5"
    " .27 .83 .68 .83 .86 .83 1 .73 Z",
    "G": "M .96 .94 Q .82 1 .6 1 0 1 0 .5 0 0 .6 0 .84 0 1 .09 L 1 .55 .58 .55 .58 .39 .75 .39 .75 .19 Q .7 .17 .63 .17"
    " .27 .17 .27 .5 .27 .83 .65 .83 .83 .83 .96 .73 Z",
    "T": "M 0 1 L 1 1 1 .83 .62 .83 .62 0 .38 0 .38 .83 0 .83 Z",
    "U": "M 0 1 L 0 .36 Q 0 0 .5 0 1 0 1 .36 L 1 1 .74 1 .74 .35 Q .74 .17 .5 .17 .26 .17 .26 .35 L .26 1 Z",
}
"""Paths as SVG writes them, with y upwards, in the unit square. A font's outlines have twice the points."""

ROOM = 0.94
"""Share of its column that a letter is wide."""

SMALLEST = 1 / 300
"""Share of the highest stack below which a letter is not drawn: it would be less than half a pixel high."""


def logo(motif: Motif, ax: Axes | None = None, kind: str = "information") -> Axes:
    """Draw a motif as a sequence logo: at each place its letters, the most probable on top.

    Parameters
    ----------
    motif : Motif
    ax : Axes to draw on; by default those of a new Figure (``ax.figure``), which opens no window
    kind : "information" or "probability"
        With "information" a letter is as high as its probability times the information of its place, 2 − H bits
        (Schneider & Stephens 1990, against uniform letters, without a correction for few sequences).

    Raises
    ------
    InputError
        Another kind.

    Examples
    --------
    >>> ax = logo(Motif.from_string("GATTACA"))
    >>> len(ax.patches), ax.get_ylabel()
    (7, 'information (bits)')
    """
    if kind not in ("information", "probability"):
        raise InputError(f"`kind={kind!r}`", 'use "information" or "probability"', 'Write kind="information"')
    bits = kind == "information"
    heights = motif.matrix * information(motif)[:, None] if bits else motif.matrix
    ax = letters(heights, motif.alphabet or DNA, ax)
    ax.set_ylim(0, 2 if bits else 1)
    ax.set_ylabel("information (bits)" if bits else kind)
    return ax


def information(motif: Motif) -> NDArray[np.float64]:
    """Bits of each place, (width,): 2 − entropy, and 0 where the background's letter stays.

    >>> information(Motif.from_string("ARN")).tolist()
    [2.0, 1.0, 0.0]
    """
    logs = np.log2(motif.matrix, where=motif.matrix > 0, out=np.zeros_like(motif.matrix))
    return np.where(motif.matrix.any(1), 2 + (motif.matrix * logs).sum(1), 0.0)


def letters(heights: NDArray[np.floating], alphabet: Alphabet, ax: Axes | None = None) -> Axes:
    """Draw stacks of letters of the given heights (places, 4), below zero where they are negative.

    The largest of a stack is farthest from zero. Place i is at x = i. The letters are ``ax.patches``; a height that is
    0 or too small to be visible has none.
    """
    from matplotlib.patches import PathPatch
    from matplotlib.transforms import Affine2D

    table = np.asarray(heights, np.float64)
    if table.ndim != 2 or table.shape[1] != 4 or not len(table) or not np.isfinite(table).all():
        raise InputError(
            f"`heights` has the shape {table.shape}", "finite heights of the shape (places, 4) are needed",
            "Write letters(heights[:, :4], sd.DNA)",
        )  # fmt: skip
    with house_style():
        ax = ax or new_figure(max(2.2, 0.8 + 0.3 * len(table)), 1.8).add_subplot()
        for place, code, low, height in _stacked(table):
            box = Affine2D().scale(ROOM, height).translate(place - ROOM / 2, low)
            glyph = _glyph(alphabet.letters[code]).transformed(box)
            ax.add_patch(PathPatch(glyph, facecolor=LETTER_COLORS[code], linewidth=0, clip_on=False))
        ax.axhline(0, color=FAINT, linewidth=0.8)
        ax.set_xlim(-0.6, len(table) - 0.4)
        ax.set_ylim(*_limits(table))
        if len(table) <= MOST_LETTERS:
            ax.set_xticks(range(len(table)))
        ax.set_xlabel("place")
    return ax


def _stacked(table: NDArray[np.float64]) -> Iterator[tuple[int, int, float, float]]:
    """Place, code, lower end and height of each letter that is high enough to be visible."""
    threshold = SMALLEST * max(np.maximum(sign * table, 0).sum(1).max() for sign in (1, -1))
    for sign, (place, column) in product((1, -1), enumerate(table)):
        base = 0.0
        for code in np.argsort(np.abs(column), kind="stable"):
            height = max(sign * column[code], 0.0)
            if height > threshold:
                yield place, int(code), base if sign > 0 else -base - height, height
            base += height


def _limits(table: NDArray[np.float64]) -> tuple[float, float]:
    """From the lowest stack to the highest, with some air; never an empty range."""
    low, high = np.minimum(table, 0).sum(1).min(), np.maximum(table, 0).sum(1).max()
    air = 0.05 * (high - low) or 0.5
    return low - air * (low < 0), high + air * (high > 0 or low == 0)


@cache
def _glyph(letter: str) -> Path:
    """The outline of a letter, in the unit square."""
    from matplotlib.path import Path as Outline

    kinds = {"M": Outline.MOVETO, "L": Outline.LINETO, "Q": Outline.CURVE3, "Z": Outline.CLOSEPOLY}
    points, codes, kind = list[float](), list[Any](), "M"
    for word in OUTLINES[letter].split():
        if word.isalpha():
            kind = word
        else:
            points.append(float(word))
            codes += [kinds[kind]] * (len(points) % 2)
        if word == "Z":
            points += [0.0, 0.0]
            codes.append(kinds[kind])
    return Outline(np.reshape(points, (-1, 2)), codes)
