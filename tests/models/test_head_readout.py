"""Composed readouts: each against loops over single numbers, for numpy and torch, and seen through by the engine."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
import pytest
import torch
from torch import nn

import seqdo as sd
from seqdo.errors import InputError
from seqdo.models.readout import head, profile_counts, window_sum

NAMES = ["GATA1", "CTCF", "GATA2"]
SIZES = {"n": 4, "tracks": 3, "strands": 2, "positions": 7}


@pytest.fixture(params=[np.asarray, torch.tensor], ids=["numpy", "torch"])
def array(request):
    return request.param


def counts(seed: int, axes: str) -> np.ndarray:
    """Positive numbers with some axes."""
    return np.random.default_rng(seed).gamma(2.0, size=[SIZES[name] for name in axes.split()])


@pytest.mark.parametrize(
    "axes", ["n tracks positions", "n positions tracks", "n tracks strands positions", "n strands positions tracks"]
)
def test_a_window_of_tracks_is_summed_number_by_number_whatever_the_order_of_axes(axes, array, seed):
    profile = counts(seed, axes)
    ordered = np.moveaxis(profile, [axes.split().index(name) for name in ("n", "tracks", "positions")], [0, 1, 2])
    expected = [[ordered[i, t, 2:5].sum() for t in (2, 0)] for i in range(4)]
    read = head("profile", axes=axes, names=NAMES).tracks("GATA2", "GATA1").window(2, 5).counts()
    np.testing.assert_allclose(read({"profile": array(profile)}), expected)


def test_each_end_of_a_readout_is_its_formula(array, seed):
    profile = counts(seed, "n tracks positions")
    part = profile[:, :, 2:5]  # the three bins in the middle of seven
    start = head(axes="n tracks positions").bins(center=3)
    for read, expected in [
        (start.counts(), part.sum(2)),
        (start.sum(), part.sum(2)),
        (start.mean(), part.mean(2)),
        (start.max(), part.max(2)),
        (start.counts().log_fold(), np.log2(part.sum(2) + 1)),
        (start.counts().log_fold(pseudocount=0.5), np.log2(part.sum(2) + 0.5)),
        (start.counts().average(["a", "b", "a"]), np.stack([part.sum(2)[:, [0, 2]].mean(1), part.sum(2)[:, 1]], 1)),
    ]:
        np.testing.assert_allclose(read(array(profile)), expected, err_msg=str(read))


def test_logits_become_shares_of_both_strands_and_counts_with_a_total(array, seed):
    rng = np.random.default_rng(seed)
    logits, total = 800 + rng.normal(size=(4, 2, 7)), rng.normal(size=(4, 1))  # exp of the logits would overflow
    odds = np.exp(logits - 800)
    shares = odds / odds.sum((1, 2), keepdims=True)
    expected = shares[:, :, 1:3].sum((1, 2))
    raw = {"profile": array(logits), "counts": array(total)}
    read = head("profile", axes="n strands positions")
    np.testing.assert_allclose(read.softmax().window(1, 3).counts()(raw), expected)
    expected = expected * np.exp(total[:, 0])
    np.testing.assert_allclose(read.softmax(total="counts").window(1, 3).counts()(raw), expected)
    read = profile_counts("profile", "counts", 1, 3, axes="n strands positions")
    np.testing.assert_allclose(read(raw), expected)


def test_every_track_has_its_own_softmax_and_total(array, seed):
    rng = np.random.default_rng(seed)
    logits, total = rng.normal(size=(4, 3, 7)), rng.normal(size=(4, 3))
    expected = np.zeros((4, 3))
    for i, t in np.ndindex(4, 3):
        share = np.exp(logits[i, t]) / np.exp(logits[i, t]).sum()
        expected[i, t] = share[1:3].sum() * np.exp(total[i, t])
    raw = (array(logits), array(total))
    for read in (
        head(0, axes="n tracks positions").softmax(total=1).window(1, 3).sum(),
        profile_counts(0, 1, 1, 3, axes="n tracks positions"),
    ):
        np.testing.assert_allclose(read(raw), expected)


def test_the_profile_of_pytorch_is_cut_along_its_positions(array, seed):
    """(n, 2, 7): a window of positions 3 to 5 fits one axis only, and used to cut the other."""
    profile = counts(seed, "n strands positions")
    np.testing.assert_allclose(window_sum(3, 6)(array(profile)), profile[:, :, 3:6].sum((1, 2)))
    keras = profile.transpose(0, 2, 1)
    np.testing.assert_allclose(window_sum(3, 6)(array(keras)), profile[:, :, 3:6].sum((1, 2)))


def test_a_window_that_fits_both_axes_is_refused_with_both_readings(array, seed):
    profile = array(counts(seed, "n tracks positions"))
    for read in (window_sum(0, 2), head().window(0, 2).sum()):
        with pytest.raises(InputError, match=r"3 \w+, 7 positions or as 3 positions, 7 \w+.*axes=") as raised:
            read(profile)
        assert 'axes="n' in raised.value.fix
    np.testing.assert_allclose(
        window_sum(0, 2, axes="n tracks positions")(profile), np.asarray(profile)[:, :, :2].sum(2)
    )


def test_size_alone_proves_nothing():
    """1,000 tracks of 6 bins have the shape of 1,000 positions on 6 strands."""
    outputs = np.ones((2, 1000, 6))
    for read in (head().bins(center=4).sum(), head().window(0, 6).sum()):
        with pytest.raises(InputError, match="1000 tracks, 6 positions or as 1000 positions, 6 tracks"):
            read(outputs)
    with pytest.raises(InputError, match=r"an axis of 6 holds tracks.*axes=\"n positions tracks\""):
        window_sum(0, 500)(outputs)
    assert head(axes="n tracks positions").bins(center=4).sum()(outputs).shape == (2, 1000)


def test_the_number_of_names_shows_the_tracks(array, seed):
    profile = counts(seed, "n tracks positions")
    read = head(names=NAMES).tracks("CTCF").bins(center=1).sum()
    np.testing.assert_allclose(read(array(profile))[:, 0], profile[:, 1, 3])
    np.testing.assert_allclose(read(array(profile.transpose(0, 2, 1)))[:, 0], profile[:, 1, 3])


def test_logits_are_not_summed_as_counts(array):
    logits = array(np.array([[[-1.0, 2.0, 3.0], [1.0, 1.0, 1.0]]]))
    for read in (
        window_sum(0, 3),
        head(axes="n tracks positions").counts(),
        head(axes="n tracks positions").counts().log_fold(),
    ):
        with pytest.raises(InputError, match=r"negative values, such as -1: .*may be logits.*softmax"):
            read(logits)
    assert head(axes="n tracks positions").sum()(logits).tolist() == [[4.0, 3.0]]


def test_tracks_are_chosen_by_name_number_pattern_and_function():
    outputs = np.array([[1.0, 2.0, 3.0]])
    for which, expected in [
        (("CTCF", "GATA1"), [2, 1]),
        ((2, 0), [3, 1]),
        ((re.compile("^GATA"),), [1, 3]),
        ((lambda name: name.endswith("2"),), [3]),
    ]:
        assert head(names=NAMES).tracks(*which)(outputs).tolist() == [expected]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: head(axes="n tracks bins"), "axes='n tracks bins'.*n, tracks, positions, strands"),
        (lambda: head(axes="tracks n"), "with n first"),
        (lambda: head(names=["a", "a"]), "'a' twice"),
        (lambda: head(names=NAMES).tracks("GATA3"), "none of the 3 tracks; near are 'GATA"),
        (lambda: head(names=NAMES).tracks(re.compile("CEBP")), "no name of 3 tracks matches"),
        (lambda: head().tracks(), "at least one"),
        (lambda: head().tracks(-1), "counted from 0"),
        (lambda: head().window(3, 3), "half-open"),
        (lambda: head().window(1.5, 3), "`start=1.5, stop=3`"),
        (lambda: head().window("1", "3"), "half-open"),
        (lambda: head().window(False, True), "half-open"),
        (lambda: head().bins(center=0), "from 1"),
        (lambda: head().log_fold(-1), "from 0"),
        (lambda: head().tracks("CTCF")(np.ones((2, 3))), "no names.*outputs="),
        (lambda: head().tracks(5)(np.ones((2, 3))), r"`tracks\(5\)` for an output of shape .2, 3."),
        (lambda: head(axes="n tracks positions")(np.ones((2, 3, 7))), r"leaves n tracks positions.*\.counts\(\)"),
        (lambda: head(axes="n tracks")(np.ones((2, 3, 7))), "3"),
        (lambda: head(axes="n tracks").counts().window(1, 2)(np.ones((2, 3))), "an axis of positions"),
        (lambda: head("missing")({"profile": np.ones((2, 3))}), "'profile'"),
        (lambda: head(axes="n positions").window(1, 9).sum()(np.ones((2, 3))), "`stop=9`.*3 positions"),
        (lambda: head(0, axes="n positions").softmax(total=1).sum()((np.ones((2, 3)), np.ones((2, 2)))), "one total"),
    ],
)  # fmt: skip
def test_what_can_not_be_read_says_what_to_write(call, message):
    with pytest.raises(InputError, match=message):
        call()


def test_a_readout_is_recorded_as_it_was_written():
    read = head("profile", axes="n tracks positions", names=NAMES).tracks("GATA1").window(1, 3).counts().log_fold(1)
    text = (
        """head('profile', axes="n tracks positions").tracks('GATA1').window(1, 3).counts().log_fold(pseudocount=1)"""
    )
    assert str(read) == text
    assert sd.readout.in_words(read) == text


# --- in a model


class Heads(nn.Module):
    """A convolutional network with a profile (n, 3 tracks, positions) and the logarithm of total counts (n, 3)."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.body = nn.Sequential(nn.Conv1d(4, 8, 5), nn.ReLU(), nn.Conv1d(8, 8, 5), nn.ReLU())
        self.profile, self.total = nn.Conv1d(8, 3, 3), nn.Linear(8, 3)

    def forward(self, x):
        body = self.body(x)
        logits = self.profile(body)
        return {"profile": logits, "counts": self.total(body.mean(2)), "signal": nn.functional.softplus(logits)}


