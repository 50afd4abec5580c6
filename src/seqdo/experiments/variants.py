"""Variants: the alternative allele compared with the reference, each in its own stretch of a genome or sequence."""

from __future__ import annotations

import difflib
import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from os import PathLike
from typing import Literal, NamedTuple

import numpy as np

from seqdo.designs.call import recorded
from seqdo.designs.changes.per_sequence import Written
from seqdo.designs.changes.site import place
from seqdo.designs.design import NONE, Arm, Contrast, Design
from seqdo.errors import InputError
from seqdo.experiments.experiment import Experiment
from seqdo.experiments.phrases import EachBackground
from seqdo.sequences.alphabet import DNA, KEEP, Alphabet
from seqdo.sequences.files.genome import Letters, Source, genome_letters, sequence_letters
from seqdo.sequences.files.tabular import Table
from seqdo.sequences.files.vcf import read_variants
from seqdo.sequences.sequences import Sequences, alphabet_of_letters, as_sequences

_log = logging.getLogger(__name__)

ALT = "alt"
"""The arm with the alternative alleles. The arm "none" has the reference alleles."""


class Variant(NamedTuple):
    """A row of :func:`read_variants`."""

    name: str
    chromosome: str
    position: int
    ref: str
    alt: str

    def __str__(self) -> str:
        return f"variant {self.name} at {self.position} of {self.chromosome}"


class Window(NamedTuple):
    """The letters around a variant, with either allele; both have the same length."""

    ref: str
    alt: str


@recorded
def variants(
    table: Table,
    sequences: Source,
    *,
    length: int | None = None,
    indels: Literal["shift", "drop"] = "shift",
    unknown: Literal["error", "drop"] = "error",
    symbolic: Literal["error", "drop"] = "error",
) -> Design:
    """Effect of each variant: alternative allele − reference allele.

    Each variant is one background, named by its id, with the reference allele. The mean over variants, a row of the
    table, is rarely of interest: ``effects.individual`` has the effect of each variant.

    Parameters
    ----------
    table : a VCF, CSV, TSV or Parquet file, or a DataFrame, as :func:`seqdo.sequences.files.vcf.read_variants` reads it
        The column ``position`` counts from 0, and ``pos`` from 1.
    sequences : sequences with the names that the table uses, or the path of a FASTA file (a genome; needs pyfaidx)
    length : length of the window around each variant, as the model needs it; by default the whole sequence
        The first base of the reference allele is at length // 2. A window that would begin before its chromosome or
        end after it is moved inside.
    indels : what to do with insertions and deletions: "shift" or "drop"
        "shift" shifts the bases on their right, and the window keeps its length: bases from the right of the window
        fill up a deletion, and an insertion pushes bases out. "drop" leaves them out, and the log counts them.
    unknown : what to do with windows that contain N or another unknown base: "error", or "drop" to leave them out
    symbolic : what to do with alternatives that are no letters (``<DEL>``): "error", or "drop" to leave them out

    Returns
    -------
    Design
        Contrast: ``variant`` (alternative − reference).

    Raises
    ------
    InputError
        :func:`read_variants` refuses the table, a chromosome does not exist or is too short, the reference allele is
        not in the sequence, or the window is the same with both alleles.

    Examples
    --------
    >>> probes = Sequences.from_strings(["CCGATTACACC"], names=["probe"])
    >>> import pandas as pd
    >>> table = pd.DataFrame({"id": ["v"], "sequence": ["probe"], "position": [4], "ref": ["T"], "alt": ["C"]})
    >>> print(variants(table, probes))
    variants: What is the effect of 1 variant?
      arms       2: none, alt
      contrasts  variant (1)
      cost       2 forward passes of each model member at n=1, and up to 1 for a default margin
    """
    for name, value, allowed in (("indels", indels, ("shift", "drop")), ("unknown", unknown, ("error", "drop"))):
        if value not in allowed:
            raise InputError(
                f"`{name}={value!r}`", f"{' or '.join(map(repr, allowed))} is needed", f'Write {name}="{allowed[0]}"'
            )
    rows = [Variant(*row) for row in read_variants(table, symbolic=symbolic).itertuples(index=False)]
    if indels == "drop":
        rows = _without(rows, [row for row in rows if len(row.ref) != len(row.alt)], "insertions and deletions")
    size = None if length is None else place(length, "length", 1)
    with _letters(sequences, size) as (letters, alphabet):
        _check_reference(rows, letters)
        windows = {row: _window(row, letters, size) for row in rows}
    windows = _certain(windows, unknown)
    reference, alternative = _alleles(windows, alphabet)
    arms = {NONE: Arm(), ALT: Arm((_change(reference, alternative, list(windows)),))}
    count = len(windows)
    question = f"What is the effect of {'1 variant' if count == 1 else f'each of {count} variants'}?"
    return Design("variants", question, arms, (Contrast("variant", {ALT: 1.0, NONE: -1.0}),), reference)


