"""How to run it again: calls that make the same design, records without gaps, and code that no name can break."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from calls import CALLS, contents

import seqdo as sd
from seqdo.designs.call import LONGEST
from seqdo.designs.design import Arm, Contrast, Design
from seqdo.effects.effects import Effects
from seqdo.experiments import embed
from seqdo.experiments.catalog import EXPERIMENTS
from seqdo.outcomes.provenance import RunSeed
from seqdo.reporting.page.rerun import rerun

Make = Callable[..., Effects]


@pytest.mark.parametrize("experiment", EXPERIMENTS)
def test_the_printed_call_of_every_experiment_makes_an_equal_design(
    experiment: str, make: Make, tmp_path: Path
) -> None:
    design = CALLS[experiment][0](tmp_path)
    code = rerun([make(design, lambda _: 0.0, n=2, noise=0.0)]).code
    ast.parse(code)
    (line,) = [line for line in code.splitlines() if line.startswith("design = ")]
    assert contents(eval(line.removeprefix("design = "), {"sd": sd})) == contents(design)  # noqa: S307


def test_a_design_that_no_experiment_made_is_left_to_fill_in_with_its_question(make: Make) -> None:
    arms = {"none": Arm(), "a": embed.embed("GAT", at=5).arms["GAT@5"]}
    own = Design("mine", "What does it do?", arms, (Contrast("effect", {"a": 1.0, "none": -1.0}),))
    assert "design = ...  # What does it do?" in rerun([make(own)]).code.splitlines()


def test_long_data_are_left_to_fill_in_and_said_where_they_change(make: Make) -> None:
    rng = np.random.default_rng(0)
    one, two = (sd.Sequences.from_strings(["".join(rng.choice(list("ACGT"), LONGEST + 1))]) for _ in range(2))
    code = rerun([make(sd.mutagenesis(each, stop=2), n=2) for each in (one, one, two)]).code.splitlines()
    lines = [line for line in code if line.startswith("sequences = ...")]
    assert [
        line for line in lines if re.fullmatch(r"sequences = \.\.\.  # 1 sequence, sha256 [0-9a-f]{12}", line)
    ] == lines
    assert len(lines) == 2
    assert code.count("design = sd.mutagenesis(sequences, stop=2)") == 3


def test_the_code_is_python_and_has_seed_number_and_given_margin(make: Make) -> None:
    code = rerun([make(embed.embed("GATTACA", at=20), seed=5)]).code
    ast.parse(code)
    assert 'sd.embed("GATTACA", at=20)' in code
    assert "n=300, rng=0" in code
    assert 'margin={"y": 0.1}' in code


def test_another_model_or_background_is_said_where_it_is_asked(make: Make) -> None:
    designs = [embed.embed("GAT", at=5)] * 3
    several = [make(one, model=model) for one, model in zip(designs, ["a", "a", "b"], strict=True)]
    lines = rerun(several).code.splitlines()
    assert [line for line in lines if line.startswith("model")] == ["model = ...  # a", "model = ...  # b"]
    assert lines.index("model = ...  # b") > [i for i, line in enumerate(lines) if "sd.run" in line][1]


def test_models_and_backgrounds_of_one_name_are_told_apart_by_their_hashes(make: Make) -> None:
    def record(digit: str) -> dict[str, object]:
        return {"name": "Sequential", "members": [{"name": "m", "sha256": digit * 64}]}

    code = rerun([make(embed.embed("GAT", at=5), model=record(digit)) for digit in "112"]).code
    assert [line for line in code.splitlines() if line.startswith("model")] == [
        f"model = ...  # Sequential, sha256 {digit * 12}" for digit in "12"
    ]


def test_a_level_of_its_own_is_said(make: Make) -> None:
    effects = make(embed.embed("GATTACA", at=20))
    assert "level=" not in rerun([effects]).code
    assert "level=0.9" in rerun([sd.estimate(effects.outcomes, margin=0.1, level=0.9)]).code


@pytest.mark.parametrize("name", ["x\nimport os", "x\rimport os", "x\u2028import os", "x\x0cimport os"])
def test_a_name_with_a_line_break_stays_in_its_comment(name: str, make: Make) -> None:
    """REP-01: what a reader copies and runs holds no code that a name brought."""
    code = rerun([make(embed.embed("GATTACA", at=20), model=name)]).code
    assert not any(isinstance(node, ast.Import) and node.names[0].name == "os" for node in ast.walk(ast.parse(code)))


def test_the_seed_of_a_run_is_read_from_its_record(make: Make) -> None:
    run = make(embed.embed("GAT", at=20), n=10)
    for seed, shown in ((RunSeed("7"), "rng=7"), (RunSeed("7", (3,)), "rng=...")):
        assert shown in rerun([replace(run, outcomes=run.outcomes.recording(seed=seed))]).code


def test_a_spec_is_shown_once_and_as_it_was_written(make: Make) -> None:
    spec = "model: planted\ndesigns:\n- embed: {pattern: GATTACA, at: 20}\n"
    again = rerun([make(embed.embed("GAT", at=2), spec=spec), make(embed.embed("GAT", at=3), spec=spec)])
    assert again.spec == spec
    assert all("designs:" not in text for _, text in again.records)


def test_equal_records_are_shown_once_and_gaps_in_words(make: Make) -> None:
    """G8."""
    designs = [embed.embed("GAT", at=2), embed.embed("GAT", at=3)]
    again = rerun([make(design, capacity=None, rate=float("nan"), long=list(range(100))) for design in designs])
    ((who, text),) = again.records
    assert who == "all designs"
    assert "capacity: none" in text
    assert "rate: not available" in text
    assert "... 76 more" in text
    different = rerun([make(design, n=10, batch=i) for i, design in enumerate(designs)])
    assert [who for who, _ in different.records] == ["embed-1", "embed-2"]


def test_a_run_that_stopped_is_run_again_with_its_rule_and_its_corrections():
    model = sd.planted.additive({"GATTACA": 1.0, "TTG": 0.3}, 60)
    rule = sd.decided(0.2, "effect")
    outcomes = sd.run(sd.embed("GATTACA", at=20), model, sd.backgrounds.uniform(60), rng=0, until=rule)
    effects = sd.estimate(outcomes, margin=0.2, multiplicity="holm")
    code = rerun([effects]).code
    assert "n=10000, rng=0, until=sd.decided(0.2, 'effect'))" in code
    assert "multiplicity='holm'" in code
    assert any("after Holm" in note for note in effects.notes)


def test_real_sequences_are_left_to_fill_in_and_said_where_they_change():
    model, null = sd.planted.additive({"GATTACA": 1.0}, 60), sd.backgrounds.uniform(60)
    one, two = (null.sample(100, rng=seed) for seed in (1, 2))
    design = sd.embed("GATTACA", at=20)
    effects = [
        sd.estimate(sd.run(design, model, null, n=20, rng=0, real=given), margin=0.2) for given in (one, one, None, two)
    ]
    code = rerun(effects).code
    told = [line for line in code.splitlines() if line.startswith("real = ...  # 100 real sequences, sha256 ")]
    assert len(set(told)) == len(told) == 2
    assert [", real=real)" in line for line in code.splitlines() if "sd.run" in line] == [True, True, False, True]


def test_a_run_of_bounded_outputs_is_run_again_with_its_bounds():
    model = sd.planted.additive({"GATTACA": 1.0, "TTG": 0.3}, 60)
    rule = sd.half_width(0.5, bounds=(0, 8))
    outcomes = sd.run(sd.embed("GATTACA", at=20), model, sd.backgrounds.uniform(60), rng=0, until=rule)
    effects = sd.estimate(outcomes, margin=0.2)
    shown = rerun([effects])
    assert "n=10000, rng=0, until=sd.half_width(0.5, bounds=(0.0, 8.0)))" in shown.code
    assert sd.half_width(0.5, bounds=(0.0, 8.0)) == rule
    assert "bounds:\n" in shown.records[0][1]
