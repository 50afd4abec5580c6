"""Exactly these sequences, in this order, and how plain sequences stand in for a background."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from seqdo.backgrounds.background import Background, outline
from seqdo.errors import InputError
from seqdo.sequences.sequences import Sequences, SequencesLike, trimmed


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class InOrder(Background):
    """The sources in their order."""

    sources: Sequences

    def _take(self, first: int, n: int, seed: np.random.SeedSequence) -> Sequences:
        return self.sources[first : first + n]


def given(sequences: SequencesLike) -> Background:
    """Exactly these sequences, in this order; n is their number or fewer.

    Parameters
    ----------
    sequences : the sequences

    Examples
    --------
    >>> given(["ACGT", "GG"]).sample(2).to_strings()
    ['ACGT', 'GG']
    """
    sources = trimmed(sequences)
    return InOrder(sources=sources, **outline("given", sources, capacity=len(sources)))


def as_background(background: Background | SequencesLike) -> Background:
    """A background as it is, or the background that is exactly these sequences.

    Parameters
    ----------
    background : a background, or sequences

    Examples
    --------
    >>> as_background(["ACGT", "GGTA"]).capacity
    2
    """
    if isinstance(background, Background):
        return background
    if callable(background):
        name = getattr(background, "__name__", type(background).__name__)
        raise InputError(
            f"`background` is the function {name}",
            "a background or sequences are needed",
            f"Write sd.backgrounds.custom({name}, length=...)",
        )
    if not isinstance(background, Sequences | Iterable):
        raise InputError(
            f"`background` is a {type(background).__name__}",
            "a background or a list of sequences is needed",
            "Write sd.backgrounds.uniform(length), or sd.backgrounds.natural(sd.read_fasta(path))",
        )
    return given(background)
