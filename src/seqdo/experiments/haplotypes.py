"""Haplotypes: several variants written into one sequence together, and how far that differs from their sum."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import Literal

from seqdo.designs.call import recorded
from seqdo.designs.design import NONE, Arm, Contrast, Design
from seqdo.errors import InputError
from seqdo.experiments.allele_arms import Group, Reading, allele_windows
from seqdo.experiments.experiment import Experiment
from seqdo.experiments.phrases import Comparison, EachBackground
from seqdo.sequences.alleles.allele_windows import Anchor, overlapping
from seqdo.sequences.files.genome import Source
from seqdo.sequences.files.tabular import Table
from seqdo.sequences.files.variant_rows import Bad, Flaw, VariantRow
from seqdo.sequences.files.vcf import REPEATED, variant_rows

TOGETHER = "haplotype"
"""The arm, and the contrast, with all variants of a haplotype."""

Grouped = tuple[list[VariantRow], list[Group]]

MOST_TOGETHER = 100
"""Variants of one haplotype; each of them is an arm."""


@recorded
def haplotypes(
    table: Table,
    sequences: Source,
    *,
    group: str | None = None,
    length: int | None = None,
    unknown: Literal["error", "drop"] = "error",
    symbolic: Literal["error", "drop"] = "error",
    anchor: Anchor = "left",
    bad: Bad = "raise",
) -> Design:
    """Effect of several variants together, and their interaction: joint effect − sum of their single effects.

    Each haplotype is one background with the reference alleles, named by its group. All its variants are written
    together, and each of them alone. Phases of genotypes are not read: the table names the haplotype of each variant.
    ``effects.individual`` has the effects of each haplotype, and ``effects.single_variants`` those of its variants.

    Parameters
    ----------
    table : a VCF, CSV, TSV or Parquet file, or a DataFrame, as :func:`seqdo.sequences.files.vcf.read_variants` reads it
    sequences : sequences with the names that the table uses, or the path of a FASTA file (a genome; needs pyfaidx)
    group : column that names the haplotype of each variant; by default the column ``group``
        Without such a column all variants of one sequence are a haplotype. With ``length``, a variant that no longer
        fits into the window of the previous ones begins a new haplotype.
    length : length of the window, as the model needs it; by default the whole sequence
        The window is centered on the span of the variants, and moved inside its chromosome.
    unknown, symbolic, anchor : as in ``sd.variants``
    bad : what to do with rows that cannot be used: "raise" refuses the table in one error that lists them all
        "skip" goes on without them. A named haplotype with such a row is left out as a whole.

    Returns
    -------
    Design
        Contrasts: ``haplotype`` (all variants − reference), ``sum of variants`` (the sum of their single effects) and
        ``interaction`` (the difference of the two). A haplotype of one variant has the interaction 0.

    Raises
    ------
    InputError
        As ``sd.variants``; and variants of one haplotype that overlap, are on two sequences, or do not fit into one
        window: with the names of the variants.

    Examples
    --------
    >>> import pandas as pd
    >>> import seqdo as sd
    >>> probes = sd.Sequences.from_strings(["CCGATTACACC"], names=["probe"])
    >>> rows = [("v", "probe", 4, "T", "C"), ("w", "probe", 9, "C", "G")]
    >>> print(haplotypes(pd.DataFrame(rows, columns=["id", "sequence", "position", "ref", "alt"]), probes))
    haplotypes: Do the variants of 1 haplotype act as the sum of their single effects?
      arms       4: none, haplotype, variant 1, variant 2
      contrasts  haplotype (1), sum of variants (1), interaction (1)
      cost       4 forward passes of each model member at n=1, and up to 1 for a default margin
    """
    reading = Reading(length, anchor, unknown, bad)
    rows = variant_rows(table, symbolic=symbolic, group=group or "")
    named = group is not None or any(row.group for row in rows)
    windows = allele_windows(rows, sequences, reading, partial(_grouped, named=named), alone=True)
    most = max(len(sets) for sets in windows.sets) - 1
    if most < 2:
        raise InputError(
            f"`table` has no haplotype of several variants, but {len(windows.sets)} of one variant",
            "the interaction of a haplotype needs two variants or more",
            "Write sd.variants(...) for single variants, or name their haplotypes (group=...)",
        )  # fmt: skip
    if most > MOST_TOGETHER:
        raise InputError(
            f"`table` has a haplotype of {most} variants", f"at most {MOST_TOGETHER} are written together",
            "Write a column that divides them (group=...), or a smaller length",
        )  # fmt: skip
    alone = [f"variant {number}" for number in range(1, most + 1)]
    arms = {NONE: Arm(), TOGETHER: Arm((windows.change(TOGETHER),))}
    arms |= {name: Arm((windows.change(name, number),)) for number, name in enumerate(alone, 1)}
    single = dict.fromkeys(alone, 1.0)
    contrasts = (
        Contrast(TOGETHER, {TOGETHER: 1.0, NONE: -1.0}),
        Contrast("sum of variants", {**single, NONE: -float(most)}),
        Contrast("interaction", {TOGETHER: 1.0, **dict.fromkeys(alone, -1.0), NONE: most - 1.0}),
    )
    count = len(windows.references)
    things = "1 haplotype" if count == 1 else f"each of {count} haplotypes"
    question = f"Do the variants of {things} act as the sum of their single effects?"
    return Design("haplotypes", question, arms, contrasts, windows.references, windows.table)


def _grouped(rows: Sequence[VariantRow], names: dict[str, str], length: int | None, *, named: bool) -> Grouped:
    """The haplotypes: by their names, or all variants of a sequence or window."""
    return _by_name(rows, names) if named else _by_window(rows, names, length)


def _by_name(rows: Sequence[VariantRow], names: dict[str, str]) -> Grouped:
    """Groups by name; a group with a row that cannot be used would be another haplotype, and is left out."""
    checked = [replace(row, flaw=_UNNAMED) if row.flaw is None and not row.group else row for row in rows]
    numbers: dict[str, list[int]] = {}
    for number, row in enumerate(checked):
        if row.group and not (row.flaw and row.flaw.reason == REPEATED):
            numbers.setdefault(row.group, []).append(number)
    groups = []
    for name, own in numbers.items():
        flaw = _group_flaw([checked[number] for number in own], names)
        for number in own if flaw else ():
            checked[number] = replace(checked[number], flaw=checked[number].flaw or flaw)
        if flaw is None:
            groups.append(Group(name, tuple(sorted(own, key=lambda number: checked[number].pos))))
    return checked, groups


def _by_window(rows: Sequence[VariantRow], names: dict[str, str], length: int | None) -> Grouped:
    """All variants of a sequence; with a length, of each window, from the first variant on."""
    checked, groups = list(rows), list[list[int]]()
    ranks = {name: rank for rank, name in enumerate(dict.fromkeys(names.values()))}
    order = sorted(
        (number for number, row in enumerate(rows) if row.flaw is None),
        key=lambda number: (ranks[names[rows[number].chrom]], rows[number].pos),
    )
    for number in order:
        together = [rows[other] for other in groups[-1]] + [rows[number]] if groups else []
        if together and names[together[0].chrom] == names[together[-1].chrom] and _fit(together, length):
            groups[-1].append(number)
        else:
            groups.append([number])
    kept = []
    for own in groups:
        variants = [rows[number] for number in own]
        flaw = _group_flaw(variants, names)
        for number in own if flaw else ():
            checked[number] = replace(rows[number], flaw=flaw)
        if flaw is None:
            kept.append(Group(_window_name(variants, length), tuple(own)))
    return checked, kept


def _fit(rows: Sequence[VariantRow], length: int | None) -> bool:
    """Whether variants in order of their positions fit into one window, with whatever they insert."""
    inserted = sum(max(len(row.alt) - len(row.ref), 0) for row in rows)
    stop = max(row.start + len(row.ref) for row in rows)
    return length is None or stop - rows[0].start + inserted <= length


def _group_flaw(rows: Sequence[VariantRow], names: dict[str, str]) -> Flaw | None:
    """Why these variants are no haplotype; None if they are one."""
    if any(row.flaw is not None for row in rows):
        return _INCOMPLETE
    if len({names[row.chrom] for row in rows}) > 1:
        return Flaw(
            "the variants of one haplotype are on different sequences",
            "a haplotype is part of one sequence", detail=f" (haplotype {rows[0].group})",
        )  # fmt: skip
    pair = overlapping(rows)
    if pair is None:
        return None
    return Flaw(
        "variants of one haplotype overlap", "the variants of a haplotype replace different bases",
        "Put them into different haplotypes (a column named in group=...)", f" ({pair[0]} and {pair[1]})",
    )  # fmt: skip


def _window_name(rows: Sequence[VariantRow], length: int | None) -> str:
    """The sequence, or the first and the last position (1-based) of the variants."""
    chrom = rows[0].chrom
    return chrom if length is None else f"{chrom}:{rows[0].pos}-{rows[-1].pos + len(rows[-1].ref) - 1}"


_UNNAMED = Flaw("the row names no haplotype", "each row has a cell in the column of the haplotypes")
_INCOMPLETE = Flaw("another variant of the haplotype cannot be used", "all variants of a haplotype are needed")

ROWS = (
    Experiment(
        haplotypes, main=(TOGETHER, "interaction"), phrases=(
            EachBackground(
                contrast=TOGETHER, thing="haplotype", lead=True,
                mean="With all variants of a haplotype, on average over haplotypes",
            ),
            Comparison(
                contrast="interaction", additive=True,
                opening="Compared with the sum of the single effects, on average over haplotypes",
            ),
        ),
    ),
)  # fmt: skip
"""The experiments of this file, with what a report says of each. The catalog reads them."""
