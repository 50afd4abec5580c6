"""A whole training: planted signals are learned, and the test part has no influence."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from training.planted import LENGTH, content, counts, recipe, write_csv

from seqdo.errors import InputError
from seqdo.training.card import card
from seqdo.training.train import train
from seqdo.training.weights import ensemble


def test_a_planted_count_is_learned(tmp_path):
    """Of 60 members (20 tables, 3 seeds each) one scored 0.796, and the others scored above 0.93."""
    write_csv(tmp_path / "planted.csv", *counts(800))
    trained = train(recipe(), tmp_path)
    assert trained.ensemble[0].value > 0.8
    assert abs(trained.gc[0].value) < 0.5
    assert trained.split.sizes == {"train": 480, "validation": 120, "test": 200}


def test_a_planted_label_is_learned_as_log_odds(tmp_path):
    """Of 40 tables none scored below 0.99."""
    texts, y = counts(800)
    write_csv(tmp_path / "planted.csv", texts, (y > 0).astype(int))
    trained = train(recipe(target="binary"), tmp_path)
    assert trained.ensemble[0].name == "AUROC"
    assert trained.ensemble[0].value > 0.8
    low, *_, high = trained.reference.outputs["count"]["quantiles"]
    assert low < 0 < high


def test_outputs_that_are_measured_for_different_sequences_are_learned_together(tmp_path):
    """Each table measures one of two planted counts. Of 40 members (20 pairs of tables) none scored below 0.93."""
    (first, _), (second, _) = counts(800, seed=5), counts(800, seed=6)
    write_csv(tmp_path / "planted.csv", first, np.array([text.count("GAT") for text in first], float))
    write_csv(tmp_path / "more.csv", second, 7.0 - 3 * np.array([text.count("TCC") for text in second]))
    columns = {"sequence": "letters", "measured": {"TCC": "y"}, "held_out": True}
    data = content()["data"] | {"measured": {"GAT": "y"}, "also": [{"file": "more.csv"} | columns]}
    wide = {"length": LENGTH, "filters": 32, "width": 5, "hidden": 64}
    both = recipe(
        data=data, network=content()["network"] | {"output": ["GAT", "TCC"], "arguments": wide}, epochs=15,
        split={"by": "cluster", "differences": 1, "validation": 0.15, "test": 0.25},
    )  # fmt: skip
    trained = train(both, tmp_path)
    assert [score.n for score in trained.ensemble] == np.isfinite(trained.data.y[trained.split.test]).sum(0).tolist()
    assert min(score.value for score in trained.ensemble) > 0.8
    model, held_out = ensemble(trained.nets, both), trained.data.sequences[trained.split.test]
    assert model.outputs == ("GAT", "TCC")
    predictions, texts = model.predict(held_out)[0], held_out.to_strings()
    # Each output is predicted for all sequences, measured or not.
    for predicted, pattern, sign in zip(predictions.T, ("GAT", "TCC"), (1, -1), strict=True):
        assert sign * np.corrcoef(predicted, [text.count(pattern) for text in texts])[0, 1] > 0.8
    (low, _), (high, _) = ((target.mean, target.sd) for target in trained.targets)
    assert low < 1 < high < 7
    text = card(trained)
    assert "GAT: mean" in text
    assert f"Pearson r on {trained.ensemble[0].n} (GAT) and {trained.ensemble[1].n} (TCC) test sequences" in text
    assert len({line.count("|") for line in text.splitlines() if line.startswith("|")}) == 1


def test_a_part_without_an_output_is_refused_before_training(tmp_path):
    texts, y = counts(40)
    write_csv(tmp_path / "planted.csv", texts, y)
    write_csv(tmp_path / "more.csv", *(each[:1] for each in counts(1, seed=9)))
    columns = {"sequence": "letters", "measured": {"two": "y"}, "held_out": True}
    data = content()["data"] | {"measured": {"one": "y"}, "also": [{"file": "more.csv"} | columns]}
    split = {"by": "cluster", "differences": 1}
    with pytest.raises(InputError, match=r"leaves [01] measurements of two in the (train|validation|test) part"):
        train(recipe(data=data, network=content()["network"] | {"output": ["one", "two"]}, split=split), tmp_path)


def test_the_test_part_has_no_influence(tmp_path):
    """Measurements are permuted within the test part: constants and weights stay the same."""
    texts, y = counts()
    write_csv(tmp_path / "planted.csv", texts, y)
    first = train(recipe(epochs=3), tmp_path)
    y[first.split.test] = 100 + np.random.default_rng(0).permutation(y[first.split.test])
    write_csv(tmp_path / "planted.csv", texts, y)
    again = train(recipe(epochs=3), tmp_path)
    assert first.targets == again.targets
    for member, repeated in zip(first.fitted, again.fitted, strict=True):
        assert all(torch.equal(member.weights[name], repeated.weights[name]) for name in member.weights)
    assert first.ensemble[0].value != again.ensemble[0].value


def test_training_leaves_the_state_of_torch_unchanged(tmp_path):
    write_csv(tmp_path / "planted.csv", *counts())
    torch.manual_seed(7)
    before, threads = torch.get_rng_state(), torch.get_num_threads()
    train(recipe(epochs=1), tmp_path)
    assert torch.equal(before, torch.get_rng_state())
    assert torch.get_num_threads() == threads


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"target": "binary"}, "labels are 0 and 1"),
        ({"network": {"name": "promoter", "length": 10, "output": "y"}}, "promoter with .* length 10"),
        ({"data": {"reader": "csv", "file": "x.csv", "sequence": "letters", "measured": "y"}}, "x.csv.*no such file"),
    ],
)
def test_an_unusable_recipe_is_refused_before_training(changes, message, tmp_path, monkeypatch):
    write_csv(tmp_path / "planted.csv", *counts())
    monkeypatch.setattr("seqdo.training.train.fit", lambda *_: pytest.fail("training began"))
    with pytest.raises(InputError, match=message):
        train(recipe(**changes), tmp_path)


def test_sequences_longer_than_the_network_reads_are_refused(tmp_path):
    write_csv(tmp_path / "planted.csv", *counts())
    network = {"name": "promoter", "arguments": {"length": 30}, "length": 30, "output": "y"}
    with pytest.raises(InputError, match="400 of 400 sequences have length 40, not `length=30`"):
        train(recipe(network=network), tmp_path)
