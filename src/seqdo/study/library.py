"""The library of a study: sequences and what an assay measured of them, to be set beside a model's effects."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from seqdo.effects.assay.beside import Beside, beside, patterns_of
from seqdo.effects.assay.measured import measured
from seqdo.effects.estimate import Effects
from seqdo.errors import InputError
from seqdo.experiments.design import Design
from seqdo.models.model import Model
from seqdo.sequences.rows import read_rows
from seqdo.sequences.sequence import Sequences
from seqdo.study.arguments import Here, opened
from seqdo.study.keys import Library
from seqdo.study.keys import Measured as Asked

FEWEST = 5
"""Patterns or places below which there is no line to draw."""


@dataclass(frozen=True, eq=False)
class Measurements:
    """Sequences, what was measured of each (n,), and what a model says of them, by output, if it was asked."""

    sequences: Sequences
    y: NDArray[np.float64]
    predictions: dict[str, NDArray[np.float64]]


def open_library(given: Library, folder: Path, model: Model, *, predict: bool) -> Measurements:
    """The library of a spec, in the letters of the model.

    Raises
    ------
    InputError
        A file or column that is not there; a cell that is no number; letters that are not the model's.
    """
    rows = read_rows(folder / given.file)
    rows.need(given.sequence, given.measured)
    y = np.array([_number(text) for text in rows.columns[given.measured]])
    wrong = np.flatnonzero(~np.isfinite(y))
    if len(wrong):
        raise rows.refuse(int(wrong[0]), given.measured, "a number is needed", "Leave out rows without a measurement")
    sequences = Sequences.from_strings(rows.columns[given.sequence], model.alphabet)
    said = model.predict(sequences).astype(np.float64).mean(0) if predict else np.empty((0, 0))
    return Measurements(sequences, y, {name: said[:, i] for i, name in enumerate(model.outputs)} if predict else {})


def refuse_measured(design: Design, asked: Sequence[Asked], model: Model) -> None:
    """Refuse, before it is run, a design that asks nothing of a library, or an output that there is none of."""
    effects = sum(one.name == "effect" for one in design.contrasts)
    if effects < FEWEST or not patterns_of(design):
        raise InputError(
            f"design {design.experiment} with measured", f"a line needs {FEWEST} effects of single patterns or places",
            "Use it with kmers or positions, or leave measured out",
        )  # fmt: skip
    for one in asked:
        if one.output is not None and one.output not in model.outputs:
            raise InputError(f"measured with output {one.output!r}", f"the model has {', '.join(model.outputs)}")


def compared(library: Measurements, asked: Asked, effects: Effects, folder: Path) -> Beside:
    """The effects of a design beside those that the library measured of the same patterns."""
    places = opened(asked.positions, Here(folder, None))
    said = library.predictions[asked.output or effects.outcomes.outputs[0]] if asked.predictions else None
    found = measured(
        library.sequences, library.y, patterns_of(effects.outcomes.design), positions=places, once=asked.once,
        both_strands=asked.both_strands, adjust=asked.adjust, predictions=said,
    )  # fmt: skip
    return beside(found, effects, output=asked.output)


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return np.nan
