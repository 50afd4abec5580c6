"""Tables from memory or from files. Each row keeps its place (file and line), so that errors can name it."""

from __future__ import annotations

import csv
import difflib
import io
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from os import PathLike
from typing import Any

import pandas as pd

from seqdo.errors import InputError
from seqdo.sequences.files.input_file import naming, unpacked

Columns = Mapping[str, Sequence[Any]]
"""A table as plain data: name of a column to its cells, None where one is missing. A design stores its tables so."""

Table = str | PathLike[str] | pd.DataFrame | Columns
"""What a user may pass as a table: a DataFrame, columns, or the path of a file."""


@dataclass(frozen=True, eq=False)
class Rows:
    """The rows of a table. All cells are text, and a missing cell is "".

    Attributes
    ----------
    places : the place of each row, as errors name it: ``arms.csv, line 3``
    columns : name of a column to its cells; names have no white space and no # at their ends
    uneven : row to its number of cells, where that is not the number of the header's; its cells may be shifted
    """

    places: tuple[str, ...]
    columns: dict[str, tuple[str, ...]]
    uneven: Mapping[int, int] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.places)

    @property
    def source(self) -> str:
        """Name of the file, or "the table"."""
        return self.places[0].rpartition(", ")[0]

    def refuse(self, row: int, column: str, accepted: str, fix: str = "") -> InputError:
        """Build the error for one cell.

        Parameters
        ----------
        row, column : the cell
        accepted, fix : the second and third part of the error
        """
        place = self.places[row]
        return InputError(f"{place}, column {column}: {self.columns[column][row]!r}", accepted, fix)

    def whole(self, row: int, column: str) -> int:
        """Read one cell as a whole number.

        Parameters
        ----------
        row, column : the cell; 3.0 counts as 3, because pandas writes 3 so in a column with gaps

        Raises
        ------
        InputError
            The cell is not a whole number.
        """
        if not re.fullmatch(r"[+-]?\d+(\.0+)?", self.columns[column][row]):
            raise self.refuse(row, column, "a whole number is needed")
        return int(self.columns[column][row].partition(".")[0])

    def need(self, *names: str) -> None:
        """Refuse a table without one of these columns.

        Parameters
        ----------
        *names : the columns that are needed

        Raises
        ------
        InputError
            A column is missing.
        """
        missing = [name for name in names if name not in self.columns]
        if missing:
            source, near = self.source, difflib.get_close_matches(missing[0], self.columns, 1)
            raise InputError(
                f"{source} has no column {missing[0]!r}", f"the columns {', '.join(names)} are needed",
                f"Is it {near[0]!r}?" if near else f"Name a column of the table {missing[0]!r}",
            )  # fmt: skip


def read_rows(table: Table, names: Collection[str] | None = None, *, uneven: bool = False) -> Rows:
    """Read the rows of a DataFrame or of a file.

    A file may be CSV (with commas or semicolons), TSV, VCF or Parquet, gzipped or not. The content decides, not the
    name of the file. Lines that begin with ``##`` before the header, as in a VCF, are skipped.

    Parameters
    ----------
    table : a DataFrame, or the path of a file
    names : the columns to keep, in lower case; case in the table does not matter; None keeps all columns
    uneven : keep rows with more or fewer cells than the header, and list them in ``Rows.uneven``

    Raises
    ------
    InputError
        The file can't be read, there are no rows, a row has more or fewer cells than the header (unless ``uneven``),
        or two columns have the same name.
    """
    if isinstance(table, Mapping):
        table = frame_of(table)
    if isinstance(table, pd.DataFrame):
        return _rows("the table", *_of_frame(table), names, uneven)
    if not isinstance(table, str | PathLike):
        raise InputError(
            f"`table` is of type {type(table).__name__}", "a DataFrame, or the path of a file, is needed",
            'Write table="folder/name", or pd.DataFrame({"name of a column": [...], ...})',
        )  # fmt: skip
    with naming(table, "table") as path, unpacked(path) as lines:
        data = lines.read()
    file = path.name
    if data[:4] == b"PAR1":
        try:
            frame = pd.read_parquet(io.BytesIO(data))
        except (OSError, ValueError) as error:  # every error of pyarrow is one of these two
            raise InputError(file, f"this Parquet file can't be read ({error})"[:300]) from None
        return _rows(file, *_of_frame(frame), names, uneven)
    if data[:3] == b"BCF":
        raise InputError(
            f"file {file} is a BCF", "VCF, CSV, TSV and Parquet are accepted", "Write bcftools view -Ov to convert it"
        )
    return _rows(file, *_of_text(file, data), names, uneven)


