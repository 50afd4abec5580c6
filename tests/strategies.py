"""What the property tests draw: sequences, patterns, motifs, and arms of edits."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from hypothesis import settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from seqdo.motifs.motif import Motif
from seqdo.sequences.alphabet import KEEP, PAD, Alphabet
from seqdo.sequences.edit import Edit
from seqdo.sequences.sequences import Sequences

# The same examples in every run, and no time limit for one: a busy machine is no fault.
settings.register_profile("seqdo", derandomize=True, deadline=None)
settings.load_profile("seqdo")

Arm = list[Edit]
Start = int | NDArray[np.int64]

IUPAC_DNA = "ACGTRYSWKMBDHVN"


def dna_strings(min_size: int = 1, max_size: int = 40) -> st.SearchStrategy[str]:
    """Sequences of plain DNA letters."""
    return st.text("ACGT", min_size=min_size, max_size=max_size)


def patterns(min_size: int = 1, max_size: int = 12, letters: str = IUPAC_DNA) -> st.SearchStrategy[str]:
    """Patterns of IUPAC letters; N keeps the background's letter."""
    return st.text(letters, min_size=min_size, max_size=max_size)


@st.composite
def motifs(draw: st.DrawFn, min_width: int = 1, max_width: int = 12) -> Motif:
    """Motifs with any probabilities, 0 and 1 among them; no place keeps the background's letter."""
    width = draw(st.integers(min_width, max_width))
    row = st.tuples(*[st.integers(0, 20)] * 4).filter(any)
    counts = np.array(draw(st.lists(row, min_size=width, max_size=width)), float)
    return Motif("drawn", counts / counts.sum(1, keepdims=True), axis=1)


@st.composite
def blocks(draw: st.DrawFn, min_length: int = 1) -> Sequences:
    """One to four sequences of about min_length letters, of one length or of several."""
    texts = draw(st.lists(dna_strings(min_length, min_length + 8), min_size=1, max_size=4))
    if draw(st.booleans()):
        texts = [text[: min(map(len, texts))] for text in texts]
    return Sequences.from_strings(texts)


@st.composite
def edited_blocks(draw: st.DrawFn, least: int = 1) -> tuple[Sequences, list[Edit]]:
    """A block, and ``least`` to 3 edits of it apart from each other; starts and letters may differ per sequence."""
    block = draw(blocks(min_length=12))
    n, edits, taken = len(block), [], 0
    for number in range(draw(st.integers(least, 3))):
        width = draw(st.integers(1, 3))
        if draw(st.booleans()):  # each sequence has its own start, within two letters of the next
            start = np.array(draw(st.lists(st.integers(taken, taken + 1), min_size=n, max_size=n)))
        else:
            start = draw(st.integers(taken, taken + 1))
        rows = n if draw(st.booleans()) else 1
        codes = draw(st.lists(st.sampled_from([0, 1, 2, 3, KEEP]), min_size=rows * width, max_size=rows * width))
        letters = np.array(codes, np.uint8).reshape(rows, width)
        edits.append(Edit(f"edit {number}", letters if rows == n else letters[0], start))
        taken += 1 + width
    return block, edits


class Choices:
    """Even choices read off a byte string, one byte each; the first option where the bytes are at an end.

    For what is drawn with many choices (a network): Hypothesis's own integers favour small ones, and most of its
    examples differ from another in one choice only. One byte string drawn for all of them is even, gives each
    example choices of its own, and still shrinks: to the first option of every choice.
    """

    def __init__(self, drawn: bytes) -> None:
        self._drawn, self._at = drawn, 0

    def whole(self, low: int, high: int) -> int:
        """A whole number from low to high (low if that is less), at most 256 of them."""
        byte = self._drawn[self._at] if self._at < len(self._drawn) else 0
        self._at += 1
        return low + (byte * (max(low, high) - low + 1) >> 8)

    def pick(self, *options: Any) -> Any:
        return options[self.whole(0, len(options) - 1)]

    def maybe(self) -> bool:
        return self.pick(False, True)

    def seed(self) -> int:
        """A seed, for what need not shrink."""
        return sum(self.whole(0, 255) << 8 * place for place in range(4))

    def bytes(self, size: int) -> bytes:
        """The next ``size`` choices put by: whatever is made of them moves nothing that comes after."""
        self._at += size
        return self._drawn[self._at - size : self._at]


