"""Tables of sites: what they hold, and one of one's own checked against the sequences that it speaks of."""

from __future__ import annotations

import os
from typing import Any

import numpy as np
import pandas as pd

from seqdo.errors import InputError
from seqdo.sequences.files.tabular import read_rows
from seqdo.sequences.sequences import Sequences

COLUMNS = ("sequence", "name", "start", "stop", "strand", "motif", "score")
"""As ``find_sites`` returns them, and as anybody's table may have them: the first or second, start and stop needed."""

WHOLE = {"sequence", "start", "stop"}
"""Columns of whole numbers."""

NUMBERS = "whole numbers, 0-based and half-open as in BED"


def labels(sequences: Sequences) -> list[str]:
    """A name for each sequence: its own, or its number."""
    return list(sequences.names or (f"sequence {row}" for row in range(len(sequences))))


def read_sites(path: str | os.PathLike[str]) -> pd.DataFrame:
    """A table of sites from a file (CSV, TSV or Parquet), its columns named in the first line as in ``find_sites``.

    Raises
    ------
    InputError
        No such file, or one that is no such table.
    """
    rows = read_rows(path)
    made = pd.DataFrame({name: list(cells) for name, cells in rows.columns.items()})
    for name in WHOLE & set(made):
        made[name] = [rows.whole(row, name) for row in range(len(rows))]
    if "score" in made:
        made["score"] = pd.to_numeric(made["score"], errors="coerce")
    return made


def checked(table: pd.DataFrame, sequences: Sequences) -> pd.DataFrame:
    """The columns sequence, start, stop, strand and motif of a table of sites, by sequence and start.

    Strands are + where the table names none (or a dot, as BED does). Starts that count from 1 can't be told from
    others, unless they take a site off its sequence's end.

    Raises
    ------
    InputError
        A missing column; places that are no whole numbers; a motif without a name; a sequence that there is not; a site
        off the end, or without letters; sites that overlap.

    Examples
    --------
    >>> table = pd.DataFrame({"sequence": [0], "start": [2], "stop": [9]})
    >>> checked(table, Sequences.from_strings(["CCGATTACACC"])).to_dict("records")
    [{'sequence': 0, 'start': 2, 'stop': 9, 'strand': '+', 'motif': 'site'}]
    """
    missing = [name for name in ("start", "stop") if name not in table]
    if missing or not {"sequence", "name"} & set(table):
        raise InputError(
            f"a table of sites with the columns {', '.join(map(str, table))}",
            "it has start, stop, and sequence (row, from 0) or name (of the sequence)",
        )
    if "motif" in table and table["motif"].isna().any():
        raise InputError(
            f"a table of sites with {table['motif'].isna().sum()} of {len(table)} motifs missing",
            "each site has its motif's name", "Fill them in, or leave the column out",
        )  # fmt: skip
    twice = [name for name in {*COLUMNS} & {*table} if (table.columns == name).sum() > 1]
    if twice:
        raise InputError(f"a table of sites with two columns {twice[0]!r}", "each column has a name of its own")
    rows = _whole(table, "sequence") if "sequence" in table else _rows_of(table["name"], sequences)
    if {"sequence", "name"} <= set(table):
        _refuse_other_names(table, rows, sequences)
    made = pd.DataFrame({"sequence": rows, "start": _whole(table, "start"), "stop": _whole(table, "stop")})
    made["strand"] = _strand(table)
    made["motif"] = table["motif"].astype(str).to_numpy() if "motif" in table else "site"
    _refuse_places(made, sequences)
    made = made.sort_values(["sequence", "start"], kind="stable", ignore_index=True)
    _refuse_overlap(made, labels(sequences))
    return made


def _whole(table: pd.DataFrame, column: str) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    values = table[column].to_numpy()
    if not np.issubdtype(values.dtype, np.integer):
        raise InputError(f"column {column} of a table of sites is {values.dtype}", f"{NUMBERS}, are needed")
    return values.astype(np.int64)


def _rows_of(names: pd.Series[str], sequences: Sequences) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    numbers = {name: row for row, name in enumerate(labels(sequences))}
    strange = [name for name in names if name not in numbers]
    if strange:
        raise InputError(f"a site on {strange[0]!r}", f"none of the {len(sequences)} sequences is called so")
    return np.array([numbers[name] for name in names], np.int64)


def _refuse_other_names(table: pd.DataFrame, rows: np.ndarray[Any, Any], sequences: Sequences) -> None:
    """Refuse rows that are called otherwise here: the table is of other sequences, or of these in another order."""
    names, there = labels(sequences), len(sequences)
    for row, name in zip(rows.tolist(), table["name"].astype(str), strict=True):
        if 0 <= row < there and names[row] != name:
            raise InputError(
                f"a site on sequence {row}, called {name}", f"here sequence {row} is called {names[row]}",
                "Where the order is another one, leave out the column sequence: names will do",
            )  # fmt: skip


def _strand(table: pd.DataFrame) -> list[str]:
    given = table["strand"].fillna(".").tolist() if "strand" in table else ["."] * len(table)
    strange = [strand for strand in given if strand not in ("+", "-", ".")]
    if strange:
        raise InputError(f"strand {strange[0]!r} in a table of sites", '"+", "-" or "." is needed')
    return ["-" if strand == "-" else "+" for strand in given]


def _refuse_places(made: pd.DataFrame, sequences: Sequences) -> None:
    outside = made[(made["sequence"] < 0) | (made["sequence"] >= len(sequences))]
    if len(outside):
        raise InputError(
            f"a site on sequence {outside.iloc[0]['sequence']}", f"there are {len(sequences)}, counted from 0"
        )
    length = sequences.lengths[made["sequence"]]
    wrong = made[(made["start"] < 0) | (made["start"] >= made["stop"]) | (made["stop"] > length)]
    if len(wrong):
        first = wrong.iloc[0]
        row = first["sequence"]
        raise InputError(
            f"the site from {first['start']} to {first['stop']} of {labels(sequences)[row]}, which has "
            f"{sequences.lengths[row]} letters ({len(wrong)} of {len(made)} sites are such)",
            f"start and stop are {NUMBERS}: 0 <= start < stop <= length",
            "Where starts count from 1, take 1 off each start",
        )  # fmt: skip


def _refuse_overlap(made: pd.DataFrame, names: list[str]) -> None:
    """Of a table sorted by sequence and start."""
    rows, starts, stops = (made[name].to_numpy() for name in ("sequence", "start", "stop"))
    both = np.flatnonzero((rows[1:] == rows[:-1]) & (starts[1:] < stops[:-1]))
    if len(both):
        i = both[0]
        raise InputError(
            f"sites from {starts[i]} to {stops[i]} and from {starts[i + 1]} to {stops[i + 1]} of {names[rows[i]]}",
            "sites of one table do not overlap", "Keep the better of each two, or make them one site",
        )  # fmt: skip
