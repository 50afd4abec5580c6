"""Natural backgrounds: real sequences in a random order, each used once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from seqdo.backgrounds.background import Background, outline
from seqdo.errors import InputError
from seqdo.sequences.sequences import Sequences, SequencesLike, trimmed
from seqdo.sequences.stream import stream


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class Permuted(Background):
    """The sources in an order of the seed, the same whatever part of it is asked for.

    Attributes
    ----------
    scores : (N,), what the sources were chosen by; None if they were not chosen
    """

    sources: Sequences
    scores: NDArray[np.float64] | None = None

    def scores_of(self, first: int, n: int, seed: np.random.SeedSequence) -> NDArray[np.float64] | None:
        """What rows first to first + n of this seed were chosen by."""
        return None if self.scores is None else self.scores[self._order(seed)[first : first + n]]

    def _take(self, first: int, n: int, seed: np.random.SeedSequence) -> Sequences:
        return self.sources[self._order(seed)[first : first + n]]

    def _order(self, seed: np.random.SeedSequence) -> NDArray[np.int64]:
        return np.argsort(stream(seed, "background order").random(len(self.sources)), kind="stable")


def natural(
    sequences: SequencesLike, scores: ArrayLike | None = None, quantile: tuple[float, float] = (0, 1)
) -> Background:
    """Real sequences in a random order, each used once.

    Parameters
    ----------
    scores : (N,), with a quantile
        What the quantile is of: the assay's or the model's score of each sequence. The background is
        then conditioned on it, and so is every effect: `describe` says so, and the notes beside the
        effects do. Scores that are the model's own answers are known as such when it is run.
    quantile : (lowest, highest), both included
        (0.75, 1) keeps the quarter of the sequences with the highest scores.

    Examples
    --------
    >>> natural(["AA", "CC", "GG", "TT"], scores=[1, 2, 3, 4], quantile=(0.5, 1)).capacity
    2
    """
    sources = trimmed(sequences)
    low, high = quantile
    if not 0 <= low < high <= 1:
        raise InputError(f"quantile={quantile}", "two shares are needed, 0 <= lowest < highest <= 1", "Write (0.75, 1)")
    parameters: dict[str, Any] = {}
    kept = None
    if scores is not None:
        every = len(sources)
        sources, kept = _between_quantiles(sources, scores, low, high)
        parameters = {"conditioned_on": "scores", "quantile": [float(low), float(high)], "chosen_from": every}
        parameters["scores"] = [float(kept.min()), float(kept.max())]
    elif (low, high) != (0, 1):
        raise InputError(f"quantile={quantile} without scores", "it is the scores' quantile", "Write scores=...")
    return Permuted(sources=sources, scores=kept, **outline("natural", sources, parameters, capacity=len(sources)))


def _between_quantiles(
    sources: Sequences, scores: ArrayLike, low: float, high: float
) -> tuple[Sequences, NDArray[np.float64]]:
    """The sequences whose score lies between two quantiles of all scores, both included; and their scores."""
    scored = np.asarray(scores, float)
    if scored.shape != (len(sources),):
        raise InputError(
            f"scores of shape {scored.shape} for {len(sources)} sequences", "one score for each sequence is needed"
        )
    if not np.isfinite(scored).all():
        raise InputError(f"{int((~np.isfinite(scored)).sum())} scores that are no number", "leave those sequences out")
    lowest, highest = np.quantile(scored, [low, high])
    kept = np.flatnonzero((scored >= lowest) & (scored <= highest))
    if not len(kept):
        raise InputError(
            f"quantile={(low, high)} of {len(sources)} scores", "no score lies between them", "Write a wider quantile"
        )
    return sources[kept], scored[kept]
