"""Maps of mutagenesis against every mutant predicted one by one, on planted models whose truth is known."""

from __future__ import annotations

from functools import cache
from itertools import combinations, product

import numpy as np
import pytest

import seqdo as sd
from seqdo.effects.analyses.maps import maps
from seqdo.errors import InputError
from seqdo.models.planted.terms import Term

TEXTS = ["GAUUACAUGCAC", "CCUUAUUACCCA", "ACACACACACAC"]
PROBES = sd.Sequences.from_strings(TEXTS, sd.RNA, ["first", "second", "third"])
ADDITIVE = sd.planted.combine(
    [Term(float(2**i), letter, at=i) for i, letter in enumerate("GAUUACAUGCAC")],
    12,
    alphabet=sd.RNA,
)
PAIRED = sd.planted.periodic("UU", "AC", 12, period=3, alphabet=sd.RNA)
MATCHES = sd.planted.additive({"UUA": 2.0, "AC": -0.5}, 12, alphabet=sd.RNA)


@cache
def answer(model, text):
    return float(model.predict(sd.Sequences.from_strings([text], sd.RNA))[0, 0, 0])


def mutant(text, *changes):
    """The text with letters written at places."""
    made = list(text)
    for at, letter in changes:
        made[at] = letter
    return "".join(made)


def together(model, text, one, two):
    """The difference in differences of two changes, from four predictions."""
    both, first, second, none = (answer(model, mutant(text, *some)) for some in ((one, two), (one,), (two,), ()))
    return both - first - second + none


def run(experiment, model, given=PROBES, **more):
    return sd.run(experiment(given, **more), model, rng=0)


@pytest.mark.parametrize("model", [ADDITIVE, PAIRED, MATCHES])
def test_an_entry_is_the_prediction_with_that_letter_there_less_the_sequence_as_it_is(model):
    found = maps(run(sd.mutagenesis, model, start=2, stop=9))
    assert found.dims == ("model", "sequence", "position", "letter", "output")
    assert found.dtype == np.float64
    for (name, text), at, letter in product(zip(PROBES.names, TEXTS, strict=True), range(2, 9), "ACGU"):
        entry = found.sel(sequence=name, position=at, letter=letter).item()
        assert entry == pytest.approx(answer(model, mutant(text, (at, letter))) - answer(model, text), abs=1e-12)
        assert entry == 0 or letter != text[at]


def test_sites_of_one_letter_each_are_found_exactly():
    """2^i for the i-th letter of the first sequence: losing it costs just that, whatever comes in its place."""
    found = maps(run(sd.mutagenesis, ADDITIVE)).sel(sequence="first").squeeze()
    for at, there in enumerate(TEXTS[0]):
        assert found.sel(position=at).to_series().to_dict() == {x: 0 if x == there else -(2.0**at) for x in "ACGU"}


def test_pairs_of_an_additive_model_are_exactly_0_and_those_of_a_planted_pair_are_not():
    additive, paired = (maps(run(sd.pairwise_mutagenesis, model)) for model in (ADDITIVE, PAIRED))
    assert additive.dims == ("model", "sequence", "position", "position 2", "output")
    off = ~np.eye(12, dtype=bool)
    assert (additive.values[0, :, :, :, 0][:, off] == 0).all()
    assert np.isnan(additive.values[0, :, :, :, 0][:, ~off]).all()
    assert np.abs(paired.sel(sequence="first").values[0, :, :, 0][off]).max() > 0.1


