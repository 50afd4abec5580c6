"""Errors of functions, as a study file has them."""

from __future__ import annotations

import re

import pytest
import yaml

from seqdo.errors import InputError
from seqdo.specs.passage import Passage
from seqdo.specs.yaml_words import advice_in_yaml, in_yaml, value_in_yaml


@pytest.mark.parametrize(
    ("python", "written"),
    [
        ("Write at=20", "Write at: 20"),
        ("Write n=1008 or fewer", "Write n: 1008 or fewer"),
        ("n=1,000 backgrounds", "n: 1000 backgrounds"),
        ("`strands='both'` of RNA", "`strands: both` of RNA"),
        ('Write by=["GATT"]', "Write by: [GATT]"),
        ("Write bounds=(0, 1)", "Write bounds: [0, 1]"),
        ("Write at=range(0, 50, 5)", "Write at: {start: 0, stop: 50, step: 5}"),
        ("Write sample=True or symmetric=False", "Write sample: true or symmetric: false"),
        ("`by=None`: a list", "`by: null`: a list"),
        ("`at` is None", "`at` is null"),
        ("Write alphabet=sd.RNA", "Write alphabet: rna"),
        ("`until` is missing: write until=sd.half_width(0.05)", "`until` is missing: write until: {half_width: 0.05}"),
        ("Write sd.run(design, model, sd.backgrounds.uniform(60))", "Write background: {kind: uniform, length: 60}"),
        ("Write run(..., extra=2000)", "Write extra: 2000"),
        (
            'Write interaction(["GATTACA", "CCGG"], at=[10, 30])',
            "Write {experiment: interaction, patterns: [GATTACA, CCGG], at: [10, 30]}",
        ),
        ("members_screen=9: the model has 5", "members: 9: the model has 5"),
        ("without balance=, or leave until= out", "without balance, or leave until out"),
        ("orders=['AB', 'BA']: each once", "orders: [AB, BA]: each once"),
        ("accept=0.45, more tries", "accept: 0.45, more tries"),
        ("P(x) = 3 of the first (0-based) and 1 == 1", "P(x) = 3 of the first (0-based) and 1 == 1"),
        ("the model reads 60 bp (see the card)", "the model reads 60 bp (see the card)"),
    ],
)
def test_python_becomes_yaml(python, written):
    assert in_yaml(python) == written


@pytest.mark.parametrize("value", [3, -2.5, "GAT", "yes", "3", True, None, [1, "a"], {"start": 0, "on": [False]}])
def test_a_value_that_is_written_is_the_value_that_is_read(value):
    assert yaml.safe_load(value_in_yaml(value)) == value


@pytest.mark.parametrize("advice", ["See sd.find_sites(sequences, sites)", "Wrap it with wrap(net, ...)", "Call run()"])
def test_advice_that_only_python_can_follow_is_left_out(advice):
    assert advice_in_yaml(advice) == ""


LINES = {(): 1, ("n",): 2, ("designs",): 3, ("designs", 0): 4, ("designs", 0, "at"): 5, ("designs", 0, "pattern"): 6}


@pytest.mark.parametrize(
    ("problem", "place"),
    [
        ("`at` holds 3", "line 5, designs.0.at"),
        ("at=3.5 (float)", "line 5, designs.0.at"),
        ("GATTACA at 57 would end", "line 5, designs.0.at"),
        ("pattern GATTACA is 7 wide", "line 6, designs.0.pattern"),
        ("n=1 of the background", "line 2, n"),
        ("something else", "line 4, designs.0"),
    ],
)
def test_the_key_that_an_error_names_is_found(tmp_path, problem, place):
    passage = Passage(tmp_path / "s.yaml", LINES, ("designs", 0))
    error = passage.located(InputError(problem, "needed", "Write at=3"))
    assert error.problem.startswith(f"{tmp_path / 's.yaml'}, {place}: ")
    assert error.fix == "Write at: 3"
    assert passage.located(error) is error, "an error is located once"


def test_an_error_inside_a_passage_keeps_its_cause(tmp_path):
    with pytest.raises(InputError, match=re.escape("s.yaml, line 4, designs.0")) as raised:  # noqa: SIM117
        with Passage(tmp_path / "s.yaml", LINES, ("designs", 0)).errors():
            raise InputError("`x`", "y")
    assert str(raised.value.__cause__) == "`x`: y"


def test_a_key_of_a_background_is_not_taken_for_the_key_of_that_name_of_the_study(tmp_path):
    """``n`` of a background is about letters N, and ``n`` of a study counts backgrounds."""
    passage = Passage(tmp_path / "s.yaml", LINES | {("background",): 3}, ("background",))
    error = passage.located(InputError('x.fa has N, and n="error"', "no code", 'Write n="drop"'))
    assert "line 3, background: " in error.problem
    assert error.fix == "Write n: drop"
