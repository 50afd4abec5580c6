"""Real sequences given to a run: what is kept of them, what is taken from them, and what they leave alone."""

from __future__ import annotations

import copy
from dataclasses import replace

import numpy as np
import pytest
import torch
from scipy.spatial.distance import pdist
from torch import nn

import seqdo as sd
from seqdo import backgrounds
from seqdo.effects.validity.embedding import directions
from seqdo.errors import InputError, RunError
from seqdo.execution import real_sequences as module
from seqdo.execution.run import run
from seqdo.experiments.embed import embed, positions
from seqdo.models.reference import Reference
from seqdo.models.wrap import wrap
from seqdo.sequences.alphabet import DNA, RNA
from seqdo.sequences.sequences import Sequences, fingerprint

L = 30
WEIGHTS = np.random.default_rng(0).integers(-50, 50, (L, 4)) / 64
DESIGN = embed("GATTACA", at=3)
NULL = backgrounds.uniform(L)
REAL = ["".join(letters) for letters in np.random.default_rng(1).choice(list("ACGT"), (160, L), p=[0.4, 0.1, 0.1, 0.4])]


def exact(codes):
    return WEIGHTS[np.arange(L), codes].sum(1)


MODEL = wrap([exact, lambda codes: 3 * exact(codes)], alphabet=DNA, length=L, layout="codes", outputs=["y"])


def network(**more):
    torch.manual_seed(0)
    net = nn.Sequential(nn.Conv1d(4, 8, 7), nn.ReLU(), nn.AdaptiveAvgPool1d(1), nn.Flatten(), nn.Linear(8, 1)).eval()
    return wrap(net, alphabet=DNA, length=L, **more)


def test_real_sequences_are_predicted_as_they_are_by_each_member_and_change_nothing_else():
    made, plain = (run(DESIGN, MODEL, NULL, n=40, rng=4, extra=10, real=given) for given in (REAL, None))
    assert made.real.y.dims == ("model", "real", "output")
    assert made.real.sequences.to_strings() == REAL
    assert made.real.sequences.alphabet is DNA
    codes = Sequences.from_strings(REAL).codes
    np.testing.assert_array_equal(made.real.y.values[:, :, 0], [exact(codes), 3 * exact(codes)])
    assert made.y.identical(plain.y)
    assert made.extra.y.identical(plain.extra.y)
    assert np.array_equal(made.backgrounds.codes, plain.backgrounds.codes)
    assert plain.real is None
    assert made.provenance["real"] == fingerprint(Sequences.from_strings(REAL))
    assert made.recording(real=None).provenance == plain.provenance


def test_a_model_without_a_reference_gets_one_and_its_margin_from_them():
    made = run(DESIGN, MODEL, NULL, n=40, rng=4, real=REAL)
    mean = 2 * exact(Sequences.from_strings(REAL).codes)  # of the members
    assert made.reference.outputs["y"]["mean"] == pytest.approx(mean.mean())
    assert made.reference.n == 160
    assert made.scales["y"].sd == pytest.approx(mean.std(ddof=1))
    assert made.scales["y"].source == "predictions on 160 held-out real sequences"
    assert sd.estimate(made).margins["y"].value == pytest.approx(0.1 * mean.std(ddof=1))
    assert MODEL.reference is None


def test_a_reference_that_came_with_the_model_stays_unless_it_has_no_predictions():
    own = Reference.measure(Sequences.from_strings(REAL[:5]), np.arange(5.0)[:, None], ["y"], "five")
    made = run(DESIGN, replace(MODEL, reference=own), NULL, n=40, rng=4, real=REAL)
    assert made.reference is own
    assert made.scales["y"].source == "predictions on 5 held-out real sequences"
    letters = replace(own, outputs={})
    assert run(DESIGN, replace(MODEL, reference=letters), NULL, n=40, rng=4, real=REAL).reference.n == 160


def test_of_more_than_5000_as_many_are_kept_spread_evenly_over_their_order(monkeypatch):
    monkeypatch.setattr(module, "MOST", 120)
    made = run(DESIGN, MODEL, NULL, n=40, rng=4, real=REAL)
    assert made.real.sequences.to_strings() == [REAL[i * 160 // 120] for i in range(120)]
    assert made.provenance["real"]["number"] == 120


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (REAL[:99], r"`real` has 99 sequences: at least 100 are needed"),
        ([], r"`real`: no sequences"),
        ([one[:-1] for one in REAL], r"`real`: 160 of 160 sequences have length 29, not `length=30`.*reads 30 bp"),
        (Sequences.from_strings(REAL, DNA).to_strings()[0], r"`real`: one string"),
        ([one.replace("T", "U") for one in REAL], r"`real`: the sequences are RNA.*reads DNA"),
        ([*REAL[:-1], "N" * L], r"`real`: 'N' at position 0"),
    ],
)
def test_what_can_not_be_real_is_refused_before_anything_is_predicted(given, words):
    def never(codes):
        assert not armed
        return exact(codes)

    armed = False
    model = wrap(never, alphabet=DNA, length=L, layout="codes")
    armed = True
    with pytest.raises(InputError, match=words):
        run(DESIGN, model, NULL, n=10, rng=0, real=given)


def test_rna_and_several_lengths_are_read_as_the_model_reads_them():
    model = wrap(lambda codes: (codes == 4).sum(1) * 1.0, alphabet=RNA, length=L, layout="codes", pad="left")
    given = [one.replace("T", "U")[: 20 + i % 7] for i, one in enumerate(REAL)]
    made = run(embed("GA", at=3), model, backgrounds.uniform(L), n=10, rng=0, real=given)
    assert made.real.sequences.to_strings() == given
    assert made.real.y.values[0, :, 0].tolist() == [L - len(one) for one in given]


