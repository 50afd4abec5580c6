"""The library of a study: sequences and their measurements, which a model's effects are compared with."""

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
    """Sequences, their measurements (n,), and a model's predictions for them by output, if it predicted them."""

    sequences: Sequences
    y: NDArray[np.float64]
    predictions: dict[str, NDArray[np.float64]]


def open_library(keys: Library, folder: Path, model: Model, *, predict: bool) -> Measurements:
    """The library of a study, in the alphabet of the model.

    Parameters
    ----------
    keys : what the study holds of it
    folder : where the study file is
    model : reads the sequences
    predict : let the model predict them

    Raises
    ------
    InputError
        A missing file or column; a cell that is no number; letters of another alphabet.
    """
    rows = read_rows(folder / keys.file)
    rows.need(keys.sequence, keys.measured)
    y = np.array([_number(text) for text in rows.columns[keys.measured]])
    wrong = np.flatnonzero(~np.isfinite(y))
    if len(wrong):
        raise rows.refuse(int(wrong[0]), keys.measured, "a number is needed", "Leave out rows without a measurement")
    sequences = _read(rows, keys.sequence, model.alphabet)
    if not predict:
        return Measurements(sequences, y, {})
    predictions = model.predict(sequences).astype(np.float64).mean(0)
    return Measurements(sequences, y, {name: predictions[:, i] for i, name in enumerate(model.outputs)})


def library_effects(library: Measurements, keys: Comparison, design: Design, model: Model) -> AssayEffects:
    """The measured effects of the patterns of a design; on both strands if the design tests both.

    Parameters
    ----------
    library : of the study
    keys : what the study holds of the comparison
    design : its patterns are looked up in the library
    model : its outputs are compared with the library

    Raises
    ------
    InputError
        A design that tests no single patterns; an unknown output; what ``sd.measured_effects`` refuses.
    """
    patterns, output = patterns_of(design), keys.output or model.outputs[0]
    if not patterns:
        raise InputError(
            f"`measured` of the design {design.experiment}", "a design that tests single patterns is needed",
            "Use it with kmers or positions, or leave measured out",
        )  # fmt: skip
    if keys.output is None and len(model.outputs) > 1:
        needed = f"the output that corresponds to the library is needed, one of {', '.join(model.outputs)}"
        raise InputError(f"`measured` for a model with {len(model.outputs)} outputs", needed, "Write output:")
    if output not in model.outputs:
        raise InputError(f"`measured` with output {output!r}", f"the model has {', '.join(model.outputs)}")
    return measured_effects(
        library.sequences, library.y, patterns, positions=keys.edges, once=keys.once,
        both_strands=design.stranded if keys.both_strands is None else keys.both_strands, adjust=keys.adjust,
        predictions=library.predictions.get(output) if keys.predictions else None,
    )  # fmt: skip


def refuse_few(measured: AssayEffects, design: Design) -> None:
    """Refuse, before it runs, a design that shares too few points with the measured effects."""
    points = shared(measured, design)
    if points < LEAST:
        bins = "position" in measured.table
        where = ", at positions within one of the bins" if bins else ""
        raise InputError(
            f"`measured` of the design {design.experiment}: {points} points",
            f"a line needs {LEAST} patterns or bins that the library measured{where}",
            "Test more patterns or positions, write other positions, or leave measured out",
        )  # fmt: skip


def _read(rows: Rows, column: str, alphabet: Alphabet) -> Sequences:
    """The sequences of a column; an error names the line of the first that can't be read."""
    try:
        return Sequences.from_strings(rows.columns[column], alphabet)
    except InputError:
        for place, text in zip(rows.places, rows.columns[column], strict=True):
            try:
                Sequences.from_strings([text], alphabet)
            except InputError as error:
                problem = f"{place}, column {column}: {error.problem}"
                raise InputError(problem, error.accepted, "Leave such rows out of the library") from None
        raise


def _number(text: str) -> float:
    try:
        return np.nan if "_" in text else float(text)
    except ValueError:
        return np.nan
