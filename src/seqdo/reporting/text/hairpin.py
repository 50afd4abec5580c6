"""What pages say of RNA hairpins: where a motif works, along a series of hairpins, and with their arms broken."""

from __future__ import annotations

import pandas as pd

from seqdo.designs.changes.folded_context import Folded
from seqdo.designs.design import Design
from seqdo.reporting.text.labels import level, printable
from seqdo.reporting.text.sentences import comparison, finding, frame, largest_present, rows_of, signed, tally

PLACES = {
    "loop": "in the loop of a hairpin",
    "stem": "in the stem of a hairpin",
    "unstructured": "unpaired and in no hairpin",
    "unconstrained": "in backgrounds as they are",
}

PARTS = {"5'": "the 5' arm broken", "3'": "the 3' arm broken", "both": "both arms broken, which pairs them again"}


def told_of_hairpin(table: pd.DataFrame, design: Design) -> list[str]:
    """The effect in the loop, and how it differs from that elsewhere."""
    effects = frame(table, "effect")
    loop = effects[effects["structure"] == "loop"]
    said = [finding(f"{_motif(design)} {PLACES['loop']}", row) for _, row in loop.iterrows()]
    for row in rows_of(table, "structure"):
        said.append(comparison(f"There rather than {PLACES[str(row['against'])]}", row))
    return said


def told_of_series(table: pd.DataFrame, design: Design) -> list[str]:
    """At how many levels the effect is there, and where it is largest."""
    rows, factor = frame(table, "effect"), next(iter(design.factors))
    said = [f"The effect of {_motif(design)} {PLACES['loop']} is {tally(rows, 'level')} of {factor}."]
    top = largest_present(rows)
    if top is not None:
        said.append(f"It is largest at {factor} {level(top[factor])}: {signed(top)}.")
    return said


def told_of_compensation(table: pd.DataFrame, design: Design) -> list[str]:
    """What breaking does, and whether pairs that are there again undo it."""
    said = []
    for row in rows_of(table, "break"):
        said.append(comparison(f"With {PARTS[str(row['broken'])]}", row))
    for row in rows_of(table, "interaction"):
        said.append(comparison("With both broken, compared with the sum of each (all that letters alone can do)", row))
    said += [
        comparison("The same, less that of the scrambled motif", row) for row in rows_of(table, "specific interaction")
    ]
    return said


def _motif(design: Design) -> str:
    """The motif that contexts are folded around."""
    folded = (change for arm in design.arms.values() for change in arm.sites if isinstance(change, Folded))
    return printable(next(change.motif for change in folded))
