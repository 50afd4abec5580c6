"""Weights in another order: nothing of what was learned is left, and the model given is as it was."""

from __future__ import annotations

import numpy as np
import pytest
import torch

import seqdo as sd


def made():
    torch.manual_seed(3)
    net = torch.nn.Sequential(torch.nn.Conv1d(4, 6, 5), torch.nn.ReLU(), torch.nn.Flatten(), torch.nn.Linear(216, 2))
    return net.eval()


def wrapped(*nets):
    return sd.wrap(list(nets), alphabet=sd.DNA, length=40, layout="NCL", outputs=["a", "b"])


def test_each_tensor_keeps_its_numbers_and_loses_their_places():
    net = made()
    before = {key: value.clone() for key, value in net.state_dict().items()}
    shuffled = sd.shuffled_weights(wrapped(net), rng=0).members[0].network.module.state_dict()
    for key, value in before.items():
        assert torch.equal(net.state_dict()[key], value)
        assert torch.equal(shuffled[key].flatten().sort().values, value.flatten().sort().values)
    assert not torch.equal(shuffled["0.weight"], before["0.weight"])


def test_seed_and_member_decide_the_order():
    model = wrapped(made(), made_other())
    codes = sd.backgrounds.uniform(40).sample(5, rng=0)
    one, again, other = (sd.shuffled_weights(model, rng=seed).predict(codes) for seed in (1, 1, 2))
    assert np.array_equal(one, again)
    assert not np.allclose(one, other)
    hashes = {member.sha256 for member in sd.shuffled_weights(model, rng=1).members}
    assert len(hashes | {member.sha256 for member in model.members}) == 4


def made_other():
    net = made()
    with torch.no_grad():
        net[0].weight *= 2
    return net


def test_of_a_reference_only_the_letters_are_kept():
    model = sd.zoo.load("residualbind-rncmpt00002")
    shuffled = sd.shuffled_weights(model, rng=0)
    assert shuffled.reference.outputs == {}
    outcomes = sd.run(sd.embed("ACGUAA", at=10), shuffled, shuffled.reference.background(38), n=20, rng=0)
    assert "pilot" in outcomes.scales["binding"].source
    checks = sd.estimate(outcomes).validity["check"].tolist()
    assert "GC" in checks
    assert not [check for check in checks if "predictions" in check]


def test_a_function_has_no_weights():
    with pytest.raises(sd.InputError, match=r"`model`.*`additive`.*weights can't be read.*torch.nn.Module"):
        sd.shuffled_weights(sd.planted.additive({"TATA": 1.0}, length=20))
