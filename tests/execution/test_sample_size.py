"""How many backgrounds a run has, and its extra ones."""

from __future__ import annotations

import numpy as np
import pytest

from seqdo import backgrounds
from seqdo.errors import InputError, RunError
from seqdo.execution.run import run
from seqdo.execution.sample_size import predict_extra
from seqdo.experiments.embed import embed, positions
from seqdo.models.wrap import wrap
from seqdo.sequences.alphabet import DNA
from seqdo.sequences.stream import root

L = 30
WEIGHTS = np.random.default_rng(0).integers(-50, 50, (L, 4)) / 64
DESIGN = embed("GATTACA", at=3)
BALANCED = backgrounds.uniform(L, balance="dinucleotides")
REAL = ["".join(letters) for letters in np.random.default_rng(1).choice(list("ACGT"), (80, L))]
ENDLESS = {
    "uniform": backgrounds.uniform(L),
    "balanced": BALANCED,
    "profile": backgrounds.profile(REAL),
    "shuffled": backgrounds.shuffled(REAL),
}


def exact(codes):
    return WEIGHTS[np.arange(L), codes].sum(1)


MODEL = wrap([exact, lambda codes: 2 * exact(codes)], alphabet=DNA, length=L, layout="codes", outputs=["y"])


@pytest.mark.parametrize("null", ENDLESS.values(), ids=ENDLESS)
def test_extra_backgrounds_are_those_behind_the_n_of_the_same_seed_and_are_predicted_as_they_are(null):
    made = run(DESIGN, MODEL, null, n=64, rng=4, extra=48)
    whole = null.sample(112, rng=4)
    assert np.array_equal(made.backgrounds.codes, whole.codes[:64])
    assert np.array_equal(made.extra.backgrounds.codes, whole.codes[64:])
    assert made.extra.y.dims == ("model", "extra", "output")
    assert np.array_equal(made.extra.y.values[0, :, 0], exact(whole.codes[64:]))
    assert np.array_equal(made.extra.y.values[1, :, 0], 2 * exact(whole.codes[64:]))
    assert made.extra.backgrounds.alphabet is DNA


def test_extra_backgrounds_change_nothing_else_and_cost_one_pass_each():
    asked = [0]

    def counted(codes):
        asked[0] += len(codes)
        return exact(codes)

    model = wrap(counted, alphabet=DNA, length=L, layout="codes", outputs=["y"])
    cost, made = [], []
    for extra in (0, 200):
        asked[0] = 0
        made.append(run(positions("GATTACA", range(0, 20, 5)), model, backgrounds.uniform(L), n=50, rng=0, extra=extra))
        cost.append(asked[0])
    assert cost[1] - cost[0] == 200
    assert made[0].y.identical(made[1].y)
    assert made[0].provenance == made[1].provenance
    assert made[0].extra is None


def test_real_sequences_are_used_once_each_and_too_many_are_refused_before_anything_runs():
    null = backgrounds.natural(REAL)
    made = run(DESIGN, MODEL, null, n=50, rng=0, extra=30)
    assert len({*made.backgrounds.to_strings(), *made.extra.backgrounds.to_strings()}) == 80
    with pytest.raises(InputError, match=r"it holds 80 sequences, and each is used once\. Write extra=30 or fewer"):
        run(DESIGN, MODEL, null, n=50, rng=0, extra=31)
    with pytest.raises(InputError, match=r"n=80 and extra=5.*extra=0 or fewer, or a smaller n"):
        run(DESIGN, MODEL, REAL, rng=0, extra=5)
    assert len(run(DESIGN, MODEL, REAL, n=70, rng=0, extra=10).extra.backgrounds) == 10


@pytest.mark.parametrize("extra", [-1, 1.5, "2000", True, None])
def test_extra_is_a_whole_number_from_0(extra):
    with pytest.raises(InputError, match=r"extra=.*whole number of backgrounds from 0.*extra=2000"):
        run(DESIGN, MODEL, backgrounds.uniform(L), n=10, rng=0, extra=extra)


@pytest.mark.parametrize(("n", "extra", "write"), [(1000, 0, "n=1008"), (1, 0, "n=16"), (1008, 2001, "extra=2016")])
def test_a_part_of_a_balanced_set_is_refused_with_the_next_whole_number(n, extra, write):
    with pytest.raises(InputError, match=rf"balanced in sets of 16: a whole number of sets is needed.*Write {write}$"):
        run(DESIGN, MODEL, BALANCED, n=n, rng=0, extra=extra)


def test_without_n_there_are_about_1000_backgrounds_in_whole_sets():
    assert run(DESIGN, MODEL, BALANCED, rng=0).y.sizes["background"] == 1008
    assert run(DESIGN, MODEL, backgrounds.uniform(L), rng=0).y.sizes["background"] == 1000
    assert run(DESIGN, MODEL, REAL).y.sizes["background"] == 80


def test_blocks_of_a_run_may_cut_sets_in_two():
    whole, pieces = (run(DESIGN, MODEL, BALANCED, n=96, rng=3, block=size) for size in (96, 7))
    assert np.array_equal(whole.backgrounds.codes, pieces.backgrounds.codes)
    assert whole.y.identical(pieces.y)


def test_a_model_that_fails_on_an_extra_background_is_said_to():
    model = wrap(
        lambda codes: np.where((codes[:, :5] == 2).all(1), np.nan, 0.0), alphabet=DNA, length=L, layout="codes"
    )
    null = backgrounds.given([*REAL[:40], "GGGGG" + REAL[0][5:]])
    with pytest.raises(RunError, match=r"^extra backgrounds: .*predicted nan"):
        predict_extra(model, null, root(0), 40, 1)
