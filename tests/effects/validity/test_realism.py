"""Checks that need real sequences, on runs in which the expected result is known."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from scipy.spatial.distance import jensenshannon

import seqdo as sd
from seqdo.effects.validity import realism
from seqdo.effects.validity.classifier import classify, classify_backgrounds, effective, weights
from seqdo.effects.validity.hygiene import BEFORE, BESIDE
from seqdo.effects.validity.realism import ALONE, UNGIVEN, far
from seqdo.effects.validity.validity import validity
from seqdo.models.reference import spectrum
from seqdo.outcomes.extras import Layer

LENGTH = 60
NULL = sd.backgrounds.uniform(LENGTH)
MODEL = sd.planted.gc_biased("GATTACA", LENGTH, slope=1.0)


def random(seed, n, gc=0.5):
    p = [(1 - gc) / 2, gc / 2, gc / 2, (1 - gc) / 2]
    return sd.Sequences.from_codes(np.random.default_rng(seed).choice(4, p=p, size=(n, LENGTH)))


def results(outcomes, *more):
    return validity(outcomes, *more).set_index("check")


def network(seed=0):
    torch.manual_seed(seed)
    return torch.nn.Sequential(
        torch.nn.Conv1d(4, 8, 7), torch.nn.ReLU(), torch.nn.AdaptiveAvgPool1d(1), torch.nn.Flatten(),
        torch.nn.Linear(8, 1),
    ).eval()  # fmt: skip


# --- what edits alone change


def test_the_shift_is_that_of_the_whole_spectra_whatever_an_arm_writes(seed):
    """Of whole sequences, by scipy: for letters at one place, at places drawn for each background, and drawn ones."""
    mixed = sd.backgrounds.profile(["ACGTA" * 8, "CCGTTA" * 7, "GATTACA" * 6] * 5)
    model = sd.planted.additive({"GG": 1.0}, 42)
    for design in (sd.embed("GATTACA", at=0), sd.copies("GGC", [3, 20, 30]), sd.embed("GRNNY", at=30)):
        outcomes = sd.run(design, replace(model, pad="right"), mixed, n=50, rng=seed)
        names = [name for name, arm in design.arms.items() if arm.sites]
        found = [
            jensenshannon(spectrum(outcomes.edited(name), 3), spectrum(outcomes.backgrounds, 3), base=2) ** 2
            for name in names
        ]
        row = results(outcomes).loc[ALONE]
        assert row["value"] == pytest.approx(max(found), rel=1e-9)
        assert (names[int(np.argmax(found))] in row["advice"]) == (len(names) > 1)


def test_an_edit_that_writes_what_stands_there_shifts_nothing_and_a_whole_sequence_is_amber():
    model = sd.planted.additive({"GG": 1.0}, 14)
    same = results(sd.run(sd.embed("GATTACA", at=7), model, ["GATTACA" * 2] * 30, rng=0)).loc[ALONE]
    assert (same["value"], same["result"]) == (0, "pass")
    # Nothing but AAA becomes nothing but CCC: spectra that share nothing are 1 bit apart.
    other = results(sd.run(sd.embed("C" * 14, at=0), model, ["A" * 14] * 30, rng=0)).loc[ALONE]
    assert (other["value"], other["result"]) == (1, "caution")
    assert "write less" in other["advice"]


def test_of_many_arms_some_are_counted_and_outcomes_that_no_run_made_have_no_such_row(make, monkeypatch):
    monkeypatch.setattr(realism, "ARMS", 5)
    model = sd.planted.additive({"GG": 1.0}, 30)
    table = results(sd.run(sd.kmers(2, at=10), model, sd.backgrounds.uniform(30), n=5, rng=0))
    assert "of 5 arms" in table.loc[ALONE, "advice"]
    assert ALONE not in results(make(np.zeros((1, 5, 2, 1)))).index
    short = sd.run(sd.embed("A", at=0), sd.planted.additive({"G": 1.0}, 2), ["AC", "GT"], rng=0)
    assert ALONE not in results(short).index


# --- compared with real sequences


def test_backgrounds_of_the_law_of_real_sequences_are_green_throughout(seed):
    """AUC 0.5 with an SD of 0.012, shares beyond 99 % of 0.01 with one of 0.005: each far from its threshold."""
    model = sd.wrap(network(), alphabet=sd.DNA, length=LENGTH)
    outcomes = sd.run(sd.embed("GATTACA", at=20), model, NULL, n=1000, rng=seed, real=random(seed, 1000))
    table = results(outcomes)
    assert table["result"].eq("pass").all(), table
    assert table.index.tolist() == [
        "length range", "length mix", "GC", "letters", "2-mers", "3-mers", "unedited predictions: output",
        "edited predictions: output", ALONE, BEFORE, BESIDE, "classifier: unedited", "classifier: edited",
        "effective sample size", "layer: unedited", "layer: edited",
    ]  # fmt: skip
    assert table.loc["classifier: unedited", "value"] < 0.55
    assert table.loc["layer: unedited", "value"] < 0.05


def test_the_edited_row_is_that_of_the_arm_that_is_easiest_to_distinguish(seed):
    real = random(seed, 300, gc=0.25)
    design = sd.swap("ATATATAT", ["GGGCGCCC", "TTTTAAAA"], at=20)
    outcomes = sd.run(design, MODEL, NULL, n=300, rng=seed, real=real)
    table, result = results(outcomes), classify(outcomes.backgrounds, real)
    row = table.loc["classifier: unedited"]
    assert row["value"] == result.auc == classify_backgrounds(outcomes).auc
    assert f"an AUC of {result.auc:.2f} (95 % CI {result.low:.2f} to {result.high:.2f}; chance is 0.5)" in row["advice"]
    assert row["result"] == "fail"  # GC 25 points apart is 4 SD of 60 letters: Φ(4/√2) = 0.998
    aucs = [classify(outcomes.edited(arm), real).auc for arm in outcomes.treated]
    assert outcomes.treated == ("ATATATAT@20", "GGGCGCCC@20", "TTTTAAAA@20")
    assert min(aucs) < aucs[1] == max(aucs)
    assert "most in GGGCGCCC@20 of 3 arms" in table.loc["classifier: edited", "advice"]
    assert table.loc["classifier: edited", "value"] == max(aucs)
    assert table.loc["classifier: edited", "result"] == "caution"


def test_backgrounds_that_a_classifier_takes_for_real_are_not_below_a_half(seed):
    """Where they are the backgrounds themselves, each has its twin in the other class, and the AUC is below 0.5."""
    real = NULL.sample(200, rng=seed)
    outcomes = sd.run(sd.embed("GATTACA", at=3), MODEL, NULL, n=200, rng=seed, real=real)
    assert classify_backgrounds(outcomes).auc < 0.5
    assert results(outcomes).loc["classifier: unedited", "value"] == 0.5


def test_how_few_look_real_and_how_much_effects_change_is_reported_in_margins(seed):
    outcomes = sd.run(sd.embed("GATTACA", at=3), MODEL, NULL, n=500, rng=seed, real=random(seed, 500, gc=0.42))
    effects = sd.estimate(outcomes, margin=0.01)
    row = effects.validity.set_index("check").loc["effective sample size"]
    odds = classify_backgrounds(outcomes).odds
    weight, size = weights(odds), effective(odds)
    assert row["value"] == pytest.approx(1 - size / 500)
    values = effects.values(0)[0]
    change = abs(np.average(values, weights=weight) - values.mean()) / 0.01
    assert f"count as {size:,.3g}. Effects then change by up to {change:.2g} margins." in row["advice"]
    by_default = abs(np.average(values, weights=weight) - values.mean()) / (0.1 * outcomes.scales["y"].sd)
    assert f"up to {by_default:.2g} margins" in results(outcomes).loc["effective sample size", "advice"]
    no_margin = replace(outcomes, scales={})
    assert "margins" not in results(no_margin).loc["effective sample size", "advice"]


def test_backgrounds_unlike_real_ones_leave_few_to_weigh(seed):
    outcomes = sd.run(sd.embed("GATTACA", at=3), MODEL, NULL, n=500, rng=seed, real=random(seed, 500, gc=0.2))
    row = results(outcomes).loc["effective sample size"]
    assert row["result"] == "caution"
    assert row["value"] > 0.9
    assert "Few backgrounds resemble real sequences" in row["advice"]


def test_without_real_sequences_one_row_says_what_they_would_add(seed):
    model = replace(MODEL, reference=sd.Reference.measure(random(seed, 200), np.zeros((200, 1)), ["y"], "real"))
    table = results(sd.run(sd.embed("GATTACA", at=3), model, NULL, n=50, rng=seed))
    assert table.index[table["result"] == "not checked"].tolist() == [UNGIVEN]
    assert "give them to run(real=...)" in table.loc[UNGIVEN, "advice"]


def test_fewer_than_100_backgrounds_can_not_be_classified(seed):
    model = sd.wrap(network(), alphabet=sd.DNA, length=LENGTH)
    table = results(sd.run(sd.embed("GATTACA", at=3), model, NULL, n=99, rng=seed, real=random(seed, 100)))
    assert table.loc["classifier", "result"] == "not checked"
    assert "needs 100" in table.loc["classifier", "advice"]
    assert "layer: unedited" in table.index


# --- distances in a layer


def test_more_real_sequences_are_as_far_as_real_ones_and_others_are_not(seed):
    """One of 100 beyond the 99 % quantile of 2,000: of 4,000, 0.01 ± 0.0027 (5 SD of both); a large shift is all."""
    rng = np.random.default_rng(seed)
    real, more = rng.normal(size=(4000, 4)).astype(np.float32), rng.normal(size=(4000, 4)).astype(np.float32)
    assert far(real, more) == pytest.approx(0.01, abs=5 * np.sqrt(0.0099 / 4000 + 0.0099 / 2000))
    assert far(real, more + 20) == 1
    assert far(real, real[:1] * 0) == 0


def test_distances_are_to_the_fifth_neighbor_among_every_other_real_one():
    """On a line: known are 2, 4, ..., 198 and one alone; the 5th neighbour of a point beyond 198 by x is x + 8 away."""
    real = np.arange(200, dtype=np.float32)[:, None]
    real[0] = 1000
    usual = np.sort([np.sort(np.abs(real[::2, 0] - one))[4] for one in real[1::2, 0]])
    limit = usual[99]  # of 100 the 99 % quantile from above is the largest, that of 1 at the edge
    assert limit == 9
    places = np.array([[198 + limit - 8], [198 + limit - 7.9], [1000]], np.float32)
    assert far(real, places) == pytest.approx(2 / 3)


@pytest.mark.parametrize(("kind", "result"), [("unedited", "fail"), ("edited", "caution")])
def test_edited_ones_may_be_farther_before_they_are_red(make, seed, kind, result):
    rng = np.random.default_rng(seed)
    places = rng.normal(size=(200, 3)).astype(np.float32)
    moved = places + np.float32(50) * (np.arange(200)[:, None] < 140)
    layer = Layer("head", "arm 1", places, *((moved, places) if kind == "unedited" else (places, moved)))
    row = {check.check: check for check in realism._distances(layer)}[f"layer: {kind}"]
    assert row.value == pytest.approx(0.7, abs=0.03)
    assert row.result == result
    assert "layer head" in row.finding
