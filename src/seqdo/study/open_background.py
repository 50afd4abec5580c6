"""The background that a study names, opened, and other files of sequences that are read as it says."""

from __future__ import annotations

import inspect
from pathlib import Path
from typing import Protocol

from seqdo.backgrounds.background import Background
from seqdo.backgrounds.catalog import BACKGROUNDS
from seqdo.errors import InputError
from seqdo.models.reference import Reference
from seqdo.sequences.alphabet import Alphabet
from seqdo.sequences.sequence_file import read_sequences
from seqdo.sequences.sequences import Sequences
from seqdo.sequences.stream import Seed
from seqdo.specs.background_keys import Background as BackgroundKeys
from seqdo.specs.background_keys import ReferenceBackground
from seqdo.specs.keys import Reading


class Reads(Protocol):
    """What a background needs of a model: a Model, or what is known of one."""

    @property
    def name(self) -> str:
        """Name of the model."""

    @property
    def alphabet(self) -> Alphabet | None:
        """Its alphabet; None if it is not known."""

    @property
    def length(self) -> int | None:
        """Its length; None if it is not known."""

    @property
    def reference(self) -> Reference | None:
        """Numbers of real data that come with the model."""


def open_background(keys: BackgroundKeys, model: Reads, folder: Path, seed: Seed = None) -> Background:
    """The null model that a study names.

    Parameters
    ----------
    keys : what the study holds of it
    model : its length is that of backgrounds whose length is left out
    folder : where the study file is
    seed : draws the letters that were N, where the study has ``n: sample``
    """
    if isinstance(keys, ReferenceBackground):
        if model.reference is None:
            raise InputError(
                f"background kind='reference' for {model.name}", "the model came without numbers of real data",
                "Name another kind",
            )  # fmt: skip
        return model.reference.background(keys.length)
    function, arguments = BACKGROUNDS[keys.kind].function, keys.arguments
    for name in keys.files:
        arguments[name] = read_as(arguments[name], keys, model, folder, seed)
    if "length" in inspect.signature(function).parameters and arguments.get("length") is None:
        arguments["length"] = model.length
    return function(**arguments)


def read_as(file: str, keys: BackgroundKeys | None, model: Reads, folder: Path, seed: Seed) -> Sequences:
    """The sequences of a file, read as the files of a background are, if that has any.

    Loci of a genome are cut to the length of the model, if it reads sequences of one length.

    Parameters
    ----------
    file : its name, from the folder
    keys : the background that says how files are read
    model : its alphabet is that of the sequences
    folder : where the study file is
    seed : draws the letters that were N, where the background has ``n: sample``
    """
    reading = keys if isinstance(keys, Reading) else Reading()
    genome = None if reading.genome is None else folder / reading.genome
    return read_sequences(
        folder / file, model.alphabet, reading.n, reading.masked, reading.t_as_u, seed,
        genome=genome, length=None if genome is None else model.length, bad=reading.bad,
    )  # fmt: skip
