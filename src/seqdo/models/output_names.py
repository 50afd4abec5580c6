"""The names of a model's outputs: a list, a column of a table, or those that a readout keeps."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from seqdo.errors import InputError
from seqdo.models.head_readout import HeadReadout
from seqdo.sequences.file_path import input_path

if TYPE_CHECKING:
    import pandas as pd

SEPARATORS = {".csv": ",", ".tsv": "\t", ".txt": "\t"}
"""Ending of a table's file, before an ending such as .gz, to what separates its columns."""

NAME_COLUMN = "name"
"""The column of a table that holds the names."""

Names = Any
"""A list of names, a DataFrame, or the path of a table."""


def checked_names(outputs: Names | None) -> tuple[str, ...] | None:
    """The argument ``outputs`` of ``sd.wrap`` as names.

    Parameters
    ----------
    outputs : names; a DataFrame or the path of a .csv or .tsv table with a column "name", or with one column

    Raises
    ------
    InputError
        A single text that is no path of a table; a table without such a column; two outputs with one name.

    Examples
    --------
    >>> checked_names(["dev", "hk"])
    ('dev', 'hk')
    """
    if outputs is None:
        return None
    if (
        isinstance(outputs, bytes)
        or hasattr(outputs, "read")
        or not (hasattr(outputs, "__iter__") or isinstance(outputs, os.PathLike))
    ):
        raise InputError(
            f"`outputs` is of type {type(outputs).__name__}",
            "a list of names, or the path of a .csv or .tsv table, is needed", 'Write outputs=["first", "second"]',
        )  # fmt: skip
    if isinstance(outputs, str | os.PathLike):
        outputs = _column(_read(outputs))
    elif hasattr(outputs, "columns"):
        outputs = _column(outputs)
    names = tuple(map(str, outputs))
    if len(set(names)) < len(names):
        double = next(first for first, second in pairwise(sorted(names)) if first == second)
        shown = list(names) if len(names) <= 20 else f"{len(names)} names"
        raise InputError(
            f"`outputs={shown}`, with {double!r} more than once", "each output has a name of its own",
            "Make the names different, or take another column: outputs=table[\"identifier\"]",
        )  # fmt: skip
    return names


def with_track_names(readout: Callable[[Any], Any], names: tuple[str, ...] | None) -> Callable[[Any], Any]:
    """The readout; where it selects tracks by name and has no names, ``names`` are those of the head's tracks."""
    if names is not None and isinstance(readout, HeadReadout) and readout.waits_for_names:
        return readout.with_names(names)
    return readout


def output_names(
    counts: Sequence[tuple[str, int]], names: tuple[str, ...] | None, readout: Callable[[Any], Any] | None = None
) -> tuple[str, ...]:
    """The names of the outputs, or default names; every member must have as many outputs.

    Parameters
    ----------
    counts : for each member its name and its number of outputs
    names : of the outputs; or of all tracks of a head, where the readout keeps some
    readout : the readout of all members

    Raises
    ------
    InputError
        Members that differ in their numbers of outputs, or another number of names.

    Examples
    --------
    >>> output_names([("net", 2)], None)
    ('output 0', 'output 1')
    """
    if len({count for _, count in counts}) > 1:
        listed = ", ".join(f"`{member}` has {count}" for member, count in counts)
        raise InputError(
            f"members of `obj` differ in their numbers of outputs: {listed}",
            "all members of an ensemble predict the same outputs, in one order",
            "Pick the shared outputs with readout=sd.readout.tasks(...), or wrap the members separately",
        )
    count = counts[0][1]
    if isinstance(readout, HeadReadout) and (names is None or len(names) != count or names == readout.names):
        kept = (readout if names is None else readout.with_names(names)).output_names
        if kept is not None and len(kept) == count:
            return kept
    if names is None:
        return ("output",) if count == 1 else tuple(f"output {i}" for i in range(count))
    if len(names) != count:
        raise InputError(
            f"`outputs={list(names) if len(names) <= 20 else '...'}` ({len(names):,} names)",
            f"the model predicts {count:,} numbers for each sequence",
            "Name each of them, or pick some with readout=sd.readout.head().tracks(...)",
        )
    return names


def _read(path: str | os.PathLike[str]) -> pd.DataFrame:
    """A table with the separator of its ending."""
    file = input_path(path, "outputs")
    ending = next((suffix.lower() for suffix in reversed(file.suffixes) if suffix.lower() in SEPARATORS), "")
    if not ending:
        text = os.fspath(path)
        raise InputError(f"`outputs={text!r}`", "a list of names is needed, or a .csv or .tsv table",
                         f'Write outputs=["{text}"]')  # fmt: skip
    import pandas as pd

    try:
        return pd.read_csv(file, sep=SEPARATORS[ending], dtype=str, keep_default_na=False)
    except (OSError, ValueError) as error:  # pandas' errors of parsing and of letters are ValueErrors
        raise InputError(f"`outputs={os.fspath(path)!r}`", f"the table can't be read: {error}",
                         "Check the path, and that the table has a header") from error  # fmt: skip


def _column(table: pd.DataFrame) -> Sequence[str]:
    """The column of the names: "name", or the only column."""
    columns = [str(column) for column in table.columns]
    chosen = NAME_COLUMN if NAME_COLUMN in columns else columns[0] if len(columns) == 1 else None
    if chosen is None:
        raise InputError(
            f"`outputs` is a table with the columns {', '.join(columns)}",
            f'its names are in the column "{NAME_COLUMN}", or it has one column',
            f'Write outputs=table["{columns[0] if columns else NAME_COLUMN}"], the column with the names',
        )
    names: list[str] = [str(value) for value in table[table.columns[columns.index(chosen)]]]
    return names
