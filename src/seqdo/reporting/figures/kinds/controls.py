"""A figure of controls: the effect of each, and whether their p-values are uniform."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from seqdo.effects.analyses.calibration import Calibration
from seqdo.effects.effects import Effects
from seqdo.reporting.figures.panels import short
from seqdo.reporting.figures.style import BAND, COLORS, FAINT, INK, house_style, new_figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def controls_figure(effects: Effects, calibration: Calibration) -> Axes:
    """Left the effects of the controls and of the pattern, each against the controls' mean; right their p-values.

    The p-values of controls with equal effects lie along the diagonal, within the gray band in 999 of 1,000 runs.
    Returns the left Axes; ``ax.figure`` has both.
    """
    row = effects.table.loc[calibration.row]
    left: Axes
    with house_style():
        left, right = new_figure().subplots(1, 2, width_ratios=(3, 2))
        _effects(left, calibration, f"{row['contrast']} on {row['output']}")
        _uniform(right, calibration)
    return left


def _effects(ax: Axes, calibration: Calibration, label: str) -> None:
    ends = np.append(calibration.others, calibration.effect)
    edges = np.histogram_bin_edges(ends, bins=40) if np.ptp(ends) > 0 else np.array([-0.5, 0.5]) + ends[0]
    ax.hist(calibration.others, bins=edges.tolist(), color=FAINT, linewidth=0.4, edgecolor="white", zorder=2)
    effect = calibration.effect
    ax.axvline(effect, color=COLORS["present"] if calibration.calibrated else INK, linewidth=2, zorder=3)
    ax.annotate(
        "the pattern", (effect, 1), (-4 if effect > 0 else 4, -2), xycoords=("data", "axes fraction"),
        textcoords="offset points", ha="right" if effect > 0 else "left", va="top", fontsize=9, color=INK,
    )  # fmt: skip
    ax.set_xlabel(short(label, 36))
    ax.set_ylabel(f"{len(calibration.others)} controls")
    ax.locator_params(axis="x", nbins=4)
    ax.locator_params(axis="y", integer=True)


def _uniform(ax: Axes, calibration: Calibration) -> None:
    p = np.sort(calibration.p[np.isfinite(calibration.p)])
    ax.set_xlabel("p-value of a control")
    ax.set_ylabel("share with a smaller p-value")
    ax.set_xlim(0, 1)
    ax.set_ylim(0, 1)
    if not len(p):
        ax.text(0.5, 0.5, "all controls have\nthe same effect", ha="center", va="center", color=INK, fontsize=9)
        return
    ends = np.array([0.0, 1.0])
    ax.fill_between(ends, ends - calibration.allowed, ends + calibration.allowed, color=BAND, linewidth=0, zorder=1)
    ax.plot(ends, ends, color=FAINT, linewidth=0.9, zorder=2)
    ax.step(np.concatenate([[0], p, [1]]), np.concatenate([[0], np.arange(1, len(p) + 1) / len(p), [1]]),
            where="post", color=COLORS["present"], linewidth=1.5, zorder=3)  # fmt: skip
