"""Reference alleles, compared with the sequence: what does not fit, and the most likely cause, if there is evidence."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import replace

from seqdo.sequences.files.contigs import matched_contigs, name_advice
from seqdo.sequences.files.genome import Letters
from seqdo.sequences.files.variant_rows import Flaw, VariantRow

ALPHA = 0.05
"""Probability of a chance match below which a cause is named."""

NEARLY_ALL = 0.8
"""Share of the rows that a shift of the positions must explain before it is named as their cause."""

_SHIFTS = {
    -1: "a column that counts from 1 is called pos",
    1: "a column that counts from 0 is called position; pos and a VCF count from 1",
}
"""Steps along the sequence, and what a table that is right there should be called."""

_REF = "REF is what the sequence has at the position (positions here count from 1, as in a VCF)"
_SWAPPED = Flaw(
    "REF and ALT are swapped: the sequence has ALT there", _REF,
    "Swap the two alleles in these rows (bcftools norm --check-ref s does); the sign of their effects then changes",
)  # fmt: skip


def checked_alleles(rows: Sequence[VariantRow], letters: Letters) -> tuple[list[VariantRow], dict[str, str]]:
    """The rows, with a flaw where the sequence is missing or lacks the reference allele; and the names of sequences.

    Parameters
    ----------
    rows : rows; those that have a flaw already keep it
    letters : of the genome or the sequences

    Returns
    -------
    list of VariantRow, in the order of ``rows``
    dict of str : chromosome in the table to the name of its sequence
    """
    names = matched_contigs((row.chrom for row in rows if row.flaw is None), letters.lengths)
    _report_names(names)
    placed = [_placed(row, names, letters) for row in rows]
    there = {number: _at(row, names, letters) for number, row in enumerate(placed) if row.flaw is None}
    wrong = [number for number, text in there.items() if text != placed[number].alleles[0]]
    flaws = _mismatches([placed[number] for number in there], [placed[number] for number in wrong], names, letters)
    for number, flaw in zip(wrong, flaws, strict=True):
        placed[number] = replace(placed[number], flaw=flaw._replace(detail=f" (the sequence has {there[number]!r})"))
    return placed, names


def _report_names(names: dict[str, str]) -> None:
    other = [(name, sequence) for name, sequence in names.items() if name != sequence]
    if other:
        first, sequence = other[0]
        warnings.warn(
            f"{len(other)} of {len(names)} chromosomes of the table were matched with sequences of another name, "
            f"such as {first!r} with {sequence!r}",
            stacklevel=6,
        )


def _placed(row: VariantRow, names: dict[str, str], letters: Letters) -> VariantRow:
    """The row, with a flaw if no sequence has its chromosome and position."""
    if row.flaw is not None:
        return row
    if row.chrom not in names:
        flaw = Flaw(
            "the chromosome is not among the sequences",
            'each row names a sequence; "chr" may be missing, and M stands for MT',
            name_advice(row.chrom, list(letters.lengths)),
            f": no sequence has the name {row.chrom!r} (of {len(letters.lengths):,})",
        )
        return replace(row, flaw=flaw)
    total = letters.lengths[names[row.chrom]]
    if row.start + len(row.ref) > total:
        flaw = Flaw("the position is beyond the end of the sequence", _REF, detail=f" (the sequence ends at {total:,})")
        return replace(row, flaw=flaw)
    return row


def _at(row: VariantRow, names: dict[str, str], letters: Letters, step: int = 0, width: int | None = None) -> str:
    """What the sequence has in the place of the reference allele, or a number of positions further on."""
    start = row.start + step
    width = len(row.ref) if width is None else width
    return letters.read(names[row.chrom], start, start + width).upper() if start >= 0 else ""


def _mismatches(
    rows: Sequence[VariantRow], wrong: Sequence[VariantRow], names: dict[str, str], letters: Letters
) -> list[Flaw]:
    """The flaw of each row whose reference allele is not in the sequence."""
    if not wrong:
        return []
    advice, shifted = _advice(rows, wrong, names, letters)
    swapped = [_has_alternative(row, names, letters) for row in wrong]
    count, right = sum(swapped), len(rows) - len(wrong)
    # One in three letters that are not REF is ALT by chance, so that a few such rows show nothing. Where most REFs
    # fit, positions and build are right, and so each of these rows is swapped.
    nearly_all = count >= NEARLY_ALL * len(wrong) and _binomial_tail(count, len(wrong), 1 / 3) < ALPHA
    is_evidence = not shifted and (nearly_all or _placed_right(right, rows))
    if count == len(wrong) and not shifted:
        advice = "The sequence has ALT there. Are REF and ALT swapped?"
    other = Flaw("REF is not in the sequence", _REF, advice)
    swap = _SWAPPED._replace(fix=f"REF and ALT are swapped in {count} rows. {_SWAPPED.fix}")
    return [swap if is_evidence and is_swapped else other for is_swapped in swapped]


def _has_alternative(row: VariantRow, names: dict[str, str], letters: Letters) -> bool:
    """Whether the sequence has the alternative allele, and not only the letters that the two alleles share."""
    ref, alt = row.alleles
    return not ref.startswith(alt) and _at(row, names, letters, width=len(alt)) == alt


def _placed_right(right: int, rows: Sequence[VariantRow]) -> bool:
    """Whether so many reference alleles are in the sequence that positions and build must be right."""
    return right >= len(rows) / 2 and _tail(right, rows) < ALPHA


def _advice(
    rows: Sequence[VariantRow], wrong: Sequence[VariantRow], names: dict[str, str], letters: Letters
) -> tuple[str, bool]:
    """The most likely cause of reference alleles that are not in the sequence, and whether it is a shift."""
    weak = ""
    # A shift leaves a quarter of the alleles right by chance, so it is no cause where most of them are right.
    for kind in (wrong, rows) if len(wrong) >= len(rows) / 2 else (wrong,):
        for step, hint in _SHIFTS.items():
            fits = sum(_at(row, names, letters, step) == row.alleles[0] for row in kind)
            which = f"at position {step:+d} REF is right for {fits} of {len(kind)} variants"
            # Two steps are tried, so that each of them must be half as probable by chance.
            if fits >= NEARLY_ALL * len(kind) and _tail(fits, kind) < ALPHA / 2:
                return f"Off by one? A{which[1:]}: {hint}", True
            if fits == len(kind) and not weak:
                weak = f" Note that {which}, which can be chance; {hint}"
    if any(set("TU") & set(row.alleles[0]) for row in wrong):
        return f"Is it the same genome build and strand, and are letters T for DNA and U for RNA?{weak}", False
    return f"Is it the same genome build, and the same strand?{weak}", False


def _tail(successes: int, rows: Sequence[VariantRow]) -> float:
    """Probability of so many chance matches of REF or more; the shortest allele bounds the chance of each row."""
    return _binomial_tail(successes, len(rows), 0.25 ** min(len(row.ref) for row in rows))


def _binomial_tail(successes: int, trials: int, chance: float) -> float:
    from scipy.special import bdtrc

    return 1.0 if successes == 0 else float(bdtrc(successes - 1, trials, chance))
