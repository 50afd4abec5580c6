"""The model card: its numbers are those of the training, and of the folder when it is opened again."""

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


def test_the_card_says_what_the_opened_folder_scores(tmp_path):
    write_csv(tmp_path / "planted.csv", *counts())
    found = train(recipe(epochs=4, seeds=[1, 2]), tmp_path)
    out = tmp_path / "out"
    out.mkdir()
    write_weights(out, found.nets, found.recipe, found.reference)
    text = card(found)
    held_out = found.split.test
    answers = open_trained(out).predict(found.data.sequences[held_out])[:, :, 0]
    for seed, answer in ((1, answers[0]), (2, answers[1]), ("ensemble (mean)", answers.mean(0))):
        row = next(line for line in text.splitlines() if line.startswith(f"| {seed} |"))
        said = float(row.split("|")[6])
        assert said == pytest.approx(np.corrcoef(answer, found.data.y[held_out, 0])[0, 1], abs=6e-5)
    assert sha256((tmp_path / "planted.csv").read_bytes()).hexdigest() in text
    assert "240 train, 60 validation, 100 test" in text
    y = found.data.y[found.split.train]
    assert f"mean {y.mean():.6g}, SD {y.std():.6g}" in text
    for part in ("made up.", "none needed", "seed 1", "Fisher"):
        assert part in text


@pytest.mark.parametrize(("validation", "said"), [(1, "as the files have it: "), (0, "(validation 0.1, seed 0): ")])
def test_a_share_is_named_where_it_was_drawn(validation, said, tmp_path):
    """Parts of the files are 0 (train), 1 (validation) and 2 (test): here with a validation part, and without."""
    texts, y = counts(90)
    with h5py.File(tmp_path / "x.h5", "w") as file:
        for number, name in enumerate(("train", "valid", "test")):
            rows = slice(30 * number, 30 * number + 30)
            file[f"X_{name}"] = np.array(
                [[[letter == each for letter in text] for each in "ACGT"] for text in texts[rows]]
            )
            file[f"Y_{name}"] = y[rows]
    found = train(recipe(data={"reader": "onehot", "file": "x.h5"}, split={"by": "file"}, epochs=1), tmp_path)
    if not validation:
        found.data.part[found.data.part == 1] = 0
    assert said in card(found)


def test_the_card_of_a_classification_has_its_own_words(tmp_path):
    texts, y = counts(200)
    write_csv(tmp_path / "planted.csv", [*texts, texts[0]], [*(y > 0).astype(int), int(y[0] > 0)])
    text = card(train(recipe(target="binary", epochs=1, strands="both"), tmp_path))
    for part in ("cross entropy", "either strand by chance", "log odds", "test average precision", "Hanley"):
        assert part in text
    assert len({len(re.findall(r"\|", line)) for line in text.splitlines() if line.startswith("|")}) == 1