@contextmanager
def _letters(sequences: Source, length: int | None) -> Iterator[tuple[Letters, Alphabet | None]]:
    """Letters to read windows from, and the alphabet if the sequences have one."""
    if not isinstance(sequences, str | PathLike):
        originals = as_sequences(sequences)
        yield sequence_letters(originals), originals.alphabet
        return
    if length is None:
        raise InputError(
            f"`length` is required with the genome {sequences}", "a window of the model's length is cut out",
            f'Write length=..., or sequences=sd.read_fasta("{sequences}") for whole sequences',
        )  # fmt: skip
    with genome_letters(sequences) as letters:
        yield letters, None


def _without(rows: list[Variant], dropped: Sequence[Variant], what: str) -> list[Variant]:
    """The variants without some of them, which the log counts."""
    if dropped:
        _log.warning("%d of %d variants are %s and were left out, %s first", len(dropped), len(rows), what, dropped[0])
    if len(dropped) == len(rows):
        raise InputError(f"`table`: all {len(rows)} variants are {what}", "at least one other variant is needed")
    out = set(dropped)
    return [row for row in rows if row not in out]


def _check_reference(rows: Sequence[Variant], letters: Letters) -> None:
    """Refuse variants on a chromosome that does not exist, and those whose reference allele is not in the sequence."""
    for row in rows:
        if row.chromosome not in letters.lengths:
            raise InputError(
                f"`table` has {row}", f"no sequence has the name {row.chromosome!r} (of {len(letters.lengths):,})",
                _nearest_name(row.chromosome, list(letters.lengths)),
            )  # fmt: skip
    actual = {row: letters.read(row.chromosome, row.position, row.position + len(row.ref)) for row in rows}
    wrong = [row for row, there in actual.items() if there.upper() != row.ref]
    if not wrong:
        return
    first, total = wrong[0], letters.lengths[wrong[0].chromosome]
    there = f"the sequence has {actual[first]!r} there" if actual[first] else f"the sequence ends at {total:,}"
    there += f" (so for {len(wrong)} of {len(rows)} variants)" if len(rows) > 1 else ""
    raise InputError(
        f"`table` has {first} with REF {first.ref!r}, but {there}",
        "REF must be what the sequence has at the position (positions are 0-based here)", _advice(wrong, letters),
    )  # fmt: skip


def _advice(wrong: Sequence[Variant], letters: Letters) -> str:
    """The most likely cause of reference alleles that are not in the sequence."""
    matches = {step: sum(_has_reference(row, letters, step) for row in wrong) for step in (-1, 1)}
    step = max(matches, key=lambda step: matches[step])
    if matches[step]:
        hint = {
            -1: "a column that counts from 1 is called pos",
            1: "a column that counts from 0 is called position; pos and a VCF count from 1",
        }[step]
        return (
            f"Off by one? At position {step:+d} REF is right for {matches[step]} of these {len(wrong)} variants: {hint}"
        )
    if any("T" in row.ref or "U" in row.ref for row in wrong):
        return "Is it the same genome build and strand, and are letters T for DNA and U for RNA?"
    return "Is it the same genome build, and the same strand?"


def _has_reference(row: Variant, letters: Letters, step: int) -> bool:
    """Whether the sequence has the reference allele a number of positions further on."""
    start = row.position + step
    return start >= 0 and letters.read(row.chromosome, start, start + len(row.ref)) == row.ref


def _nearest_name(name: str, names: Sequence[str]) -> str:
    other = name.removeprefix("chr") if name.startswith("chr") else f"chr{name}"
    near = [other] if other in names else difflib.get_close_matches(name, names, 1)
    return f"Did you mean {near[0]!r}?" if near else f"The first names are {', '.join(map(repr, names[:5]))}"


