"""Runs of a readout at the reference's peak: every arm is read where its background without edits has its peak."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import torch
from planted_profiles import Planted, largest, planted_profile, weights_of
from torch import nn

import seqdo as sd
from seqdo.engine.full import Full
from seqdo.errors import InputError, RunError
from seqdo.execution import peak_reading
from seqdo.models.readout import head

LENGTH, FIRST, STOP = 30, 4, 24
READ = head("profile", axes="n tracks positions").window(FIRST, STOP).at_reference_peak()
NULL = sd.backgrounds.uniform(LENGTH)
ENGINES = ["full", "incremental"]


def planted(seed: int, members: int = 1, tracks: int = 2, readout=READ, **how) -> tuple[list[np.ndarray], sd.Model]:
    """Weights, and the model of their networks."""
    rng = np.random.default_rng(seed)
    weights = [weights_of(rng, tracks) for _ in range(members)]
    nets = [Planted(each).eval() for each in weights]
    return weights, sd.wrap(nets, alphabet=sd.DNA, length=LENGTH, readout=readout, **how)


def enumerated(outcomes: sd.Outcomes, weights: list[np.ndarray], first: int = FIRST, stop: int = STOP) -> np.ndarray:
    """The values (members, backgrounds, arms, tracks), one by one from the bases."""
    y = np.zeros([*(outcomes.y.sizes[axis] for axis in ("model", "background", "arm")), len(weights[0])])
    for arm, name in enumerate(outcomes.design.arms):
        edited = outcomes.backgrounds if name == outcomes.design.unedited else outcomes.edited(name)
        for member, own in enumerate(weights):
            before = planted_profile(own, outcomes.backgrounds.codes)[:, :, first:stop]
            after = planted_profile(own, edited.codes)[:, :, first:stop]
            for i, track in np.ndindex(before.shape[:2]):
                y[member, i, arm, track] = after[i, track, largest(list(before[i, track]))]
    return y


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("members", [1, 3])
def test_every_arm_is_read_at_the_peak_of_its_background(engine, members, seed):
    weights, model = planted(seed, members)
    outcomes = sd.run(sd.positions("GATTACA", at=[0, 6, 13, 23]), model, NULL, n=40, rng=seed, engine=engine)
    expected = enumerated(outcomes, weights)
    np.testing.assert_array_equal(outcomes.y.transpose("model", "background", "arm", "output"), expected)
    peaks = expected[:, :, 0]  # edits raise the profile elsewhere, and lower it at the peak
    own = np.stack(
        [planted_profile(own, outcomes.edited("GATTACA@13").codes)[:, :, FIRST:STOP].max(2) for own in weights]
    )
    assert (expected[:, :, 3] < peaks).any()
    assert (expected[:, :, 3] < own).any()


@pytest.mark.parametrize("engine", ENGINES)
def test_steps_that_follow_are_taken_of_the_value_at_the_peak(engine, seed):
    weights, model = planted(seed, 2, 3, READ.average(["a", "b", "a"]).log_fold(2))
    outcomes = sd.run(sd.embed("GATTACA", at=10), model, NULL, n=30, rng=seed, engine=engine)
    values = enumerated(outcomes, weights)
    expected = np.log2(np.stack([(values[..., 0] + values[..., 2]) / 2, values[..., 1]], -1) + 2)
    np.testing.assert_allclose(outcomes.y.transpose("model", "background", "arm", "output"), expected, rtol=1e-6)
    assert list(outcomes.outputs) == ["a", "b"]


@pytest.mark.parametrize("engine", ENGINES)
def test_blocks_and_groups_of_arms_change_nothing(engine, seed, monkeypatch):
    _, model = planted(seed)
    design = sd.positions("GATTACA", at=range(0, 20, 2))
    whole = sd.run(design, model, NULL, n=50, rng=seed, engine=engine)
    small = sd.run(design, model, NULL, n=50, rng=seed, engine=engine, block=7)
    np.testing.assert_array_equal(small.y, whole.y)
    row = 4 * 2 * (STOP - FIRST)  # bytes of the profiles of one background
    monkeypatch.setattr(peak_reading, "BYTES", 3 * 8 * row)
    calls = []
    evaluate = Full.evaluate
    monkeypatch.setattr(
        Full, "evaluate", lambda self, state, arms, *more: _noted(calls, evaluate(self, state, arms, *more))
    )
    bounded = sd.run(design, model, NULL, n=50, rng=seed, engine=engine)
    np.testing.assert_array_equal(bounded.y, whole.y)
    assert bounded.provenance.engine.block == 3  # a quarter of the bytes, if each value had eight
    assert engine != "full" or max(each.nbytes for each in calls) <= peak_reading.BYTES
    assert engine != "full" or sum(len(each) > 1 for each in calls) > 1


def _noted(calls: list[np.ndarray], y: np.ndarray) -> np.ndarray:
    calls.append(y)
    return y


@pytest.mark.parametrize("engine", ENGINES)
def test_a_design_without_an_arm_without_edits_has_the_same_values(engine, seed):
    weights, model = planted(seed)
    whole = sd.positions("GATTACA", at=[6, 13])
    arms = {name: arm for name, arm in whole.arms.items() if name != whole.unedited}
    first, second = arms
    design = replace(whole, arms=arms, contrasts=(replace(whole.contrasts[0], weights={first: 1.0, second: -1.0}),))
    assert design.unedited is None
    outcomes = sd.run(design, model, NULL, n=30, rng=seed, engine=engine)
    np.testing.assert_array_equal(
        outcomes.y.transpose("model", "background", "arm", "output"), enumerated(outcomes, weights)
    )
    effects = sd.estimate(outcomes)
    assert effects.margins["output 0"].value is not None  # from a pilot, whose sequences are read at their own peaks


def test_equal_peaks_are_read_at_the_first_position_by_both_engines(seed):
    """A single base has one value: a poly-A background has its peak everywhere, and a repeat several peaks."""
    backgrounds = ["A" * LENGTH, "ACGTTG" * 5, "CA" * 15]
    for number in range(5):
        weights, model = planted(seed + number)
        design = sd.positions("TTT", at=[2, FIRST, 9])
        runs = [sd.run(design, model, backgrounds, rng=seed, engine=engine) for engine in ENGINES]
        np.testing.assert_array_equal(runs[0].y, runs[1].y)
        np.testing.assert_array_equal(
            runs[0].y.transpose("model", "background", "arm", "output"), enumerated(runs[0], weights)
        )


# --- several networks, against whole profiles that are predicted and searched by hand


class Shapes(nn.Module):
    """A profile of a kind: strided, upsampled, transposed, of two strands, of logits with a total, with attention."""

    def __init__(self, kind: str) -> None:
        super().__init__()
        torch.manual_seed(3)
        self.kind = kind
        self.body = nn.Sequential(nn.Conv1d(4, 8, 7, padding=3), nn.ReLU(), nn.Conv1d(8, 8, 3, padding=1), nn.ReLU())
        self.pool, self.up = nn.MaxPool1d(4), nn.ConvTranspose1d(8, 8, 4, stride=4)
        self.attention = nn.MultiheadAttention(8, 2, batch_first=True)
        self.end, self.total = nn.Conv1d(8, 3, 5, padding=2), nn.Linear(8, 1)

    def forward(self, x):
        body = self.body(x)
        if self.kind in ("bins", "u-net"):
            pooled = self.pool(body)
            body = pooled if self.kind == "bins" else torch.cat([body[:, :4], self.up(pooled)[:, :4]], 1)
        if self.kind == "attention":
            tokens = self.pool(body).transpose(1, 2)
            body = self.attention(tokens, tokens, tokens)[0].transpose(1, 2)
        logits = self.end(body)
        profile = logits if self.kind == "logits" else nn.functional.softplus(logits)
        profile = profile.transpose(1, 2) if self.kind == "keras" else profile
        return {"profile": profile, "total": self.total(body.mean(2))}


TRACKS = head("profile", axes="n tracks positions")
KINDS = {
    "plain": TRACKS.window(30, 90),
    "keras": head("profile", axes="n positions tracks").window(30, 90),
    "bins": TRACKS.bins(center=10),
    "u-net": TRACKS.tracks(2, 0).window(10, 110),
    "attention": TRACKS,
    "logits": TRACKS.softmax(total="total").window(30, 90),
    "strands": head("profile", axes="n strands positions").window(30, 90),
}


def profile_by_hand(net: nn.Module, kind: str, codes: np.ndarray) -> np.ndarray:
    """The profile (n, tracks, positions) within the window."""
    x = torch.tensor(np.eye(4, dtype=np.float32)[codes].transpose(0, 2, 1))
    with torch.no_grad():
        raw = net(x)
    profile = raw["profile"].numpy().astype(np.float64)
    if kind == "keras":
        profile = profile.transpose(0, 2, 1)
    if kind == "logits":
        odds = np.exp(profile)
        profile = odds / odds.sum(2, keepdims=True) * np.exp(raw["total"].numpy()[:, :, None])
    cut = {"bins": slice(10, 20), "u-net": slice(10, 110), "attention": slice(None)}.get(kind, slice(30, 90))
    profile = profile[:, :, cut]
    return {"u-net": lambda: profile[:, [2, 0]], "strands": lambda: profile.sum(1, keepdims=True)}.get(
        kind, lambda: profile
    )()


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("engine", ENGINES)
def test_a_run_equals_whole_profiles_searched_by_hand(kind, engine, seed):
    net = Shapes(kind).eval()
    model = sd.wrap(net, alphabet=sd.DNA, length=120, layout="NCL", readout=KINDS[kind].at_reference_peak())
    outcomes = sd.run(
        sd.positions("GATTACA", at=[3, 55, 70]), model, sd.backgrounds.uniform(120), n=25, rng=seed, engine=engine
    )
    assert outcomes.provenance.engine.name == engine
    places = profile_by_hand(net, kind, outcomes.backgrounds.codes).argmax(2)
    for name in outcomes.design.arms:
        edited = outcomes.backgrounds if name == outcomes.design.unedited else outcomes.edited(name)
        values = np.take_along_axis(profile_by_hand(net, kind, edited.codes), places[:, :, None], 2)[:, :, 0]
        y = outcomes.y.sel(arm=name).transpose("model", "background", "output").values[0]
        np.testing.assert_allclose(y, values, rtol=1e-4, atol=1e-5)


# --- sequences of the design's own


@pytest.mark.parametrize("engine", ENGINES)
def test_variants_with_indels_are_read_at_the_same_position_of_the_output(engine, seed):
    rng = np.random.default_rng(seed)
    genome = sd.Sequences.from_strings(["".join(rng.choice(list("ACGT"), 60))], sd.DNA, ["c"])
    text = genome.to_strings()[0]
    rows = [
        ("snv", "c", 30, text[30], "A" if text[30] != "A" else "C"),
        ("insertion", "c", 25, text[25], text[25] + "GG"),
        ("deletion", "c", 33, text[33:36], text[33]),
    ]
    table = pd.DataFrame(rows, columns=["id", "sequence", "position", "ref", "alt"])
    weights, model = planted(seed)
    design = sd.variants(table, genome, length=LENGTH)
    outcomes = sd.run(design, model, engine=engine)
    np.testing.assert_array_equal(
        outcomes.y.transpose("model", "background", "arm", "output"), enumerated(outcomes, weights)
    )


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("experiment", ["mutagenesis", "occlude"])
def test_the_reference_of_a_sequence_of_interest_is_that_sequence(experiment, engine, seed):
    rng = np.random.default_rng(seed)
    texts = [
        "".join(rng.choice(list("ACGT"), 12)) + "GATTACA" + "".join(rng.choice(list("ACGT"), 11)) for _ in range(3)
    ]
    sequences = sd.Sequences.from_strings(texts, sd.DNA, ["a", "b", "c"])
    design = sd.mutagenesis(sequences) if experiment == "mutagenesis" else sd.occlude(sequences, "GATTACA")
    weights, model = planted(seed)
    outcomes = sd.run(design, model, engine=engine, rng=seed)
    np.testing.assert_array_equal(
        outcomes.y.transpose("model", "background", "arm", "output"), enumerated(outcomes, weights)
    )


# --- everything next to the arms


def test_pilot_extra_and_real_sequences_are_read_at_their_own_peaks(seed):
    weights, model = planted(seed)
    real = sd.Sequences.from_codes(np.random.default_rng(seed).integers(0, 4, (120, LENGTH)).astype(np.uint8))
    outcomes = sd.run(sd.embed("GATTACA", at=10), model, NULL, n=60, rng=seed, extra=40, real=real)
    for extras, sequences in ((outcomes.extra.y, outcomes.extra.backgrounds), (outcomes.real.y, real)):
        own = planted_profile(weights[0], sequences.codes)[:, :, FIRST:STOP].max(2)
        np.testing.assert_array_equal(extras.values[0], own)
    scale = outcomes.scales["output 1"].sd
    assert scale == pytest.approx(
        planted_profile(weights[0], real.codes)[:, 1, FIRST:STOP].max(1).std(ddof=1), rel=1e-6
    )
    assert sd.estimate(outcomes, adjust=["prediction"]).table["estimate"].notna().all()


def test_a_run_stops_early_and_its_values_are_those_of_the_long_run(seed):
    weights, model = planted(seed, readout=READ.tracks(0))
    design = sd.embed("GATTACA", at=10)
    outcomes = sd.run(design, model, NULL, n=2000, rng=seed, until=sd.half_width(20.0))
    assert outcomes.y.sizes["background"] < 2000
    values = outcomes.y.transpose("model", "background", "arm", "output")
    np.testing.assert_array_equal(values, enumerated(outcomes, [weights[0][:1]]))


def test_inputs_that_differ_between_backgrounds_move_the_peak(seed):
    """The control is added to the profile, so that it decides where the peak is."""
    weights = weights_of(np.random.default_rng(seed), 1)

    def function(x, control):
        return planted_profile(weights, x.argmax(1))[:, 0, :] + control

    read = head(axes="n positions").at_reference_peak()
    model = sd.wrap(function, alphabet=sd.DNA, length=LENGTH, readout=read, inputs={"control": (LENGTH - 2,)})
    control = np.zeros((20, LENGTH - 2))
    control[np.arange(20), np.arange(20)] = 1000  # the peak of background i is at position i
    outcomes = sd.run(sd.embed("GATTACA", at=5), model, NULL, n=20, rng=seed, inputs={"control": control})
    for name in outcomes.design.arms:
        edited = outcomes.backgrounds if name == outcomes.design.unedited else outcomes.edited(name)
        expected = 1000 + planted_profile(weights, edited.codes)[np.arange(20), 0, np.arange(20)]
        np.testing.assert_array_equal(outcomes.y.sel(arm=name).values.ravel(), expected)


def test_search_and_across_read_at_the_peaks_of_their_backgrounds(seed):
    weights, model = planted(seed, 2)
    search = sd.search(
        sd.kmers(2, at=10), model, NULL, keep=2, screen=30, n=40, rng=seed, output="output 1", members_screen=1
    )
    for effects, own in ((search.effects, weights), (search.screened, weights[:1])):
        outcomes = effects.outcomes
        values = outcomes.y.transpose("model", "background", "arm", "output")
        np.testing.assert_array_equal(values, enumerated(outcomes, own))
    nulls = {"uniform": NULL, "AT": sd.backgrounds.profile(["AATTTTGC" * 3 + "ATATAT"] * 2)}
    across = sd.across(sd.embed("GATTACA", at=10), model, nulls, n=30, rng=seed)
    for effects in across.effects.values():
        values = effects.outcomes.y.transpose("model", "background", "arm", "output")
        np.testing.assert_array_equal(values, enumerated(effects.outcomes, weights))


def test_the_readout_is_saved_with_the_outcomes(seed, tmp_path):
    _, model = planted(seed)
    outcomes = sd.run(sd.embed("GATTACA", at=10), model, NULL, n=20, rng=seed)
    outcomes.save(tmp_path / "outcomes.nc")
    again = sd.Outcomes.load(tmp_path / "outcomes.nc")
    assert again.provenance.model.description["members"][0]["reading"] == f"torch NCL float32 {READ}"
    np.testing.assert_array_equal(again.y, outcomes.y)


# --- what fails


def test_a_logarithm_of_zero_is_located_by_arm_and_background(seed):
    """The profile is the number of bases but C in three positions, so that CCC at the peak leaves 0."""
    model = sd.wrap(
        lambda x: np.stack([3 - x[:, 1, place : place + 3].sum(1) for place in range(2, 8)], 1),
        alphabet=sd.DNA, length=10,
        readout=head(axes="n positions").at_reference_peak().log_fold(0), outputs=["bases"],
    )  # fmt: skip
    backgrounds = ["AAAAAAAAAA", "CCCCACCCCC", "CCACCCCCCC"]
    with pytest.raises(RunError, match=r"arm CCC@2 on background 0, alone: .*predicted -inf for 'bases'.*AACCCAAAAA"):
        sd.run(sd.embed("CCC", at=2), model, backgrounds, pilot=0)
    with pytest.raises(RunError, match=r"arm CCC@4 on background 1, alone: "):
        sd.run(sd.embed("CCC", at=4), model, backgrounds, pilot=0)


def test_a_profile_that_is_not_finite_is_located_at_its_position(seed):
    def function(x):
        profile = x[:, 0].copy()
        profile[(x[:, 3, 3:8] == 1).all(1), 5] = np.nan
        return profile

    model = sd.wrap(function, alphabet=sd.DNA, length=10, readout=head(axes="n positions").at_reference_peak())
    with pytest.raises(RunError, match=r"arm TTTTT@3 on background 0, alone: .*nan for 'position 5 of 10'"):
        sd.run(sd.embed("TTTTT", at=3), model, ["ACACACACAC", "CACACACACA"], pilot=0)


def test_a_faster_engine_that_fails_hands_its_block_to_the_plain_one(seed, monkeypatch):
    weights, model = planted(seed)
    choice = sd.choose_engine(model)
    assert choice.engine.name == "incremental", choice.explain()
    fill, calls = type(choice.engine)._fill, []

    def failing(self, *arguments):
        calls.append(1)
        if len(calls) == 2:
            raise RuntimeError("planted")
        return fill(self, *arguments)

    monkeypatch.setattr(peak_reading, "BYTES", 4 * 40 * 2 * (STOP - FIRST) * 2)
    monkeypatch.setattr(type(choice.engine), "_fill", failing)
    design = sd.positions("GATTACA", at=range(0, 20, 4))
    with pytest.warns(UserWarning, match="planted"):
        outcomes = sd.run(design, model, NULL, n=40, rng=seed, engine=choice)
    assert len(calls) >= 2
    np.testing.assert_array_equal(
        outcomes.y.transpose("model", "background", "arm", "output"), enumerated(outcomes, weights)
    )


def test_an_engine_of_another_readout_is_refused(seed):
    _, model = planted(seed)
    net = model.members[0].network.torch_module
    start = head("profile", axes="n tracks positions")
    design = sd.embed("GATTACA", at=10)
    for read in (start.sum(), READ.log_fold(), start.window(FIRST - 1, STOP - 1).at_reference_peak()):
        other = sd.wrap(net, alphabet=sd.DNA, length=LENGTH, readout=read)
        for first, second in ((model, other), (other, model)):
            with pytest.raises(InputError, match=r"with another readout.*it reads head\('profile'"):
                sd.run(design, first, NULL, n=20, engine=sd.choose_engine(second))
    same = sd.wrap(net, alphabet=sd.DNA, length=LENGTH, readout=start.window(FIRST, STOP).at_reference_peak())
    assert sd.run(design, model, NULL, n=20, engine=sd.choose_engine(same)).y.sizes["output"] == 2
