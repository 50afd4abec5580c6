"""One contract for all frameworks: the same small network, whose predictions numpy computes independently.

Rows whose framework is not installed are skipped; ``make test-frameworks`` installs all and runs each.
"""

from __future__ import annotations

import frameworks
import numpy as np
import pytest
from frameworks import FRAMEWORKS, LENGTH, OUTPUTS, Bert, Framework, Weights

import seqdo as sd
from seqdo.engine.choose import choose_engine
from seqdo.errors import InputError

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning")
"""A framework's own notes about its age are no part of the contract."""


@pytest.fixture(params=FRAMEWORKS)
def row(request) -> Framework:
    framework = FRAMEWORKS[request.param]
    if framework.missing:
        pytest.skip(framework.missing)
    return framework


def one_hot(codes: np.ndarray) -> np.ndarray:
    return np.eye(4)[codes].transpose(0, 2, 1)


def truth(row: Framework, weights: Weights):
    """Predictions (n, 2) for codes, by numpy alone."""
    network = Bert(frameworks.bert()) if row.extra == "transformers" else weights
    return lambda codes: network(one_hot(codes))


def wrapped(row: Framework, weights: Weights | None = None, **options) -> sd.Model:
    obj = row.make(weights or Weights())
    return sd.wrap(obj, **{"alphabet": sd.DNA, "length": LENGTH, "outputs": ["a", "b"], **row.options, **options})


def drawn(seed: int, n: int = 11) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 4, (n, LENGTH), np.uint8)


def test_predictions_are_those_of_numpy_in_batches_of_any_size(row, seed):
    model, codes = wrapped(row), drawn(seed)
    expected = truth(row, Weights())(codes)
    for batch in (512, 4, 1):
        predictions = model.predict(sd.Sequences.from_codes(codes), batch=batch)[0]
        np.testing.assert_allclose(predictions, expected, atol=1e-5 * max(1, np.ptp(expected)))


def test_it_really_ran_in_that_framework(row):
    """The record names the framework, and the network is of the class that adapts it."""
    member = wrapped(row).members[0]
    assert member.reading.startswith(row.reading)
    assert member.network.claims(row.make(Weights())) or type(member.network).__name__ == "JaxNetwork"


def test_the_experiment_has_the_effect_that_numpy_computes(row, seed):
    codes = drawn(seed, 12)
    outcomes = sd.run(sd.embed("GATTACA", at=9), wrapped(row), sd.Sequences.from_codes(codes), rng=0)
    edited = codes.copy()
    edited[:, 9:16] = sd.DNA.encode("GATTACA")
    predict = truth(row, Weights())
    expected = (predict(edited) - predict(codes)).mean(0)
    effects = sd.estimate(outcomes, margin=0.01).table
    estimates = effects[effects["contrast"] == "effect"].set_index("output")["estimate"]
    np.testing.assert_allclose(estimates.loc[["a", "b"]], expected, atol=1e-5 * max(1, np.abs(expected).max()))


def test_gradients_are_finite_differences_or_an_error_says_what_to_do(row, seed):
    model, codes = wrapped(row), drawn(seed, 5)
    sequences = sd.Sequences.from_codes(codes)
    if not row.gradients:
        with pytest.raises(InputError, match=r"sd\.mutagenesis"):
            model.gradients(sequences, "a")
        return
    x, step, network = one_hot(codes), 1e-5, Weights()
    shifted = np.eye(4 * LENGTH).reshape(-1, 4, LENGTH) * step
    differences = np.stack([(network(row_x + shifted) - network(row_x - shifted)) / (2 * step) for row_x in x])
    expected = differences.transpose(0, 2, 1).reshape(5, OUTPUTS, 4, LENGTH)
    for number, output in enumerate("ab"):
        np.testing.assert_allclose(model.gradients(sequences, output, batch=3)[0], expected[:, number], atol=1e-5)
    np.testing.assert_allclose(model.members[0].network.gradients(codes), expected, atol=1e-5)
    halves = model.members[0].network.gradients_at(0.5 * x.astype(np.float32), 1)
    moved = np.stack([(network(0.5 * r + shifted) - network(0.5 * r - shifted))[:, 1] / (2 * step) for r in x])
    np.testing.assert_allclose(halves, moved.reshape(5, 4, LENGTH), atol=1e-5)
    with pytest.raises(InputError, match=r"`output=7`"):
        model.members[0].network.gradients(codes, 7)


