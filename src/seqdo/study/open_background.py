"""The background that a spec names, opened, and other files of sequences that are read as it says."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from seqdo import backgrounds
from seqdo.errors import InputError
from seqdo.models.model import Model
from seqdo.sequences.files.fasta import read_sequences
from seqdo.sequences.sequences import Sequences
from seqdo.sequences.stream import Seed
from seqdo.study.keys import Background

READING = ("n", "masked", "t_as_u")
"""Keys of a background that say how its files are read."""

TAKES: dict[str, Sequence[str]] = {
    "uniform": ("length", "balance"),
    "profile": ("sequences", *READING),
    "markov": ("sequences", "order", *READING),
    "shuffled": ("sequences", "k", "fixed_limit", *READING),
    "gc_matched": ("sequences", "pool", *READING),
    "natural": ("sequences", *READING),
    "given": ("sequences", *READING),
    "reference": ("length",),
}
"""Keys of a spec that each kind of background takes."""


def open_background(given: Background, model: Model, folder: Path, seed: Seed = None) -> backgrounds.Background:
    """The null model that a spec names; what its kind does not take is refused by name.

    ``seed`` draws the letters that were N, where the spec says ``n: sample``.
    """
    said = {name: getattr(given, name) for name in given.model_fields_set if name != "kind"}
    strange = [name for name in said if name not in TAKES[given.kind]]
    if strange:
        raise InputError(f"background {given.kind} with {strange[0]}", f"it takes {', '.join(TAKES[given.kind])}")
    if given.kind == "reference":
        if model.reference is None:
            raise InputError(
                f"background reference for {model.name}", "it came without numbers of real data", "Name another kind"
            )
        return model.reference.background(given.length)
    if given.kind == "uniform":
        return backgrounds.uniform(given.length or model.length, balance=given.balance)
    if given.sequences is None:
        raise InputError(f"background {given.kind}", "the file of sequences is missing", "Add sequences: FILE")
    arguments: dict[str, Any] = {name: said[name] for name in ("order", "k", "fixed_limit") if name in said}

    if given.pool is not None:
        arguments["pool"] = read_as(given.pool, given, model, folder, seed)
    sequences = read_as(given.sequences, given, model, folder, seed)
    made: backgrounds.Background = getattr(backgrounds, given.kind)(sequences, **arguments)
    return made


def read_as(file: str, given: Background, model: Model, folder: Path, seed: Seed) -> Sequences:
    """The sequences of a file, read as a background says."""
    return read_sequences(folder / file, model.alphabet, given.n, given.masked, given.t_as_u, seed)
