"""Distances in a layer of the model, from sequences to real sequences, compared with those between real sequences."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Rows = NDArray[np.float32]

NEIGHBOR, USUAL = 5, 0.99
"""Which neighbor's distance counts, and the share of real sequences with a distance that counts as usual."""

REFERENCES, JUDGED = slice(None, None, 2), slice(1, None, 2)
"""Real sequences that distances are measured to, and real sequences that show which distances are usual."""


def directions(activations: Sequence[Rows], most: int) -> list[Rows]:
    """Project the activations of a layer on the main directions of the real sequences.

    Parameters
    ----------
    activations : arrays (rows, features) of a layer; the first is of the real sequences
    most : largest number of columns of the result

    Returns
    -------
    list of float32 (rows, columns)
        One array for each of ``activations``: principal components of the reference sequences, and last the distance
        from the plane of these components. Without that distance, a unit that is silent on all real sequences could
        not show that a sequence is unusual.
    """
    from sklearn.decomposition import PCA

    references = activations[0][REFERENCES].astype(np.float64)
    # If a layer has the same activations for all sequences, the shares of variance are 0/0.
    with np.errstate(invalid="ignore", divide="ignore"):
        plane = PCA(min(most - 1, len(references) - 1, references.shape[1]), random_state=0).fit(references)
    projected = []
    for values in activations:
        inside = plane.transform(values.astype(np.float64))
        distance = np.linalg.norm(values - plane.inverse_transform(inside), axis=1, keepdims=True)
        projected.append(np.concatenate([inside, distance], axis=1).astype(np.float32))
    return projected


def far(real: Rows, places: Rows) -> float:
    """Share of sequences that are farther from real sequences than is usual.

    The distance of a sequence is that to its 5th nearest reference sequence. Usual is a distance that 99 % of the other
    real sequences do not exceed (Sun et al. 2022, ICML, "deep nearest neighbors").

    Parameters
    ----------
    real : (rows, columns), real sequences in the directions of :func:`directions`
    places : (rows, columns), the sequences to judge, in the same directions
    """
    from sklearn.neighbors import NearestNeighbors

    references = NearestNeighbors(n_neighbors=NEIGHBOR).fit(real[REFERENCES])
    usual, distances = (references.kneighbors(rows)[0][:, -1] for rows in (real[JUDGED], places))
    return float((distances > np.quantile(usual, USUAL, method="higher")).mean())
