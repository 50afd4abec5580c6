"""The picture of waves: the peak lies where the wave is, and only dense, long spacing curves have one."""

from __future__ import annotations

import numpy as np
import pytest

from seqdo.experiments.arrange import spacing
from seqdo.reporting.figures.figure import figures


def wave_of(period):
    def answer(arm):
        if len(arm.sites) < 2:
            return 0.0
        left, right = sorted(site.at for site in arm.sites)
        return 0.5 * np.cos(2 * np.pi * (right - left) / period)

    return answer


@pytest.mark.parametrize("period", [8.0, 10.5])
def test_the_peak_is_at_the_planted_period(make, html, period):
    effects = make(spacing("GA", "TTA", range(0, 53), at=2), wave_of(period))
    ((drawn, ax),) = [(figure, ax) for figure, ax in figures(effects) if figure.kind == "periodogram"]
    assert drawn.contrast == "interaction"
    (curve,) = [line for line in ax.lines if len(line.get_xdata()) > 10]
    peak = curve.get_xdata()[curve.get_ydata().argmax()]
    assert peak == pytest.approx(period, abs=0.25)
    assert curve.get_ydata().max() > 0.9
    assert "a wave of each period explains" in html([effects])


def test_a_short_curve_has_no_picture_of_waves(make):
    effects = make(spacing("GA", "TTA", range(0, 25), at=2), wave_of(10.5))
    assert not [figure for figure, _ in figures(effects) if figure.kind == "periodogram"]
