"""What pages say of mutagenesis: where a sequence's letters matter, and which of them work together."""

from __future__ import annotations

import pandas as pd

from seqdo.designs.design import Design
from seqdo.reporting.text.labels import level, printable
from seqdo.reporting.text.numbers import number
from seqdo.reporting.text.sentences import Row, frame, largest_present, signed, tally


def told_of_mutagenesis(table: pd.DataFrame, design: Design) -> list[str]:
    """At how many places a letter matters, and where most; of a single sequence which substitution does most."""
    rows, changes = frame(table, "substitution"), frame(table, "change")
    if not len(rows):
        return []
    if len(changes):
        largest = changes.iloc[int(changes["estimate"].abs().to_numpy().argmax())]
        return [
            f"In this sequence the substitution that changes {printable(str(largest['output']))} most is "
            f"{printable(str(largest['letter']))} at position {level(largest['position'])}: "
            f"{number(float(largest['estimate']))}. {_ALONE}"
        ]
    said = [f"A change from replacing the letter there, mean of three ways, is {tally(rows, 'position')}."]
    return said + _most(rows, "position") + [_SEVERAL]


def told_of_pairs(table: pd.DataFrame, design: Design) -> list[str]:
    """How many pairs do together what they do not do alone, and which most."""
    rows = frame(table, "interaction")
    if not len(rows):
        return []
    if int(rows["n"].max()) == 1:
        largest = rows.iloc[int(rows["estimate"].abs().to_numpy().argmax())]
        return [
            "In this sequence the two letters whose replacement changes "
            f"{printable(str(largest['output']))} most beyond the sum of both, mean of nine ways, are at "
            f"{_where(largest)}: {number(float(largest['estimate']))}. {_ALONE}"
        ]
    said = [
        f"Beyond the sum of both, a change from replacing two letters, mean of nine ways, is {tally(rows, 'pair')}."
    ]
    return said + _most(rows, "pair") + [_SEVERAL]


_ALONE = "It is of this sequence alone, and has no interval: there are no others to compare it with."
_SEVERAL = "What is at one place differs from sequence to sequence: the maps show some of them one by one."


def _most(rows: pd.DataFrame, of: str) -> list[str]:
    top = largest_present(rows)
    return [] if top is None else [f"Of these {of}s most is at {_where(top)}: {signed(top)}."]


def _where(row: Row) -> str:
    """The place, or both places, of a row."""
    first = level(row["position"])
    return f"positions {first} and {level(row['position 2'])}" if "position 2" in row.index else f"position {first}"
