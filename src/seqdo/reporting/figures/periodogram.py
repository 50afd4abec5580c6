"""A figure of waves: how much of a spacing curve a wave of each period explains."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from seqdo.effects.curves.gaps import NEAR, PERIOD
from seqdo.effects.curves.harmonic import Wave
from seqdo.reporting.figures.style import BAND, FAINT, INK, LINES, house_style, new_figure

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

WAVES = ": waves"
"""What the figure of a contrast is called after the contrast."""


def periodogram(rows: pd.DataFrame, answers: pd.DataFrame) -> Axes:
    """The Lomb-Scargle periodogram of a spacing curve, for the eye: tests are of each background's own curve.

    Parameters
    ----------
    rows : of the table of effects, one for each gap
    answers : of ``effects.responses``, of the same curve; the period and its interval are drawn if they were found
    """
    rows = rows[rows["gap"] > NEAR].sort_values("gap")
    wave = Wave(rows["gap"].to_numpy(float), PERIOD)
    with house_style():
        ax = new_figure().add_subplot()
        for _, found in answers[answers["test"] == "period"].iterrows():
            _found(ax, found)
        ax.axvline(PERIOD, color=FAINT, linewidth=0.9, zorder=1)
        ax.annotate(
            f"{PERIOD:g}", (PERIOD, 1), (3, -2), xycoords=("data", "axes fraction"), textcoords="offset points",
            va="top", fontsize=9, color=INK,
        )  # fmt: skip
        ax.plot(wave.periods, wave.power(rows["estimate"].to_numpy(float)), color=LINES[0], linewidth=1.5, zorder=3)
        ax.set_xlabel("period (letters)")
        ax.set_ylabel("share that a wave explains")
        ax.set_ylim(bottom=0)
    return ax


def _found(ax: Axes, found: pd.Series[Any]) -> None:
    ax.axvspan(found["low"], found["high"], color=BAND, linewidth=0, zorder=0)
    ax.axvline(found["estimate"], color=LINES[1], linewidth=1.5, zorder=2)
