"""Profiles read at the reference's peak: arrays against loops, and models without a background."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from planted_profiles import Planted, largest, planted_profile, weights_of

import seqdo as sd
from seqdo.errors import InputError, RunError
from seqdo.models.readout import as_readout, head, in_words
from seqdo.models.reference_peak import ReferencePeak, WholeProfile

NAMES = ["GATA1", "CTCF", "GATA2"]
SIZES = {"n": 4, "tracks": 3, "strands": 2, "positions": 7}
LENGTH = 24


@pytest.fixture(params=[np.asarray, torch.tensor], ids=["numpy", "torch"])
def array(request):
    return request.param


# --- the readout of an array, whose rows are their own references


@pytest.mark.parametrize(
    "axes", ["n tracks positions", "n positions tracks", "n tracks strands positions", "n strands positions tracks"]
)
def test_strands_are_summed_and_then_each_track_is_read_at_its_own_peak(axes, array, seed):
    profile = np.random.default_rng(seed).gamma(2.0, size=[SIZES[name] for name in axes.split()])
    order = [axes.split().index(name) for name in ("n", "tracks", "positions")]
    rest = [number for number in range(profile.ndim) if number not in order]
    summed = profile.transpose(*order, *rest).reshape(4, 3, 7, -1).sum(3)
    expected = [[max(summed[i, t, 1:6]) for t in (2, 0)] for i in range(4)]
    read = head("profile", axes=axes, names=NAMES).tracks("GATA2", "GATA1").window(1, 6).at_reference_peak()
    np.testing.assert_allclose(read({"profile": array(profile)}), expected)
    np.testing.assert_allclose(read.log_fold(0.5)({"profile": array(profile)}), np.log2(np.array(expected) + 0.5))


def test_a_whole_profile_has_the_positions_of_track_after_track(array, seed):
    for axes, order in [("n tracks positions", (0, 1, 2)), ("n positions tracks", (0, 2, 1))]:
        profile = np.random.default_rng(seed).normal(size=[SIZES[name] for name in axes.split()])
        whole = WholeProfile(head(axes=axes).bins(center=3).at_reference_peak())(array(profile))
        np.testing.assert_array_equal(whole, profile.transpose(order)[:, :, 2:5].reshape(4, 9))


def test_values_are_read_where_another_profile_has_its_peaks(seed):
    rng = np.random.default_rng(seed)
    background, edited = rng.normal(size=(2, 5, 3 * 7)), rng.normal(size=(4, 2, 5, 3 * 7))
    peak = ReferencePeak(head(axes="n tracks positions").at_reference_peak(), positions=7, tracks=3)
    values = peak.read(edited, peak.places(background))
    assert values.shape == (4, 2, 5, 3)
    for arm, member, i, track in np.ndindex(values.shape):
        place = largest(list(background[member, i, 7 * track : 7 * track + 7]))
        assert values[arm, member, i, track] == edited[arm, member, i, 7 * track + place]
    np.testing.assert_array_equal(peak.own(background), background.reshape(2, 5, 3, 7).max(3))


def test_of_equal_values_the_first_counts_and_rounding_is_equal(array):
    tie = np.array([[0.0, 3.0, 1.0, 3.0], [5.0, 5.0, 5.0, 5.0], [0.0, 0.0, 0.0, 0.0]], np.float32)
    near = tie.copy()
    near[:, 3] = np.nextafter(near[:, 3], np.float32(9))  # one rounding above
    apart = tie.copy()
    apart[:, 3] += np.float32(1e-5)
    peak = ReferencePeak(head(axes="n positions").at_reference_peak(), positions=4)
    assert peak.places(tie).ravel().tolist() == [1, 0, 0]
    assert peak.places(near).ravel().tolist()[:2] == [1, 0]
    assert peak.places(apart).ravel().tolist() == [3, 3, 3]
    signed = -1000 + np.array([[0.0, 3.0, 1.0, 3.0]])  # of negative values as well
    assert peak.places(signed).ravel().tolist() == [1]
    read = head(axes="n positions").at_reference_peak()
    assert np.asarray(read(array(near)))[:2].tolist() == [3.0, 5.0]


def test_gradients_go_to_the_first_of_equal_values():
    profile = torch.tensor([[1.0, 4.0, 4.0, 2.0], [-3.0, -7.0, -8.0, -3.0]], requires_grad=True)
    values = head(axes="n positions").at_reference_peak()(profile)
    (gradient,) = torch.autograd.grad(values.sum(), profile)
    assert gradient.tolist() == [[0, 1, 0, 0], [1, 0, 0, 0]]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: head().window(1, 5).counts().at_reference_peak(), r"after `.counts\(\)`.*none are left.*window"),
        (lambda: head().max().at_reference_peak(), r"after `.max\(\)`"),
        (lambda: head().log_fold().at_reference_peak(), r"after `.log_fold"),
        (lambda: head().at_reference_peak().at_reference_peak(), "one position is left.*Leave"),
        (lambda: head().at_reference_peak().counts(), r"`.counts\(\)` after `.at_reference_peak\(\)`.*Leave .counts"),
        (lambda: head().at_reference_peak().mean(), r"Leave .mean\(\) out"),
        (lambda: head().at_reference_peak().window(2, 3), r"Write .window\(2, 3\) before .at_reference_peak\(\)"),
        (lambda: head().at_reference_peak().bins(center=3), r"Write .bins\(center=3\) before"),
        (lambda: head().at_reference_peak().softmax(), r"Write .softmax\(\) before"),
        (lambda: head(axes="n tracks").at_reference_peak()(np.ones((2, 3))), "an axis of positions"),
        (lambda: head(axes="n positions").window(1, 9).at_reference_peak()(np.ones((2, 3))), "`stop=9`.*3 positions"),
        (lambda: head(axes="n strands positions").at_reference_peak()(-np.ones((2, 2, 3))), "logits.*each strand"),
        (lambda: head(axes="n positions").at_reference_peak().log_fold()(-np.ones((2, 3))), "negative"),
        (lambda: head("p").at_reference_peak()({"q": np.ones((2, 3))}), "'q'"),
    ],
)  # fmt: skip
def test_what_can_not_be_read_says_what_to_write(call, message):
    with pytest.raises(InputError, match=message):
        call()


def test_signed_values_of_one_strand_or_of_tracks_are_read():
    profile = np.array([[[-3.0, -1.0, -2.0], [4.0, -5.0, 6.0]]])
    assert head(axes="n tracks positions").at_reference_peak()(profile).tolist() == [[-1.0, 6.0]]
    assert head(axes="n strands positions").at_reference_peak()(profile[:, :1]).tolist() == [-1.0]


# --- a model that predicts sequences without a background


READ = head("profile", axes="n tracks positions").window(5, 15).at_reference_peak()


def test_a_sequence_alone_is_its_own_reference(seed):
    rng = np.random.default_rng(seed)
    weights, codes = weights_of(rng), rng.integers(0, 4, (40, LENGTH)).astype(np.uint8)
    model = sd.wrap(Planted(weights).eval(), alphabet=sd.DNA, length=LENGTH, readout=READ.log_fold(), batch=7)
    assert model.outputs == ("output 0", "output 1")
    expected = np.log2(planted_profile(weights, codes)[:, :, 5:15].max(2) + 1)
    np.testing.assert_allclose(model.predict(sd.Sequences.from_codes(codes))[0], expected, rtol=1e-6)
    assert model.predict(sd.Sequences.from_codes(codes)[:0]).shape == (1, 0, 2)


def test_outputs_have_the_names_of_the_tracks_that_are_left(seed):
    rng = np.random.default_rng(seed)
    weights, codes = weights_of(rng, 3), rng.integers(0, 4, (9, LENGTH)).astype(np.uint8)
    highest = planted_profile(weights, codes)[:, :, 5:15].max(2)
    start = head("profile", axes="n tracks positions")
    groups = {"GATA": ["GATA1", "GATA2"], "other": ["CTCF"]}
    for read, names, expected in [
        (READ, tuple(NAMES), highest),
        (start.tracks("GATA2", "CTCF").window(5, 15).at_reference_peak(), ("GATA2", "CTCF"), highest[:, [2, 1]]),
        (READ.tracks("GATA2"), ("GATA2",), highest[:, [2]]),
        (READ.average(groups), ("GATA", "other"), np.stack([highest[:, [0, 2]].mean(1), highest[:, 1]], 1)),
    ]:
        model = sd.wrap(Planted(weights).eval(), alphabet=sd.DNA, length=LENGTH, readout=read, outputs=NAMES)
        assert model.outputs == names
        np.testing.assert_allclose(model.predict(sd.Sequences.from_codes(codes))[0], expected, rtol=1e-6)


def test_an_array_without_tracks_is_one_output(seed):
    rng = np.random.default_rng(seed)
    weights, codes = weights_of(rng, 1), rng.integers(0, 4, (9, LENGTH)).astype(np.uint8)
    expected = planted_profile(weights, codes)[:, 0].max(1)

    def function(x):  # (n, positions), of numpy
        return planted_profile(weights, x.argmax(1))[:, 0]

    model = sd.wrap(function, alphabet=sd.DNA, length=LENGTH, readout=head(axes="n positions").at_reference_peak())
    assert model.outputs == ("output",)
    np.testing.assert_array_equal(model.predict(sd.Sequences.from_codes(codes))[0, :, 0], expected)


def test_the_gradient_is_that_of_the_value_at_the_peak(seed):
    rng = np.random.default_rng(seed)
    weights, codes = weights_of(rng), rng.integers(0, 4, (6, LENGTH)).astype(np.uint8)
    model = sd.wrap(Planted(weights).eval(), alphabet=sd.DNA, length=LENGTH, readout=READ)
    gradients = model.gradients(sd.Sequences.from_codes(codes), "output 1")[0]
    for i, profile in enumerate(planted_profile(weights, codes)[:, 1, 5:15]):
        place, expected = 5 + largest(list(profile)), np.zeros((4, LENGTH))
        expected[:, place : place + 3] = weights[1]
        np.testing.assert_array_equal(gradients[i], expected)


def test_the_record_is_the_readout_as_it_was_written(seed):
    model = sd.wrap(
        Planted(weights_of(np.random.default_rng(seed))).eval(), alphabet=sd.DNA, length=LENGTH, readout=READ
    )
    text = """head('profile', axes="n tracks positions").window(5, 15).at_reference_peak()"""
    assert in_words(READ) == text
    assert model.describe()["members"][0]["reading"] == f"torch NCL float32 {text}"
    assert as_readout(model.members[0].network.readout) == READ  # wrapping again keeps it


def test_members_with_profiles_of_other_sizes_are_refused(seed):
    rng = np.random.default_rng(seed)
    nets = [Planted(rng.integers(0, 100, (2, 4, width))).eval() for width in (3, 4)]
    read = head("profile", axes="n tracks positions").at_reference_peak()
    with pytest.raises(InputError, match=r"\(2, 22\) and \(2, 21\).*window"):
        sd.wrap(nets, alphabet=sd.DNA, length=LENGTH, readout=read)
    assert sd.wrap(nets, alphabet=sd.DNA, length=LENGTH, readout=READ).outputs == ("output 0", "output 1")


def test_a_value_that_is_not_finite_is_named_by_track_and_position():
    def function(x):
        profile = x[:, :2].copy()
        profile[x[:, 0].sum(1) == 9, 1, 4] = np.nan
        return profile

    read = head(axes="n tracks positions", names=["a", "b"]).window(2, 8).at_reference_peak()
    model = sd.wrap(function, alphabet=sd.DNA, length=10, readout=read)
    with pytest.raises(RunError, match="nan for 'b, position 2 of 6' on sequence 1"):
        model.predict(sd.Sequences.from_strings(["CCCCCCCCCC", "AAAAAAAAAC"]))
    read = head(axes="n tracks positions").window(2, 8).at_reference_peak().log_fold(0)
    model = sd.wrap(lambda x: 1 - x[:, :2], alphabet=sd.DNA, length=10, readout=read)
    with pytest.raises(RunError, match="-inf for 'output 1' on sequence 1"):
        model.predict(sd.Sequences.from_strings(["CCCACCCCCC", "CCCCCCCCCC"]))


def test_heads_without_a_choice_are_listed():
    with pytest.raises(InputError, match=r"2 heads.*'profile'"):
        sd.wrap(
            lambda x: {"profile": x, "counts": x.sum((1, 2))},
            alphabet=sd.DNA, length=10, readout=head().at_reference_peak(),
        )  # fmt: skip


def test_shuffled_weights_keep_the_readout(seed):
    rng = np.random.default_rng(seed)
    weights, codes = weights_of(rng), rng.integers(0, 4, (9, LENGTH)).astype(np.uint8)
    model = sd.wrap(Planted(weights).eval(), alphabet=sd.DNA, length=LENGTH, readout=READ)
    shuffled = sd.shuffled_weights(model, rng=0)
    own = shuffled.members[0].network.torch_module.scan.weight.detach().numpy().astype(int)
    expected = planted_profile(own, codes)[:, :, 5:15].max(2)
    np.testing.assert_allclose(shuffled.predict(sd.Sequences.from_codes(codes))[0], expected)
