"""JAX: what is recognized, how calls are filled up, modules of Flax and Equinox in every state."""

from __future__ import annotations

from contextlib import suppress
from functools import partial

import numpy as np
import pytest

jax = pytest.importorskip("jax", reason="jax is not installed: make test-frameworks")

import jax.numpy as jnp  # noqa: E402
from frameworks import LENGTH, OUTPUTS, Weights, equinox_module, flax_module, jax_function  # noqa: E402

import seqdo as sd  # noqa: E402
from seqdo.errors import InputError  # noqa: E402
from seqdo.models.adapters.jax_calls import CallSizes  # noqa: E402


def wrapped(obj, **options) -> sd.Model:
    return sd.wrap(obj, **{"alphabet": sd.DNA, "length": LENGTH, **options})


def drawn(seed: int, n: int = 9) -> tuple[sd.Sequences, np.ndarray]:
    codes = np.random.default_rng(seed).integers(0, 4, (n, LENGTH), np.uint8)
    return sd.Sequences.from_codes(codes), np.eye(4)[codes].transpose(0, 2, 1)


def scaled(x, factor):
    return factor * jax_function(Weights())(x)


def callables() -> dict:
    network = jax_function(Weights())
    return {
        "plain": network, "jit": jax.jit(network), "lambda": lambda x: network(x),
        "vmap": jax.vmap(lambda x: network(x[None])[0]),
        "partial of jit": partial(jax.jit(scaled), factor=1.0), "partial": partial(scaled, factor=1.0),
        "jit of vmap": jax.jit(jax.vmap(lambda x: network(x[None])[0])), "method": Holder().predict, "object": Holder(),
    }  # fmt: skip


class Holder:
    def predict(self, x):
        return jax_function(Weights())(x)

    __call__ = predict


@pytest.mark.parametrize(
    "name", ["plain", "jit", "lambda", "vmap", "partial of jit", "partial", "jit of vmap", "method", "object"]
)
def test_every_kind_of_function_has_predictions_and_gradients(name, seed):
    sequences, x = drawn(seed)
    model = wrapped(callables()[name])
    np.testing.assert_allclose(model.predict(sequences)[0], Weights()(x), atol=1e-5)
    step = 1e-5
    moved = np.zeros_like(x[:1])
    moved[0, 2, 5] = step
    expected = (Weights()(x[:1] + moved) - Weights()(x[:1] - moved))[0, 1] / (2 * step)
    assert model.gradients(sequences, "output 1")[0, 0, 2, 5] == pytest.approx(expected, abs=1e-5)
    assert model.members[0].reading == "jax NCL"


def test_a_function_of_numpy_stays_one():
    model = wrapped(lambda x: np.asarray(jnp.asarray(x).sum((1, 2))))
    assert model.members[0].reading == "NCL"
    with pytest.raises(InputError, match="can't differentiate a function"):
        model.gradients(drawn(0)[0])


@pytest.mark.parametrize(
    "step", [lambda x: jnp.asarray(np.tanh(np.asarray(x))), lambda x: x.astype(int), lambda x: x > 0]
)
def test_a_step_that_jax_cannot_differentiate_is_explained(step):
    model = wrapped(lambda x: step(jnp.asarray(x)).sum((1, 2)))
    with pytest.raises(InputError, match=r"can't be differentiated by JAX.*function of jax.numpy"):
        model.gradients(drawn(0)[0])


def test_few_shapes_are_compiled(seed):
    shapes = []

    @jax.jit
    def counted(x):
        shapes.append(x.shape)
        return x.sum((1, 2))

    model = wrapped(counted)
    rng = np.random.default_rng(seed)
    for n in [100, *rng.integers(1, 100, 60)]:
        model.predict(drawn(seed, int(n))[0])
    assert len(shapes) <= 10
    assert max(shape[0] for shape in shapes) == 100


def test_a_call_never_has_more_rows_than_the_largest_before():
    sizes = CallSizes()
    assert [len(sizes.padded(np.zeros((n, 2)))) for n in (3, 3, 2, 1, 5, 4, 5, 7)] == [3, 3, 2, 1, 5, 4, 5, 7]
    rows = np.arange(6.0).reshape(3, 2)
    sizes = CallSizes(8)
    np.testing.assert_array_equal(sizes.padded(rows), [[0, 1], [2, 3], [4, 5], [4, 5]])


def test_several_heads_are_listed_and_can_be_chosen(seed):
    sequences, x = drawn(seed)
    network = jax.jit(lambda x: {"y": jax_function(Weights())(x), "total": x.sum((1, 2))})
    with pytest.raises(InputError, match=r"2 heads: .*readout="):
        wrapped(network)
    model = wrapped(network, readout="y")
    np.testing.assert_allclose(model.predict(sequences)[0], Weights()(x), atol=1e-5)
    assert model.gradients(sequences, "output 0").shape == (1, 9, 4, LENGTH)
    tasks = wrapped(jax_function(Weights()), readout=sd.readout.tasks(1))
    np.testing.assert_allclose(tasks.predict(sequences)[0], Weights()(x)[:, 1:], atol=1e-5)
    assert tasks.gradients(sequences).shape == (1, 9, 4, LENGTH)


def test_the_batch_shows_through_the_filling():
    with pytest.raises(InputError, match="changes by up to"):
        wrapped(jax.jit(lambda x: x[:, :2].sum((1, 2)) - x[:, :2].sum((1, 2)).mean()))


