"""How to run it again: calls that make the same design, records without gaps, and code that no name can break."""

from __future__ import annotations

import ast
from collections.abc import Callable

import numpy as np
import pytest

import seqdo as sd
from seqdo.designs.design import Arm, Contrast, Design
from seqdo.designs.record import to_record
from seqdo.effects.effects import Effects
from seqdo.experiments import arrange, embed
from seqdo.experiments import sequence_context as context
from seqdo.experiments.controls import controls
from seqdo.motifs.motif import Motif
from seqdo.reporting.calls import call
from seqdo.reporting.page.rerun import rerun

Make = Callable[..., Effects]

DESIGNS = [
    embed.embed("GATTACA", at=0),
    embed.embed("GAT.ACN", at=20, scrambles=3),
    embed.positions("GATTACA", [1, 2, 5], scrambles=2),
    embed.positions("GATTACA", range(0, 50, 5)),
    embed.orientation("GATTACA", at=20),
    embed.mutants("GAT", at=20),
    embed.kmers(3, at=20),
    embed.kmers(["GATT", "ACA"], at=20),
    embed.kmers(["GATT", "ACG"], at=range(3, 9), strands="both", scrambles=2),
    embed.kmers(2, at=7, gap=3, strands="both"),
    embed.kmers(4, at=7, scrambles=3),
    arrange.copies("GATTACA", [2, 14, 27, 38]),
    arrange.spacing("GATTACA", "CCGGT", range(0, 6), at=10, orientations=["++", "+-"], orders=["AB", "BA"]),
    arrange.spacing("GATTACA", "CCGGT", [0], at=0),
    arrange.interaction(["GATTACA", "CCGGT", "TTA"], at=[10, 30, 40]),
    context.swap("GATTACA", ["CCGGTTA", "TTTTAAA"], at=20),
    context.gc_context("GATTACA", at=20),
    controls("GATTACA", at=9, scrambles=20, positive="CACGTG", flanks=2),
    controls("GATTACA", at=9, scrambles=0, kmers=0),
]


@pytest.mark.parametrize("design", DESIGNS, ids=lambda design: design.experiment)
def test_the_call_makes_the_same_design(design: Design) -> None:
    text = call(design)
    assert text is not None
    makers = {
        "positions": embed.positions,
        "kmers": embed.kmers,
        "orientation": embed.orientation,
        "embed": embed.embed,
    }
    makers |= {"mutants": embed.mutants, "copies": arrange.copies, "spacing": arrange.spacing}
    makers |= {"interaction": arrange.interaction, "swap": context.swap, "gc_context": context.gc_context}
    makers |= {"controls": controls}
    names = {"sd": type("sd", (), {name: staticmethod(maker) for name, maker in makers.items()})}
    made = eval(text, names)  # noqa: S307 - the text is what is tested
    assert to_record(made) == to_record(design)


def test_a_design_that_no_plain_call_makes_gets_none() -> None:
    matrix = np.full((3, 4), 0.25)
    assert call(embed.embed(Motif("GAT", matrix), at=5, sample=True)) is None
    own = Design("mine", "?", {"none": Arm(), "a": embed.embed("GAT", at=5).arms["GAT@5"]}, (
        Contrast("effect", {"a": 1.0, "none": -1.0}),
    ))  # fmt: skip
    assert call(own) is None


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
    run.outcomes.provenance["seed"] = {"entropy": "7", "spawn_key": []}
    assert "rng=7" in rerun([run]).code
    run.outcomes.provenance["seed"] = {"entropy": "7", "spawn_key": [3]}
    assert "rng=..." in rerun([run]).code


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
