"""Small data with a known answer: the measurement of a sequence is its number of GAT."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from seqdo.training.recipe import Recipe

LENGTH, NUMBER = 40, 400


def counts(number: int = NUMBER, seed: int = 5) -> tuple[list[str], np.ndarray]:
    """Random sequences of 40 bp and their number of GAT."""
    codes = np.random.default_rng(seed).integers(0, 4, (number, LENGTH))
    texts = ["".join("ACGT"[code] for code in row) for row in codes]
    return texts, np.array([text.count("GAT") for text in texts], float)


def write_csv(path: Path, texts: list[str], y: np.ndarray) -> None:
    path.write_text("letters,y\n" + "".join(f"{text},{value}\n" for text, value in zip(texts, y, strict=True)))


def recipe(**changes: Any) -> Recipe:
    """A recipe for the planted table that trains in seconds; ``changes`` replace its keys."""
    return Recipe.model_validate(content() | changes)


def content() -> dict[str, Any]:
    return {
        "name": "planted",
        "claim": "How often GAT occurs in a sequence.",
        "source": "made up.",
        "licence": {"data": "none needed", "weights": "none needed"},
        "alphabet": "dna",
        "data": {"reader": "csv", "file": "planted.csv", "sequence": "letters", "measured": "y"},
        "split": {"by": "random", "validation": 0.15, "test": 0.25, "seed": 1},
        "target": "zscore",
        "network": {
            "name": "promoter",
            "arguments": {"length": LENGTH, "filters": 16, "width": 5, "hidden": 16},
            "length": LENGTH,
            "output": "count",
        },
        "seeds": [1],
        "batch": 32,
        "learning_rate": 0.01,
        "epochs": 25,
    }
