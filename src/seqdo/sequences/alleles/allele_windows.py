"""Windows of a sequence with one variant or several: where they begin, and what stands in them with each allele."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Literal, NamedTuple

from seqdo.sequences.files.genome import Letters
from seqdo.sequences.files.variant_rows import Flaw, VariantRow

Anchor = Literal["left", "right", "center"]
"""The side of a window whose letters stay where they are when an allele changes the length."""


class Placed(NamedTuple):
    """A variant without the letters that both alleles share in front, 0-based in its sequence."""

    start: int
    ref: str
    alt: str

    @property
    def stop(self) -> int:
        """The position behind the reference allele."""
        return self.start + len(self.ref)

    @property
    def lost(self) -> int:
        """How many letters shorter the alternative is; negative for an insertion."""
        return len(self.ref) - len(self.alt)


class Cut(NamedTuple):
    """A window with alternative alleles.

    Attributes
    ----------
    variants : the variants, in order
    before, after : letters of the sequence that enter at the left and at the right end
    cut : letters that are pushed out at the left end
    text : the window with the alternatives, as long as the window
    """

    variants: tuple[Placed, ...]
    before: str
    after: str
    cut: int
    text: str


class Window(NamedTuple):
    """The window of a sequence: its first position, its letters, and its letters with each set of variants."""

    start: int
    text: str
    cuts: tuple[Cut, ...]


class Place(NamedTuple):
    """The sequence that windows are cut from.

    Attributes
    ----------
    letters, name : the letters, and the name of the sequence among them
    width : positions of a window; None takes the whole sequence
    anchor : the side whose letters stay where they are
    """

    letters: Letters
    name: str
    width: int | None
    anchor: Anchor


def trimmed_variant(row: VariantRow) -> Placed:
    """The variant without the letters that both alleles share in front.

    >>> trimmed_variant(VariantRow("line 2", "", "chr1", 11, "CAT", "CAGG"))
    Placed(start=12, ref='T', alt='GG')
    """
    ref, alt = row.alleles
    shared = next((i for i, (a, b) in enumerate(zip(ref, alt, strict=False)) if a != b), min(len(ref), len(alt)))
    return Placed(row.start + shared, ref[shared:], alt[shared:])


def overlapping(rows: Sequence[VariantRow]) -> tuple[VariantRow, VariantRow] | None:
    """Two variants of a haplotype that replace the same letters, or insert at the same place; None if none do.

    Parameters
    ----------
    rows : variants of one sequence
    """
    order = sorted(((trimmed_variant(row), row) for row in rows), key=lambda pair: (pair[0].start, pair[0].stop))
    for (first, earlier), (second, later) in pairwise(order):
        # An insertion in front of a replaced letter is no overlap; two insertions at one place have no order.
        if second.start < first.stop or (first.start == second.start and not first.ref and not second.ref):
            return earlier, later
    return None


def window_of(sets: Sequence[Sequence[VariantRow]], place: Place) -> Window | Flaw:
    """The window of some variants, with each of these sets of alternatives; or why there is none.

    The window is centered on the first letter of the variant; for several variants on the middle of their span, and
    moved so that insertions fit. It is moved inside its sequence, and leaves room for letters that enter.

    Parameters
    ----------
    sets : the sets of variants, the one with all of them first; none overlap
    place : where the window is cut
    """
    total = place.letters.lengths[place.name]
    width = total if place.width is None else place.width
    placed = [tuple(sorted(map(trimmed_variant, rows), key=lambda each: (each.start, each.stop))) for rows in sets]
    enters = [_entering(sum(variant.lost for variant in variants), place.anchor) for variants in placed]
    left, right = (max(0, *(pair[side] for pair in enters)) for side in (0, 1))
    if width + left + right > total:
        more = f", and {left + right} more on the {_sides(left, right)} to fill up the deletion" if left + right else ""
        return Flaw(
            "the window does not fit in its sequence", f"a window of {width:,} positions is needed{more}",
            "Write a smaller length" + (', or indels="drop"' if left + right else ""),
            f" ({place.name} has length {total:,})",
        )  # fmt: skip
    start = min(max(_start(sets[0], placed[0], enters[0][0], width), left), total - width - right)
    text = place.letters.read(place.name, start, start + width).upper()
    if any(row.start < start or row.start + len(row.ref) > start + width for row in sets[0]):
        return _outside(start, width, right, place, sets[0])
    cuts = []
    for variants, (begin, end) in zip(placed, enters, strict=True):
        cut = _cut(variants, (begin, end), start, text, place)
        if cut is None:
            return _outside(start, width, right, place, sets[0])
        cuts.append(cut)
    if cuts[0].text == text:
        larger = place.width is not None and start + width + right < total
        return Flaw(
            "the window is the same with both alleles",
            "the alleles differ in the length of a repeat that reaches the end of the window",
            _indel_advice(larger), f" (from {start:,} to {start + width:,})",
        )  # fmt: skip
    return Window(start, text, tuple(cuts))


def _start(rows: Sequence[VariantRow], placed: Sequence[Placed], left: int, width: int) -> int:
    """Where the window would begin in an endless sequence; ``left`` letters enter at its left end."""
    if len(rows) == 1:
        return rows[0].start - width // 2
    begin, stop = min(row.start for row in rows), placed[-1].stop
    altered_stop = stop - sum(each.lost for each in placed)
    lowest = max(stop, altered_stop + left) - width
    highest = min(begin, begin + left)
    return min(max((begin + stop) // 2 - width // 2, lowest), max(lowest, highest))


def _entering(lost: int, anchor: Anchor) -> tuple[int, int]:
    """Letters that enter at the left and the right end when so many are lost; negative where letters are pushed out.

    >>> [_entering(3, anchor) for anchor in ("left", "right", "center")], _entering(-3, "center")
    ([(0, 3), (3, 0), (1, 2)], (-1, -2))
    """
    left = {"left": 0, "right": lost, "center": int(lost / 2)}[anchor]
    return left, lost - left


def _cut(variants: Sequence[Placed], enters: tuple[int, int], start: int, text: str, place: Place) -> Cut | None:
    """The window with these alternatives; None if one of them is not whole inside."""
    left, right = enters
    before = place.letters.read(place.name, start - left, start).upper() if left > 0 else ""
    stop = start + len(text)
    after = place.letters.read(place.name, stop, stop + right).upper() if right > 0 else ""
    pieces, position, size = [before], start, len(before)
    pushed = max(-left, 0)
    for variant in variants:
        size += variant.start - position
        if size < pushed or size + len(variant.alt) > pushed + len(text):
            return None
        pieces += [text[position - start : variant.start - start], variant.alt]
        size, position = size + len(variant.alt), variant.stop
    pieces += [text[position - start :], after]
    return Cut(tuple(variants), before, after, pushed, "".join(pieces)[pushed:][: len(text)])


def _outside(start: int, width: int, right: int, place: Place, rows: Sequence[VariantRow]) -> Flaw:
    """The flaw of an allele that is not whole inside the window; ``right`` letters enter at its right end."""
    stop = max(row.start + max(map(len, row.alleles)) for row in rows) + right
    total = place.letters.lengths[place.name]
    ends = f", and {place.name} ends at {total:,}" if stop > total else ""
    sizes = f"; alleles of {len(rows[0].ref):,} and {len(rows[0].alt):,} bases" if len(rows) == 1 else ""
    return Flaw(
        "an allele ends outside the window", "both alleles must end inside the window", _indel_advice(not ends),
        f" (from {start:,} to {start + width:,}{sizes}{ends})",
    )  # fmt: skip


def _sides(left: int, right: int) -> str:
    return "left and the right" if left and right else "left" if left else "right"


def _indel_advice(larger: bool) -> str:
    """What to do about an insertion or deletion; a larger window can hold it, or not."""
    return 'Write a larger length, or indels="drop"' if larger else 'Leave the variant out, or write indels="drop"'