def test_noise_is_noticed():
    keys = iter(jax.random.split(jax.random.key(0), 1000))
    with pytest.raises(InputError, match="two identical calls differ"):
        wrapped(lambda x: jnp.asarray(x).sum((1, 2)) + jax.random.normal(next(keys), (len(x),)))


def test_16_bits_are_noticed():
    with pytest.warns(UserWarning, match="16-bit floats"):
        wrapped(jax.jit(lambda x: (x[:, 1].sum(1)).astype(jnp.bfloat16)))


def test_the_precision_that_the_user_set_is_left_alone():
    before = jax.config.jax_enable_x64
    wrapped(jax_function(Weights()))
    assert jax.config.jax_enable_x64 == before


# --- Flax


nnx = None
with suppress(ImportError):
    from flax import linen, nnx
needs_flax = pytest.mark.skipif(nnx is None, reason="flax is not installed: make test-frameworks")


@needs_flax
def test_a_flax_module_in_train_mode_is_refused_and_stays_as_it_is():
    net = flax_module(Weights())
    net.train()
    with pytest.raises(InputError, match=r"train mode .*'dropout'.*net.eval\(\)"):
        wrapped(net)
    assert net.dropout.deterministic is False
    net.eval()
    before = str(nnx.state(net))
    wrapped(net)
    assert str(nnx.state(net)) == before


@needs_flax
def test_batch_norm_that_learns_is_refused_even_with_noise():
    class Net(nnx.Module):
        def __init__(self):
            self.norm = nnx.BatchNorm(4, rngs=nnx.Rngs(0))

        def __call__(self, x):
            return self.norm(x).sum((1, 2))

    with pytest.raises(InputError, match=r"train mode .*'norm'"):
        wrapped(Net(), layout="NLC", allow_noise=True)
    net = Net()
    net.eval()
    shuffled = sd.shuffled_weights(wrapped(net, layout="NLC"), rng=0)
    assert np.isfinite(shuffled.predict(drawn(0)[0])).all()


@needs_flax
def test_new_weights_of_a_flax_module_are_used_at_the_next_call(seed):
    sequences, x = drawn(seed)
    net = flax_module(Weights())
    model = wrapped(net)
    net.last.bias[...] = net.last.bias[...] + 1
    np.testing.assert_allclose(model.predict(sequences)[0], Weights()(x) + 1, atol=1e-5)


@needs_flax
def test_a_flax_module_that_flattens_needs_a_layout(seed):
    class Net(nnx.Module):
        def __init__(self):
            self.last = nnx.Linear(4 * LENGTH, 1, rngs=nnx.Rngs(0))

        def __call__(self, x):
            return self.last(x.reshape(len(x), -1))

    net = Net()
    with pytest.raises(InputError, match="`layout` of `Net` is not declared"):
        wrapped(net)
    sequences, x = drawn(seed)
    flat = x.transpose(0, 2, 1).reshape(9, -1)
    expected = flat @ np.asarray(net.last.kernel[...], np.float64) + np.asarray(net.last.bias[...])
    np.testing.assert_allclose(wrapped(net, layout="NLC").predict(sequences)[0], expected, atol=1e-5)


@needs_flax
def test_a_linen_module_needs_its_variables(seed):
    net = linen.Dense(1)
    with pytest.raises(InputError, match=r"net.apply\(variables, x\)"):
        wrapped(net)
    variables = net.init(jax.random.key(0), jnp.zeros((1, 4 * LENGTH)))
    sequences, x = drawn(seed)
    model = wrapped(jax.jit(lambda x: net.apply(variables, x.reshape(len(x), -1))))
    kernel = np.asarray(variables["params"]["kernel"], np.float64)
    np.testing.assert_allclose(model.predict(sequences)[0], x.reshape(9, -1) @ kernel, atol=1e-5)


# --- Equinox


eqx = None
with suppress(ImportError):
    import equinox as eqx
needs_equinox = pytest.mark.skipif(eqx is None, reason="equinox is not installed: make test-frameworks")


@needs_equinox
def test_an_equinox_module_in_train_mode_is_refused():
    with pytest.raises(InputError, match=r"train mode \(Dropout\).*inference_mode"):
        wrapped(eqx.nn.inference_mode(equinox_module(Weights()), value=False))


@needs_equinox
@pytest.mark.parametrize("kind", ["vmap inside", "filter_jit", "filter_vmap", "function of it"])
def test_equinox_modules_and_functions_that_read_many_sequences(kind, seed):
    inner = equinox_module(Weights())

    class Batched(eqx.Module):
        inner: eqx.Module

        def __call__(self, x):
            return jax.vmap(self.inner)(x)

    obj = {
        "vmap inside": Batched(inner), "filter_jit": eqx.filter_jit(Batched(inner)),
        "filter_vmap": eqx.filter_vmap(inner), "function of it": lambda x: jax.vmap(inner)(jnp.asarray(x)),
    }[kind]  # fmt: skip
    sequences, x = drawn(seed)
    model = wrapped(obj)
    np.testing.assert_allclose(model.predict(sequences)[0], Weights()(x), atol=1e-5)
    assert model.gradients(sequences, "output 0").shape == (1, 9, 4, LENGTH)


@needs_equinox
def test_an_equinox_module_with_channels_last_is_found(seed):
    inner = equinox_module(Weights())

    class Last(eqx.Module):
        inner: eqx.Module

        def __call__(self, x):
            return self.inner(x.T)

    sequences, x = drawn(seed)
    model = wrapped(Last(inner))
    assert model.members[0].network.layout == "NLC"
    np.testing.assert_allclose(model.predict(sequences)[0], Weights()(x), atol=1e-5)
    assert len(model.outputs) == OUTPUTS
