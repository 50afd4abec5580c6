"""What an adapter has to write, what it gets without, and how a framework's row is used by ``wrap``."""

from __future__ import annotations

import types
from dataclasses import dataclass

import numpy as np
import pytest

import seqdo as sd
from seqdo.engine.choose import choose_engine
from seqdo.errors import InputError
from seqdo.models import wrap as module
from seqdo.models.ensemble import for_each_member
from seqdo.models.member import Member
from seqdo.models.network import BATCH, Network
from seqdo.models.readout import whole
from seqdo.models.wrap import wrap
from seqdo.sequences.alphabet import DNA
from seqdo.sequences.sequences import Sequences

LENGTH = 6
WEIGHTS = np.random.default_rng(0).normal(size=(4, LENGTH))


class Square:
    """A user's object of a framework of its own: the square of a weighted sum of its input."""

    def __init__(self, weights: np.ndarray) -> None:
        self.weights = weights

    def run(self, x: np.ndarray) -> np.ndarray:
        return np.einsum("ncl,cl->n", x, self.weights) ** 2


@dataclass(frozen=True)
class Least(Network):
    """The least that an adapter has."""

    square: Square

    @classmethod
    def claims(cls, obj):
        return isinstance(obj, Square)

    @classmethod
    def adapt(cls, obj, name, probe, layout, readout, allow_noise):
        return cls(name, layout or "NCL", readout, obj)

    @property
    def source(self):
        return self.square

    def raw(self, codes):
        return self.readout(self.square.run(np.eye(5)[:, :4][codes].transpose(0, 2, 1)))


@dataclass(frozen=True)
class Differentiable(Least):
    """An adapter that has gradients as well: of (x·w)² it is 2 (x·w) w. It counts what one call holds."""

    gradient_error = None

    def _differentiate(self, inputs, output):
        assert output in (None, 0)
        assert len(inputs) <= 3
        return 2 * np.einsum("ncl,cl->n", inputs, WEIGHTS)[:, None, None, None] * WEIGHTS


def least(kind=Least) -> Network:
    return kind("net", "NCL", whole, Square(WEIGHTS))


def drawn(seed: int, n: int = 8) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 4, (n, LENGTH), np.uint8)


def test_the_least_adapter_predicts_and_declares_nothing_else(seed):
    network, codes = least(), drawn(seed)
    expected = WEIGHTS[codes, np.arange(LENGTH)].sum(1) ** 2
    np.testing.assert_allclose(network.predict(codes)[:, 0], expected)
    np.testing.assert_array_equal(network(codes), network.predict(codes))
    assert (network.device, network.on_cpu, network.batch) == (None, False, BATCH)
    assert network.torch_module is network.weights_sha256() is network.last_layer_input(codes) is None
    assert network.reading == "NCL"
    with pytest.raises(InputError, match="`net`, whose weights can't be read"):
        network.with_shuffled_weights(np.random.default_rng(0))
    for ask in (lambda: network.gradients(codes), lambda: network.gradients_at(np.zeros((1, 4, LENGTH)))):
        with pytest.raises(InputError, match=r"`net` has no gradients.*torch.nn.Module.*sd.mutagenesis"):
            ask()


def test_an_adapter_with_gradients_has_them_in_batches_at_codes_and_at_real_numbers(seed):
    network, codes = least(Differentiable), drawn(seed)
    one_hot = np.eye(4)[codes].transpose(0, 2, 1)
    expected = 2 * np.einsum("ncl,cl->n", one_hot, WEIGHTS)[:, None, None] * WEIGHTS
    np.testing.assert_allclose(network.gradients(codes, 0, batch=3), expected, rtol=1e-6)
    np.testing.assert_allclose(network.gradients(codes, batch=3)[:, 0], expected, rtol=1e-6)
    np.testing.assert_allclose(network.gradients_at(0.5 * one_hot, 0, batch=3), 0.5 * expected, rtol=1e-6)
    assert network.gradients(codes, 0, batch=3).dtype == np.float32


@pytest.fixture
def squares(monkeypatch):
    """A loaded framework "squares" with a row in ``wrap``'s table."""
    adapters = types.ModuleType("squares_adapter")
    adapters.Adapter = Differentiable
    monkeypatch.setitem(module.sys.modules, "squares_adapter", adapters)
    monkeypatch.setitem(module.sys.modules, "squares", types.ModuleType("squares"))
    monkeypatch.setitem(module.ADAPTERS, "squares", "squares_adapter:Adapter")


@pytest.mark.usefixtures("squares")
def test_one_class_and_one_row_make_a_framework(seed):
    model = wrap([Square(WEIGHTS), Square(2 * WEIGHTS)], alphabet=DNA, length=LENGTH, outputs=["y"])
    assert [type(member.network) for member in model.members] == [Differentiable] * 2
    assert [member.name for member in model.members] == ["Square 0", "Square 1"]
    assert model.describe()["members"][0]["reading"] == "NCL"
    sequences = Sequences.from_codes(drawn(seed))
    np.testing.assert_allclose(model.predict(sequences)[1], 4 * model.predict(sequences)[0])
    assert model.gradients(sequences, batch=3).shape == (2, 8, 4, LENGTH)
    assert choose_engine(model).engine.name == "full"
    outcomes = sd.run(sd.embed("GAT", at=1), model, sd.backgrounds.uniform(LENGTH), n=20, rng=0)
    assert outcomes.y.shape == (2, 20, 2, 1)


@pytest.mark.usefixtures("squares")
def test_the_same_object_twice_is_recognized_by_its_source():
    silent = Square(0 * WEIGHTS)
    with pytest.raises(InputError, match="`Square 0` and `Square 1` of the ensemble have the same predictions"):
        wrap([silent, silent], alphabet=DNA, length=LENGTH)


def test_members_whose_device_is_unknown_are_computed_one_after_another():
    members = [Member(str(i), least()) for i in range(3)]
    order = []
    assert for_each_member(lambda member: order.append(member.name) or member.name, members) == ["0", "1", "2"]
    assert order == ["0", "1", "2"]
