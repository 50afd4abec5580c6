"""Backgrounds by name: the null models on which patterns are embedded."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from seqdo.backgrounds.background import BLOCK, Background, whole
from seqdo.backgrounds.letters import Custom, at_gc_of, balanced, chain, independent, observed_profile, stored_profile
from seqdo.backgrounds.shuffle import log_counts
from seqdo.backgrounds.sources import (
    InOrder,
    Permuted,
    Shuffled,
    between_quantiles,
    matched_pool,
    outline,
    sources_of,
)
from seqdo.errors import InputError
from seqdo.sequences.alphabet import Alphabet
from seqdo.sequences.sequences import Sequences, SequencesLike

__all__ = [
    "BLOCK", "Background", "as_background", "custom", "gc_matched", "given", "markov", "natural", "profile", "shuffled",
    "uniform",
]  # fmt: skip

_HIGHEST_ORDER = 8

_SET = 16
"""Backgrounds that are balanced together: the fewest that hold every dinucleotide once."""

_INDEPENDENT = {"columns": 15, "dinucleotides": 12}
"""Independent backgrounds that a set is worth at the least, whatever is averaged over it.

The mean over a set has the variance of 16 independent values times 1 + 15 λ, with λ an eigenvalue of the law of two of
its rows. For what is balanced λ is −1/15, and the variance 0. The largest λ belongs to an interaction of two letters
(1/225) where columns are balanced, and of three neighbours (1/45) where dinucleotides are.
"""


def uniform(length: int, balance: Literal["columns", "dinucleotides"] | None = None) -> Background:
    """Every letter equally likely at every place.

    Letter j of background i is ``floor(4 u)`` with u the double at place (i mod BLOCK, j) of
    ``stream(root(rng), "background", i // BLOCK).random((BLOCK, length))``.

    Parameters
    ----------
    balance : None, "columns" or "dinucleotides"
        Backgrounds that are drawn in sets of 16: at each place a set has each letter four times, and with
        "dinucleotides" at each two neighbouring places each of the 16 pairs once. What single letters (or
        neighbouring ones) add to an answer then has no variance over sets. Each background alone is
        as uniform as without, so that means are unbiased; as those of a set depend on one another, n is a
        multiple of 16 and `seqdo.estimate` compares sets.

    Examples
    --------
    >>> uniform(8)
    <background uniform, 8 letters>
    >>> sorted(text[3:5] for text in uniform(8, balance="dinucleotides").sample(16, rng=0).to_strings())[:5]
    ['AA', 'AC', 'AG', 'AT', 'CA']
    """
    length = whole("length", length, "a whole number of letters, at least 1, is needed", "Write uniform(249)")
    if balance is not None:
        if not isinstance(balance, str) or balance not in _INDEPENDENT:
            raise InputError(
                f"balance={balance!r}", 'None, "columns" or "dinucleotides" is needed', 'Write balance="dinucleotides"'
            )
        return balanced(length, balance, _SET, _INDEPENDENT[balance])
    return independent("uniform", {length: np.full((length, 4), 0.25)}, {length: 1.0}, None, {"length": length})


def profile(
    given: SequencesLike | NDArray[np.floating] | Mapping[int, ArrayLike], weights: Mapping[int, float] | None = None
) -> Background:
    """Letters drawn independently, from the frequencies at each place (Koo et al. 2021).

    Parameters
    ----------
    given : sequences; or float (length, 4); or {length: float (length, 4)}
        Sequences are aligned at their 5' end. Where they differ in length the background is a mixture:
        a length is drawn from those observed, then letters from the profile of the sequences that have
        it. A length that one sequence has gives back that sequence, with a warning that says how many.
        Probabilities have columns ACGT or ACGU.
    weights : {length: share}
        For probabilities by length only; shares add up to 1.

    Examples
    --------
    >>> sorted(set(profile(["ACGT", "ACGG", "AC", "GC"]).sample(100, rng=0).to_strings()))
    ['AC', 'ACGG', 'ACGT', 'GC']
    >>> profile({2: [[1, 0, 0, 0], [0, 1, 0, 0]]}, weights={2: 1.0}).sample(1, rng=0).to_strings()
    ['AC']
    """
    if isinstance(given, np.ndarray) and given.dtype.kind == "f":
        given, weights = {len(given): given}, weights or {len(given): 1.0}
    if isinstance(given, Mapping):
        return stored_profile(given, weights)
    if weights is not None:
        raise InputError("weights with sequences", "weights belong to {length: matrix}; sequences bring their own")
    sources = sources_of(given)
    alone = int((np.unique(sources.lengths, return_counts=True)[1] == 1).sum())
    if alone:
        warnings.warn(
            f"{alone} of {len(sources)} sequences have a length of their own, and a profile of one "
            "sequence draws that sequence: cut them to a few lengths, or use another background",
            UserWarning,
            stacklevel=2,
        )
    return observed_profile(sources)


def markov(given: SequencesLike, order: int = 1) -> Background:
    """A Markov chain of this order, with the letters' frequencies after each k-mer of the sequences.

    Lengths are drawn from those observed, the first ``order`` letters from the sequences' own beginnings.
    A k-mer after which the sequences have no letter backs off to its last k - 1 letters, and so on down
    to the letter frequencies.

    Raises
    ------
    InputError
        An order that is above 8 or not below the shortest sequence's length.

    Examples
    --------
    >>> sorted(set(markov(["ACACAC", "CACA"], order=1).sample(100, rng=0).to_strings()))
    ['ACAC', 'ACACAC', 'CACA', 'CACACA']
    """
    sources = sources_of(given)
    order = whole("order", order, "a whole number from 0 is needed", "Write order=1", least=0)
    shortest = int(sources.lengths.min())
    highest = min(shortest - 1, _HIGHEST_ORDER)
    if order > highest:
        raise InputError(
            f"order={order} with sequences as short as {shortest}",
            f"the order must be below the length of the shortest sequence, and {_HIGHEST_ORDER} at most",
            f"Write order={highest} or lower",
        )
    return chain(sources, order)


def shuffled(given: SequencesLike, k: int = 2, fixed_limit: float = 1.0) -> Background:
    """Shuffles of the sequences that keep the counts of their k-mers: background i shuffles sequence i mod N.

    Every valid shuffle is equally likely (see `seqdo.backgrounds.shuffle`).

    Parameters
    ----------
    k : 1, 2 or 3
        For k=2 and 3 the first and the last k - 1 letters stay, as the counts imply.
    fixed_limit : float
        The largest share of sequences that may have no shuffle but themselves (ACACAC has none for
        k=2); above it an error, below it a warning.

    Examples
    --------
    >>> sorted(set(shuffled(["ACCAGA"], k=2).sample(50, rng=0).to_strings()))
    ['ACCAGA', 'AGACCA']
    """
    sources = sources_of(given)
    if not 0 <= fixed_limit <= 1:
        raise InputError(f"fixed_limit={fixed_limit}", "a share from 0 to 1 is needed", "Write fixed_limit=0.5")
    fixed = int((log_counts(sources, k) < np.log(1.5)).sum())
    if fixed:
        said = f"{fixed} of {len(sources)} sequences have only 1 valid shuffle that keeps their {k}-mers"
        if fixed > fixed_limit * len(sources):
            raise InputError(said, f"at most a share of {fixed_limit:g} may", "Use a smaller k, or leave them out")
        warnings.warn(f"{said}, and are used as they are", UserWarning, stacklevel=2)
    shown = outline("shuffled", sources, {"k": int(k), "fixed": fixed})
    return Shuffled(sources=sources, k=k, in_turn=len(sources), **shown)


def gc_matched(given: SequencesLike, pool: SequencesLike | None = None, tolerance: float = 0.02) -> Background:
    """Backgrounds with the GC content of the sequences: background i is matched to sequence i mod N.

    Parameters
    ----------
    pool : sequences to draw from, with replacement
        Each background is then any of those whose GC is within ``tolerance`` of its sequence's, each
        equally likely. Without a pool letters are drawn independently: G and C with half the
        sequence's GC each, A and T (or U) with half the rest, as many as the sequence has.

    Examples
    --------
    >>> gc_matched(["GGCC"], pool=["CGCG", "ATAT"]).sample(2, rng=0).to_strings()
    ['CGCG', 'CGCG']
    """
    sources = sources_of(given)
    if pool is None:
        return at_gc_of(sources)
    if not 0 <= tolerance <= 1:
        raise InputError(f"tolerance={tolerance}", "a share of letters from 0 to 1 is needed", "Write tolerance=0.02")
    return matched_pool(sources, sources_of(pool), tolerance)


def natural(
    given: SequencesLike, scores: ArrayLike | None = None, quantile: tuple[float, float] = (0, 1)
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
    sources = sources_of(given)
    low, high = quantile
    if not 0 <= low < high <= 1:
        raise InputError(f"quantile={quantile}", "two shares are needed, 0 <= lowest < highest <= 1", "Write (0.75, 1)")
    parameters: dict[str, Any] = {}
    kept = None
    if scores is not None:
        every = len(sources)
        sources, kept = between_quantiles(sources, scores, low, high)
        parameters = {"conditioned_on": "scores", "quantile": [float(low), float(high)], "chosen_from": every}
        parameters["scores"] = [float(kept.min()), float(kept.max())]
    elif (low, high) != (0, 1):
        raise InputError(f"quantile={quantile} without scores", "it is the scores' quantile", "Write scores=...")
    return Permuted(sources=sources, scores=kept, **outline("natural", sources, parameters, capacity=len(sources)))


def given(sequences: SequencesLike) -> Background:
    """Exactly these sequences, in this order; n is their number or fewer.

    Examples
    --------
    >>> given(["ACGT", "GG"]).sample(2).to_strings()
    ['ACGT', 'GG']
    """
    sources = sources_of(sequences)
    return InOrder(sources=sources, **outline("given", sources, capacity=len(sources)))


def custom(
    function: Callable[[int, np.random.Generator], Any], length: int, alphabet: Alphabet | None = None
) -> Background:
    """Whatever a function draws, from the generator that it is handed.

    Parameters
    ----------
    function : f(n, rng) -> codes, whole numbers (n, length); or n strings; or Sequences
        Called for blocks of 256. The same ``rng`` must give the same answer, another one another:
        both are checked at the first use.
    alphabet : needed if the strings have a T or a U

    Examples
    --------
    >>> purines = custom(lambda n, rng: 2 * rng.integers(2, size=(n, 6)), length=6)
    >>> set("".join(purines.sample(100, rng=0).to_strings())) == {"A", "G"}
    True
    """
    if not callable(function):
        raise InputError(f"a {type(function).__name__}", "custom takes a function f(n, rng)", "Write given(sequences)")
    length = whole("length", length, "a whole number of letters, at least 1, is needed")
    name = getattr(function, "__qualname__", type(function).__qualname__)
    parameters = {"function": f"{getattr(function, '__module__', '')}.{name}"}
    return Custom(
        function=function, name="custom", alphabet=alphabet, shortest=length, longest=length, parameters=parameters
    )


def as_background(given_or_background: Background | SequencesLike) -> Background:
    """The background itself, or the plain sequences as one that uses them in order.

    >>> as_background(["ACGT", "GGTA"]).capacity
    2
    """
    if isinstance(given_or_background, Background):
        return given_or_background
    if callable(given_or_background):
        name = getattr(given_or_background, "__name__", type(given_or_background).__name__)
        raise InputError(
            f"the callable {name}", "a background is needed", f"Write backgrounds.custom({name}, length=...)"
        )
    if not isinstance(given_or_background, Sequences | Iterable):
        raise InputError(
            f"a {type(given_or_background).__name__}",
            "a background or a list of sequences is needed",
            "Write backgrounds.uniform(length), or backgrounds.natural(read_fasta(path))",
        )
    return given(given_or_background)
