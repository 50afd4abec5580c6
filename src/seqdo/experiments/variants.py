"""Variants: the reference allele against the alternative, each in its own stretch of a genome or its own sequence."""

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
from seqdo.sequences.alphabet import DNA, KEEP, Alphabet
from seqdo.sequences.files.genome import Letters, Source, genome_letters, sequence_letters
from seqdo.sequences.files.tabular import Table
from seqdo.sequences.files.vcf import read_variants
from seqdo.sequences.sequences import Sequences, alphabet_of_letters, as_sequences

_log = logging.getLogger(__name__)

ALT = "alt"
"""The arm with the alternative alleles; "none" is that with the reference's."""


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
    """The letters around a variant, with either allele; both of one length."""

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
    """What does each variant change? Each is a background of its own, under its id, with the reference allele in it.

    Contrast: ``variant`` (alternative − reference). A row of the table is the mean over variants, which is rarely the
    question; ``effects.individual`` has the effect of each.

    Parameters
    ----------
    table : a VCF, CSV, TSV or Parquet file, or a DataFrame, as :func:`seqdo.sequences.files.vcf.read_variants` takes it
        Of its columns ``position`` counts from 0 and ``pos`` from 1.
    sequences : those that the table speaks of, with names; or the path of a FASTA file (a genome; needs pyfaidx)
    length : letters of the window that is cut out, what a model reads; sequences are taken whole if it is left out
        The first letter of the reference allele stands at length // 2, or beside it where the window would begin
        before its chromosome or end after it: then it is moved inside.
    indels : what becomes of insertions and deletions, whose letters to the right shift so that the length stays
        "shift"; what a deletion lacks at the end comes from the right of the window, and what an insertion brings too
        many is cut off there. "drop" leaves them out, and the log says how many.
    unknown : what becomes of variants whose window has an N, or another letter for several: "error" or "drop"
    symbolic : what becomes of alternatives without letters (``<DEL>``): "error" or "drop"

    Raises
    ------
    InputError
        What :func:`read_variants` refuses; a chromosome that there is not, or that is too short; a reference allele
        that is not what stands there, with what a place before or after would say; a window that is letter for letter
        the same with either allele.

    Examples
    --------
    >>> probes = Sequences.from_strings(["CCGATTACACC"], names=["probe"])
    >>> import pandas as pd
    >>> table = pd.DataFrame({"id": ["v"], "sequence": ["probe"], "position": [4], "ref": ["T"], "alt": ["C"]})
    >>> print(variants(table, probes))
    variants: What does 1 variant change?
      arms       2: none, alt
      contrasts  variant (1)
      cost       2 forward passes of each model member at n=1
    """
    for name, value, allowed in (("indels", indels, ("shift", "drop")), ("unknown", unknown, ("error", "drop"))):
        if value not in allowed:
            raise InputError(f"{name}={value!r}", f"{' or '.join(map(repr, allowed))} is needed")
    asked = [Variant(*row) for row in read_variants(table, symbolic=symbolic).itertuples(index=False)]
    if indels == "drop":
        asked = _without(asked, [one for one in asked if len(one.ref) != len(one.alt)], "insertions and deletions")
    size = None if length is None else place(length, "length", 1)
    with _letters(sequences, size) as (letters, alphabet):
        _check(asked, letters)
        windows = {one: _window(one, letters, size) for one in asked}
    windows = _known(windows, unknown)
    reference, alternative = _alleles(windows, alphabet)
    arms = {NONE: Arm(), ALT: Arm((_change(reference, alternative, list(windows)),))}
    many = f"{len(windows)} variant" + "s" * (len(windows) != 1)
    question = f"What {'does' if len(windows) == 1 else 'do'} {many} change?"
    return Design("variants", question, arms, (Contrast("variant", {ALT: 1.0, NONE: -1.0}),), reference)


@contextmanager
def _letters(sequences: Source, length: int | None) -> Iterator[tuple[Letters, Alphabet | None]]:
    """Where letters are read from, and the alphabet if it is known."""
    if not isinstance(sequences, str | PathLike):
        given = as_sequences(sequences)
        yield sequence_letters(given), given.alphabet
        return
    if length is None:
        raise InputError(
            f"variants in {sequences} without a length", "a window of the model's length is cut out of a genome",
            "Write length=..., or give sequences to take whole: sd.read_fasta(path)",
        )  # fmt: skip
    with genome_letters(sequences) as letters:
        yield letters, None


def _without(asked: list[Variant], dropped: Sequence[Variant], what: str) -> list[Variant]:
    if dropped:
        _log.warning("%d of %d variants are %s and were left out, %s first", len(dropped), len(asked), what, dropped[0])
    if len(dropped) == len(asked):
        raise InputError(f"all {len(asked)} variants are {what}", "leaving them out would leave none")
    out = set(dropped)
    return [one for one in asked if one not in out]


def _check(asked: Sequence[Variant], letters: Letters) -> None:
    """Refuse variants on no chromosome, off its end, and those whose reference allele is not there."""
    for one in asked:
        if one.chromosome not in letters.lengths:
            raise InputError(
                f"{one}", f"none of the {len(letters.lengths):,} sequences is called {one.chromosome!r}",
                _near(one.chromosome, list(letters.lengths)),
            )  # fmt: skip
    found = {one: letters.read(one.chromosome, one.position, one.position + len(one.ref)) for one in asked}
    wrong = [one for one, there in found.items() if there.upper() != one.ref]
    if not wrong:
        return
    first, total = wrong[0], letters.lengths[wrong[0].chromosome]
    there = f"{found[first]!r} stands there" if found[first] else f"it has {total:,} letters"
    raise InputError(
        f"{first} has REF {first.ref!r}, and {there}; so for {len(wrong)} of {len(asked)} variants",
        "REF is what the sequence has at the variant's place (positions are 0-based here)", _why(wrong, letters),
    )  # fmt: skip


