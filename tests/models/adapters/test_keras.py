"""Keras: shapes of its input, states, clones, and models with several inputs or heads, on the process's backend."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    try:
        import keras
    except ImportError:  # not installed, or without its backend
        pytest.skip("keras is not installed: make test-frameworks", allow_module_level=True)

if keras.backend.backend() not in ("torch", "jax"):
    pytest.skip("Keras needs KERAS_BACKEND=torch or jax", allow_module_level=True)

from frameworks import FEATURES, LENGTH, OUTPUTS, WIDTH, Weights, keras_model

import seqdo as sd
from seqdo.errors import InputError

layers = keras.layers

pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")
"""Keras itself copies its variables so, in ``get_weights``, which only the tests call."""


def wrapped(obj, **options) -> sd.Model:
    return sd.wrap(obj, **{"alphabet": sd.DNA, "length": LENGTH, **options})


def drawn(seed: int, n: int = 9) -> tuple[sd.Sequences, np.ndarray]:
    codes = np.random.default_rng(seed).integers(0, 4, (n, LENGTH), np.uint8)
    return sd.Sequences.from_codes(codes), np.eye(4)[codes].transpose(0, 2, 1)


class Subclassed(keras.Model):
    def __init__(self, **options):
        super().__init__(**options)
        self.inner = keras_model(Weights())

    def call(self, x, training=False):
        return self.inner(x, training=training)


def subclassed():
    net = Subclassed()
    net(np.zeros((1, LENGTH, 4), np.float32))
    return net


def functional(shape=(LENGTH, 4), heads=False):
    x = keras.Input(shape)
    hidden = layers.GlobalAveragePooling1D(name="hidden")(layers.Conv1D(FEATURES, WIDTH, activation="tanh")(x))
    y = layers.Dense(OUTPUTS, name="y")(hidden)
    return keras.Model(x, {"y": y, "hidden": hidden} if heads else y)


@pytest.mark.parametrize("make", [lambda: keras_model(Weights()), subclassed])
def test_models_of_every_kind_predict_what_keras_predicts(make, seed):
    net, (sequences, x) = make(), drawn(seed)
    model = wrapped(net)
    np.testing.assert_allclose(model.predict(sequences)[0], Weights()(x), atol=1e-5)
    assert model.members[0].reading == f"keras on {keras.backend.backend()} NLC"
    assert model.gradients(sequences, "output 0").shape == (1, 9, 4, LENGTH)


def test_any_length_is_read_where_the_input_leaves_it_open(seed):
    net, (sequences, x) = functional((None, 4)), drawn(seed)
    expected = keras.ops.convert_to_numpy(net(x.transpose(0, 2, 1).astype("float32"), training=False))
    np.testing.assert_allclose(wrapped(net).predict(sequences)[0], expected, atol=1e-5)
    assert wrapped(net, length=40).length == 40


def test_channels_first_are_read_from_the_input(seed):
    x = keras.Input((4, LENGTH))
    net = keras.Model(x, layers.Dense(1)(layers.Flatten()(x)))
    sequences, one_hot = drawn(seed)
    model = wrapped(net)
    assert model.members[0].network.layout == "NCL"
    kernel, bias = net.get_weights()
    np.testing.assert_allclose(model.predict(sequences)[0], one_hot.reshape(9, -1) @ kernel + bias, atol=1e-5)
    assert model.gradients(sequences)[0, 3].ravel() == pytest.approx(kernel.ravel(), abs=1e-6)


def test_a_flattened_model_is_read_channels_last(seed):
    """(n, length, 4) is the input that Keras declares; the same numbers in another order would pass unnoticed."""
    x = keras.Input((LENGTH, 4))
    net = keras.Model(x, layers.Dense(1)(layers.Flatten()(x)))
    sequences, one_hot = drawn(seed)
    kernel, bias = net.get_weights()
    expected = one_hot.transpose(0, 2, 1).reshape(9, -1) @ kernel + bias
    np.testing.assert_allclose(wrapped(net).predict(sequences)[0], expected, atol=1e-5)


@pytest.mark.parametrize("shape", [(LENGTH + 7, 4), (LENGTH, 5), (LENGTH, 4, 1)])
def test_another_input_is_refused_with_the_shape(shape):
    x = keras.Input(shape)
    net = keras.Model(x, layers.Dense(1)(layers.Flatten()(x)))
    with pytest.raises(
        InputError, match=rf"the input shape \(None, {', '.join(map(str, shape))}\), and `length={LENGTH}`"
    ):
        wrapped(net)


def test_several_inputs_are_refused():
    x, other = keras.Input((LENGTH, 4)), keras.Input((3,))
    y = layers.Dense(1)(layers.concatenate([layers.Flatten()(x), other]))
    with pytest.raises(InputError, match="has 2 inputs"):
        wrapped(keras.Model([x, other], y))


def test_several_heads_are_listed_and_can_be_chosen(seed):
    net = functional(heads=True)
    with pytest.raises(InputError, match=r"2 heads: .*'hidden'.*readout="):
        wrapped(net)
    sequences, x = drawn(seed)
    expected = keras.ops.convert_to_numpy(net(x.transpose(0, 2, 1).astype("float32"))["y"])
    np.testing.assert_allclose(wrapped(net, readout="y").predict(sequences)[0], expected, atol=1e-5)


def test_dropout_and_batch_norm_are_those_of_inference_and_nothing_is_changed(seed):
    net = keras.Sequential([
        keras.Input((LENGTH, 4)), layers.BatchNormalization(), layers.Dropout(0.5), layers.Flatten(), layers.Dense(1),
    ])  # fmt: skip
    before = [weights.copy() for weights in net.get_weights()]
    model = wrapped(net)
    sequences, x = drawn(seed)
    kernel, bias = before[-2:]
    expected = x.transpose(0, 2, 1).reshape(9, -1) / np.sqrt(1 + 1e-3) @ kernel + bias
    np.testing.assert_allclose(model.predict(sequences)[0], expected, atol=1e-5)
    for old, new in zip(before, net.get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)
    shuffled = sd.shuffled_weights(model, rng=0).members[0].network.model
    np.testing.assert_array_equal(shuffled.get_weights()[3], np.ones(4), "the running variance stays")
    np.testing.assert_array_equal(np.sort(shuffled.get_weights()[-2].ravel()), np.sort(kernel.ravel()))


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_model_that_draws_random_numbers_is_noticed():
    class Noisy(layers.Layer):
        def __init__(self):
            super().__init__()
            self.seeds = keras.random.SeedGenerator(3)

        def call(self, x):
            return x + keras.random.normal((1,), seed=self.seeds)

    x = keras.Input((LENGTH, 4))
    net = keras.Model(x, layers.Dense(1)(layers.Flatten()(Noisy()(x))))
    if keras.backend.backend() == "jax":
        assert wrapped(net), "the state of random numbers is an argument of a compiled call, and stays as it is"
    else:
        with pytest.raises(InputError, match="two identical calls differ"):
            wrapped(net)


def test_new_weights_are_used_at_the_next_call(seed):
    net, (sequences, x) = keras_model(Weights()), drawn(seed)
    model = wrapped(net)
    weights = net.get_weights()
    net.set_weights([*weights[:-1], weights[-1] + 1])
    np.testing.assert_allclose(model.predict(sequences)[0], Weights()(x) + 1, atol=1e-5)


def test_layers_of_a_subclass_are_not_observed_and_its_clone_is_refused_or_exact(seed):
    with pytest.raises(InputError, match="has no weights yet"):
        wrapped(Subclassed())
    model = wrapped(subclassed())
    assert model.members[0].network.last_layer_input(drawn(seed)[0].codes) is None
