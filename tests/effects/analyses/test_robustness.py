"""How conclusions move with the background, on models of which it is known."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import seqdo as sd
from seqdo.effects.analyses.robustness import COLUMNS, background_of, robustness

MOTIF, AT, LENGTH = "GATTACA", 20, 60


def rich(letters):
    """Backgrounds of these letters, drawn independently."""
    codes = np.random.default_rng(1).integers(0, len(letters), (400, LENGTH))
    return ["".join(letters[code] for code in row) for row in codes]


NULLS = {"uniform": sd.backgrounds.uniform(LENGTH), "GC": rich("GGGCCCAT"), "AT": rich("AAATTTGC")}


def asked(model, **more):
    return sd.across(sd.embed(MOTIF, at=AT), model, NULLS, n=400, rng=4, margin=0.1, **more)


def row_of(across):
    assert list(across.table.columns) == COLUMNS
    (row,) = (row for _, row in across.table.iterrows())
    return row


def test_a_motif_that_works_anywhere_is_robust():
    row = row_of(asked(sd.planted.additive({MOTIF: 1.0, "TTG": 0.1}, LENGTH)))
    assert row["robust"]
    assert row["backgrounds"] == ("uniform", "GC", "AT")
    assert row["reading"] == "present on all 3 backgrounds"
    assert row["lowest"] == min(row["estimates"]) <= row["highest"] == max(row["estimates"])


def test_the_gc_mirage_is_seen():
    """The model counts GC alone: a motif of 2 in 7 takes from GC backgrounds what it gives to AT ones."""
    row = row_of(asked(sd.planted.additive({"S": 1.0}, LENGTH)))
    assert not row["robust"]
    assert row["verdicts"] == ("present",) * 3
    assert row["estimates"][1] < 0 < row["estimates"][2]
    assert row["reading"] == "its sign depends on the background"


def test_one_that_is_open_somewhere_says_where():
    def model(codes):
        """The motif works beside GC only."""
        there = (codes[:, AT : AT + len(MOTIF)] == sd.DNA.encode(MOTIF)).all(1)
        return there * (np.isin(codes, (1, 2)).mean(1) > 0.6) * 1.0 + 0.001 * codes[:, 0]

    row = row_of(asked(sd.wrap(model, alphabet=sd.DNA, length=LENGTH, layout="codes")))
    assert not row["robust"]
    assert row["reading"].startswith("depends on the background: ")
    assert "present on GC" in row["reading"]


def test_only_the_same_contrast_of_the_same_model_is_compared():
    model, other = (sd.planted.additive({MOTIF: weight}, LENGTH) for weight in (1.0, 2.0))

    def effects(model, at, null):
        return sd.estimate(sd.run(sd.embed(MOTIF, at=at), model, NULLS[null], n=100, rng=0), margin=0.1)

    first = effects(model, AT, "uniform")
    assert len(robustness([first, effects(model, AT, "GC")])) == 1
    for another in (effects(model, AT + 1, "GC"), effects(other, AT, "GC"), effects(model, AT, "uniform")):
        assert not len(robustness([first, another]))


def test_margins_are_those_of_the_first_background_unless_given():
    model = sd.planted.gc_biased(MOTIF, LENGTH, slope=5.0)
    found = sd.across(sd.embed(MOTIF, at=AT), model, NULLS, n=100, rng=4)
    assert len({effects.margins["y"].value for effects in found.effects.values()}) == 1


@pytest.mark.parametrize("given", [{}, {"one": NULLS["uniform"]}, [NULLS["uniform"]] * 2])
def test_fewer_than_two_or_without_names_are_refused(given):
    with pytest.raises(sd.InputError, match="two or more, each with a name"):
        sd.across(sd.embed(MOTIF, at=AT), sd.planted.additive({MOTIF: 1.0}, LENGTH), given)


def test_the_report_has_a_section_of_it_and_one_background_has_none(tmp_path):
    across = asked(sd.planted.additive({"S": 1.0}, LENGTH))
    both = sd.report(list(across.effects.values()), tmp_path / "a.html").read_text("utf-8")
    assert 'id="robustness"' in both
    assert "its sign depends on the background" in both
    assert "estimated on several backgrounds: 1." in both
    one = sd.report(across.effects["GC"], tmp_path / "b.html").read_text("utf-8")
    assert 'id="robustness"' not in one


def test_two_backgrounds_of_one_kind_are_told_apart():
    model = sd.planted.additive({"S": 1.0}, LENGTH)
    nulls = [sd.backgrounds.profile(rich(letters)) for letters in ("GGGCCCAT", "AAATTTGC")]
    effects = [sd.estimate(sd.run(sd.embed(MOTIF, at=AT), model, null, n=200, rng=0), margin=0.1) for null in nulls]
    (row,) = (row for _, row in robustness(effects).iterrows())
    assert row["backgrounds"] == ("profile, 60 bp", "profile, 60 bp (2)")
    assert row["reading"] == "its sign depends on the background"


def test_the_length_of_a_background_is_in_nt_for_rna():
    model = sd.planted.additive({"GAUUACA": 1.0}, LENGTH, alphabet=sd.RNA)
    outcomes = sd.run(sd.embed("GAUUACA", at=AT), model, sd.backgrounds.uniform(LENGTH), n=20, rng=0)
    described = replace(outcomes.provenance.background, description={"kind": "profile", "length": LENGTH})
    outcomes = replace(outcomes, provenance=replace(outcomes.provenance, background=described))
    assert background_of(sd.estimate(outcomes, margin=0.1)) == "profile, 60 nt"


def test_a_margin_for_some_outputs_is_filled_from_the_first_background():
    model = sd.wrap(
        lambda codes: np.stack([np.isin(codes, (1, 2)).sum(1), codes[:, 0]], 1) * 1.0, alphabet=sd.DNA, length=LENGTH,
        layout="codes", outputs=["a", "b"],
    )  # fmt: skip
    found = sd.across(sd.embed(MOTIF, at=AT), model, NULLS, n=50, rng=0, margin={"a": 0.2})
    assert {effects.margins["a"].value for effects in found.effects.values()} == {0.2}
    assert len({effects.margins["b"].value for effects in found.effects.values()}) == 1
