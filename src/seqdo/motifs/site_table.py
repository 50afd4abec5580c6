"""Tables of sites: their columns, and the check of a table against the sequences that it belongs to."""

from __future__ import annotations

import os
from typing import TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from seqdo.errors import InputError
from seqdo.sequences.files.tabular import read_rows
from seqdo.sequences.sequences import Sequences

COLUMNS = ("sequence", "name", "start", "stop", "strand", "motif", "score")
"""Columns of the table that ``find_sites`` returns. A user's table needs sequence or name, start and stop."""

WHOLE = {"sequence", "start", "stop"}
"""Columns of whole numbers."""

NUMBERS = "whole numbers, 0-based and half-open as in BED"

Rows: TypeAlias = "np.ndarray[tuple[int], np.dtype[np.int64]]"
"""Whole numbers, one for each site."""


def labels(sequences: Sequences) -> list[str]:
    """A label for each sequence: its name, or its number.

    Parameters
    ----------
    sequences : n sequences
    """
    return list(sequences.names or (f"sequence {row}" for row in range(len(sequences))))


def read_sites(path: str | os.PathLike[str]) -> pd.DataFrame:
    """Read a table of sites from a file.

    Parameters
    ----------
    path : a CSV, TSV or Parquet file; its header names the columns as ``find_sites`` does

    Raises
    ------
    InputError
        The file does not exist, or is not such a table.
    """
    rows = read_rows(path)
    sites = pd.DataFrame({name: list(cells) for name, cells in rows.columns.items()})
    for name in WHOLE & set(sites):
        sites[name] = [rows.whole(row, name) for row in range(len(rows))]
    if "score" in sites:
        sites["score"] = pd.to_numeric(sites["score"], errors="coerce")
    return sites


def checked(table: pd.DataFrame, sequences: Sequences) -> pd.DataFrame:
    """Check a table of sites, and return its columns sequence, start, stop, strand and motif, sorted by place.

    Starts must count from 0. A table whose starts count from 1 cannot be recognized, unless a site then reaches beyond
    the end of its sequence.

    Parameters
    ----------
    table : one row for each site
        The columns start, stop, and sequence (row, from 0) or name are needed. A strand that is missing or a dot counts
        as +. Without a column motif, every motif is called "site".
    sequences : the sequences that the sites belong to

    Raises
    ------
    InputError
        A column is missing, a place is not a whole number, a motif has no name, a sequence does not exist, a site has
        no letters or reaches beyond its sequence, or two sites overlap.

    Examples
    --------
    >>> table = pd.DataFrame({"sequence": [0], "start": [2], "stop": [9]})
    >>> checked(table, Sequences.from_strings(["CCGATTACACC"])).to_dict("records")
    [{'sequence': 0, 'start': 2, 'stop': 9, 'strand': '+', 'motif': 'site'}]
    """
    _refuse_columns(table)
    rows = _whole(table, "sequence") if "sequence" in table else _rows_of(table["name"], sequences)
    if {"sequence", "name"} <= set(table):
        _refuse_other_names(table, rows, sequences)
    sites = pd.DataFrame({"sequence": rows, "start": _whole(table, "start"), "stop": _whole(table, "stop")})
    sites["strand"] = _strand(table)
    sites["motif"] = table["motif"].astype(str).to_numpy() if "motif" in table else "site"
    _refuse_places(sites, sequences)
    sites = sites.sort_values(["sequence", "start"], kind="stable", ignore_index=True)
    _refuse_overlap(sites, labels(sequences))
    return sites


def _refuse_columns(table: pd.DataFrame) -> None:
    """Refuse a table that lacks a column, has a column twice, or has motifs without a name."""
    missing = [name for name in ("start", "stop") if name not in table]
    if missing or not {"sequence", "name"} & set(table):
        raise InputError(
            f"the table of sites has the columns {', '.join(f'`{name}`' for name in table)}",
            "the columns start, stop, and sequence (row, from 0) or name (of the sequence) are needed",
        )
    if "motif" in table and table["motif"].isna().any():
        raise InputError(
            f"`motif` is missing for {table['motif'].isna().sum()} of {len(table)} sites in the table of sites",
            "each site needs the name of its motif", "Fill in the names, or leave the column out",
        )  # fmt: skip
    twice = [name for name in {*COLUMNS} & {*table} if (table.columns == name).sum() > 1]
    if twice:
        name = twice[0]
        raise InputError(f"the table of sites has two columns {name!r}", "names of columns are unique")