def frame_of(columns: Columns, *, typed: bool = False) -> pd.DataFrame:
    """The DataFrame of columns of one length.

    Parameters
    ----------
    columns : name of a column to its cells
    typed : give each column the type of its cells; otherwise every cell stays as it is, so that 3 does not become 3.0
        where another cell of its column is missing

    Raises
    ------
    InputError
        A column is not a list, or the lengths differ.

    Examples
    --------
    >>> frame_of({"arm": ["a", "b"], "sites": [1, None]})["sites"].tolist()
    [1, None]
    """
    plain = all(isinstance(cells, Sequence) and not isinstance(cells, str) for cells in columns.values())
    if not plain or len({len(cells) for cells in columns.values()}) > 1:
        raise InputError(
            f"`table` with the columns {', '.join(map(str, columns))}", "columns are lists of one length",
            'Write {"arm": ["a", "b"], "start": [2, 5]}',
        )  # fmt: skip
    return pd.DataFrame(dict(columns), dtype=None if typed else object)


def _of_frame(frame: pd.DataFrame) -> tuple[list[str], list[str], list[list[str]]]:
    """Header, places and cells. A place is the label of a row in the index."""
    missing = frame.isna().to_numpy()
    cells = [
        ["" if gone else str(cell) for cell, gone in zip(row, gaps, strict=True)]
        for row, gaps in zip(frame.astype(object).to_numpy(), missing, strict=True)
    ]
    return [str(name) for name in frame.columns], [f"row {label}" for label in frame.index], cells


def _of_text(file: str, data: bytes) -> tuple[list[str], list[str], list[list[str]]]:
    """Header, places and cells of delimited text. A place is the number of a line, from 1."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(
            f"file {file}", f"text in UTF-8 is needed ({error.reason})", "Save the table as text: CSV or TSV"
        ) from None
    preamble = re.match(r"(##[^\n]*(\n|$))*", text)
    skipped = preamble.group().count("\n") if preamble else 0
    rest = text[preamble.end() if preamble else 0 :]
    body = rest.lstrip("\r\n")
    skipped += rest[: len(rest) - len(body)].count("\n")
    delimiter = max("\t,;", key=body.partition("\n")[0].count)
    lines = io.StringIO(body, newline="")
    # In a VCF a quotation mark is a character like any other.
    reader = (
        csv.reader(lines, delimiter="\t", quoting=csv.QUOTE_NONE)
        if delimiter == "\t"
        else csv.reader(lines, delimiter=delimiter)
    )
    header: list[str] = []
    places, cells = [], []
    try:
        for row in reader:
            line = f"line {reader.line_num + skipped}"
            if not header:
                header = row
            elif any(cell.strip() for cell in row):
                places.append(line)
                cells.append(row)
    except csv.Error as error:
        raise InputError(f"{file}, line {reader.line_num + skipped}", f"it can't be read ({error})") from None
    return header, places, cells


def _rows(
    source: str, header: list[str], places: list[str], cells: list[list[str]], names: Collection[str] | None,
    uneven: bool,
) -> Rows:  # fmt: skip
    """Rows with these columns, named as in the header, or in lower case if only some ``names`` are kept."""
    counts = {row: len(texts) for row, texts in enumerate(cells) if len(texts) != len(header)}
    if counts and not uneven:
        row, count = next(iter(counts.items()))
        raise InputError(
            f"{source}, {places[row]} has {count} cells",
            f"each row needs {len(header)} cells, for the {len(header)} columns {', '.join(header)}",
            "Check the separator, and leave a cell empty where there is no value",
        )
    for row in counts:
        cells[row] = (cells[row] + [""] * len(header))[: len(header)]
    index: dict[str, int] = {}
    for column, text in enumerate(header):
        name = text.strip().removeprefix("#").strip()
        if names is not None:
            if name.lower() not in names:
                continue
            name = name.lower()
        if not name:
            raise InputError(
                f"{source}: column {column + 1} has no name",
                "each column needs a name",
                "Name the column, or remove it",
            )
        if name in index:
            raise InputError(f"{source} has two columns {name!r}", "names of columns are unique", "Rename one of them")
        index[name] = column
    if not cells:
        raise InputError(
            f"{source} has no rows", "at least one row below the header is needed",
            "Check that this is the table, and that its first line names the columns",
        )  # fmt: skip
    columns = {name: tuple(row[column].strip() for row in cells) for name, column in index.items()}
    return Rows(tuple(f"{source}, {place}" for place in places), columns, counts)
