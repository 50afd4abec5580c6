"""A program that predicts something else than its module is refused before use, and the layer is named."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import nn

from seqdo.engine.choose import choose_engine
from seqdo.engine.incremental.graph.nodes import Layer
from seqdo.engine.incremental.graph.rules import RULES
from seqdo.errors import InputError
from seqdo.models.wrap import wrap
from seqdo.sequences.alphabet import DNA
from seqdo.sequences.sequences import Sequences


class Named(nn.Module):
    """Layers with names, so that a message can name the wrong one."""

    def __init__(self) -> None:
        super().__init__()
        self.stem, self.bend = nn.Conv1d(4, 6, 5), nn.LeakyReLU(0.1)
        self.body, self.squash = nn.Conv1d(6, 6, 3, padding=1), nn.ReLU()
        self.head = nn.Linear(6 * 36, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.bend(self.stem(x))
        return self.head(self.squash(self.body(x)).flatten(1))


def model():
    torch.manual_seed(1)
    return wrap(Named().eval(), alphabet=DNA, length=40)


def sloped(rule, factor):
    """The rule with another slope below 0."""

    def wrong(lowering, call):
        view = rule(lowering, call)
        node = lowering.nodes[view.node]
        assert isinstance(node, Layer)
        assert node.slope is not None
        lowering.nodes[view.node] = replace(node, slope=factor)
        return view

    return wrong


def scaled(rule):
    """The rule with weights that are off by 1 %."""

    def wrong(lowering, call):
        view = rule(lowering, call)
        lowering.nodes[view.node] = replace(node := lowering.nodes[view.node], weight=node.weight * 1.01)
        return view

    return wrong


BROKEN = {
    "relu": ("squash", lambda: sloped(RULES["relu"], 0.3)),
    "leaky_relu": ("bend", lambda: sloped(RULES["leaky_relu"], 0.0)),
    "conv1d": ("bend|stem", lambda: scaled(RULES["conv1d"])),
    "linear": ("head", lambda: scaled(RULES["linear"])),
}


@pytest.mark.parametrize("kind", BROKEN)
def test_a_wrong_rule_is_found_the_layer_named_and_every_sequence_predicted_whole(kind, monkeypatch, seed):
    layer, broken = BROKEN[kind]
    wrong = model()
    monkeypatch.setitem(RULES, kind, broken())
    with pytest.warns(UserWarning, match=rf"first at .*({layer})") as warned:
        choice = choose_engine(wrong)
    assert len(warned) == 1
    assert "predicted whole instead" in str(warned[0].message)
    others = {"stem", "bend", "body", "squash", "head"} - set(layer.split("|"))
    assert not any(other in str(warned[0].message).split("first at")[1] for other in others)
    assert choice.engine.name == "full"
    assert wrong.members[0].name in choice.explain()
    block = Sequences.from_codes(np.random.default_rng(seed).integers(0, 4, (5, 40)))
    assert np.array_equal(choice.engine.prepare(block).predictions, wrong.predict(block, batch=128))


@pytest.mark.parametrize("kind", BROKEN)
def test_it_is_refused_where_the_engine_is_named(kind, monkeypatch):
    layer, broken = BROKEN[kind]
    wrong = model()
    monkeypatch.setitem(RULES, kind, broken())
    with pytest.raises(InputError, match=rf"first at .*({layer})"):
        choose_engine(wrong, "incremental")


def test_a_member_that_is_wrong_is_named(monkeypatch):
    torch.manual_seed(2)
    straight = nn.Sequential(nn.Conv1d(4, 6, 5), nn.ReLU(), nn.Flatten(), nn.Linear(6 * 36, 1)).eval()
    ensemble = wrap([straight, Named().eval()], alphabet=DNA, length=40)
    monkeypatch.setitem(RULES, "leaky_relu", sloped(RULES["leaky_relu"], 0.0))
    with pytest.raises(InputError) as caught:
        choose_engine(ensemble, "incremental")
    assert ensemble.members[1].name in str(caught.value)
    assert f"{ensemble.members[0].name}: the incremental engine" not in str(caught.value)


def test_the_right_rules_pass_without_a_warning():
    assert choose_engine(model()).engine.name == "incremental"


class Cancelling(nn.Module):
    """Large numbers that cancel: float32 is off by a hundredth, in whatever order it adds."""

    def __init__(self) -> None:
        super().__init__()
        self.stem, self.head = nn.Conv1d(4, 6, 5), nn.Linear(6 * 36, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.head((torch.relu(self.stem(x) + 1e5) - 1e5).flatten(1))


def test_where_float32_is_far_off_itself_a_copy_in_float64_arbitrates(monkeypatch):
    torch.manual_seed(3)
    rounding = wrap(Cancelling().eval(), alphabet=DNA, length=40)
    with monkeypatch.context() as without:
        without.setattr("seqdo.engine.incremental.self_check.MAX_COPIED_WEIGHTS", 0)  # no copy is made
        with pytest.warns(UserWarning, match="predicted whole instead"):
            assert choose_engine(rounding).engine.name == "full"
    assert choose_engine(rounding).engine.name == "incremental"
