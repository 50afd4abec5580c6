"""Variants from a VCF, or from a table with similar columns."""

from __future__ import annotations

import logging
import re
from collections import Counter
from collections.abc import Sequence
from typing import Literal, NamedTuple

import pandas as pd

from seqdo.errors import InputError
from seqdo.sequences.files.tabular import Rows, Table, read_rows

_log = logging.getLogger(__name__)

CHROMOSOMES = ("chromosome", "chrom", "sequence")
"""Columns that can name the chromosome."""

STARTS = {"position": 0, "pos": 1}
"""Columns that can hold the position, and the number that each of them gives to the first letter."""


class _Variant(NamedTuple):
    id: str
    chromosome: str
    position: int
    ref: str
    alt: str

    @property
    def spdi(self) -> str:
        """``chromosome:position:ref:alt``, 0-based."""
        return ":".join(map(str, self[1:]))


def read_variants(table: Table, *, symbolic: Literal["error", "drop"] = "error") -> pd.DataFrame:
    r"""Read the variants of a VCF or of a table, one row for each alternative allele.

    Parameters
    ----------
    table : the path of a VCF, CSV, TSV or Parquet file, gzipped or not; or a DataFrame
        A table needs the columns ``chromosome`` (or ``chrom``, ``sequence``), ``ref``, ``alt`` and one of ``position``
        (0-based, as everywhere in seqdo) and ``pos`` (1-based, as in a VCF). The column ``id`` is optional. Names may
        be in upper or lower case. Filters and genotypes of a VCF are not read.
    symbolic : what to do with alternatives that are not letters (``<DEL>``, ``*``, breakends, ``.``)
        "error" refuses the file. "drop" leaves these alternatives out, and logs how many there were.

    Returns
    -------
    DataFrame with the columns id, chromosome, position (0-based), ref, alt (upper case)
        If an id is missing or not unique, ``chromosome:position:ref:alt`` is added to it, 0-based (the SPDI form of
        NCBI).

    Raises
    ------
    InputError
        A column is missing, a position is not a whole number, an allele has other characters than letters, ref equals
        alt, or a variant occurs twice. The error names the file and the line, or the id.

    Examples
    --------
    >>> rows = [("chr1", 100, "rs1", "A", "G"), ("chr1", 200, ".", "A", "C,T")]
    >>> table = pd.DataFrame(rows, columns=["CHROM", "POS", "ID", "REF", "ALT"])
    >>> read_variants(table)["id"].tolist()
    ['rs1', 'chr1:199:A:C', 'chr1:199:A:T']
    """
    if symbolic not in ("error", "drop"):
        raise InputError(f"symbolic={symbolic!r}", '"error" or "drop" is needed')
    rows = read_rows(table, {"id", "ref", "alt", *CHROMOSOMES, *STARTS})
    variants, symbols = _variants(rows)
    if symbols and (symbolic == "error" or not variants):
        number = len(variants) + len(symbols)
        raise InputError(
            f"`alt` is not letters in {len(symbols)} of {number} alternatives, first in {symbols[0]}",
            "letters are needed, because a symbol does not say which letters the allele has",
            'Write symbolic="drop" to leave them out' if variants else "",
        )  # fmt: skip
    if symbols:
        _log.warning("%d alternatives are not letters and were left out, first in %s", len(symbols), symbols[0])
    _refuse_invalid(variants)
    return pd.DataFrame(_with_unique_ids(variants), columns=list(_Variant._fields))


def _variants(rows: Rows) -> tuple[list[_Variant], list[str]]:
    """One variant for each alternative of letters, and the place and name of each alternative that is a symbol."""
    chromosome, start = _only_column(rows, CHROMOSOMES), _only_column(rows, tuple(STARTS))
    rows.need("ref", "alt")
    variants: list[_Variant] = []
    symbols: list[str] = []
    for row in range(len(rows)):
        position = rows.whole(row, start) - STARTS[start]
        if position < 0:
            raise rows.refuse(row, start, f"{start} counts from {STARTS[start]}")
        name = rows.columns["id"][row] if "id" in rows.columns else ""
        ref = rows.columns["ref"][row].upper()
        for alt in rows.columns["alt"][row].split(","):
            # A VCF writes a dot where it has no id.
            variant = _Variant(
                "" if name == "." else name, rows.columns[chromosome][row], position, ref, alt.strip().upper()
            )
            if re.search(r"[]<>[*.]", alt):
                symbols.append(f"{rows.places[row]}: {variant.spdi}")
            else:
                variants.append(variant)
    return variants, symbols


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
    )


def _refuse_invalid(variants: Sequence[_Variant]) -> None:
    """Refuse what cannot be a variant of letters. The error names the first, and how many there are."""
    times = Counter(variant[1:] for variant in variants)
    letters = "an allele is one or more of the letters A, C, G, T or U; an insertion includes the letter before it"
    kinds = {
        letters: [v for v in variants if not all(re.fullmatch("[ACGTU]+", allele) for allele in (v.ref, v.alt))],
        "`ref` and `alt` must differ; here the alternative is the reference": [v for v in variants if v.ref == v.alt],
        "each variant may occur once; here the same variant occurs twice": [v for v in variants if times[v[1:]] > 1],
    }
    for accepted, invalid in kinds.items():
        if invalid:
            first = invalid[0]
            name = f"{first.id} ({first.spdi})" if first.id else first.spdi
            raise InputError(f"{len(invalid)} of {len(variants)} variants, first {name}", accepted)


def _with_unique_ids(variants: Sequence[_Variant]) -> list[_Variant]:
    """The variants, with the SPDI form added to an id that is missing or not unique."""
    times = Counter(variant.id for variant in variants)
    return [
        variant
        if variant.id and times[variant.id] == 1
        else variant._replace(id=f"{variant.id} {variant.spdi}".strip())
        for variant in variants
    ]
