"""Learning curves: training loss and validation score of every epoch."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from seqdo.reporting.figures.style import FAINT, INK, LINES, house_style, new_figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from seqdo.training.fit import Fitted


def learning_curves(fitted: Sequence[Fitted], score: str, ax: Axes | None = None) -> Axes:
    """Validation score by epoch, a line for each member and a dot at its best; the training loss in gray behind.

    Parameters
    ----------
    fitted : a trained member each
    score : the name of the validation score
    ax : Axes to draw on; by default those of a new Figure
    """
    with house_style():
        ax = new_figure().add_subplot() if ax is None else ax
        behind = ax.twinx()
        for number, member in enumerate(fitted):
            epochs = range(1, len(member.history) + 1)
            color, mark = LINES[number % len(LINES)], ("-", "--", ":")[number // len(LINES) % 3]
            behind.plot(epochs, [epoch.loss for epoch in member.history], color=FAINT, linestyle=mark, linewidth=0.8)
            validation = [epoch.validation for epoch in member.history]
            ax.plot(epochs, validation, color=color, linestyle=mark, linewidth=1.4, label=f"seed {member.seed}")
            ax.plot(member.best + 1, validation[member.best], "o", color=color, markersize=5)
        ax.set_zorder(behind.get_zorder() + 1)
        ax.patch.set_visible(False)
        ax.set_xlabel("epoch")
        ax.set_ylabel(f"validation {score}")
        behind.set_ylabel("training loss (gray)", color=INK)
        behind.spines["right"].set_visible(True)
        ax.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=4, borderaxespad=0.2)
    return ax
