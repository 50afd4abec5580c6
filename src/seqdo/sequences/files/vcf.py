"""Variants as people have them: in a VCF, or in a table with the columns of one."""

from __future__ import annotations

import logging
import re
from collections import Counter
from collections.abc import Sequence
from typing import Literal

import pandas as pd

from seqdo.errors import InputError
from seqdo.sequences.files.tabular import Rows, Table, read_rows

_log = logging.getLogger(__name__)

CHROMOSOMES = ("chromosome", "chrom", "sequence")
"""Columns that may name the chromosome."""

STARTS = {"position": 0, "pos": 1}
"""Columns that may say the place, and what the first letter is counted as."""

Variant = tuple[str, str, int, str, str]
"""id, chromosome, position, ref, alt."""


def read_variants(given: Table, *, symbolic: Literal["error", "drop"] = "error") -> pd.DataFrame:
    r"""Variants of a VCF or a table, a row for each alternative allele.

    A table (DataFrame, CSV, TSV, Parquet) has the columns ``chromosome`` (or ``chrom``, ``sequence``), ``ref``,
    ``alt``, maybe ``id``, and one of ``position`` (0-based, as everywhere here) and ``pos`` (1-based, as in a VCF), in
    upper or lower case. Files may be gzipped. VCF 4: its first columns are read, filters and genotypes are not.

    Parameters
    ----------
    symbolic : what becomes of alternatives that are no letters (``<DEL>``, ``*``, breakends, ``.``)
        "error"; "drop" leaves them out, and the log says how many.

    Returns
    -------
    DataFrame with the columns id, chromosome, position (0-based), ref, alt (upper case)
        A variant without an id, and one that shares its id with another, is named by ``chromosome:position:ref:alt``,
        0-based (the SPDI form of NCBI).

    Raises
    ------
    InputError
        A missing column; a place that is no whole number; letters that are none; ref and alt alike; a variant
        twice. By file and line, or by id.

    Examples
    --------
    >>> rows = [("chr1", 100, "rs1", "A", "G"), ("chr1", 200, ".", "A", "C,T")]
    >>> table = pd.DataFrame(rows, columns=["CHROM", "POS", "ID", "REF", "ALT"])
    >>> read_variants(table)["id"].tolist()
    ['rs1', 'chr1:199:A:C', 'chr1:199:A:T']
    """
    if symbolic not in ("error", "drop"):
        raise InputError(f"symbolic={symbolic!r}", '"error" or "drop" is needed')
    rows = read_rows(given, {"id", "ref", "alt", *CHROMOSOMES, *STARTS})
    made, strange = _variants(rows)
    if strange and (symbolic == "error" or not made):
        raise InputError(
            f"{strange[0]}; {len(strange)} of {len(made) + len(strange)} alternatives are such",
            "letters are needed: what another allele is made of can't be written from a symbol",
            'Write symbolic="drop" to leave them out' if made else "",
        )  # fmt: skip
    if strange:
        _log.warning("%d alternatives are no letters and were left out, %s first", len(strange), strange[0])
    _refuse(made)
    return pd.DataFrame(_named(made), columns=["id", "chromosome", "position", "ref", "alt"])


def _variants(rows: Rows) -> tuple[list[Variant], list[str]]:
    """Variants, one for each alternative, and what was said of those that are no letters."""
    chromosome, start = _one(rows, CHROMOSOMES), _one(rows, tuple(STARTS))
    rows.need("ref", "alt")
    made: list[Variant] = []
    strange: list[str] = []
    for row in range(len(rows)):
        position = rows.whole(row, start) - STARTS[start]
        if position < 0:
            raise rows.refuse(row, start, f"{start} counts from {STARTS[start]}")
        name = rows.columns["id"][row] if "id" in rows.columns else ""
        where, ref = rows.columns[chromosome][row], rows.columns["ref"][row].upper()
        for alt in rows.columns["alt"][row].split(","):
            one = ("" if name == "." else name, where, position, ref, alt.strip().upper())
            if re.search(r"[]<>[*.]", alt):
                strange.append(f"{rows.places[row]}: {_spdi(one)}")
            else:
                made.append(one)
    return made, strange


def _one(rows: Rows, names: Sequence[str]) -> str:
    """The one column of these that the table has."""
    there = [name for name in names if name in rows.columns]
    if len(there) == 1:
        return there[0]
    if there:
        raise InputError(
            f"{rows.source} has columns {' and '.join(map(repr, there))}", "one of them is needed", "Take one out"
        )
    raise InputError(
        f"{rows.source} has no column {' or '.join(map(repr, names))}",
        "chromosome, position (which counts from 0; pos counts from 1, as in a VCF), ref and alt are needed",
    )


def _spdi(one: Variant) -> str:
    return ":".join(map(str, one[1:]))


def _refuse(made: Sequence[Variant]) -> None:
    """What can't be a variant of letters: said of the first, with the number of all."""
    twice = {one for one, times in Counter(one[1:] for one in made).items() if times > 1}
    letters = "letters of an allele are A, C, G, T or U, one or more (an insertion has the letter before it too)"
    kinds = {
        letters: [one for one in made if not all(re.fullmatch("[ACGTU]+", allele) for allele in one[3:])],
        "the alternative is the reference: nothing would change": [one for one in made if one[3] == one[4]],
        "the same variant is given twice": [one for one in made if one[1:] in twice],
    }
    for needed, found in kinds.items():
        if found:
            name = f"variant {found[0][0]} ({_spdi(found[0])})" if found[0][0] else f"variant {_spdi(found[0])}"
            raise InputError(f"{name}; {len(found)} of {len(made)} variants are such", needed)


def _named(made: Sequence[Variant]) -> list[Variant]:
    """The variants with names that are unique."""
    times = Counter(one[0] for one in made)
    return [one if one[0] and times[one[0]] == 1 else (f"{one[0]} {_spdi(one)}".strip(), *one[1:]) for one in made]
