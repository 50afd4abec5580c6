"""Profile backgrounds: independent letters, with the frequencies of each position (Koo et al. 2021)."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from hashlib import sha256

import numpy as np
from numpy.typing import ArrayLike, NDArray

from seqdo.backgrounds.background import Background
from seqdo.backgrounds.independent import Independent, independent
from seqdo.errors import InputError
from seqdo.sequences.sequences import Sequences, SequencesLike, fingerprint, trimmed

ProfileLike = SequencesLike | NDArray[np.floating] | Mapping[int, ArrayLike]
"""Sequences whose profile is taken, or the probabilities themselves."""


def profile(sequences: ProfileLike, weights: Mapping[int, float] | None = None) -> Background:
    """Letters drawn independently, from the frequencies at each position (Koo et al. 2021).

    Parameters
    ----------
    sequences : sequences; or float (length, 4); or {length: float (length, 4)}
        Sequences are aligned at their 5' end. Where they differ in length the background is a mixture:
        a length is drawn from the observed lengths, then letters from the profile of the sequences of
        that length. A length that only one sequence has gives back that sequence, and a warning counts
        such sequences. Probabilities have columns ACGT or ACGU.
    weights : {length: share}
        Only for probabilities by length; shares sum to 1.

    Examples
    --------
    >>> sorted(set(profile(["ACGT", "ACGG", "AC", "GC"]).sample(100, rng=0).to_strings()))
    ['AC', 'ACGG', 'ACGT', 'GC']
    >>> profile({2: [[1, 0, 0, 0], [0, 1, 0, 0]]}, weights={2: 1.0}).sample(1, rng=0).to_strings()
    ['AC']
    """
    if isinstance(sequences, np.ndarray) and sequences.dtype.kind == "f":
        sequences, weights = {len(sequences): sequences}, weights or {len(sequences): 1.0}
    if isinstance(sequences, Mapping):
        return _stored_profile(sequences, weights)
    if weights is not None:
        raise InputError(
            "`weights` with sequences", "weights are for probabilities, {length: matrix}; sequences have their own",
            "Leave weights out",
        )  # fmt: skip
    sources = trimmed(sequences)
    alone = int((np.unique(sources.lengths, return_counts=True)[1] == 1).sum())
    if alone:
        warnings.warn(
            f"{alone} of {len(sources)} sequences are the only sequence of their length, and the profile of "
            "a single sequence draws that sequence: cut sequences to a few lengths, or use another background",
            UserWarning,
            stacklevel=2,
        )
    return _observed_profile(sources)


def _observed_profile(sources: Sequences) -> Independent:
    """The mixture with the lengths and letter frequencies of sequences."""
    lengths, number = np.unique(sources.lengths, return_counts=True)
    matrices = {}
    for length in lengths.tolist():
        codes = sources.codes[sources.lengths == length, :length]
        matrices[length] = np.stack([(codes == letter).mean(0) for letter in range(4)], 1)
    shares = dict(zip(lengths.tolist(), (number / number.sum()).tolist(), strict=True))
    return independent("profile", matrices, shares, sources.alphabet, {"sources": fingerprint(sources)})


def _stored_profile(probabilities: Mapping[int, ArrayLike], weights: Mapping[int, float] | None) -> Independent:
    """The mixture with these probabilities, once they are checked."""
    if weights is None or sorted(weights) != sorted(probabilities):
        raise InputError(
            f"probabilities for the lengths {sorted(probabilities)}, `weights` for {sorted(weights or {})}",
            "each length needs a matrix and a share",
            "Write profile({38: matrix}, weights={38: 1.0})",
        )
    share = np.array([weights[length] for length in probabilities], float)
    if not (share >= 0).all() or abs(share.sum() - 1) > 1e-6:
        raise InputError(f"`weights` sum to {share.sum():g}", "shares are not negative and sum to 1")
    matrices = {length: np.asarray(matrix, float) for length, matrix in probabilities.items()}
    for length, matrix in matrices.items():
        if matrix.shape != (length, 4) or not length:
            raise InputError(
                f"`sequences` holds probabilities of shape {matrix.shape}",
                f"for length {length} the shape is ({length}, 4), columns ACGT",
            )
        wrong = np.flatnonzero(~((matrix >= 0).all(1) & (np.abs(matrix.sum(1) - 1) <= 1e-6)))
        if len(wrong):
            raise InputError(
                f"`sequences` holds the probabilities {matrix[wrong[0]].tolist()} at position {wrong[0]}",
                "the four probabilities of a position are not negative and sum to 1",
                "Divide each row by its sum",
            )
    stored = b"".join(matrices[length].astype("<f8").tobytes() for length in sorted(matrices))
    parameters = {"sha256": sha256(stored).hexdigest(), "weights": {str(k): float(v) for k, v in weights.items()}}
    return independent("profile", matrices, weights, None, parameters)
