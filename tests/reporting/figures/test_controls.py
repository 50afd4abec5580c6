"""What a page says of controls: in grey what any word would do, and a figure of it."""

from __future__ import annotations

import re

import numpy as np
import pytest

from seqdo.experiments.controls import controls
from seqdo.experiments.embed import positions
from seqdo.reporting.figures.figure import figures
from seqdo.reporting.page.html import page
from seqdo.reporting.page.sections import NOT_BEYOND, sections

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


def test_what_any_word_does_is_grey_and_says_so(make):
    effects = make(DESIGN, any_word, model=NOISY)
    (section,) = sections([effects], set())
    grey = {line.contrast for line in section.lines if line.doubted}
    assert grey == set(effects.table.query("verdict == 'present'")["contrast"])
    assert grey >= {"effect"}
    assert all((NOT_BEYOND in line.flag) == line.doubted for line in section.lines)
    assert "the controls differ among themselves as clearly" in section.answer
    text = page([effects])
    assert len(re.findall(r'class="v present doubted"', text)) >= len(grey)
    assert "in grey:" in text
    assert "no more than they" in text


def test_a_motif_that_is_beyond_its_controls_is_not_grey(make):
    text = page([make(DESIGN, the_motif, model=NOISY)])
    assert not re.search(r'class="[^"]*doubted', text)
    assert '"doubted":{"words":[false]}' in text
    assert "What the controls say:" in text
    assert "differ among" not in text


def test_two_figures_are_drawn_of_controls(make):
    effects = make(DESIGN, the_motif, model=NOISY)
    named = [(contrast, ax) for contrast, _, ax in figures(effects) if contrast.endswith("and its controls")]
    assert [contrast for contrast, _ in named] == ["specific and its controls", "beyond k-mers and its controls"]
    for (_, ax), number in zip(named, (30, 20), strict=True):
        left, right = ax.figure.axes
        assert left is ax
        assert left.get_ylabel() == f"{number} controls"
        steps = right.lines[-1].get_xydata()
        assert steps[0].tolist() == [0, 0]
        assert steps[-1].tolist() == [1, 1]
    assert named[0][1].lines[0].get_xdata()[0] == pytest.approx(effects.calibrations[0].effect)


def test_of_many_contrasts_with_controls_a_count_is_said(make):
    effects = make(positions("GATTACA", range(0, 50, 5), scrambles=20), any_word)
    (section,) = sections([effects], set())
    (reading,) = section.beyond
    assert not [each for each in section.readings if each.test == "beyond its controls"]
    beyond = sum(one.calibrated for one in effects.calibrations)
    assert reading.reading.startswith(f"{beyond} of 10 contrasts")
