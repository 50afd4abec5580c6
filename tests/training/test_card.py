"""The model card: its numbers are those of the training, and those of the folder when it is opened again."""

from __future__ import annotations

import re
from hashlib import sha256

import h5py
import numpy as np
import pytest
from training.planted import counts, recipe, write_csv

from seqdo.training import open_trained
from seqdo.training.card import card
from seqdo.training.train import train
from seqdo.training.weights import write_weights


def test_the_card_states_the_scores_of_the_opened_folder(tmp_path):
    write_csv(tmp_path / "planted.csv", *counts())
    trained = train(recipe(epochs=4, seeds=[1, 2]), tmp_path)
    out = tmp_path / "out"
    out.mkdir()
    write_weights(out, trained.nets, trained.recipe, trained.reference)
    text = card(trained)
    held_out = trained.split.test
    predictions = open_trained(out).predict(trained.data.sequences[held_out])[:, :, 0]
    for seed, predicted in ((1, predictions[0]), (2, predictions[1]), ("ensemble (mean)", predictions.mean(0))):
        row = next(line for line in text.splitlines() if line.startswith(f"| {seed} |"))
        stated = float(row.split("|")[6])
        assert stated == pytest.approx(np.corrcoef(predicted, trained.data.y[held_out, 0])[0, 1], abs=6e-5)
    assert sha256((tmp_path / "planted.csv").read_bytes()).hexdigest() in text
    assert "240 train, 60 validation, 100 test" in text
    y = trained.data.y[trained.split.train]
    assert f"mean {y.mean():.6g}, SD {y.std():.6g}" in text
    for part in ("made up.", "none needed", "seed 1", "Fisher"):
        assert part in text


@pytest.mark.parametrize(
    ("validation", "split"), [(1, "into the parts that the files state: "), (0, "(validation 0.1, seed 0): ")]
)
def test_the_share_is_stated_where_the_validation_part_was_drawn(validation, split, tmp_path):
    """Files state the parts 0 (train), 1 (validation) and 2 (test); here with and without a validation part."""
    texts, y = counts(90)
    with h5py.File(tmp_path / "x.h5", "w") as file:
        for number, name in enumerate(("train", "valid", "test")):
            rows = slice(30 * number, 30 * number + 30)
            file[f"X_{name}"] = np.array(
                [[[letter == channel for letter in text] for channel in "ACGT"] for text in texts[rows]]
            )
            file[f"Y_{name}"] = y[rows]
    trained = train(recipe(data={"reader": "onehot", "file": "x.h5"}, split={"by": "file"}, epochs=1), tmp_path)
    if not validation:
        trained.data.part[trained.data.part == 1] = 0
    assert split in card(trained)


def test_the_card_of_a_classification_states_its_loss_and_its_scores(tmp_path):
    texts, y = counts(200)
    write_csv(tmp_path / "planted.csv", [*texts, texts[0]], [*(y > 0).astype(int), int(y[0] > 0)])
    text = card(train(recipe(target="binary", epochs=1, strands="both"), tmp_path))
    for part in ("cross entropy", "a random strand of each sequence", "log odds", "test average precision", "Hanley"):
        assert part in text
    assert len({len(re.findall(r"\|", line)) for line in text.splitlines() if line.startswith("|")}) == 1
