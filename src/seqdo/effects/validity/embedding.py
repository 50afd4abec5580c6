"""Distances in a layer of the model: every other real sequence is known, and the others are judged like backgrounds."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Rows = NDArray[np.float32]

NEIGHBOUR, USUAL = 5, 0.99
"""Which neighbour's distance counts, and the share of real sequences that is nearer than what counts as far."""

KNOWN, JUDGED = slice(None, None, 2), slice(1, None, 2)
"""Real sequences that distances are measured to, and those that say what is usual."""


def directions(found: Sequence[Rows], most: int) -> list[Rows]:
    """Real sequences and others (rows, features) in the directions of the known real ones, and how far beside these.

    At most ``most`` columns. Without the last one, a unit of the layer that is silent on all real sequences could say
    nothing.
    """
    from sklearn.decomposition import PCA

    known = found[0][KNOWN].astype(np.float64)
    with np.errstate(invalid="ignore", divide="ignore"):  # of a layer that gives one answer to all, shares are 0/0
        plane = PCA(min(most - 1, len(known) - 1, known.shape[1]), random_state=0).fit(known)
    made = []
    for values in found:
        inside = plane.transform(values.astype(np.float64))
        beside = np.linalg.norm(values - plane.inverse_transform(inside), axis=1, keepdims=True)
        made.append(np.concatenate([inside, beside], axis=1).astype(np.float32))
    return made


def far(real: Rows, places: Rows) -> float:
    """Share of places (rows, directions) whose 5th neighbour in every other real one is farther than is usual.

    Usual is what 99 % of the real ones between are (Sun et al. 2022, ICML, "deep nearest neighbors").
    """
    from sklearn.neighbors import NearestNeighbors

    known = NearestNeighbors(n_neighbors=NEIGHBOUR).fit(real[KNOWN])
    usual, found = (known.kneighbors(rows)[0][:, -1] for rows in (real[JUDGED], places))
    return float((found > np.quantile(usual, USUAL, method="higher")).mean())
