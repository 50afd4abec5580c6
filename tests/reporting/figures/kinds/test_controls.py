"""Controls on a page: effects that do not exceed them are gray, and a figure shows them."""

from __future__ import annotations

import re

import numpy as np
import pytest

from seqdo.experiments.controls import controls
from seqdo.experiments.embed import positions
from seqdo.reporting.figures.figure import figures
from seqdo.reporting.page.cells import NOT_BEYOND, lines
from seqdo.reporting.page.sections import sections

DESIGN = controls("GATTACA", at=20, scrambles=30, kmers=20)
NOISY = {"name": "made", "noise": {"y": 0.15}}
"""Made outcomes have noise in every arm; that the identity is exactly 0 is then not asked."""


def the_motif(arm):
    return 2.0 * ("GATTACA@20" in arm.label and "N" not in arm.label)


def any_word(arm):
    """Each arm by its letters: as much for GATTACA as for its scrambles."""
    return sum(np.sin(9.0 * hash_of(site.motif.text)) for site in arm.sites if "N" not in site.motif.text)


def hash_of(text):
    return sum((place + 1) * ord(letter) for place, letter in enumerate(text))


def test_an_effect_that_any_k_mer_has_is_gray_with_a_flag(make, html):
    effects = make(DESIGN, any_word, model=NOISY)
    (section,) = sections([effects])
    gray = {row.contrast for row in section.rows if row.doubted}
    assert gray == set(effects.table.query("verdict == 'present'")["contrast"])
    assert gray >= {"effect"}
    assert all((NOT_BEYOND in line.flag) == line.doubted for line in lines([section], [])[0])
    assert "the controls differ from each other as clearly" in section.answer[-1].text
    text = html([effects])
    assert len(re.findall(r'class="v present doubted"', text)) >= len(gray)
    assert "in gray:" in text
    assert "does not exceed them" in text


def test_a_motif_that_exceeds_its_controls_is_not_gray(make, html):
    text = html([make(DESIGN, the_motif, model=NOISY)])
    assert not re.search(r'class="[^"]*doubted', text)
    assert '"doubted":{"distinct":[false]}' in text
    assert "Comparison with controls" in text
    assert "differ from each other" not in text


def test_two_figures_are_drawn_of_controls(make):
    effects = make(DESIGN, the_motif, model=NOISY)
    named = [(figure, ax) for figure, ax in figures(effects) if figure.kind == "controls"]
    assert [figure.contrast for figure, _ in named] == ["specific", "beyond k-mers"]
    for (_, ax), number in zip(named, (30, 20), strict=True):
        left, right = ax.figure.axes
        assert left is ax
        assert left.get_ylabel() == f"{number} controls"
        steps = right.lines[-1].get_xydata()
        assert steps[0].tolist() == [0, 0]
        assert steps[-1].tolist() == [1, 1]
    assert named[0][1].lines[0].get_xdata()[0] == pytest.approx(effects.calibrations[0].effect)


def test_many_contrasts_with_controls_are_counted(make):
    effects = make(positions("GATTACA", range(0, 50, 5), scrambles=20), any_word)
    (section,) = sections([effects])
    (assessment,) = section.controls
    assert not [each for each in section.tests if each.test == assessment.test]
    calibrated = sum(each.calibrated for each in effects.calibrations)
    assert assessment.answer.startswith(f"{calibrated} of 10 contrasts have a calibrated p-value")
