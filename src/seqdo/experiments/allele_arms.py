"""Windows and arms of variants: rows of a table become reference windows, and changes that write their alternatives."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from os import PathLike
from typing import Any, Literal, NamedTuple, get_args

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from seqdo.designs.changes.alleles import Allele, Alleles, Altered
from seqdo.designs.changes.site import place
from seqdo.errors import InputError
from seqdo.sequences.alleles.allele_windows import Anchor, Cut, Place, Window, window_of
from seqdo.sequences.alleles.reference_alleles import checked_alleles
from seqdo.sequences.alphabet import DNA, PAD, Alphabet
from seqdo.sequences.files.genome import Letters, Source, genome_letters, sequence_letters
from seqdo.sequences.files.variant_rows import Bad, Flaw, VariantRow, check_bad, row_columns, usable
from seqdo.sequences.files.vcf import without_repeats
from seqdo.sequences.sequences import Sequences, alphabet_of_letters, as_sequences

UNKNOWN = Flaw(
    "the window contains N or another unknown letter", "each letter of a window must be a base",
    'Write unknown="drop" to leave such variants out',
)  # fmt: skip


class Group(NamedTuple):
    """Numbers of the rows of one window, in the order of their positions, and the name of the window."""

    name: str
    rows: tuple[int, ...]


Grouping = Callable[[Sequence[VariantRow], dict[str, str], int | None], tuple[list[VariantRow], list[Group]]]
"""Rows, names of their sequences and the length of a window to rows with further flaws, and the groups."""


@dataclass(frozen=True)
class Reading:
    """How variants are read and cut: the arguments that their experiments share."""

    length: int | None
    anchor: Anchor
    unknown: Literal["error", "drop"]
    bad: Bad

    def __post_init__(self) -> None:
        check_bad(self.bad)
        refuse_other("anchor", self.anchor, get_args(Anchor))
        refuse_other("unknown", self.unknown, ("error", "drop"))


@dataclass(frozen=True, eq=False)
class AlleleWindows:
    """Reference windows, and what the alternatives change in them.

    Attributes
    ----------
    references : the windows with the reference alleles, named by group
    sets : for each window its sets of alternatives: all its variants, and then each of them alone where that is needed
    table : every row of the user's table, with its status and reason
    """

    references: Sequences
    sets: list[tuple[Altered, ...]]
    table: pd.DataFrame

    def change(self, what: str, number: int = 0) -> Alleles:
        """The change that writes one of the sets of alternatives; windows without such a set stay as they are.

        Parameters
        ----------
        what : its name
        number : number of the set; 0 has all variants of a window
        """
        none = np.zeros(0, np.uint8)
        nothing = Altered((), none, none, 0, (0, 0))
        return Alleles.of(what, [sets[number] if number < len(sets) else nothing for sets in self.sets])


def refuse_other(name: str, value: str, allowed: Sequence[str]) -> None:
    """Refuse a value that is not allowed."""
    if value not in allowed:
        raise InputError(
            f"`{name}={value!r}`", f"{' or '.join(map(repr, allowed))} is needed", f'Write {name}="{allowed[0]}"'
        )


def allele_windows(
    rows: Sequence[VariantRow], sequences: Source, reading: Reading, grouping: Grouping, alone: bool = False
) -> AlleleWindows:
    """The windows of all variants that can be used.

    Parameters
    ----------
    rows : rows of the table, with the flaws that they have without a genome
    sequences : sequences with names, or the path of a FASTA file
    reading : how they are read
    grouping : what makes groups of the rows
    alone : whether each variant of a group is also needed alone

    Raises
    ------
    InputError
        Rows that cannot be used, unless they are skipped; no row is left.
    """
    size = None if reading.length is None else place(reading.length, "length", 1)
    if size is None and isinstance(sequences, str | PathLike):
        usable(rows, reading.bad, "design.rows", stacklevel=5)  # a table that is refused anyway is refused first
    with opened(sequences, size) as (letters, alphabet):
        checked, names = checked_alleles(rows, letters)
        checked, groups = grouping(without_repeats(checked, names), names, size)
        longest = size or max((letters.lengths[names[checked[group.rows[0]].chrom]] for group in groups), default=1)
        draft = _Draft(checked, np.full((len(groups), longest), PAD, np.uint8))
        for group in groups:
            variants = [checked[number] for number in group.rows]
            place_of = Place(letters, names[variants[0].chrom], size, reading.anchor)
            draft.add(group, _cut(variants, place_of, alone, reading.unknown))
    draft.refuse_foreign(alphabet)
    usable(draft.rows, reading.bad, "design.rows", stacklevel=5)
    return draft.windows(alphabet)


@contextmanager
def opened(sequences: Source, length: int | None) -> Iterator[tuple[Letters, Alphabet | None]]:
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


def _cut(variants: list[VariantRow], where: Place, alone: bool, unknown: str) -> Window | Flaw:
    """The window of a group: with all variants, and then with each alone where that is needed."""
    sets = [variants, *([variant] for variant in variants if alone)]
    window = window_of(sets, where)
    if isinstance(window, Flaw):
        return window
    letters = set(window.text).union(*(cut.text for cut in window.cuts))
    return UNKNOWN._replace(on_request=unknown == "drop") if letters - set("ACGTU") else window


class _Draft:
    """Windows while they are cut, one group after the other; a window that cannot be used leaves no trace but a flaw.

    Parameters
    ----------
    rows : all rows
    codes : uint8 (groups, longest), filled with padding; the windows are written into it, so that none is held twice
    """

    def __init__(self, rows: Sequence[VariantRow], codes: NDArray[np.uint8]) -> None:
        self.rows, self._codes = list(rows), codes
        self._groups: list[Group] = []
        self._lengths: list[int] = []
        self._sets: list[tuple[Altered, ...]] = []
        self._letters: set[str] = set()

    def add(self, group: Group, window: Window | Flaw) -> None:
        """Keep the window of a group, or give the flaw to its rows."""
        if isinstance(window, Flaw):
            self._give(group, window)
            return
        reference = _coded(window.text)
        self._codes[len(self._groups), : len(reference)] = reference
        self._groups.append(group)
        self._lengths.append(len(reference))
        self._sets.append(tuple(_altered(cut, window.start, reference) for cut in window.cuts))
        self._letters |= set(window.text) & set("TU")

    def refuse_foreign(self, alphabet: Alphabet | None) -> None:
        """Give a flaw to the groups with an alternative in another alphabet than the sequences."""
        alphabet = alphabet or alphabet_of_letters(self._letters)
        for group in self._groups if alphabet else ():
            alternatives = set().union(*(self.rows[number].alleles[1] for number in group.rows))
            foreign = sorted(alternatives - set((alphabet or DNA).letters))
            if foreign:
                flaw = Flaw(f"ALT {foreign[0]!r} in sequences of {alphabet}", f"{alphabet} has no letter {foreign[0]}")
                self._give(group, flaw)

    def windows(self, alphabet: Alphabet | None) -> AlleleWindows:
        """The windows of the groups whose rows have no flaw."""
        kept = [i for i, group in enumerate(self._groups) if all(self.rows[row].flaw is None for row in group.rows)]
        # A slice shares its memory with the array; a list of rows copies them.
        which: Any = slice(len(kept)) if len(kept) == len(self._groups) else kept
        rows = [self.rows[row] for i in kept for row in self._groups[i].rows]
        alternatives = {letter for row in rows for letter in row.alleles[1]}
        alphabet = alphabet or alphabet_of_letters(self._letters) or alphabet_of_letters(alternatives)
        lengths = np.array(self._lengths, np.int64)[which]
        names = tuple(self._groups[i].name for i in kept)
        named = {row: self._groups[i].name for i in kept for row in self._groups[i].rows}
        table = row_columns([replace(row, name=named.get(number, "")) for number, row in enumerate(self.rows)])
        references = Sequences(self._codes[which][:, : int(lengths.max())], lengths, alphabet, names)
        return AlleleWindows(references, [self._sets[i] for i in kept], pd.DataFrame(table))

    def _give(self, group: Group, flaw: Flaw) -> None:
        for number in group.rows:
            self.rows[number] = replace(self.rows[number], flaw=flaw)


def _altered(cut: Cut, start: int, reference: NDArray[np.uint8]) -> Altered:
    """The alleles of a window as codes, with the span in which the window differs."""
    alleles = [Allele(each.start - start, len(each.ref), _coded(each.alt)) for each in cut.variants]
    differ = np.flatnonzero(_coded(cut.text) != reference)
    span = (int(differ[0]), int(differ[-1]) + 1) if len(differ) else (0, 0)
    return Altered(alleles, _coded(cut.before), _coded(cut.after), cut.cut, span)


def _coded(text: str) -> NDArray[np.uint8]:
    """Codes of letters that are checked already; T and U have the same code."""
    return DNA.encode(text.replace("U", "T"))
