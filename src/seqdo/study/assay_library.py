"""The library of a study: sequences and what an assay measured of them, to be set beside a model's effects."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from seqdo.designs.design import Design
from seqdo.effects.assay.comparison import LEAST, patterns_of, shared
from seqdo.effects.assay.measured import AssayEffects, measured_effects
from seqdo.errors import InputError
from seqdo.models.model import Model
from seqdo.sequences.alphabet import Alphabet
from seqdo.sequences.files.tabular import Rows, read_rows
from seqdo.sequences.sequences import Sequences
from seqdo.specs.keys import Comparison, Library


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
    sequences = _read(rows, given.sequence, model.alphabet)
    said = model.predict(sequences).astype(np.float64).mean(0) if predict else np.empty((0, 0))
    return Measurements(sequences, y, {name: said[:, i] for i, name in enumerate(model.outputs)} if predict else {})


def found(library: Measurements, asked: Comparison, design: Design, model: Model, folder: Path) -> AssayEffects:
    """What the library measured of the patterns of a design; on both strands if the design asks about both.

    Raises
    ------
    InputError
        A design that asks about no single patterns; an output that there is none of; what ``sd.measured_effects``
        refuses.
    """
    patterns, output = patterns_of(design), asked.output or model.outputs[0]
    if not patterns:
        raise InputError(
            f"design {design.experiment} with measured", "it asks about no single patterns",
            "Use it with kmers or positions, or leave measured out",
        )  # fmt: skip
    if asked.output is None and len(model.outputs) > 1:
        needed = f"the output that the library measured is needed, one of {', '.join(model.outputs)}"
        raise InputError(f"measured of a model with {len(model.outputs)} outputs", needed, "Write output:")
    if output not in model.outputs:
        raise InputError(f"measured with output {output!r}", f"the model has {', '.join(model.outputs)}")
    return measured_effects(
        library.sequences, library.y, patterns, positions=asked.edges, once=asked.once,
        both_strands=design.stranded if asked.both_strands is None else asked.both_strands, adjust=asked.adjust,
        predictions=library.predictions[output] if asked.predictions else None,
    )  # fmt: skip


def refuse_few(measured: AssayEffects, design: Design) -> None:
    """Refuse, before it is run, a design that has too few points with what was measured."""
    points = shared(measured, design)
    if points < LEAST:
        bins = "position" in measured.table
        where = ", and whose places lie whole in one of the bins" if bins else ""
        raise InputError(
            f"design {design.experiment} with measured: {points} points",
            f"a line needs {LEAST} patterns or bins that the library has measured{where}",
            "Ask of more patterns or places, give other positions, or leave measured out",
        )  # fmt: skip


def _read(rows: Rows, column: str, alphabet: Alphabet) -> Sequences:
    """The sequences of a column; of those that can't be read the first is named by its line."""
    try:
        return Sequences.from_strings(rows.columns[column], alphabet)
    except InputError:
        for place, text in zip(rows.places, rows.columns[column], strict=True):
            try:
                Sequences.from_strings([text], alphabet)
            except InputError as error:
                given = f"{place}, column {column}: {error.problem}"
                raise InputError(given, error.accepted, "Leave such rows out of the library") from None
        raise


def _number(text: str) -> float:
    try:
        return np.nan if "_" in text else float(text)
    except ValueError:
        return np.nan
