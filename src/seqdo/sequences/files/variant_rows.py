"""Rows of a table of variants: what each holds, why one cannot be used, and one report of all such rows."""

from __future__ import annotations

import warnings
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

from seqdo.caller_warning import warn_caller
from seqdo.errors import InputError

Bad = Literal["raise", "skip"]
"""What to do with rows that cannot be used: refuse the table with a list of all, or go on with the other rows."""

MOST_LISTED = 20
"""Rows that an error lists; it counts the others."""

MISSING = (".", "")
"""Cells without a value; a VCF writes a dot."""

LONGEST_ALLELE = 24
"""Letters of an allele that a message shows."""

MOST_FIXES = 3
"""Pieces of advice of an error about rows with several reasons."""

USED, SKIPPED = "used", "skipped"


class Flaw(NamedTuple):
    """Why a row cannot be used.

    Attributes
    ----------
    reason : the heading under which such rows are counted
    accepted, fix : the second and third part of the error
    detail : what is particular to this row
    on_request : the caller wrote that such rows are left out, so that they are no error
    """

    reason: str
    accepted: str = ""
    fix: str = ""
    detail: str = ""
    on_request: bool = False


@dataclass(frozen=True, slots=True)
class VariantRow:
    """One alternative allele of one row of a table of variants, in the letters of the table.

    Attributes
    ----------
    place : file and line, or the label of the row
    id, chrom, ref, alt : as in the table; id is "" or "." where there is none
    pos : 1-based position of the first letter of ref, as in a VCF; 0 where the table holds no such number
    group : the haplotype that the variant belongs to, if the table names one
    flaw : why the row cannot be used; None if it can
    name : the background that has the variant; "" where there is none
    no_pos : what the table holds in place of a position, where ``pos`` is 0; None where there is a position
    """

    place: str
    id: str
    chrom: str
    pos: int
    ref: str
    alt: str
    group: str = ""
    flaw: Flaw | None = None
    name: str = ""
    no_pos: str | None = None

    @property
    def label(self) -> str:
        """The id; "" where there is none."""
        return "" if self.id in MISSING else self.id

    @property
    def start(self) -> int:
        """0-based position of the first letter of the reference allele."""
        return self.pos - 1

    @property
    def alleles(self) -> tuple[str, str]:
        """Reference and alternative allele in upper case."""
        return self.ref.upper(), self.alt.upper()

    @property
    def spdi(self) -> str:
        """``chromosome:position:ref:alt``, 0-based."""
        return ":".join([self.chrom, str(self.start), *self.alleles])

    def __str__(self) -> str:
        """The variant as messages name it: id, place in the genome (1-based) and place in the table."""
        alleles = ">".join(_shortened(allele) for allele in (self.ref, self.alt))
        pos = self.pos if self.no_pos is None else self.no_pos or "?"
        return f"{self.label} {self.chrom}:{pos} {alleles} ({self.place})".strip()


def check_bad(bad: str) -> None:
    """Refuse a value of ``bad`` that is neither of the two."""
    if bad not in ("raise", "skip"):
        raise InputError(f"`bad={bad!r}`", "'raise' or 'skip' is needed", 'Write bad="skip" to leave such rows out')


def usable(rows: Sequence[VariantRow], bad: Bad, rows_in: str, stacklevel: int = 3) -> list[VariantRow]:
    """The rows without a flaw; the others are refused in one error, or skipped with one warning.

    Rows that are left out on request are counted in a warning of their own.

    Parameters
    ----------
    rows : all rows, each with its flaw
    bad : "raise" or "skip"
    rows_in : where a user reads every row with its reason, for the warning
    stacklevel : of the warning, counted from this function

    Raises
    ------
    InputError
        Rows have flaws and ``bad`` is "raise", or all rows have flaws: with the first 20 rows, by reason.
    """
    flawed = [row for row in rows if row.flaw is not None and not row.flaw.on_request]
    omitted = [row for row in rows if row.flaw is not None and row.flaw.on_request]
    if flawed and (bad == "raise" or len(flawed) + len(omitted) == len(rows)):
        raise _refusal(flawed, len(rows), bad)
    if len(omitted) == len(rows):
        raise InputError(
            f"`table`: all {len(rows):,} variants are left out: {_reasons(omitted)}",
            "at least one other variant is needed",
        )
    if omitted:
        warn_caller(
            f"{len(omitted)} of {len(rows)} variants were left out: {_reasons(omitted)}. {rows_in} lists each of them"
        )
    if flawed:
        warnings.warn(
            f"{len(flawed):,} of {len(rows):,} variants cannot be used and were skipped: {_reasons(flawed)}. "
            f"{rows_in} lists every row with its reason",
            stacklevel=stacklevel,
        )
    return [row for row in rows if row.flaw is None]


