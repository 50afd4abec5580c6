"""Learning curves show what the epochs say."""

from __future__ import annotations

from seqdo.reporting.figures.kinds.learning_curves import learning_curves
from seqdo.training.fit import Epoch, Fitted


def test_a_line_for_each_member_and_a_dot_at_its_best_epoch():
    epochs = [Epoch(1.0 - i / 10, [0.2, 0.5, 0.4][i], 1e-3, 0.1) for i in range(3)]
    ax = learning_curves([Fitted(1, {}, 1, epochs), Fitted(2, {}, 2, epochs)], "AUROC")
    lines = [line for line in ax.lines if line.get_label().startswith("seed")]
    assert [list(line.get_xdata()) for line in lines] == [[1, 2, 3], [1, 2, 3]]
    assert list(lines[0].get_ydata()) == [0.2, 0.5, 0.4]
    dots = [(line.get_xdata()[0], line.get_ydata()[0]) for line in ax.lines if line not in lines]
    assert dots == [(2, 0.5), (3, 0.4)]
    assert "AUROC" in ax.get_ylabel()