LENGTH = 120
READOUTS = {
    "counts": head("signal", axes="n tracks positions").window(10, 100).counts(),
    "bins and log fold": head("signal", axes="n tracks positions").bins(center=90).counts().log_fold(),
    "mean of named tracks": (
        head("signal", axes="n tracks positions", names=NAMES).tracks("GATA1", "GATA2").window(10, 100).mean()
    ),
    "max": head("signal", axes="n tracks positions").window(10, 100).max(),
    "groups": head("signal", axes="n tracks positions").average(["a", "b", "a"]).bins(center=90).sum(),
    "expected counts": head("profile", axes="n tracks positions").window(10, 100).softmax(total="counts").counts(),
}  # fmt: skip


@pytest.mark.parametrize("case", READOUTS)
def test_the_incremental_engine_sees_through_every_readout(case, seed):
    model = sd.wrap(Heads().eval(), alphabet=sd.DNA, length=LENGTH, layout="NCL", readout=READOUTS[case])
    choice = sd.choose_engine(model)
    assert choice.engine.name == "incremental", choice.explain()
    design, null = sd.embed("GATTACA", at=55), sd.backgrounds.uniform(LENGTH)
    fast, whole = (sd.run(design, model, null, n=20, rng=seed, engine=engine).y for engine in ("incremental", "full"))
    np.testing.assert_allclose(fast, whole, rtol=1e-4, atol=1e-5)