def _window(row: Variant, letters: Letters, length: int | None) -> Window:
    total = letters.lengths[row.chromosome]
    width = total if length is None else length
    lost = max(len(row.ref) - len(row.alt), 0)
    if width + lost > total:
        more = f", and {lost} more on the right to fill up the deletion" if lost else ""
        raise InputError(
            f"`table` has {row}, and {row.chromosome} has length {total:,}",
            f"a window of {width:,} positions is needed{more}",
            "Write a smaller length" + (', or indels="drop"' if lost else ""),
        )  # fmt: skip
    start = min(max(row.position - width // 2, 0), total - width - lost)
    right = row.position + len(row.ref)
    end = max(right, row.position + len(row.alt))
    if end > start + width:
        short = "" if end + lost <= total else f", and {row.chromosome} ends at {total:,}"
        raise InputError(
            f"`table` has {row} with alleles of lengths {len(row.ref)} and {len(row.alt)}",
            f"both must end inside the window, from {start:,} to {start + width:,}{short}",
            _indel_advice(larger=not short),
        )  # fmt: skip
    there = letters.read(row.chromosome, start, start + width + lost)
    other = there[: row.position - start] + row.alt + there[right - start :]
    if there[:width] == other[:width]:
        raise InputError(
            f"`table` has {row} with REF {row.ref!r} and ALT {row.alt!r}",
            f"the window, from {start:,} to {start + width:,}, is the same with both alleles, because they differ in "
            "the length of a repeat that reaches the end of the window",
            _indel_advice(larger=length is not None and start + width + lost < total),
        )  # fmt: skip
    return Window(there[:width], other[:width])


def _indel_advice(*, larger: bool) -> str:
    """What to do about an insertion or deletion; a larger window can hold it, or not."""
    return 'Write a larger length, or indels="drop"' if larger else 'Leave the variant out, or write indels="drop"'


def _certain(windows: dict[Variant, Window], unknown: str) -> dict[Variant, Window]:
    """The windows without unknown letters."""
    uncertain = [row for row, window in windows.items() if set(window.ref + window.alt) - set("ACGTU")]
    if uncertain and unknown == "error":
        raise InputError(
            f"`table` has {len(uncertain)} of {len(windows)} variants with N or another unknown letter in their "
            f"windows, {uncertain[0]} first",
            "each letter of a window must be a base", 'Write unknown="drop" to leave these variants out',
        )  # fmt: skip
    return {row: windows[row] for row in _without(list(windows), uncertain, "next to unknown letters")}


def _alleles(windows: dict[Variant, Window], alphabet: Alphabet | None) -> tuple[Sequences, Sequences]:
    """The windows as sequences, with the reference and with the alternative alleles."""
    refs, alts = ([getattr(window, which) for window in windows.values()] for which in Window._fields)
    alphabet = alphabet or alphabet_of_letters(refs) or alphabet_of_letters(alts)
    for row in windows:
        foreign = sorted(set(row.alt) - set((alphabet or DNA).letters))
        if foreign:
            raise InputError(f"`table` has {row} with ALT {row.alt!r}", f"{alphabet} has no letter {foreign[0]}")
    names = [row.name for row in windows]
    return Sequences.from_strings(refs, alphabet, names), Sequences.from_strings(alts, alphabet, names)


def _change(ref: Sequences, alt: Sequences, rows: Sequence[Variant]) -> Written:
    """What to write into the reference to make the alternative: from the first letter that differs to the last."""
    differ = ref.codes != alt.codes
    first = differ.argmax(1)
    spans = np.where(differ.any(1), differ.shape[1] - differ[:, ::-1].argmax(1) - first, 1)
    width, short = int(spans.max()), int(ref.lengths.argmin())
    if ref.lengths[short] < width:
        raise InputError(
            f"`table` has {rows[int(spans.argmax())]}, which shifts {width} positions, and the sequence of "
            f"{rows[short]} has length {ref.lengths[short]}",
            "no change may be longer than the shortest sequence",
            'Write length=..., or indels="drop", or use a design of its own for the short sequences',
        )  # fmt: skip
    start = np.minimum(first, ref.lengths - width)
    columns = start[:, None] + np.arange(width)
    letters, new = (np.take_along_axis(codes, columns, 1) for codes in (alt.codes, differ))
    return Written(ALT, np.where(new, letters, KEEP).astype(np.uint8), start)


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
