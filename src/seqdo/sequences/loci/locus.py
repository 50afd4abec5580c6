"""Loci: places on a genome, as rows of a file name them, and the report of rows that cannot be used."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

import pandas as pd

from seqdo.errors import InputError

Bad = Literal["raise", "skip"]
"""What to do with loci that cannot be used: refuse the file with a list of all, or go on with the others."""

MOST_LISTED = 50
"""Loci that an error lists; it counts the others."""


@dataclass(frozen=True, slots=True)
class Locus:
    """One row of a file of loci.

    Attributes
    ----------
    place : file and line, or the label of the row
    name : "" where the row has none
    contig : name of the sequence of the genome, as the file has it
    start, stop : 0-based, half-open
    strand : "+", "-", or "." where it is not known
    summit : 0-based position of the summit; None where the row has none
    feature : of a GTF: "gene", "exon", ...; else ""
    flaw : why the locus cannot be used; "" if it can
    written : column to the cell that the file has, where this cell is no number or no strand
    """

    place: str
    name: str
    contig: str
    start: int
    stop: int
    strand: str = "."
    summit: int | None = None
    feature: str = ""
    flaw: str = ""
    written: Mapping[str, str] = field(default_factory=dict, compare=False)

    @property
    def text(self) -> str:
        """``chr1:100-200(+)``; the strand only where it is known."""
        return f"{self.contig}:{self.start}-{self.stop}" + (f"({self.strand})" if self.strand in "+-" else "")


def usable(loci: Sequence[Locus], bad: Bad, source: str) -> list[Locus]:
    """The loci that can be used; a warning or an error lists the others.

    Parameters
    ----------
    loci : all loci of a file
    bad : "raise" or "skip"
    source : the file, for the message

    Raises
    ------
    InputError
        Some loci cannot be used and ``bad`` is "raise", or none can.
    """
    unusable = [locus for locus in loci if locus.flaw]
    if not unusable:
        return list(loci)
    listed = "; ".join(f"{locus.place}: {locus.flaw}" for locus in unusable[:MOST_LISTED])
    more = f"; and {len(unusable) - MOST_LISTED} more" if len(unusable) > MOST_LISTED else ""
    report = f"{len(unusable)} of {len(loci)} loci of {source} cannot be used: {listed}{more}"
    if bad == "raise" or len(unusable) == len(loci):
        every = len(unusable) == len(loci)
        raise InputError(
            f"`loci`: {report}", "each locus lies on the genome with all letters of its window",
            "Check these rows, and that this is their genome" if every else 'Write bad="skip" to leave these loci out',
        )  # fmt: skip
    warnings.warn(f"{report}. They were left out; the table `loci` of the sequences lists every row", stacklevel=4)
    return [locus for locus in loci if not locus.flaw]


def locus_table(loci: Sequence[Locus]) -> pd.DataFrame:
    """One row for each locus: place, name, chrom, start, end, strand, and the reason why it cannot be used.

    Parameters
    ----------
    loci : loci, or windows around them
        A cell that is no number or no strand is shown as it is in the file.
    """
    rows = [
        {
            "place": locus.place, "name": locus.name, "chrom": locus.contig, "start": locus.start, "end": locus.stop,
            "strand": locus.strand, "reason": locus.flaw, **locus.written,
        }
        for locus in loci
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=["place", "name", "chrom", "start", "end", "strand", "reason"])
