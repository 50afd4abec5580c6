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
    """The sources in a random order that depends on the seed alone.

    Attributes
    ----------
    scores : (N,), what the sources were selected by; None if they were not selected
    """

    sources: Sequences
    scores: NDArray[np.float64] | None = None

    def scores_of(self, first: int, n: int, seed: np.random.SeedSequence) -> NDArray[np.float64] | None:
        """Scores of rows first to first + n of this seed."""
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
    sequences : real sequences
    scores : (N,), with a quantile
        The assay's or the model's score of each sequence, which the quantile refers to. The background is
        then conditioned on the score, and so is every effect: `describe` and the notes of the effects report
        it. A run detects scores that are the model's own predictions.
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
        raise InputError(f"quantile={quantile} without scores", "a quantile of `scores` is meant", "Write scores=...")
    return Permuted(sources=sources, scores=kept, **outline("natural", sources, parameters, capacity=len(sources)))


def _between_quantiles(
    sources: Sequences, scores: ArrayLike, low: float, high: float
) -> tuple[Sequences, NDArray[np.float64]]:
    """The sequences whose score lies between two quantiles of all scores, both included; and their scores."""
    scored = np.asarray(scores, float)
    if scored.shape != (len(sources),):
        raise InputError(
            f"`scores` of shape {scored.shape} for {len(sources)} sequences", "one score for each sequence is needed"
        )
    if not np.isfinite(scored).all():
        infinite = int((~np.isfinite(scored)).sum())
        raise InputError(f"`scores` holds {infinite} values that are not finite", "scores are finite numbers")
    lowest, highest = np.quantile(scored, [low, high])
    kept = np.flatnonzero((scored >= lowest) & (scored <= highest))
    if not len(kept):
        raise InputError(
            f"quantile={(low, high)} of {len(sources)} scores", "no score lies between them", "Write a wider quantile"
        )
    return sources[kept], scored[kept]
