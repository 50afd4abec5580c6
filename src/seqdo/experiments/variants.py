"""Variants: the alternative allele compared with the reference, each in its own stretch of a genome or sequence."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Literal

from seqdo.designs.call import recorded
from seqdo.designs.design import NONE, Arm, Contrast, Design
from seqdo.experiments.allele_arms import Group, Reading, allele_windows, refuse_other
from seqdo.experiments.experiment import Experiment
from seqdo.experiments.phrases import EachBackground
from seqdo.sequences.alleles.allele_windows import Anchor
from seqdo.sequences.files.genome import Source
from seqdo.sequences.files.tabular import Table
from seqdo.sequences.files.variant_rows import Bad, Flaw, VariantRow
from seqdo.sequences.files.vcf import unique_ids, variant_rows

ALT = "alt"
"""The arm with the alternative alleles. The arm "none" has the reference alleles."""

_INDEL = Flaw("insertions and deletions", on_request=True)


@recorded
def variants(
    table: Table,
    sequences: Source,
    *,
    length: int | None = None,
    indels: Literal["shift", "drop"] = "shift",
    unknown: Literal["error", "drop"] = "error",
    symbolic: Literal["error", "drop"] = "error",
    anchor: Anchor = "left",
    bad: Bad = "raise",
) -> Design:
    """Effect of each variant: alternative allele − reference allele.

    Each variant is one background, named by its id, with the reference allele. The mean over variants, a row of the
    table, is rarely of interest: ``effects.individual`` has the effect of each variant, with the columns id, chrom,
    pos, ref and alt of its row. ``design.rows`` has every row of the table, with its status and reason.

    Parameters
    ----------
    table : a VCF, CSV, TSV or Parquet file, or a DataFrame, as :func:`seqdo.sequences.files.vcf.read_variants` reads it
        The column ``position`` counts from 0, and ``pos`` from 1.
    sequences : sequences with the names that the table uses, or the path of a FASTA file (a genome; needs pyfaidx)
        Names of chromosomes are matched with and without "chr", and M with MT, where only one sequence fits.
    length : length of the window around each variant, as the model needs it; by default the whole sequence
        The first base of the reference allele is at length // 2. A window that would begin before its chromosome or
        end after it is moved inside.
    indels : what to do with insertions and deletions: "shift" or "drop"
        "shift" shifts the bases on one side, and the window keeps its length: bases from outside the window fill up a
        deletion, and an insertion pushes bases out. "drop" leaves them out, and the log counts them.
    unknown : what to do with windows that contain N or another unknown base: "error", or "drop" to leave them out
    symbolic : what to do with alternatives that are no letters (``<DEL>``): "error", or "drop" to leave them out
    anchor : the side of the window whose bases stay where they are when an indel shifts the others
        "left" shifts the bases on the right of the indel, "right" those on its left. "center" shifts half of them on
        each side; an odd base is shifted on the right.
    bad : what to do with rows that cannot be used: "raise" refuses the table in one error that lists them all
        "skip" goes on with the other rows, with one warning that counts by reason. Of equal variants the first is kept.

    Returns
    -------
    Design
        Contrast: ``variant`` (alternative − reference).

    Raises
    ------
    InputError
        Rows cannot be used: :func:`read_variants` refuses them, a chromosome does not exist or is too short, the
        reference allele is not in the sequence, or the window is the same with both alleles.

    Examples
    --------
    >>> import seqdo as sd
    >>> probes = sd.Sequences.from_strings(["CCGATTACACC"], names=["probe"])
    >>> import pandas as pd
    >>> table = pd.DataFrame({"id": ["v"], "sequence": ["probe"], "position": [4], "ref": ["T"], "alt": ["C"]})
    >>> design = variants(table, probes)
    >>> print(design)
    variants: What is the effect of 1 variant?
      arms       2: none, alt
      contrasts  variant (1)
      cost       2 forward passes of each model member at n=1, and up to 1 for a default margin
    >>> design.rows[["id", "chrom", "pos", "ref", "alt", "status"]].values.tolist()
    [['v', 'probe', 5, 'T', 'C', 'used']]
    """
    refuse_other("indels", indels, ("shift", "drop"))
    reading = Reading(length, anchor, unknown, bad)
    rows = variant_rows(table, symbolic=symbolic)
    if indels == "drop":
        rows = [replace(row, flaw=_INDEL) if _is_indel(row) else row for row in rows]
    windows = allele_windows(rows, sequences, reading, _each_alone)
    arms = {NONE: Arm(), ALT: Arm((windows.change(ALT),))}
    count = len(windows.references)
    question = f"What is the effect of {'1 variant' if count == 1 else f'each of {count} variants'}?"
    contrasts = (Contrast("variant", {ALT: 1.0, NONE: -1.0}),)
    return Design("variants", question, arms, contrasts, windows.references, windows.table)


def _is_indel(row: VariantRow) -> bool:
    return row.flaw is None and len(row.ref) != len(row.alt)


def _each_alone(
    rows: Sequence[VariantRow], names: dict[str, str], length: int | None
) -> tuple[list[VariantRow], list[Group]]:
    """A group for each variant, named by its id."""
    numbers = [number for number, row in enumerate(rows) if row.flaw is None]
    named = unique_ids([rows[number] for number in numbers])
    return list(rows), [Group(row.name, (number,)) for number, row in zip(numbers, named, strict=True)]


ROWS = (
    Experiment(
        variants, phrases=(
            EachBackground(
                contrast="variant", thing="variant", mean="With the alternative alleles, on average over all variants",
                lead=True,
            ),
        ),
    ),
)  # fmt: skip
"""The experiments of this file, with what a report says of each. The catalog reads them."""