def test_gradients_go_through_a_composed_readout():
    model = sd.wrap(
        Heads().double().eval(),
        alphabet=sd.DNA,
        length=30,
        readout=READOUTS["counts"].__class__("signal", ("n", "tracks", "positions")).window(5, 9).counts().log_fold(),
        outputs=NAMES,
    )
    codes = np.random.default_rng(0).integers(0, 4, (1, 30), np.uint8)
    gradient = model.gradients(sd.Sequences.from_codes(codes), "CTCF")[0, 0]
    network = model.members[0].network
    one_hot = np.eye(4)[codes].transpose(0, 2, 1)
    step = 1e-5
    for channel, place in [(0, 7), (2, 10), (3, 12)]:
        up = one_hot.copy()
        up[0, channel, place] += step
        with torch.no_grad():
            change = network.readout(network.module(torch.tensor(up))) - network.readout(
                network.module(torch.tensor(one_hot))
            )
        assert gradient[channel, place] == pytest.approx(float(change[0, 1]) / step, rel=1e-3, abs=1e-7)


# --- outputs by name


@pytest.fixture(params=["list", "frame", "csv", "tsv"])
def table(request, tmp_path):
    """5,313 names in each form that ``outputs`` takes."""
    names = [f"track {i}" for i in range(5313)]
    frame = pd.DataFrame({"index": range(5313), "name": names, "kind": ["CAGE", "DNASE", "CHIP"] * 1771})
    if request.param == "list":
        return names
    if request.param == "frame":
        return frame
    path = tmp_path / f"targets.{request.param}"
    frame.to_csv(path, sep="," if request.param == "csv" else "\t", index=False)
    return path if request.param == "csv" else str(path)


