"""A part of the verification with stored seeds, and tests that it detects wrong intervals.

A protocol is outside its band by chance for one in a thousand seeds. Seeds are fixed: a failure is a change of code.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.append(str(Path(__file__).parents[1]))  # verification/ is next to the package and is not installed

from seqdo.effects.statistics import interval as module
from verification import __main__ as verification
from verification.catalog import PROTOCOLS
from verification.page import page
from verification.protocol import Cell, Draws, Protocol, Result

SHARE = {"C4": 0.1, "C5": 0.02, "C6": 0.03, "C7f": 0.05, "C7p": 0.1, "C10": 0.1, "C11": 0.3}
"""Share of the replicates, so that a protocol takes about two seconds; 0.05 for the others."""


@pytest.mark.parametrize("key", PROTOCOLS)
def test_every_figure_is_in_its_band(key):
    result = verification.simulate(PROTOCOLS[key], Draws(key, share=SHARE.get(key, 0.05)))
    assert result.cells
    assert not [f"{cell.name}: {cell.value}, not {cell.limits(len(result.cells))}" for cell in result.outside]


@pytest.mark.parametrize(("key", "factor"), [("C1", 0.9), ("C2", 0.8), ("C4", 0.8), ("C5", 0.8), ("C8", 0.6)])
def test_intervals_that_are_too_narrow_are_detected(key, factor, monkeypatch):
    true = module.Interval.half_width
    monkeypatch.setattr(module.Interval, "half_width", lambda self, level: factor * true(self, level))
    if key == "C5":
        monkeypatch.setattr("verification.protocols.curves.band", lambda *arguments: factor * module_band(*arguments))
    assert verification.simulate(PROTOCOLS[key], Draws(key, share=SHARE.get(key, 0.05))).outside


def module_band(rows, effects, level):
    from seqdo.effects.statistics.band import band

    return band(rows, effects, level)


def test_limits_are_those_of_the_binomial():
    """By the exact binomial: R = 2,000, 20 cells."""
    assert Cell("", 0, 0.95, "both", 2000).limits(20) == pytest.approx((0.929, 0.9685), abs=6e-4)
    assert Cell("", 0, 0.05, "both", 20_000).limits(20) == pytest.approx((0.0439, 0.0563), abs=1e-4)
    assert Cell("", 0, 0.95, "at least", 4000).limits(80) == pytest.approx((0.9355, 1.0), abs=1e-3)
    assert Cell("", 0, 0.0, "at most", 10).limits(3) == (0.0, 0.0)
    assert Cell("", 0, 0.001, "p", 10).limits(2) == (0.0005, 1.0)


def test_a_claim_that_fails_is_simulated_again_with_new_seeds_and_more_replicates(monkeypatch):
    trials = []

    def cells(draws):
        trials.append((draws.release, draws.share))
        yield Cell("coin", 0.5 if len(trials) == 2 else 0.9, 0.5, "both", 100)

    result = verification.test(Protocol("C0", "A coin is fair.", cells), 3, 0.5)
    assert not result.outside
    assert trials == [(3, 0.5), (1_000_003, 2.0)]


def test_the_page_and_the_json_have_every_figure_and_names_are_escaped(tmp_path):
    cells = (Cell("<b>n</b>", 0.9, 0.95, "both", 1000), Cell("fine", 0.95, 0.95, "at least", 1000))
    result = Result(Protocol("C0", "A & B", lambda draws: iter(())), cells, 12.0)
    figures = verification.record([result], 0, 1.0)
    html = page([result], figures)
    assert "<b>n</b>" not in html
    assert "1 of 2 figures" in html
    assert 'class="n out">0.9000' in html
    stored = json.loads(json.dumps(figures))["protocols"][0]["cells"]
    assert [cell["inside"] for cell in stored] == [False, True]


def test_seeds_differ_by_protocol_cell_and_release():
    first = [Draws(*arguments).rng(cell).random() for arguments in (("C1",), ("C2",), ("C1", 1)) for cell in (0, 1)]
    assert len(np.unique(first)) == 6
