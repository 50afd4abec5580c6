"""The picture of waves: the peak lies where the wave is, and only dense, long spacing curves have one."""

from __future__ import annotations

import numpy as np
import pytest

from seqdo.experiments.arrange import spacing
from seqdo.reporting.figures.figure import figures
from seqdo.reporting.figures.periodogram import WAVES
from seqdo.reporting.page.html import page


def wave_of(period):
    def answer(arm):
        if len(arm.sites) < 2:
            return 0.0
        left, right = sorted(site.at for site in arm.sites)
        return 0.5 * np.cos(2 * np.pi * (right - left) / period)

    return answer


@pytest.mark.parametrize("period", [8.0, 10.5])
def test_the_peak_is_at_the_planted_period(make, period):
    effects = make(spacing("GA", "TTA", range(0, 53), at=2), wave_of(period))
    (drawn,) = [(name, ax) for name, _, ax in figures(effects) if name.endswith(WAVES)]
    name, ax = drawn
    assert name == f"interaction{WAVES}"
    (curve,) = [line for line in ax.lines if len(line.get_xdata()) > 10]
    peak = curve.get_xdata()[curve.get_ydata().argmax()]
    assert peak == pytest.approx(period, abs=0.25)
    assert curve.get_ydata().max() > 0.9
    assert "a wave of each period explains" in page([effects])


def test_a_short_curve_has_no_picture_of_waves(make):
    effects = make(spacing("GA", "TTA", range(0, 25), at=2), wave_of(10.5))
    assert not [name for name, _, _ in figures(effects) if name.endswith(WAVES)]
