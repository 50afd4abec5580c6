"""Variants from a VCF, or from a table with similar columns."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import Literal

import pandas as pd

from seqdo.errors import InputError
from seqdo.sequences.files.tabular import Rows, Table, read_rows
from seqdo.sequences.files.variant_rows import MISSING, Bad, Flaw, VariantRow, check_bad, row_columns, usable

CHROMOSOMES = ("chromosome", "chrom", "sequence")
"""Columns that can name the chromosome."""

STARTS = {"position": 0, "pos": 1}
"""Columns that can hold the position, and the number that each of them gives to the first letter."""

REPEATED = "the same variant occurs in an earlier row"
"""The reason of a row that is left out because an equal one is kept."""

_ALLELE = "an allele is one or more of the letters A, C, G, T or U; an insertion includes the letter before it"
_CELLS = "the row has another number of cells than the header"
_SYMBOL = Flaw(
    "ALT is not letters", "letters are needed, because a symbol does not show which letters the allele has",
    'Write symbolic="drop" to leave such alternatives out',
)  # fmt: skip
_NO_ALTERNATIVE = _SYMBOL._replace(reason="ALT is a dot, so there is no alternative allele")
_UNKNOWN = Flaw("REF or ALT contains N", "each letter of an allele is a base, and N is unknown")
_LETTERS = Flaw("REF or ALT has characters that are not A, C, G, T or U", _ALLELE)
_EQUAL = Flaw("REF and ALT are the same", "the alternative is not the reference")


def read_variants(
    table: Table, *, symbolic: Literal["error", "drop"] = "error", bad: Bad = "raise"
) -> pd.DataFrame:  # fmt: skip
    r"""Read the variants of a VCF or of a table, one row for each alternative allele.

    Parameters
    ----------
    table : the path of a VCF, CSV, TSV or Parquet file, gzipped (or by bgzip) or not; or a DataFrame
        A table needs the columns ``chromosome`` (or ``chrom``, ``sequence``), ``ref``, ``alt`` and one of ``position``
        (0-based, as everywhere in seqdo) and ``pos`` (1-based, as in a VCF). The column ``id`` is optional. Names may
        be in upper or lower case. A row with several alternatives is split. Filters and genotypes are not read.
    symbolic : what to do with alternatives that are not letters (``<DEL>``, ``*``, breakends, ``.``)
        "error" treats them as ``bad`` says. "drop" leaves these alternatives out, with a warning that counts them.
    bad : what to do with rows that cannot be used: "raise" refuses the table in one error that lists them all
        "skip" reads the other rows, with one warning that counts by reason. Of equal variants the first is kept.

    Returns
    -------
    DataFrame with the columns id, chromosome, position (0-based), ref, alt (upper case)
        If an id is missing or not unique, ``chromosome:position:ref:alt`` is added to it, 0-based (the SPDI form of
        NCBI). ``pandas.DataFrame(variants.attrs["rows"])`` has every row of the table with its status and reason.

    Raises
    ------
    InputError
        A column is missing, or rows cannot be used. Such rows have a position that is not a whole number, another
        number of cells, an allele with other characters than letters, or ref equal to alt; or the variant occurs
        twice.

    Examples
    --------
    >>> rows = [("chr1", 100, "rs1", "A", "G"), ("chr1", 200, ".", "A", "C,T")]
    >>> table = pd.DataFrame(rows, columns=["CHROM", "POS", "ID", "REF", "ALT"])
    >>> read_variants(table)["id"].tolist()
    ['rs1', 'chr1:199:A:C', 'chr1:199:A:T']
    """
    check_bad(bad)
    rows = variant_rows(table, symbolic=symbolic)
    names = unique_ids(usable(rows, bad, 'variants.attrs["rows"]'))
    cells = [(row.name, row.chrom, row.start, *row.alleles) for row in names]
    variants = pd.DataFrame(cells, columns=["id", "chromosome", "position", "ref", "alt"])
    # Plain columns, because pandas compares attributes when it joins tables, and a table in there has no one truth.
    variants.attrs["rows"] = row_columns(rows)
    return variants


def variant_rows(table: Table, *, symbolic: Literal["error", "drop"] = "error", group: str = "") -> list[VariantRow]:
    """Every alternative allele of a table, each with its flaw; one that ``symbolic`` drops is left out on request.

    Parameters
    ----------
    table, symbolic : as :func:`read_variants` takes them
    group : column that names the haplotype of each variant; "" reads the column ``group`` if there is one

    Raises
    ------
    InputError
        A column is missing.
    """
    if symbolic not in ("error", "drop"):
        raise InputError(f"symbolic={symbolic!r}", '"error" or "drop" is needed')
    column = group.lower() or "group"
    rows = read_rows(table, {"id", "ref", "alt", column, *CHROMOSOMES, *STARTS}, uneven=True)
    if group:
        rows.need(column)
    alleles = _alleles(rows, column)
    if symbolic == "drop":
        alleles = [_omitted(row) if row.flaw in (_SYMBOL, _NO_ALTERNATIVE) else row for row in alleles]
    return without_repeats(alleles)


def without_repeats(rows: Sequence[VariantRow], names: dict[str, str] | None = None) -> list[VariantRow]:
    """The rows; a variant that an earlier row of its group has, too, gets a flaw that names this row.

    Parameters
    ----------
    rows : rows with their flaws
    names : chromosome to the name of its sequence, where the two differ
    """
    first: dict[tuple[object, ...], str] = {}
    out = []
    for row in rows:
        key = (row.group, (names or {}).get(row.chrom, row.chrom), row.pos, *row.alleles)
        if row.flaw is None and key in first:
            flaw = Flaw(REPEATED, "each variant occurs once", detail=f" ({first[key]})")
            row = replace(row, flaw=flaw)
        elif row.flaw is None:
            first[key] = row.place
        out.append(row)
    return out


def unique_ids(rows: Sequence[VariantRow]) -> list[VariantRow]:
    """The rows with names: their ids, with the SPDI form added to an id that is missing or not unique."""
    times = Counter(row.label for row in rows)
    return [
        replace(row, name=row.label if row.label and times[row.label] == 1 else f"{row.label} {row.spdi}".strip())
        for row in rows
    ]


def _alleles(rows: Rows, group: str) -> list[VariantRow]:
    """One row for each alternative, with what its cells alone show to be wrong."""
    chromosome, start = _only_column(rows, CHROMOSOMES), _only_column(rows, tuple(STARTS))
    rows.need("ref", "alt")
    out = []
    for row, place in enumerate(rows.places):
        cells = {name: column[row] for name, column in rows.columns.items()}
        pos, flaw = _position(cells[start], start)
        if row in rows.uneven:
            flaw = Flaw(_CELLS, "each row has one cell for each column", detail=f" ({rows.uneven[row]} cells)")
        elif cells[chromosome] in MISSING:
            flaw = Flaw("the row names no chromosome", "each row names the sequence that has the variant")
        name = cells.get("id", "")
        for alt in (text.strip() for text in cells["alt"].split(",")):
            own = flaw or _allele_flaw(cells["ref"].upper(), alt.upper())
            allele = VariantRow(place, name, cells[chromosome], pos or 0, cells["ref"], alt, cells.get(group, ""), own)
            out.append(allele if pos is not None else replace(allele, no_pos=cells[start]))
    return out


def _omitted(row: VariantRow) -> VariantRow:
    """The row, left out because the caller wrote so."""
    return replace(row, flaw=row.flaw and row.flaw._replace(on_request=True))


def _position(text: str, column: str) -> tuple[int | None, Flaw | None]:
    """The position, counted from 1; None and a flaw where the cell holds none."""
    first = STARTS[column]
    detail = f" (column {column}: {text!r})"
    if not re.fullmatch(r"[+-]?\d+(\.0+)?", text):
        return None, Flaw("the position is not a whole number", "a whole number is needed", detail=detail)
    number = int(text.partition(".")[0])
    if number < first:
        return None, Flaw("the position is before the first letter", f"{column} counts from {first}", detail=detail)
    return number - first + 1, None


def _allele_flaw(ref: str, alt: str) -> Flaw | None:
    """What is wrong with two alleles; None if nothing is."""
    if alt == ".":
        return _NO_ALTERNATIVE
    if re.search(r"[]<>[*.]", alt):
        return _SYMBOL
    if re.search("[^ACGTU]", ref + alt) or not ref or not alt:
        return _UNKNOWN if re.fullmatch("[ACGTUN]+", ref) and re.fullmatch("[ACGTUN]+", alt) else _LETTERS
    return _EQUAL if ref == alt else None


def _only_column(rows: Rows, names: Sequence[str]) -> str:
    """The one of these columns that the table has."""
    present, source = [name for name in names if name in rows.columns], rows.source
    if len(present) == 1:
        return present[0]
    if present:
        raise InputError(
            f"{source} has the columns {' and '.join(map(repr, present))}",
            f"only one of them is needed, because each can hold the {names[0]}",
            "Remove one of them",
        )
    raise InputError(
        f"{source} has no column {' or '.join(map(repr, names))}",
        "the columns chromosome, position (counts from 0; or pos, which counts from 1), ref and alt are needed",
        "A VCF names them in the line that begins with #CHROM",
    )