def _why(wrong: Sequence[Variant], letters: Letters) -> str:
    """What is most likely the matter with reference alleles that are not where they should be."""
    beside = {step: sum(_stands(one, letters, step) for one in wrong) for step in (-1, 1)}
    step = max(beside, key=lambda step: beside[step])
    if beside[step]:
        hint = {
            -1: "a column that counts from 1 is called pos",
            1: "a column that counts from 0 is called position; pos, and a VCF, count from 1",
        }[step]
        return f"Off by one? At position {step:+d} it stands for {beside[step]} of these {len(wrong)}: {hint}"
    if any("T" in one.ref or "U" in one.ref for one in wrong):
        return "Is it the same genome build and strand, and are letters T for DNA and U for RNA?"
    return "Is it the same genome build, and the same strand?"


def _stands(one: Variant, letters: Letters, step: int) -> bool:
    """Is the reference allele so many places further on?"""
    start = one.position + step
    return start >= 0 and letters.read(one.chromosome, start, start + len(one.ref)) == one.ref


def _near(name: str, known: Sequence[str]) -> str:
    other = name.removeprefix("chr") if name.startswith("chr") else f"chr{name}"
    near = [other] if other in known else difflib.get_close_matches(name, known, 1)
    return f"Did you mean {near[0]!r}?" if near else f"They are {', '.join(map(repr, known[:5]))}"


def _window(one: Variant, letters: Letters, length: int | None) -> Window:
    total = letters.lengths[one.chromosome]
    width = total if length is None else length
    lost = max(len(one.ref) - len(one.alt), 0)
    if width + lost > total:
        gone = f", and {lost} more to the right for those that it takes out" if lost else ""
        raise InputError(
            f"{one}, which has {total:,} letters", f"a window of {width:,} is needed{gone}",
            "Give a smaller length" + (', or indels="drop"' if lost else ""),
        )  # fmt: skip
    start = min(max(one.position - width // 2, 0), total - width - lost)
    right = one.position + len(one.ref)
    end = max(right, one.position + len(one.alt))
    if end > start + width:
        short = "" if end + lost <= total else f", and {one.chromosome} ends at {total:,}"
        raise InputError(
            f"{one} with alleles of {len(one.ref)} and {len(one.alt)} letters",
            f"both must end inside the window, from {start:,} to {start + width:,}{short}",
            _advice(larger=not short),
        )  # fmt: skip
    there = letters.read(one.chromosome, start, start + width + lost)
    other = there[: one.position - start] + one.alt + there[right - start :]
    if there[:width] == other[:width]:
        raise InputError(
            f"{one} with REF {one.ref!r} and ALT {one.alt!r}",
            f"its window, from {start:,} to {start + width:,}, has the same letters with either: the alleles differ in "
            "the length of a repeat that goes on to the window's end",
            _advice(larger=length is not None and start + width + lost < total),
        )  # fmt: skip
    return Window(there[:width], other[:width])


def _advice(*, larger: bool) -> str:
    """What can be done for an insertion or deletion, which a larger window holds or not."""
    return 'Give a larger length, or indels="drop"' if larger else 'Leave it out, or write indels="drop"'


def _known(windows: dict[Variant, Window], unknown: str) -> dict[Variant, Window]:
    """The windows that have letters only."""
    strange = [one for one, window in windows.items() if set(window.ref + window.alt) - set("ACGTU")]
    if strange and unknown == "error":
        raise InputError(
            f"an N or another unknown letter in the windows of {len(strange)} of {len(windows)} variants, "
            f"{strange[0]} first",
            "an unknown letter has no code", 'Write unknown="drop" to leave these variants out',
        )  # fmt: skip
    kept = _without(list(windows), strange, "beside unknown letters")
    return {one: windows[one] for one in kept}


def _alleles(windows: dict[Variant, Window], alphabet: Alphabet | None) -> tuple[Sequences, Sequences]:
    """The windows as sequences, with the reference and with the alternative alleles."""
    refs, alts = ([getattr(window, which) for window in windows.values()] for which in Window._fields)
    alphabet = alphabet or alphabet_of_letters(refs) or alphabet_of_letters(alts)
    for one in windows:
        strange = sorted(set(one.alt) - set((alphabet or DNA).letters))
        if strange:
            raise InputError(
                f"{one} has ALT {one.alt!r}", f"its sequence is {alphabet}: there is no {strange[0]} in it"
            )
    names = [one.name for one in windows]
    return Sequences.from_strings(refs, alphabet, names), Sequences.from_strings(alts, alphabet, names)


def _change(ref: Sequences, alt: Sequences, asked: Sequence[Variant]) -> Written:
    """What is written into the one to make the other: from the first letter that differs to the last."""
    differ = ref.codes != alt.codes
    first = differ.argmax(1)
    spans = np.where(differ.any(1), differ.shape[1] - differ[:, ::-1].argmax(1) - first, 1)
    width, short = int(spans.max()), int(ref.lengths.argmin())
    if ref.lengths[short] < width:
        raise InputError(
            f"{asked[int(spans.argmax())]} shifts {width} letters, and the sequence of {asked[short]} has only "
            f"{ref.lengths[short]}", "among sequences of several lengths no change is longer than the shortest",
            'Give length, or indels="drop", or ask about these sequences by themselves',
        )  # fmt: skip
    start = np.minimum(first, ref.lengths - width)
    columns = start[:, None] + np.arange(width)
    letters, new = (np.take_along_axis(each, columns, 1) for each in (alt.codes, differ))
    return Written(ALT, np.where(new, letters, KEEP).astype(np.uint8), start)
