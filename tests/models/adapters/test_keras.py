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


def test_an_input_without_a_value_is_named():
    x, other = keras.Input((LENGTH, 4)), keras.Input((3,), name="other")
    y = layers.Dense(1)(layers.concatenate([layers.Flatten()(x), other]))
    with pytest.raises(InputError, match=r"has 2 inputs: .*needs other.*Write inputs=\{.other.: \(3,\)\}"):
        wrapped(keras.Model([x, other], y))


ROWS = {"control": np.random.default_rng(1).normal(size=(9, LENGTH, 2)), "cell": np.arange(9)[:, None] % 3}
"""Further inputs of 9 sequences."""


class TestFurtherInputs:
    """Names are those of ``keras.Input``, of a dict of inputs, or of the parameters of ``call``."""

    def tensors(self):
        x, control = keras.Input((LENGTH, 4), name="sequence"), keras.Input((LENGTH, 2), name="control")
        cell = keras.Input((1,), name="cell", dtype="int32")
        pooled = layers.GlobalAveragePooling1D()(layers.concatenate([x, control]))
        return x, control, cell, layers.Dense(2)(pooled) * layers.Flatten()(layers.Embedding(3, 2)(cell))

    def outcomes(self, net, inputs, seed):
        codes = np.random.default_rng(seed).integers(0, 4, (9, LENGTH), np.uint8)
        model = wrapped(net, inputs=inputs)
        run = sd.run(sd.embed("GATT", at=3), model, sd.Sequences.from_codes(codes), rng=0, inputs=ROWS, batch=4)
        return np.eye(4, dtype=np.float32)[codes], run.y.sel(arm="none")[0].values

    @pytest.mark.parametrize("form", ["list", "dict", "tuple"])
    def test_a_functional_model_of_any_structure(self, form, seed):
        x, control, cell, y = self.tensors()
        net = keras.Model(
            {"list": [cell, x, control], "tuple": (x, cell, control),
             "dict": {"sequence": x, "control": control, "cell": cell}}[form], y,
        )  # fmt: skip
        letters, predictions = self.outcomes(net, {"control": (LENGTH, 2), "cell": (1,)}, seed)
        weights = {weight.path.split("/")[-2]: [] for weight in net.weights}
        for weight in net.weights:
            weights[weight.path.split("/")[-2]].append(keras.ops.convert_to_numpy(weight.value))
        (kernel, bias), (table,) = (next(v for k, v in weights.items() if k.startswith(n)) for n in ("dense", "embed"))
        pooled = np.concatenate([letters, ROWS["control"]], 2).mean(1)
        expected = (pooled @ kernel + bias) * table[ROWS["cell"][:, 0]]
        np.testing.assert_allclose(predictions, expected, atol=1e-5)

    def test_a_model_with_a_call_of_its_own(self, seed):
        class Own(keras.Model):
            def __init__(self):
                super().__init__()
                self.last = layers.Dense(1)

            def call(self, x, control, cell, training=False):
                assert not training
                return self.last(keras.ops.mean(keras.ops.concatenate([x, control], 2), 1)) + keras.ops.cast(
                    cell, "float32"
                )

        net = Own()
        net(np.zeros((1, LENGTH, 4)), np.zeros((1, LENGTH, 2)), np.zeros((1, 1)))
        inputs = {"control": (LENGTH, 2), "cell": np.array([[1]])}
        letters, predictions = self.outcomes(net, inputs, seed)
        kernel, bias = net.last.get_weights()
        pooled = np.concatenate([letters, ROWS["control"]], 2).mean(1)
        np.testing.assert_allclose(predictions, pooled @ kernel + bias + ROWS["cell"], atol=1e-5)
        with pytest.raises(InputError, match=r"`inputs` has 'dose'.*takes x, control, cell"):
            wrapped(net, inputs={**inputs, "dose": (1,)})
        with pytest.raises(InputError, match="needs cell next to the sequence"):
            wrapped(net, inputs={"control": (LENGTH, 2)})
        with pytest.raises(InputError, match=r"`inputs\['control'\]` is a row of shape \(24, 3\).*shape \(24, 2\)"):
            wrapped(net, inputs={**inputs, "control": (LENGTH, 3)})

    def test_declared_types_and_shapes_are_kept(self):
        x, control, cell, y = self.tensors()
        net = keras.Model([x, control, cell], y)
        rows = wrapped(net, inputs={"control": (LENGTH, 2), "cell": [[2.0]]}).members[0].network.inputs.constants
        assert rows["cell"].dtype == np.int32
        with pytest.raises(InputError, match=r"`inputs\['cell'\]` has real numbers, such as 0\.5.*reads int32"):
            wrapped(net, inputs={"control": (LENGTH, 2), "cell": [[0.5]]})
        with pytest.raises(InputError, match=r"row of shape \(2, 24\): .*reads rows of shape \(24, 2\)"):
            wrapped(net, inputs={"control": (2, LENGTH), "cell": (1,)})
        with pytest.raises(InputError, match=r"names all of them.*one of them is the sequence.*Leave 'sequence' out"):
            wrapped(net, inputs={"control": (LENGTH, 2), "cell": (1,), "sequence": (LENGTH, 4)})

    def test_a_model_of_one_input_takes_no_other(self):
        with pytest.raises(InputError, match=r"has one input, the sequence: .*Leave 'control' out"):
            wrapped(functional(), inputs={"control": (2,)})


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
