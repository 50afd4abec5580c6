"""What the property tests draw: sequences, patterns and motifs."""

from __future__ import annotations

import numpy as np
from hypothesis import settings
from hypothesis import strategies as st

from seqdo.motifs.motif import Motif
from seqdo.sequences.alphabet import KEEP
from seqdo.sequences.edit import Edit
from seqdo.sequences.sequence import Sequences

# The same examples in every run, and no time limit for one: a busy machine is no fault.
settings.register_profile("seqdo", derandomize=True, deadline=None)
settings.load_profile("seqdo")

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
