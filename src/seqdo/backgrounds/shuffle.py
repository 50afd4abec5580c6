"""Shuffles that keep the count of every k-mer, each valid shuffle equally likely.

A sequence is a walk through a graph: its nodes are the (k-1)-mers, each k-mer is an edge from its prefix of
length k - 1 to its suffix. The valid shuffles are the other walks over the same edges. One of them is
drawn uniformly as Kandel, Matias, Unger and Winkler (1996) show: a uniform spanning tree towards the last
node, by Wilson's loop-erased walk (1996), says which edge each node is left by for the last time; its other
edges are put in any order; then the walk is written out. How many there are is the BEST theorem (van
Aardenne-Ehrenfest, de Bruijn 1951; Tutte, Smith 1941).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from seqdo.errors import InputError
from seqdo.sequences.sequences import Sequences

_CHUNK = 2**22  # letters whose k-mers are in memory at a time


def shuffle(sequences: Sequences, k: int, rng: np.random.Generator) -> Sequences:
    """One shuffle of each sequence, uniform over all sequences with the same counts of k-mers.

    Parameters
    ----------
    sequences : what to shuffle
    k : length of the k-mers whose counts are kept: 1, 2 or 3
        For 2 and 3 the prefix and the suffix of length k - 1 stay. Padding is no letter and stays at the end.
        Sequences shorter than 3 come back unchanged for k=2.
    rng : generator

    Raises
    ------
    InputError
        A k other than 1, 2, 3, or above the length of a sequence.

    Examples
    --------
    >>> block = Sequences.from_strings(["ACGTACGT", "GGG"])
    >>> shuffle(block, 2, np.random.default_rng(0)).codes[:, [0, 7]].tolist()
    [[0, 3], [2, 4]]
    """
    from seqdo.backgrounds.shuffle_rows import shuffle_rows  # compiled: its import is slow

    _check(sequences, k)
    seeds = rng.integers(0, 2**64, len(sequences), np.uint64)
    codes = sequences.codes.copy()
    shuffle_rows(codes, sequences.lengths, k - 1, seeds)
    return Sequences(codes, sequences.lengths, sequences.alphabet, sequences.names)


def count_shuffles(codes: NDArray[np.uint8], k: int) -> float:
    """Natural logarithm of the number of shuffles of one sequence that keep its k-mers.

    >>> from seqdo.sequences.alphabet import DNA
    >>> round(np.exp(count_shuffles(DNA.encode("ACCCACGATGATG"), 2)))
    27
    """
    return float(log_counts(Sequences.from_codes(np.asarray(codes)[None]), k)[0])


def log_counts(sequences: Sequences, k: int) -> NDArray[np.float64]:
    """(n,) natural logarithms of the number of valid shuffles of each sequence."""
    _check(sequences, k)
    step = max(_CHUNK // max(sequences.codes.shape[1], 4**k), 1)
    chunks = [sequences[i : i + step] for i in range(0, len(sequences), step)]
    return np.concatenate([_log_counts(chunk, k) for chunk in chunks])


def _log_counts(sequences: Sequences, k: int) -> NDArray[np.float64]:
    from scipy.special import gammaln

    n, nodes = len(sequences), 4 ** (k - 1)
    edges = _edges(sequences, k).reshape(n, nodes, 4)
    out = edges.sum(2)
    repeats = gammaln(edges + 1).sum((1, 2))
    if k == 1:
        return np.asarray(gammaln(out[:, 0] + 1) - repeats)
    last = _last_nodes(sequences, k)
    # Edge (u, letter) leads to the node of u's last k - 2 letters and that letter.
    laplacian = np.zeros((n, nodes, nodes))
    for letter in range(4):
        u = np.arange(nodes)
        laplacian[:, u, (4 * u + letter) % nodes] -= edges[:, :, letter]
    laplacian[:, np.arange(nodes), np.arange(nodes)] += out
    # Nodes that nothing leaves, and the last one, take no part in the tree: rows and columns of the identity.
    fixed = out == 0
    fixed[np.arange(n), last] = True
    laplacian[fixed[:, :, None] | fixed[:, None, :]] = 0
    laplacian[:, np.arange(nodes), np.arange(nodes)] += fixed
    trees = np.linalg.slogdet(laplacian)[1]
    orders = gammaln(np.where(fixed, 1, out)).sum(1) + gammaln(out[np.arange(n), last] + 1)
    return np.asarray(trees + orders - repeats)


def _edges(sequences: Sequences, k: int) -> NDArray[np.int64]:
    """(n, 4**k) counts of the k-mers."""
    n, width = sequences.codes.shape
    places = max(width - k + 1, 0)
    words = np.repeat(np.arange(n)[:, None], places, 1)
    for j in range(k):
        words = 4 * words + sequences.codes[:, j : j + places]
    inside = np.arange(k - 1, k - 1 + places) < sequences.lengths[:, None]
    return np.bincount(words[inside], minlength=n * 4**k).reshape(n, 4**k)


def _last_nodes(sequences: Sequences, k: int) -> NDArray[np.int64]:
    """(n,) numbers of the last (k-1)-mers; 0 for a sequence that is too short to have one."""
    rows, node = np.arange(len(sequences)), np.zeros(len(sequences), np.int64)
    enough = sequences.lengths >= k - 1
    for j in range(k - 1, 0, -1):
        if sequences.codes.shape[1] >= j:
            node = 4 * node + sequences.codes[rows, np.maximum(sequences.lengths - j, 0)]
    return np.where(enough, node, 0)


def _check(sequences: Sequences, k: int) -> None:
    if isinstance(k, bool) or not isinstance(k, int | np.integer) or k not in (1, 2, 3):
        raise InputError(f"k={k!r}", "shuffles keep the counts of 1-, 2- or 3-mers", "Write k=2")
    short = np.flatnonzero(sequences.lengths < k)
    # Up to two letters have one order that keeps their 2-mers; that of 3-mers is no question to ask of them.
    if k == 3 and len(short):
        name = sequences.names[short[0]] if sequences.names else f"sequence {short[0]}"
        raise InputError(
            f"k={k} for {name} of length {sequences.lengths[short[0]]}",
            "k may not exceed the length of a sequence",
            f"Use a smaller k, or leave out the {len(short)} sequences that are shorter than {k}",
        )