def test_a_model_that_fails_on_a_real_sequence_is_said_to():
    model = wrap(
        lambda codes: np.where((codes[:, :5] == 2).all(1), np.nan, 0.0), alphabet=DNA, length=L, layout="codes"
    )
    with pytest.raises(RunError, match=r"^real sequences: .*predicted nan"):
        run(DESIGN, model, NULL, n=10, rng=0, real=[*REAL, "GGGGG" + REAL[0][5:]])


def test_a_run_that_stops_early_has_real_sequences_and_edits_of_what_it_drew():
    made = run(DESIGN, network(), NULL, rng=0, real=REAL, until=sd.half_width(1.0))
    assert made.y.sizes["background"] == len(made.backgrounds) == len(made.real.layer.edited) < 10_000


# --- where a layer puts them


def test_places_in_the_layer_keep_the_distances_of_what_it_is_given():
    """8 numbers fit into 31 directions: nothing is lost, and the last column is rounding."""
    model = network()
    made = run(positions("GATTACA", [3, 9]), model, NULL, n=50, rng=4, real=REAL)
    layer, observe = made.real.layer, model.members[0].network.last_layer_input
    assert (layer.name, layer.arm) == ("4", "GATTACA@3")
    found = np.concatenate([layer.real, layer.unedited, layer.edited])
    assert found.dtype == np.float32
    asked = (made.real.sequences, made.backgrounds, made.edited("GATTACA@3"))
    given = np.concatenate([observe(sequences.codes).values for sequences in asked])
    np.testing.assert_allclose(pdist(found), pdist(given), rtol=1e-3, atol=1e-5)
    assert np.abs(found[:, -1]).max() < 1e-5
    assert found.shape == (160 + 50 + 50, 9)


def test_directions_that_real_sequences_lack_are_in_the_last_column(seed):
    """Real ones vary in 31 of 40 numbers; one that is 5 away in another is 5 beside their plane."""
    real, other = np.zeros((2, 200, 40), np.float32)
    real[:, :31], other[:, :31] = np.random.default_rng(seed).normal(size=(2, 200, 31))
    other[:, 35] = 5
    found, beside, _ = directions([real, other, other], module.DIRECTIONS)
    assert found.shape == (200, 32)
    np.testing.assert_allclose(found[:, -1], 0, atol=1e-5)
    np.testing.assert_allclose(beside[:, -1], 5, rtol=1e-5)
    np.testing.assert_allclose(pdist(found[:, :-1]), pdist(real), rtol=1e-4)


def test_a_layer_that_gives_one_answer_to_all_has_no_distances():
    same = np.ones((120, 3), np.float32)
    assert all(np.abs(part).max() < 1e-6 for part in directions([same, same, same], module.DIRECTIONS))


def test_at_most_so_many_of_each_are_kept_spread_evenly(monkeypatch):
    whole = run(DESIGN, network(), NULL, n=100, rng=4, real=REAL).real.layer
    monkeypatch.setattr(module, "ROWS", 50)
    made = run(DESIGN, network(), NULL, n=100, rng=4, real=REAL).real.layer
    assert [len(part) for part in (made.real, made.unedited, made.edited)] == [50, 50, 50]
    # Other directions, as others show them; distances between the same backgrounds are the same.
    np.testing.assert_allclose(pdist(made.unedited), pdist(whole.unedited[::2]), rtol=1e-3, atol=1e-5)


def test_a_function_shows_no_layer_and_batches_change_no_place(monkeypatch):
    assert run(DESIGN, MODEL, NULL, n=40, rng=4, real=REAL).real.layer is None
    whole = run(DESIGN, network(), NULL, n=40, rng=4, real=REAL).real.layer
    monkeypatch.setattr(module, "BATCH", 7)
    parts = run(DESIGN, network(), NULL, n=40, rng=4, real=REAL).real.layer
    np.testing.assert_allclose(pdist(parts.edited), pdist(whole.edited), rtol=1e-3, atol=1e-5)


def test_another_last_layer_in_another_batch_shows_nothing(monkeypatch):
    class TwoHeads(nn.Module):
        def __init__(self):
            super().__init__()
            self.odd = nn.Linear(4 * L, 1)
            self.even = copy.deepcopy(self.odd)

        def forward(self, x):
            return (self.odd if len(x) % 2 else self.even)(x.flatten(1))

    model = wrap(TwoHeads().eval(), alphabet=DNA, length=L, layout="NCL")
    monkeypatch.setattr(module, "BATCH", 33)
    # Real ones come in batches of 33 and 28.
    assert run(DESIGN, model, NULL, n=40, rng=4, real=REAL).real.layer is None


def test_a_network_that_can_not_be_watched_loses_no_run():
    def refuse(*_args, **_more):
        raise RuntimeError("no hooks here")

    model = network()
    model.members[0].network.module[4].register_forward_pre_hook = refuse
    with pytest.warns(UserWarning, match="no distances in a layer: RuntimeError: no hooks here"):
        made = run(DESIGN, model, NULL, n=40, rng=4, real=REAL, engine="full")
    assert made.real.layer is None
    assert len(made.y) == 1


def test_real_goes_through_across():
    found = sd.across(DESIGN, MODEL, {"a": NULL, "b": backgrounds.profile(REAL)}, n=120, rng=0, real=REAL)
    assert all(len(each.outcomes.real.sequences) == 160 for each in found.effects.values())