def test_weights_have_a_hash_that_changes_with_them(row):
    hashes = [wrapped(row, weights).members[0].sha256 for weights in (Weights(7), Weights(7), Weights(8))]
    if not row.hashed:
        assert hashes == [None] * 3
        return
    assert hashes[0] == hashes[1]
    assert len(hashes[0]) == 64
    if row.extra != "transformers":  # its weights are its own
        assert hashes[0] != hashes[2]


def test_shuffled_weights_are_a_copy_that_predicts_otherwise(row, seed):
    model, sequences = wrapped(row), sd.Sequences.from_codes(drawn(seed))
    before = model.predict(sequences)
    if not row.shuffled:
        with pytest.raises(InputError, match="weights"):
            sd.shuffled_weights(model, rng=0)
        return
    shuffled = sd.shuffled_weights(model, rng=0)
    assert np.abs(shuffled.predict(sequences) - before).max() > 0.01
    assert shuffled.members[0].sha256 != model.members[0].sha256
    np.testing.assert_array_equal(model.predict(sequences), before)
    np.testing.assert_array_equal(sd.shuffled_weights(model, rng=0).predict(sequences), shuffled.predict(sequences))


def test_the_last_layer_shows_its_input_where_layers_can_be_observed(row, seed):
    codes = drawn(seed)
    observed = wrapped(row).members[0].network.last_layer_input(codes)
    assert (observed is not None) == row.layers
    if observed is not None:
        np.testing.assert_allclose(observed.values, Weights().hidden(one_hot(codes)), atol=1e-5)


def test_the_fast_engine_reads_the_layers_and_predicts_the_same_or_says_why_not(row, seed):
    model = wrapped(row)
    if not row.engine:
        assert choose_engine(model).engine.name == "full"
        with pytest.raises(InputError, match=r'engine="auto"'):
            choose_engine(model, "incremental")
        return
    background = sd.Sequences.from_codes(drawn(seed))
    outcomes = sd.run(sd.embed("GATTACA", at=9), model, background, rng=0, engine="incremental")
    edited = drawn(seed)
    edited[:, 9:16] = sd.DNA.encode("GATTACA")
    expected = truth(row, Weights())(edited)
    np.testing.assert_allclose(outcomes.y.isel(model=0).sel(arm="GATTACA@9").values, expected, atol=1e-5)


def test_the_device_is_named_and_the_batch_is_a_number(row):
    network = wrapped(row).members[0].network
    assert network.device in ("cpu", None)
    assert (network.device == "cpu") == (row.hashed or row.extra == "onnx")
    assert network.batch >= 1


def test_a_wrong_number_of_positions_is_refused_in_our_words(row):
    if row.reading in ("jax NCL", "NCL", "remote", "torch NCL", "lightning NCL", "torchscript NCL", "flax NLC",
                       "equinox NCL"):  # fmt: skip
        pytest.skip("a network with a mean over positions reads any length")
    with pytest.raises(InputError, match=r"`length=|`layout|tokens"):
        wrapped(row, length=LENGTH + 20)


def test_two_members_with_the_same_weights_are_refused(row):
    first, second, other = row.make(Weights(7)), row.make(Weights(7)), row.make(Weights(9))
    with pytest.raises(InputError, match="members are separate training runs"):
        sd.wrap([first, second], alphabet=sd.DNA, length=LENGTH, **row.options)
    if row.extra != "transformers":
        model = sd.wrap([first, other], alphabet=sd.DNA, length=LENGTH, **row.options)
        codes = drawn(0)
        expected = np.stack([Weights(7)(one_hot(codes)), Weights(9)(one_hot(codes))])
        np.testing.assert_allclose(model.predict(sd.Sequences.from_codes(codes)), expected, atol=1e-5)


def test_a_wrong_layout_is_refused(row):
    with pytest.raises(InputError, match="layout"):
        wrapped(row, layout="NLC" if " NCL" in f" {row.reading}" else "NCL")


def test_readme_has_the_table_of_this_suite():
    assert frameworks.readme_table() == frameworks.table(), "python tests/frameworks.py writes it"