def _reasons(rows: Sequence[VariantRow]) -> str:
    """The reasons of these rows, each with its number of rows."""
    counts = Counter(row.flaw.reason for row in rows if row.flaw is not None)
    return "; ".join(f"{reason} ({count:,})" for reason, count in counts.most_common())


def row_columns(rows: Sequence[VariantRow]) -> dict[str, list[Any]]:
    """Every row as columns that join with the table of the user: row, id, chrom, pos (1-based), ref, alt, status, …

    Parameters
    ----------
    rows : all rows; those with a flaw have the status "skipped"
        A cell that is no position is shown as it is in the table, as text.
    """
    columns: dict[str, list[Any]] = {
        name: [getattr(row, attribute) for row in rows]
        for name, attribute in (
            ("row", "place"), ("id", "id"), ("chrom", "chrom"), ("pos", "pos"), ("ref", "ref"), ("alt", "alt"),
        )
    }  # fmt: skip
    columns["pos"] = [row.pos if row.no_pos is None else row.no_pos for row in rows]
    if any(row.group for row in rows):
        columns["group"] = [row.group for row in rows]
    columns["background"] = [row.name if row.flaw is None else "" for row in rows]
    columns["status"] = [USED if row.flaw is None else SKIPPED for row in rows]
    columns["reason"] = ["" if row.flaw is None else f"{row.flaw.reason}{row.flaw.detail}" for row in rows]
    return columns


def _refusal(flawed: Sequence[VariantRow], total: int, bad: Bad) -> InputError:
    """The error that lists every row with a flaw, or the first 20, by reason."""
    first = flawed[0]
    flaw = first.flaw or Flaw("")
    skip = 'Write bad="skip" to leave such rows out' if bad == "raise" and len(flawed) < total else ""
    by_reason = {row.flaw.reason: row.flaw.fix for row in reversed(flawed) if row.flaw is not None and row.flaw.fix}
    fixes = list(dict.fromkeys(reversed(by_reason.values())))[:MOST_FIXES]
    fix = " ".join(text if text[-1] in "?." else f"{text}." for text in filter(None, [*fixes, skip])).removesuffix(".")
    rows = f"{'. ' if fix and not fix.endswith('?') else ' ' if fix else ''}By reason:{_list(flawed)}"
    return InputError(
        f"`table` has {len(flawed):,} of {total:,} variants that cannot be used, first {first}: "
        f"{flaw.reason}{flaw.detail}",
        flaw.accepted,
        fix + (rows if len(flawed) > 1 else ""),
    )


def _list(flawed: Sequence[VariantRow]) -> str:
    """One line for each reason: how many rows it has, and which, up to 20 rows in all."""
    by_reason: dict[str, list[VariantRow]] = {}
    for row in flawed:
        by_reason.setdefault(row.flaw.reason if row.flaw else "", []).append(row)
    lines, left = [], MOST_LISTED
    for number, (reason, rows) in enumerate(by_reason.items()):
        # Each reason that follows keeps one of the places in the list.
        shown = rows[: max(left - (len(by_reason) - number - 1), 1)]
        left -= len(shown)
        texts = [f"{row}{row.flaw.detail if row.flaw else ''}" for row in shown]
        texts += [f"and {len(rows) - len(shown):,} more"] * (len(rows) > len(shown))
        lines.append(f"\n  {reason} ({len(rows):,}): {'; '.join(texts)}")
    return "".join(lines)


def _shortened(allele: str) -> str:
    return allele if len(allele) <= LONGEST_ALLELE else f"{allele[: LONGEST_ALLELE - 4]}… ({len(allele):,})"
