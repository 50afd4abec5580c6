"""Readouts give the same numbers for numpy and torch, and refuse outputs that they can't read."""

from __future__ import annotations

from collections import namedtuple

import numpy as np
import pytest
import torch

from seqdo.errors import InputError
from seqdo.models import readout
from seqdo.models.readout import as_numbers, as_readout, in_words, profile_counts, select, tasks, window_sum
from seqdo.models.wrap import wrap
from seqdo.sequences.alphabet import DNA
from seqdo.sequences.sequences import Sequences

PROFILE = np.arange(2 * 5 * 2, dtype=np.float64).reshape(2, 5, 2)


@pytest.fixture(params=[np.asarray, torch.tensor], ids=["numpy", "torch"])
def array(request):
    return request.param


def test_a_key_an_index_or_an_attribute_selects_one_head(array):
    head, other = array([1.0, 2.0]), array([3.0, 4.0])
    pair = namedtuple("pair", ["counts", "profile"])(head, other)
    for raw, key in [
        ({"counts": head, "profile": other}, "counts"),
        ((other, head), 1),
        ([other, head], -1),
        (pair, "counts"),
        (pair, 0),
    ]:
        assert as_readout(key)(raw) is head


def test_the_error_for_a_missing_head_lists_the_heads(array):
    with pytest.raises(InputError, match=r"'logits'.*'counts', 'profile'"):
        select("logits")({"counts": array([1.0]), "profile": array([1.0])})
    with pytest.raises(InputError, match=r"2.*0, 1"):
        select(2)((1, 2))


def test_an_index_never_selects_a_sequence_of_one_array(array):
    """readout=0 of an (n, tasks) array would otherwise be the predictions for the first sequence."""
    with pytest.raises(InputError, match=r"\(2, 5, 2\).*tasks\(0\)"):
        select(0)(array(PROFILE))


def test_tasks_come_in_the_order_of_their_indices(array):
    """Two swapped heads would give wrong numbers without an error."""
    assert tasks(2, 0)(array([[10, 11, 12], [20, 21, 22]])).tolist() == [[12, 10], [22, 20]]
    for wrong in (tasks(3), tasks(-4)):
        with pytest.raises(InputError, match=r"\(2, 3\)"):
            wrong(array([[10, 11, 12], [20, 21, 22]]))
    with pytest.raises(InputError, match="at least one"):
        tasks()


def test_a_window_is_half_open_and_sums_positions_and_strands(array):
    assert window_sum(1, 3)(array(PROFILE)).tolist() == [2 + 3 + 4 + 5, 12 + 13 + 14 + 15]
    assert window_sum(1, 3)(array(PROFILE[:, :, 0])).tolist() == [2 + 4, 12 + 14]
    with pytest.raises(InputError, match=r"`stop=6`.*5 positions"):
        window_sum(1, 6)(array(PROFILE))
    with pytest.raises(InputError, match="profile"):
        window_sum(1, 2)(array([1.0, 2.0]))
    for start, stop in [(-1, 2), (3, 3)]:
        with pytest.raises(InputError, match="half-open"):
            window_sum(start, stop)


@pytest.mark.parametrize("column", [True, False])
def test_profile_and_counts_give_the_share_of_the_total_in_the_window(array, column):
    logits = (
        np.log(np.array([[[1, 2], [3, 4], [5, 5.0]], [[1, 1], [1, 1], [1, 5.0]]])) + 800
    )  # exp of the logits would overflow
    total = np.log([40.0, 100.0])
    raw = {"profile": array(logits), "counts": array(total[:, None] if column else total)}
    answer = profile_counts("profile", "counts", 1, 2, axes="n positions strands")(raw)
    np.testing.assert_allclose(answer, [40 * 7 / 20, 100 * 2 / 10], rtol=1e-9)


def test_counts_for_each_strand_are_refused_as_a_total(array):
    with pytest.raises(InputError, match=r"\(2, 2\).*one total"):
        profile_counts(0, 1, 0, 3)((array(PROFILE), array(np.ones((2, 2)))))


def test_gradients_go_through_every_readout():
    profile = torch.tensor(PROFILE, requires_grad=True)
    for read in (window_sum(1, 3), lambda raw: profile_counts(0, 1, 1, 3)((raw, raw[:, 0, 0]))):
        (gradient,) = torch.autograd.grad(read(profile).sum(), profile)
        assert gradient.abs().sum() > 0


def test_a_readout_is_recorded_with_its_arguments():
    assert in_words(as_readout("counts")) == "select(key='counts')"
    assert in_words(tasks(3, 7)) == "tasks(indices=(3, 7))"
    assert in_words(as_readout(None)) == ""
    assert in_words(readout.whole) == ""


@pytest.mark.parametrize(
    ("raw", "dtype"),
    [
        (np.ones(3, np.float16), np.float32),
        (np.ones(3, np.float32), np.float32),
        (np.ones(3), np.float64),
        (np.ones(3, bool), np.float32),
        (np.ones(3, np.int64), np.float64),
        ([1, 2, 3], np.float64),
        (torch.ones(3, dtype=torch.bfloat16), np.float32),
        ([torch.tensor(1.0, requires_grad=True)] * 3, np.float32),
    ],
)
def test_numbers_keep_their_precision_or_gain_precision(raw, dtype):
    numbers = as_numbers(raw, 3, "net")
    assert numbers.shape == (3, 1)
    assert numbers.dtype == dtype


def test_lists_of_uneven_items_are_refused():
    with pytest.raises(InputError, match="uneven"):
        as_numbers([[1, 2], [3]], 2, "net")


@pytest.mark.parametrize("outputs", [1, 3])
def test_a_model_that_squeezes_the_dimension_of_a_single_sequence_predicts_it_like_any_other(outputs):
    class Squeezed(torch.nn.Module):
        """The letters' frequencies times weights, without dimensions of size 1."""

        def __init__(self):
            super().__init__()
            torch.manual_seed(0)
            self.weights = torch.nn.Linear(4, outputs)

        def forward(self, x):
            return self.weights(x.mean(2).squeeze()).squeeze()

    net = Squeezed().eval()
    model = wrap(net, alphabet=DNA, length=20)
    sequences = Sequences.from_codes(np.random.default_rng(0).integers(0, 4, (5, 20)).astype(np.uint8))
    frequencies = np.stack([(sequences.codes == letter).mean(1) for letter in range(4)], 1)
    expected = frequencies @ net.weights.weight.detach().numpy().T + net.weights.bias.detach().numpy()
    for batch in (1, 2, 5):
        np.testing.assert_allclose(model.predict(sequences, batch=batch)[0], expected, atol=1e-6)
