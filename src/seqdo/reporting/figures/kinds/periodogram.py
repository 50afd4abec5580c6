"""A periodogram: how much of a spacing curve a wave of each period explains."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from seqdo.effects.curves.gaps import NEAR, PERIOD
from seqdo.effects.curves.harmonic import Wave
from seqdo.reporting.figures.style import BAND, FAINT, INK, LINES, house_style, new_figure

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes


def periodogram(rows: pd.DataFrame, tests: pd.DataFrame) -> Axes:
    """Draw the Lomb-Scargle periodogram of a spacing curve. The tests use each background's own curve instead.

    Parameters
    ----------
    rows : of the table of effects, one for each gap
    tests : rows of ``effects.responses`` for the same curve; a period that was estimated is drawn with its interval
    """
    rows = rows[rows["gap"] > NEAR].sort_values("gap")
    wave = Wave(rows["gap"].to_numpy(float), PERIOD)
    with house_style():
        ax = new_figure().add_subplot()
        for _, period in tests[tests["test"] == "period"].iterrows():
            _period(ax, period)
        ax.axvline(PERIOD, color=FAINT, linewidth=0.9, zorder=1)
        ax.annotate(
            f"{PERIOD:g}", (PERIOD, 1), (3, -2), xycoords=("data", "axes fraction"), textcoords="offset points",
            va="top", fontsize=9, color=INK,
        )  # fmt: skip
        ax.plot(wave.periods, wave.power(rows["estimate"].to_numpy(float)), color=LINES[0], linewidth=1.5, zorder=3)
        ax.set_xlabel("period (positions)")
        ax.set_ylabel("share of the curve explained")
        ax.set_ylim(bottom=0)
    return ax


def _period(ax: Axes, period: pd.Series[Any]) -> None:
    ax.axvspan(period["low"], period["high"], color=BAND, linewidth=0, zorder=0)
    ax.axvline(period["estimate"], color=LINES[1], linewidth=1.5, zorder=2)
