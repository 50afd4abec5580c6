"""A training as a file: its recipe is read, its members are trained, and one folder holds the results."""

from __future__ import annotations

import json
import os
import shutil
from dataclasses import asdict
from pathlib import Path
from typing import Any

from seqdo.errors import InputError, RunError
from seqdo.reporting.figures.kinds.learning_curves import learning_curves
from seqdo.reporting.figures.style import to_svg
from seqdo.specs.result_folder import claimed
from seqdo.specs.validation import validated
from seqdo.specs.yaml_reader import read_yaml
from seqdo.training.card import card, versions
from seqdo.training.recipe import Recipe
from seqdo.training.train import Trained, train
from seqdo.training.weights import open_trained, write_weights

CARD, CURVES, RECORD = "card.md", "curves.svg", "training.json"
"""Fixed names in a trained model's folder, next to those of ``training.weights``."""


def read_recipe(path: Path) -> Recipe:
    """A recipe from its file; errors name the file, the line, the key, and what is allowed."""
    content, lines = read_yaml(path)
    return validated(Recipe, content, path, lines, ())


def train_into(out: Path, recipe: Recipe, data: Path) -> Trained:
    """Train, and write the folder; it appears under its name only when it is complete and opens.

    Raises
    ------
    InputError
        A folder that is not empty; see :func:`seqdo.training.train.train` for the rest.
    RunError
        A full disk, or a folder that can no longer be written.
    """
    if out.is_dir() and any(out.iterdir()):
        raise InputError(f"`--out` {out}", "it holds files", "Pass another --out")
    with claimed(out, overwrite=False):
        return _trained_into(out, recipe, data)


def _trained_into(out: Path, recipe: Recipe, data: Path) -> Trained:
    trained = train(recipe, data)
    partial = out.with_name(f".{out.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    try:
        _fill(partial, trained)
        open_trained(partial)
        partial.rename(out)
    except OSError as error:
        why = os.strerror(error.errno) if error.errno else str(error)
        raise RunError(f"folder {out}", f"it could not be written ({why})", "Nothing was left behind") from error
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    return trained


def _fill(folder: Path, trained: Trained) -> None:
    folder.mkdir(parents=True)
    write_weights(folder, trained.nets, trained.recipe, trained.reference)
    (folder / CARD).write_text(card(trained), encoding="utf-8")
    axes = learning_curves(trained.fitted, trained.ensemble[0].name)
    shown = f"Learning curves of {trained.recipe.name}"
    (folder / CURVES).write_text(to_svg(axes.figure, "curves", shown), encoding="utf-8")  # type: ignore[arg-type]

    def by_output(facts: list[Any]) -> dict[str, Any]:
        return {output: asdict(fact) for output, fact in zip(trained.recipe.network.outputs, facts, strict=True)}

    members = [
        {
            "seed": member.seed,
            "best": member.best,
            "test": by_output(scores),
            "history": [asdict(epoch) for epoch in member.history],
        }
        for member, scores in zip(trained.fitted, trained.scores, strict=True)
    ]
    record = {
        "versions": versions(),
        "data": {"sha256": trained.data.sha256, "dropped": trained.data.dropped},
        "split": trained.split.sizes | {"doubled": trained.split.doubled},
        "target": by_output(trained.targets),
        "members": members,
        "ensemble": by_output(trained.ensemble),
        "gc": by_output(trained.gc),
    }
    (folder / RECORD).write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
