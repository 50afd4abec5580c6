"""Files that a study names for further inputs: one array for each input, with a row for each background."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from seqdo.errors import InputError

Rows = NDArray[Any]

ACCEPTED = "an array in a .npy or .npz file, or a table of numbers in a .csv or .tsv file, is needed"


def open_inputs(files: Mapping[str, str] | None, folder: Path) -> dict[str, Rows]:
    """The rows of each input.

    Parameters
    ----------
    files : name of an input to its file; None for none
    folder : where the study file is

    Raises
    ------
    InputError
        A file that is missing or of another kind; arrays of objects, which may hold code; text in a table.
    """
    return {name: _opened(name, folder / file) for name, file in (files or {}).items()}


def one_row_each(inputs: Mapping[str, str | list[int]], folder: Path) -> dict[str, Rows | tuple[int, ...]]:
    """The further inputs of a model, as ``sd.wrap`` takes them: shapes of zeros, or the one row of a file.

    Parameters
    ----------
    inputs : name of an input to a shape or a file
    folder : where the study file is

    Raises
    ------
    InputError
        A file that can't be read.
    """
    return {
        name: _opened(name, folder / value) if isinstance(value, str) else tuple(value)
        for name, value in inputs.items()
    }


def _opened(name: str, path: Path) -> Rows:
    reader = READERS[path.suffix.lower()]  # the spec has no file of another ending
    if not path.is_file():
        raise InputError(f"`inputs` {name}: {path}", "there is no such file; paths start from the folder of the study")
    try:
        return reader(path, name)
    except InputError:
        raise
    except (OSError, ValueError, pd.errors.ParserError) as error:
        raise InputError(f"`inputs` {name}: {path} can't be read: {str(error).splitlines()[0]}", ACCEPTED) from error


def _array(path: Path, name: str) -> Rows:
    array: Rows = np.load(path, allow_pickle=False)
    return array


def _arrays(path: Path, name: str) -> Rows:
    """The array of the input's name, or the only one."""
    with np.load(path, allow_pickle=False) as arrays:
        key = name if name in arrays.files else arrays.files[0]
        if key != name and len(arrays.files) > 1:
            raise InputError(
                f"`inputs` {name}: {path} has the arrays {', '.join(arrays.files)}",
                "an array of the input's name is needed, or a file of one array",
            )
        array: Rows = arrays[key]
    return array


def _table(path: Path, name: str) -> Rows:
    """A row for each line, and a number for each column; a first line of numbers is a row, and no header."""
    separator = "," if path.suffix.lower() == ".csv" else "\t"
    table = pd.read_csv(path, sep=separator)
    if all(_is_number(column) for column in table.columns):
        table = pd.read_csv(path, sep=separator, header=None)
    texts = [str(column) for column in table.columns if table[column].dtype.kind not in "fiub"]
    if texts:
        raise InputError(
            f"`inputs` {name}: {path} has text in the column {texts[0]!r}", "columns of numbers are needed"
        )
    return table.to_numpy()


def _is_number(text: Any) -> bool:  # noqa: ANN401 - the name of a column
    try:
        float(text)
    except ValueError:
        return False
    return True


READERS: dict[str, Callable[[Path, str], Rows]] = {".npy": _array, ".npz": _arrays, ".csv": _table, ".tsv": _table}
"""Ending of a file to what reads it."""