@pytest.mark.parametrize("model", [PAIRED, MATCHES])
def test_pairs_are_those_of_four_predictions_each_by_mean_by_size_and_one_by_one(model):
    outcomes = run(sd.pairwise_mutagenesis, model, start=1, stop=7)
    each, mean, largest = (maps(outcomes, kind) for kind in ("each", "mean", "largest"))
    assert each.dims == ("model", "sequence", "position", "position 2", "letter", "letter 2", "output")
    for name, text in zip(PROBES.names, TEXTS, strict=True):
        for one, two in combinations(range(1, 7), 2):
            here = {"sequence": name, "position": one, "position 2": two}
            others = [[x for x in "ACGU" if x != text[at]] for at in (one, two)]
            expected = {(a, b): together(model, text, (one, a), (two, b)) for a, b in product(*others)}
            for a, b in product("ACGU", repeat=2):
                entry = each.sel(here | {"letter": a, "letter 2": b}).item()
                assert entry == pytest.approx(expected.get((a, b), 0.0), abs=1e-12)
                mirrored = {"sequence": name, "position": two, "position 2": one, "letter": b, "letter 2": a}
                assert each.sel(mirrored).item() == entry
            values = np.array(list(expected.values()))
            assert mean.sel(here).item() == pytest.approx(values.mean(), abs=1e-12)
            assert abs(largest.sel(here).item()) == pytest.approx(np.abs(values).max(), abs=1e-12)
            assert np.isclose(values, largest.sel(here).item(), atol=1e-12).any()


def test_the_mean_map_is_the_table_of_effects():
    outcomes = run(sd.pairwise_mutagenesis, PAIRED)
    effects = sd.estimate(outcomes, margin=0.1)
    for row in effects.table.itertuples():
        here = effects.maps.sel(position=row.position, **{"position 2": row[4]})
        assert here.mean().item() == pytest.approx(row.estimate, abs=1e-12)
        assert row.n == 3
    single = sd.estimate(run(sd.mutagenesis, PAIRED), margin=0.1)
    by_place = single.maps.sum("letter").mean(("model", "sequence", "output")) / 3
    assert by_place.values == pytest.approx(single.table["estimate"].to_numpy(), abs=1e-12)


def test_members_outputs_numbers_and_letters_keep_their_names(tmp_path):
    def scaled(factor):
        return lambda codes: np.stack([factor * (codes == 2).sum(1), (codes[:, 0] == 1) * factor], 1)

    model = sd.wrap([scaled(1.0), scaled(3.0)], alphabet=sd.DNA, length=4, layout="codes", outputs=["g", "first"])
    outcomes = sd.run(sd.mutagenesis(["AAGT", "CCCC"]), model, rng=0)
    outcomes.save(tmp_path / "kept.nc")
    found = maps(sd.Outcomes.load(tmp_path / "kept.nc"))
    assert found.equals(maps(outcomes))
    assert found["sequence"].values.tolist() == [0, 1]
    assert found["letter"].values.tolist() == list("ACGT")
    assert found.sel(sequence=0, position=2, letter="T", output="g").values.tolist() == [-1, -3]
    assert found.sel(sequence=1, position=0, letter="G", output="first").values.tolist() == [-1, -3]


def test_arms_that_are_not_there_are_nan():
    whole = sd.pairwise_mutagenesis(PROBES, stop=4)
    part = whole.restricted(whole.contrasts[:1])
    found = maps(sd.run(part, MATCHES, rng=0)).sel(sequence="first").squeeze()
    assert found.sizes["position"] == 2
    assert np.isfinite(found.sel({"position": 0, "position 2": 1}).item())
    first = sd.mutagenesis(PROBES, stop=3)
    outcomes = sd.run(first, MATCHES, rng=0)
    fewer = sd.Outcomes(outcomes.y.drop_sel(arm="step 2@1"), first, outcomes.backgrounds, outcomes.scales)
    lost = maps(fewer).sel(sequence="first", position=1).squeeze()
    assert lost.isnull().sum() == 1
    assert bool(lost.sel(letter="G").isnull())  # A and two codes further on


def test_other_experiments_and_other_kinds_of_map_are_refused():
    embedded = sd.run(sd.embed("GA", at=2), MATCHES, TEXTS, rng=0)
    with pytest.raises(InputError, match=r"`outcomes` of embed.*Write sd\.estimate\(sd\.run\(sd\.mutagenesis"):
        maps(embedded)
    with pytest.raises(InputError, match="`pairs='all'`"):
        maps(run(sd.mutagenesis, MATCHES), "all")
