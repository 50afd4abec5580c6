"""Training as a whole: it learns what is planted, and the test part has no say in it."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from training.planted import counts, recipe, write_csv

from seqdo.errors import InputError
from seqdo.training.train import train


def test_a_planted_count_is_learned(tmp_path):
    """Of 60 members (20 tables, 3 seeds each) one scored below 0.8, by 0.004; the others above 0.93."""
    write_csv(tmp_path / "planted.csv", *counts(800))
    found = train(recipe(), tmp_path)
    assert found.ensemble.value > 0.8
    assert abs(found.gc.value) < 0.5
    assert found.split.sizes == {"train": 480, "validation": 120, "test": 200}


def test_a_planted_label_is_learned_as_log_odds(tmp_path):
    """Of 40 tables none scored below 0.99."""
    texts, y = counts(800)
    write_csv(tmp_path / "planted.csv", texts, (y > 0).astype(int))
    found = train(recipe(target="binary"), tmp_path)
    assert found.ensemble.name == "AUROC"
    assert found.ensemble.value > 0.8
    low, *_, high = found.reference.outputs["count"]["quantiles"]
    assert low < 0 < high


def test_the_test_part_has_no_influence(tmp_path):
    """Measurements of the test part are handed to other sequences of it: everything trained stays what it was."""
    texts, y = counts()
    write_csv(tmp_path / "planted.csv", texts, y)
    first = train(recipe(epochs=3), tmp_path)
    y[first.split.test] = 100 + np.random.default_rng(0).permutation(y[first.split.test])
    write_csv(tmp_path / "planted.csv", texts, y)
    again = train(recipe(epochs=3), tmp_path)
    assert first.target == again.target
    for one, other in zip(first.fitted, again.fitted, strict=True):
        assert all(torch.equal(one.weights[name], other.weights[name]) for name in one.weights)
    assert first.ensemble.value != again.ensemble.value


def test_it_leaves_torch_as_it_was(tmp_path):
    write_csv(tmp_path / "planted.csv", *counts())
    torch.manual_seed(7)
    before, threads = torch.get_rng_state(), torch.get_num_threads()
    train(recipe(epochs=1), tmp_path)
    assert torch.equal(before, torch.get_rng_state())
    assert torch.get_num_threads() == threads


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"target": "binary"}, "0 and 1 are needed"),
        ({"network": {"name": "promoter", "length": 30, "output": "y"}}, "promoter with .* on 30 letters"),
        ({"data": {"reader": "csv", "file": "x.csv", "sequence": "letters", "measured": "y"}}, "x.csv.*no such file"),
    ],
)
def test_what_cannot_be_trained_is_said_before_anything_is(changes, words, tmp_path, monkeypatch):
    write_csv(tmp_path / "planted.csv", *counts())
    monkeypatch.setattr("seqdo.training.train.fit", lambda *_: pytest.fail("training began"))
    with pytest.raises(InputError, match=words):
        train(recipe(**changes), tmp_path)


def test_sequences_longer_than_the_network_reads_are_refused(tmp_path):
    write_csv(tmp_path / "planted.csv", *counts())
    network = {"name": "promoter", "arguments": {"length": 30}, "length": 30, "output": "y"}
    with pytest.raises(InputError, match="400 sequences of length 40"):
        train(recipe(network=network), tmp_path)
