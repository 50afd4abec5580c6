"""Tables as people write them: each row with the place where it stands, so that errors can name it."""

from __future__ import annotations

import csv
import difflib
import io
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import Any

import pandas as pd

from seqdo.errors import InputError
from seqdo.sequences.files.fasta import named, opened

Columns = Mapping[str, Sequence[Any]]
"""A table as plain data: name of a column to its cells, None where one is missing. A design stores its tables so."""

Table = str | PathLike[str] | pd.DataFrame | Columns
"""A table as a user has it: in memory, as columns, or the path of a file."""


@dataclass(frozen=True, eq=False)
class Rows:
    """The rows of a table, all cells as text; what is missing is "".

    Attributes
    ----------
    places : where each row stands, as errors call it: ``arms.csv, line 3``
    columns : name to cells; names without white space and # at their ends
    """

    places: tuple[str, ...]
    columns: dict[str, tuple[str, ...]]

    def __len__(self) -> int:
        return len(self.places)

    @property
    def source(self) -> str:
        """The file's name, or "the table"."""
        return self.places[0].rpartition(", ")[0]

    def refuse(self, row: int, column: str, needed: str, write: str = "") -> InputError:
        """The error for a cell."""
        return InputError(f"{self.places[row]}, column {column}: {self.columns[column][row]!r}", needed, write)

    def whole(self, row: int, column: str) -> int:
        """A cell as a whole number; 3.0, as tables that had gaps write 3, is one."""
        if not re.fullmatch(r"[+-]?\d+(\.0+)?", self.columns[column][row]):
            raise self.refuse(row, column, "a whole number is needed")
        return int(self.columns[column][row].partition(".")[0])

    def need(self, *names: str) -> None:
        """Refuse a table that lacks one of these columns."""
        missing = [name for name in names if name not in self.columns]
        if missing:
            near = difflib.get_close_matches(missing[0], self.columns, 1)
            raise InputError(
                f"{self.source} has no column {missing[0]!r}", f"{', '.join(names)} are needed",
                f"Is it {near[0]!r}?" if near else "",
            )  # fmt: skip


def read_rows(given: Table, wanted: Collection[str] | None = None) -> Rows:
    """The rows of a DataFrame, or of a file: CSV (with , or ;), TSV, VCF or Parquet, gzipped or not; its content says.

    Lines that begin with ``##`` before the header, as those of a VCF, are left out.

    Parameters
    ----------
    wanted : the columns to keep, in lower case, whatever their case in the table; None keeps all

    Raises
    ------
    InputError
        A file that can't be read; no rows; a row with more or fewer cells than the header; a column twice.
    """
    if isinstance(given, Mapping):
        given = frame_of(given)
    if isinstance(given, pd.DataFrame):
        return _rows("the table", *_of_frame(given), wanted)
    if not isinstance(given, str | PathLike):
        raise InputError(f"a table of type {type(given).__name__}", "a DataFrame or the path of a file is needed")
    name = Path(given).name
    with named(given), opened(Path(given)) as lines:
        data = lines.read()
    if data[:4] == b"PAR1":
        try:
            frame = pd.read_parquet(io.BytesIO(data))
        except (OSError, ValueError) as error:  # those of pyarrow are one of these
            raise InputError(name, f"it is a Parquet file that can't be read ({error})"[:300]) from None
        return _rows(name, *_of_frame(frame), wanted)
    if data[:3] == b"BCF":
        raise InputError(f"{name}", "it is a BCF; a VCF, CSV, TSV or Parquet is needed", "bcftools view -Ov writes one")
    return _rows(name, *_of_text(name, data), wanted)


def frame_of(columns: Columns, *, typed: bool = False) -> pd.DataFrame:
    """The DataFrame of columns that are as long as one another.

    Parameters
    ----------
    typed : give each column the type of its cells; otherwise every cell stays what it is, so that 3 is no 3.0 where
        another cell of its column is missing

    Raises
    ------
    InputError
        Columns that are no lists, or of different lengths.

    Examples
    --------
    >>> frame_of({"arm": ["a", "b"], "sites": [1, None]})["sites"].tolist()
    [1, None]
    """
    plain = all(isinstance(cells, Sequence) and not isinstance(cells, str) for cells in columns.values())
    if not plain or len({len(cells) for cells in columns.values()}) > 1:
        raise InputError(
            f"a table with the columns {', '.join(map(str, columns))}", "columns are lists of one length",
            'Write {"arm": ["a", "b"], "start": [2, 5]}',
        )  # fmt: skip
    return pd.DataFrame(dict(columns), dtype=None if typed else object)


def _of_frame(frame: pd.DataFrame) -> tuple[list[str], list[str], list[list[str]]]:
    """Header, places and cells; places are the labels of the index."""
    missing = frame.isna().to_numpy()
    cells = [
        ["" if gone else str(cell) for cell, gone in zip(row, gaps, strict=True)]
        for row, gaps in zip(frame.astype(object).to_numpy(), missing, strict=True)
    ]
    return [str(name) for name in frame.columns], [f"row {label}" for label in frame.index], cells


def _of_text(name: str, data: bytes) -> tuple[list[str], list[str], list[list[str]]]:
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(f"{name}", f"it is not text in UTF-8 ({error.reason})") from None
    before = re.match(r"(##[^\n]*(\n|$))*", text)
    skipped = before.group().count("\n") if before else 0
    rest = text[before.end() if before else 0 :]
    body = rest.lstrip("\r\n")
    skipped += rest[: len(rest) - len(body)].count("\n")
    comma = max("\t,;", key=body.partition("\n")[0].count)
    lines = io.StringIO(body, newline="")
    # a quote in a VCF is a letter like any other
    reader = (
        csv.reader(lines, delimiter="\t", quoting=csv.QUOTE_NONE)
        if comma == "\t"
        else csv.reader(lines, delimiter=comma)
    )
    header: list[str] = []
    places, cells = [], []
    try:
        for row in reader:
            line = f"line {reader.line_num + skipped}"
            if not header:
                header = row
            elif any(cell.strip() for cell in row):
                if len(row) != len(header):
                    needed = f"the header has {len(header)} columns: {', '.join(header)}"
                    raise InputError(f"{name}, {line} has {len(row)} cells", needed)
                places.append(line)
                cells.append(row)
    except csv.Error as error:
        raise InputError(f"{name}, line {reader.line_num + skipped}", f"it can't be read ({error})") from None
    return header, places, cells


def _rows(
    source: str, header: list[str], places: list[str], cells: list[list[str]], wanted: Collection[str] | None
) -> Rows:
    kept: dict[str, int] = {}
    for column, text in enumerate(header):
        name = text.strip().removeprefix("#").strip()
        if wanted is not None:
            if name.lower() not in wanted:
                continue
            name = name.lower()
        if not name:
            raise InputError(
                f"{source}: column {column + 1} has no name", "each column has one", "Name it, or leave it out"
            )
        if name in kept:
            raise InputError(f"{source} has two columns {name!r}", "each column has a name of its own", "Rename one")
        kept[name] = column
    if not cells:
        raise InputError(f"{source} has no rows", "at least one below the header is needed")
    columns = {name: tuple(row[column].strip() for row in cells) for name, column in kept.items()}
    return Rows(tuple(f"{source}, {place}" for place in places), columns)
