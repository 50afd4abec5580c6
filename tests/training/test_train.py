"""Training as a whole: it learns what is planted, and the test part has no say in it."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from training.planted import LENGTH, content, counts, recipe, write_csv

from seqdo.errors import InputError
from seqdo.training.card import card
from seqdo.training.train import train
from seqdo.training.weights import wrapped


def test_a_planted_count_is_learned(tmp_path):
    """Of 60 members (20 tables, 3 seeds each) one scored below 0.8, by 0.004; the others above 0.93."""
    write_csv(tmp_path / "planted.csv", *counts(800))
    found = train(recipe(), tmp_path)
    assert found.ensemble[0].value > 0.8
    assert abs(found.gc[0].value) < 0.5
    assert found.split.sizes == {"train": 480, "validation": 120, "test": 200}


def test_a_planted_label_is_learned_as_log_odds(tmp_path):
    """Of 40 tables none scored below 0.99."""
    texts, y = counts(800)
    write_csv(tmp_path / "planted.csv", texts, (y > 0).astype(int))
    found = train(recipe(target="binary"), tmp_path)
    assert found.ensemble[0].name == "AUROC"
    assert found.ensemble[0].value > 0.8
    low, *_, high = found.reference.outputs["count"]["quantiles"]
    assert low < 0 < high


def test_outputs_that_are_measured_of_different_sequences_are_learned_together(tmp_path):
    """Each table knows one of two planted counts. Of 40 members (20 pairs of tables) none scored below 0.93."""
    (first, _), (second, _) = counts(800, seed=5), counts(800, seed=6)
    write_csv(tmp_path / "planted.csv", first, np.array([text.count("GAT") for text in first], float))
    write_csv(tmp_path / "more.csv", second, 7.0 - 3 * np.array([text.count("TCC") for text in second]))
    given = {"sequence": "letters", "measured": {"TCC": "y"}, "held_out": True}
    data = content()["data"] | {"measured": {"GAT": "y"}, "also": [{"file": "more.csv"} | given]}
    wide = {"length": LENGTH, "filters": 32, "width": 5, "hidden": 64}
    both = recipe(
        data=data, network=content()["network"] | {"output": ["GAT", "TCC"], "arguments": wide}, epochs=15,
        split={"by": "cluster", "differences": 1, "validation": 0.15, "test": 0.25},
    )  # fmt: skip
    found = train(both, tmp_path)
    assert [score.n for score in found.ensemble] == np.isfinite(found.data.y[found.split.test]).sum(0).tolist()
    assert min(score.value for score in found.ensemble) > 0.8
    model, held_out = wrapped(found.nets, both), found.data.sequences[found.split.test]
    assert model.outputs == ("GAT", "TCC")
    answers, texts = model.predict(held_out)[0], held_out.to_strings()
    # Each output answers all sequences, those too of which it was not measured.
    for answer, word, sign in zip(answers.T, ("GAT", "TCC"), (1, -1), strict=True):
        assert sign * np.corrcoef(answer, [text.count(word) for text in texts])[0, 1] > 0.8
    (low, _), (high, _) = ((target.mean, target.sd) for target in found.targets)
    assert low < 1 < high < 7
    assert "GAT: mean" in card(found)
    assert f"Pearson r of {found.ensemble[0].n} (GAT) and {found.ensemble[1].n} (TCC) test sequences" in card(found)
    assert len({line.count("|") for line in card(found).splitlines() if line.startswith("|")}) == 1


def test_a_part_without_an_output_is_refused_before_training(tmp_path):
    texts, y = counts(40)
    write_csv(tmp_path / "planted.csv", texts, y)
    write_csv(tmp_path / "more.csv", *(each[:1] for each in counts(1, seed=9)))
    given = {"sequence": "letters", "measured": {"two": "y"}, "held_out": True}
    data = content()["data"] | {"measured": {"one": "y"}, "also": [{"file": "more.csv"} | given]}
    split = {"by": "cluster", "differences": 1}
    with pytest.raises(InputError, match=r"the (train|validation|test) part has [01] measurements of two"):
        train(recipe(data=data, network=content()["network"] | {"output": ["one", "two"]}, split=split), tmp_path)


def test_the_test_part_has_no_influence(tmp_path):
    """Measurements of the test part are handed to other sequences of it: everything trained stays what it was."""
    texts, y = counts()
    write_csv(tmp_path / "planted.csv", texts, y)
    first = train(recipe(epochs=3), tmp_path)
    y[first.split.test] = 100 + np.random.default_rng(0).permutation(y[first.split.test])
    write_csv(tmp_path / "planted.csv", texts, y)
    again = train(recipe(epochs=3), tmp_path)
    assert first.targets == again.targets
    for one, other in zip(first.fitted, again.fitted, strict=True):
        assert all(torch.equal(one.weights[name], other.weights[name]) for name in one.weights)
    assert first.ensemble[0].value != again.ensemble[0].value


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
        ({"network": {"name": "promoter", "length": 10, "output": "y"}}, "promoter with .* on 10 letters"),
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
    with pytest.raises(InputError, match="400 of 400 sequences have length 40, not `length=30`"):
        train(recipe(network=network), tmp_path)
