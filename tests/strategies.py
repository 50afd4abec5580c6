"""What the property tests draw: sequences, patterns and motifs."""

from __future__ import annotations

import numpy as np
from hypothesis import settings
from hypothesis import strategies as st

from seqdo.motifs.motif import Motif

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
