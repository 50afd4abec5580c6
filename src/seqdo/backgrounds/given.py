"""Exactly these sequences, in this order; plain sequences in place of a background are taken so."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from seqdo.backgrounds.background import Background, outline
from seqdo.errors import InputError
from seqdo.sequences.sequences import Sequences, SequencesLike, trimmed


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class InOrder(Background):
    """The sources as they come."""

    sources: Sequences

    def _take(self, first: int, n: int, seed: np.random.SeedSequence) -> Sequences:
        return self.sources[first : first + n]


def given(sequences: SequencesLike) -> Background:
    """Exactly these sequences, in this order; n is their number or fewer.

    Examples
    --------
    >>> given(["ACGT", "GG"]).sample(2).to_strings()
    ['ACGT', 'GG']
    """
    sources = trimmed(sequences)
    return InOrder(sources=sources, **outline("given", sources, capacity=len(sources)))


def as_background(background: Background | SequencesLike) -> Background:
    """The background itself, or the plain sequences as one that uses them in order.

    >>> as_background(["ACGT", "GGTA"]).capacity
    2
    """
    if isinstance(background, Background):
        return background
    if callable(background):
        name = getattr(background, "__name__", type(background).__name__)
        raise InputError(
            f"the callable {name}", "a background is needed", f"Write backgrounds.custom({name}, length=...)"
        )
    if not isinstance(background, Sequences | Iterable):
        raise InputError(
            f"a {type(background).__name__}",
            "a background or a list of sequences is needed",
            "Write backgrounds.uniform(length), or backgrounds.natural(read_fasta(path))",
        )
    return given(background)
