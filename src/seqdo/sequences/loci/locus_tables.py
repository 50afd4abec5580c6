"""Loci of tables: a DataFrame, columns of a file, and the regions of an AnnData object or h5ad file."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from os import PathLike
from pathlib import Path
from typing import Any

import pandas as pd

from seqdo.errors import InputError
from seqdo.sequences.files.content import CHROMOSOMES, STARTS, STOPS, whole_number
from seqdo.sequences.files.tabular import Rows, Table, read_rows
from seqdo.sequences.loci.locus import Locus
from seqdo.sequences.loci.locus_lines import bed_locus

NAMES = ("name", "id")
STRAND = ("strand",)
SUMMITS = ("summit",)

_REGION = re.compile(r"(.+):([\d,]+)-([\d,]+)(?:\(([+-])\))?(?::([+-]))?")
"""``chr1:100-200``, with a strand or without."""


def table_as_loci(table: Table) -> Iterator[Locus]:
    """The locus of each row of a table with the columns chrom, start and end, 0-based and half-open as in a BED.

    Parameters
    ----------
    table : DataFrame, columns, or the path of a CSV, TSV or Parquet file
        Columns name, strand and summit (0-based position on the contig) may be there too; others are not read.

    Raises
    ------
    InputError
        A column is missing, or the table has two of a kind.

    Examples
    --------
    >>> table = {"chrom": ["chr1"], "start": [10], "end": [20], "strand": ["-"]}
    >>> [locus.text for locus in table_as_loci(table)]
    ['chr1:10-20(-)']
    """
    rows = read_rows(table, {*CHROMOSOMES, *STARTS, *STOPS, *NAMES, *STRAND, *SUMMITS})
    contigs, starts, stops = (_column(rows, names, needed=True) for names in (CHROMOSOMES, STARTS, STOPS))
    names, strands, summits = (_column(rows, kind, needed=False) for kind in (NAMES, STRAND, SUMMITS))
    for row, place in enumerate(rows.places):
        cells = [contigs[row], starts[row], stops[row], names[row], "", strands[row]]
        locus, summit = bed_locus(cells, place), whole_number(summits[row])
        if summits[row] and summit is None:
            locus = replace(locus, flaw=locus.flaw or f"summit {summits[row]!r} is not a whole number")
        yield replace(locus, summit=summit)


def regions_as_loci(var: pd.DataFrame, source: str) -> Iterator[Locus]:
    """The regions of an AnnData object: rows of its table ``var``.

    Parameters
    ----------
    var : columns chrom (or chr), start and end, as CREsted writes them, or an index of ``chr1:100-200``
        0-based and half-open in both.
    source : what errors call the table

    Raises
    ------
    InputError
        The table has neither these columns nor such an index.

    Examples
    --------
    >>> [locus.text for locus in regions_as_loci(pd.DataFrame(index=["chr1:100-200"]), "regions")]
    ['chr1:100-200']
    """
    lower = {str(name).lower() for name in var.columns}
    if all(lower & set(names) for names in (CHROMOSOMES, STARTS, STOPS)):
        wanted = {*CHROMOSOMES, *STARTS, *STOPS, *STRAND}
        columns = var[[name for name in var.columns if str(name).lower() in wanted]]
        yield from (_renamed(locus, str(label)) for locus, label in zip(table_as_loci(columns), var.index, strict=True))
        return
    labels = [str(label) for label in var.index]
    if not any(map(_REGION.fullmatch, labels)):
        raise InputError(
            f"`var` of {source} has the columns {', '.join(map(str, var.columns)) or 'none'}"
            f" and the index {', '.join(labels[:3])}",
            "columns chrom, start and end are needed, or an index of regions like chr1:100-200",
            "Add the columns to adata.var",
        )  # fmt: skip
    yield from map(_region, labels)


def read_regions(path: str | PathLike[str]) -> pd.DataFrame:
    """The table ``var`` of an h5ad file: its index, and its columns that name regions.

    Only this table is read. The package anndata is not needed.

    Parameters
    ----------
    path : the file

    Raises
    ------
    InputError
        The file has no such table.
    """
    import h5py

    with h5py.File(path, "r") as file:
        group = file.get("var")
        if not isinstance(group, h5py.Group):
            raise InputError(
                f"{Path(path).name}: the HDF5 file has no group `var`", "an h5ad file of AnnData is needed",
                "For one-hot arrays write sd.read_one_hot(path)",
            )  # fmt: skip
        wanted = {*CHROMOSOMES, *STARTS, *STOPS, *STRAND}
        index = _cells(group[_text(group.attrs.get("_index", "_index"))])
        columns = {name: _cells(group[name]) for name in group if name.lower() in wanted}
    return pd.DataFrame(columns, index=index)


def _cells(stored: Any) -> list[Any]:  # noqa: ANN401 - h5py has no types
    """Cells of a column of an h5ad file: an array, or categories with codes, or values with a mask."""
    if hasattr(stored, "keys"):
        if "categories" in stored:
            categories = _cells(stored["categories"])
            return ["" if code < 0 else categories[code] for code in stored["codes"][:]]
        return _cells(stored["values"])
    return [_text(cell) for cell in stored[:].tolist()]


def _text(cell: Any) -> Any:  # noqa: ANN401 - h5py has no types
    return cell.decode("utf-8", "replace") if isinstance(cell, bytes) else cell


def _region(label: str) -> Locus:
    match = _REGION.fullmatch(label)
    if match is None:
        flaw, nothing = "the name is no region like chr1:100-200", {"start": "", "end": ""}
        return Locus(f"row {label}", label, "", 0, 0, flaw=flaw, written=nothing)
    contig, start, stop, *strands = match.groups()
    start, stop = start.replace(",", ""), stop.replace(",", "")
    strand = next((strand for strand in strands if strand), ".")
    return _renamed(bed_locus([contig, start, stop, "", "", strand], ""), label)


def _renamed(locus: Locus, label: str) -> Locus:
    return replace(locus, place=f"row {label}", name=label)


def _column(rows: Rows, names: Iterable[str], needed: bool) -> tuple[str, ...]:
    """The one column of these names; empty cells if it is missing and not needed."""
    present = [name for name in names if name in rows.columns]
    if len(present) > 1:
        raise InputError(
            f"`loci`: {rows.source} has the columns {' and '.join(map(repr, present))}", "only one of them is needed",
            "Remove one of them",
        )  # fmt: skip
    if needed and not present:
        raise InputError(
            f"`loci`: {rows.source} has no column {' or '.join(map(repr, names))}",
            "the columns chrom, start and end are needed (0-based, half-open, as in a BED)", "Rename the columns",
        )  # fmt: skip
    return rows.columns[present[0]] if present else ("",) * len(rows)