def many(x):
    return x.sum((1, 2))[:, None] * np.arange(5313)


def test_outputs_are_named_by_a_table(table):
    model = sd.wrap(many, alphabet=sd.DNA, length=9, outputs=table)
    assert model.outputs == tuple(f"track {i}" for i in range(5313))


def test_tracks_of_a_table_are_chosen_by_name(table):
    readout = head().tracks("track 5000", re.compile("^track 1?7$"))
    model = sd.wrap(many, alphabet=sd.DNA, length=9, outputs=table, readout=readout)
    assert model.outputs == ("track 5000", "track 7", "track 17")
    assert model.predict(sd.Sequences.from_strings(["ACGTACGTA"])).tolist() == [[[9 * 5000, 9 * 7, 9 * 17]]]


def test_numbered_tracks_get_their_names_and_groups_theirs(table):
    model = sd.wrap(many, alphabet=sd.DNA, length=9, outputs=table, readout=head().tracks(3, 1))
    assert model.outputs == ("track 3", "track 1")
    kinds = ["CAGE", "DNASE", "CHIP"] * 1771
    model = sd.wrap(many, alphabet=sd.DNA, length=9, readout=head().average(kinds))
    assert model.outputs == ("CAGE", "DNASE", "CHIP")
    means = [9 * np.arange(first, 5313, 3).mean() for first in range(3)]
    assert model.predict(sd.Sequences.from_strings(["ACGTACGTA"]))[0, 0].tolist() == means


def test_tables_that_name_nothing_are_refused(tmp_path):
    def refused(outputs, message):
        with pytest.raises(InputError, match=message):
            sd.wrap(lambda x: x.sum((1, 2)), alphabet=sd.DNA, length=9, outputs=outputs)

    frame = pd.DataFrame({"identifier": ["a"], "description": ["b"]})
    refused(frame, r'columns identifier, description.*outputs=table\["identifier"\]')
    refused(tmp_path / "none.csv", "can't be read")
    refused("dev", r'outputs=\["dev"\]')
    refused(pd.DataFrame({"name": ["a", "a"]}), "'a' more than once")
    refused(["a", "b"], "2 names.*predicts 1 numbers")
    assert sd.wrap(lambda x: x.sum((1, 2)), alphabet=sd.DNA, length=9, outputs=frame["description"]).outputs == ("b",)


@pytest.mark.parametrize("step", ["counts", "sum", "mean"])
def test_shares_of_all_positions_are_no_readout(step):
    """Their sum is 1 for every sequence, and every effect would be 0."""
    shares = head("profile", axes="n tracks positions").window(2, 4).softmax()
    with pytest.raises(InputError, match="add up to 1"):
        getattr(shares, step)()
    part = getattr(head("profile", axes="n tracks positions").softmax().window(0, 1), step)()
    logits = np.log([[[1.0, 3.0]], [[1.0, 1.0]]])
    np.testing.assert_allclose(np.ravel(part({"profile": logits})), [0.25, 0.5])