def choices(draw: st.DrawFn, size: int) -> Choices:
    """So many choices. Draw them once for an example: of two draws Hypothesis would make copies of one another."""
    return Choices(draw(st.binary(min_size=size, max_size=size)))


def treated(c: Choices, length: int, shortest: int, alphabet: Alphabet | None = None) -> tuple[Sequences, list[Arm]]:
    """One to 6 backgrounds of shortest to length letters, and arms of 0 to 3 edits of them, 1 to 8 letters wide."""
    rng = np.random.default_rng(c.seed())
    n = c.whole(1, 6)
    lengths = rng.integers(shortest, length + 1, n)
    codes = np.where(np.arange(lengths.max()) < lengths[:, None], rng.integers(0, 4, (n, lengths.max())), PAD)
    block, arms = Sequences.from_codes(codes.astype(np.uint8), alphabet), list[Arm]()
    for _ in range(c.whole(1, 6)):
        last = next((arm for arm in reversed(arms) if arm and not arm[0].agree), None)
        kind = c.pick("new", "new", "new", "same spans", "without the first", "twin") if last else "new"
        if last is None or kind == "new":
            spans = _spans(c, rng, lengths)
        elif kind == "same spans":
            spans = [(edit.start, edit.width) for edit in last]
        elif kind == "without the first":
            arms.append(last[1:])
            continue
        else:  # two edits that agree where they overlap
            edit, cut = last[0], c.whole(1, last[0].width) - 1
            arms.append(
                [replace(edit, agree=True), Edit("twin", edit.letters[..., cut:], edit.start + cut, agree=True)]
            )
            continue
        arm = [_edit(c, rng, block, f"edit {number}", *span) for number, span in enumerate(spans)]
        arms.append([arm[number] for number in rng.permutation(len(arm))])
    return block, arms


def _spans(c: Choices, rng: np.random.Generator, lengths: NDArray[np.int64]) -> list[tuple[Start, int]]:
    """Starts (one for all sequences, or one each) and widths of up to 3 spans apart from one another."""
    widths = list[int]()
    for _ in range(c.pick(1, 1, 1, 2, 2, 3, 0)):
        if room := min(8, int(lengths.min()) - sum(widths)):
            widths.append(c.whole(1, room))
    free = lengths - sum(widths)  # letters between, before and after the spans
    least = int(free.min())
    gaps = sorted(c.pick(0, least, c.whole(0, least), c.whole(0, least)) for _ in widths)
    spans, before, width = list[tuple[Start, int]](), np.zeros(len(lengths), np.int64), 0
    for number, gap in enumerate(gaps):
        if c.pick(False, False, True):  # a start for each sequence, up to the next span or its own end
            most = np.full(len(lengths), gaps[number + 1]) if number + 1 < len(gaps) else free
            before = rng.integers(before, most + 1)
            spans.append((before + width, widths[number]))
        else:
            before = np.maximum(before, gap)
            spans.append((gap + width, widths[number]))
        width += widths[number]
    return spans


def _edit(c: Choices, rng: np.random.Generator, block: Sequences, name: str, start: Start, width: int) -> Edit:
    """Any letters, for all sequences or for each; some of them, or all, those that stand there, or kept."""
    n = len(block)
    letters = rng.integers(0, 4, (n, width) if c.pick(False, False, True) else width).astype(np.uint8)
    kind = c.pick("new", "new", "new", "some kept", "all kept", "identity", "identity in some")
    if kind == "some kept":
        letters[rng.random(letters.shape) < 0.5] = KEEP
    elif kind == "all kept":
        letters[...] = KEEP
    elif kind != "new":
        columns = np.broadcast_to(start, n)[:, None] + np.arange(width)
        there = np.take_along_axis(block.codes, columns, 1)
        rows = np.ones(n, bool) if kind == "identity" else rng.random(n) < 0.5
        letters = np.where(rows[:, None], there, letters).astype(np.uint8)
    return Edit(name, letters, start)