def _whole(table: pd.DataFrame, column: str) -> Rows:
    values: NDArray[np.generic] = table[column].to_numpy()
    if not np.issubdtype(values.dtype, np.integer):
        raise InputError(f"column `{column}` of the table of sites is {values.dtype}", f"{NUMBERS}, are needed")
    return values.astype(np.int64)


def _rows_of(names: pd.Series[str], sequences: Sequences) -> Rows:
    numbers = {name: row for row, name in enumerate(labels(sequences))}
    unknown = [name for name in names if name not in numbers]
    if unknown:
        raise InputError(
            f"`name` {unknown[0]!r} in the table of sites", f"none of the {len(sequences)} sequences has this name"
        )
    return np.array([numbers[name] for name in names], np.int64)


def _refuse_other_names(table: pd.DataFrame, rows: Rows, sequences: Sequences) -> None:
    """Refuse a row whose name is not that of its sequence: the sequences are others, or are in another order."""
    names, n = labels(sequences), len(sequences)
    for row, name in zip(rows.tolist(), table["name"].astype(str), strict=True):
        if 0 <= row < n and names[row] != name:
            raise InputError(
                f"a site on sequence {row}, called {name}", f"here sequence {row} is called {names[row]}",
                "If the sequences are in another order, leave out the column sequence: the names are enough",
            )  # fmt: skip


def _strand(table: pd.DataFrame) -> list[str]:
    strands = table["strand"].fillna(".").tolist() if "strand" in table else ["."] * len(table)
    invalid = [strand for strand in strands if strand not in ("+", "-", ".")]
    if invalid:
        raise InputError(f"`strand` {invalid[0]!r} in the table of sites", '"+", "-" or "." is needed')
    return ["-" if strand == "-" else "+" for strand in strands]


def _refuse_places(sites: pd.DataFrame, sequences: Sequences) -> None:
    """Refuse sites on sequences that do not exist, and sites that are empty or reach beyond their sequence."""
    outside = sites[(sites["sequence"] < 0) | (sites["sequence"] >= len(sequences))]
    if len(outside):
        raise InputError(
            f"a site with `sequence` {outside.iloc[0]['sequence']}",
            f"there are {len(sequences)} sequences, counted from 0",
        )
    lengths = sequences.lengths[sites["sequence"]]
    invalid = sites[(sites["start"] < 0) | (sites["start"] >= sites["stop"]) | (sites["stop"] > lengths)]
    if len(invalid):
        first = invalid.iloc[0]
        row = first["sequence"]
        name, length = labels(sequences)[row], sequences.lengths[row]
        raise InputError(
            f"the site from {first['start']} to {first['stop']} of {name}, which has length {length} "
            f"({len(invalid)} of {len(sites)} sites have such an error)",
            f"start and stop are {NUMBERS}: 0 <= start < stop <= length",
            "If starts count from 1, subtract 1 from each start",
        )


def _refuse_overlap(sites: pd.DataFrame, names: list[str]) -> None:
    """Refuse two sites that overlap. The table is sorted by sequence and start, so that only neighbors can overlap."""
    rows, starts, stops = (sites[column].to_numpy() for column in ("sequence", "start", "stop"))
    overlapping = np.flatnonzero((rows[1:] == rows[:-1]) & (starts[1:] < stops[:-1]))
    if len(overlapping):
        i = overlapping[0]
        name = names[rows[i]]
        raise InputError(
            f"sites from {starts[i]} to {stops[i]} and from {starts[i + 1]} to {stops[i + 1]} of {name} overlap",
            "sites of one table may not overlap", "Keep the better of the two, or merge them into one site",
        )  # fmt: skip
