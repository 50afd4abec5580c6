"""Backgrounds: the null models on which patterns are embedded.

A background is drawn in blocks of ``BLOCK`` consecutive indices, and a block is always drawn whole,
from ``stream(root(rng), "background", block)``, before the rows that were asked for are cut out of it.
So n=500 is the beginning of n=1000, a run in pieces gives the rows of a run in one go, and two seeds
share no stream.
"""

from __future__ import annotations

import warnings
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from seqdo.errors import InputError
from seqdo.sequences.alphabet import PAD, Alphabet
from seqdo.sequences.sequence import Sequences, as_sequences
from seqdo.sequences.shuffle import log_counts, shuffle
from seqdo.sequences.stream import Seed, root, stream

BLOCK = 256
"""Backgrounds to a block: the unit in which they are drawn, whatever the blocks of a run."""

_HIGHEST_ORDER = 8

Given = Sequences | NDArray[np.integer] | Iterable[str]


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class Background(ABC):
    """A null model of sequences.

    `custom` makes one from any function.

    Attributes
    ----------
    name : the kind, as reports call it
    alphabet : None if it fits both DNA and RNA
    shortest, longest : int
        Letters in the shortest and the longest sequence that can be drawn.
    capacity : int or None
        How many there are; None if there is no end to them.
    parameters : what made it, in values that JSON can hold
    """

    name: str
    alphabet: Alphabet | None
    shortest: int
    longest: int
    capacity: int | None = None
    parameters: Mapping[str, Any] = field(default_factory=dict)

    def sample(self, n: int, rng: Seed = None, first: int = 0) -> Sequences:
        """Backgrounds first, first + 1, ..., first + n - 1 of the seed ``rng``.

        Returns
        -------
        Sequences
            Codes of shape (n, longest), so that the shape does not depend on which rows were asked for.

        Examples
        --------
        >>> drawn = uniform(12).sample(1000, rng=0)
        >>> drawn.codes.shape
        (1000, 12)
        >>> uniform(12).sample(2, rng=0, first=500).to_strings() == drawn[500:502].to_strings()
        True
        """
        n = _whole(
            "n", n, 1, "a whole number of backgrounds, at least 1 (2 for an interval), is needed", "Write n=1000"
        )
        first = _whole("first", first, 0, "the index of the first background, a whole number from 0, is needed")
        if self.capacity is not None and first + n > self.capacity:
            start = f", first={first}" if first else ""
            raise InputError(
                f"n={n}{start} of the background {self.name}",
                f"it holds {self.capacity} sequences, and each is used once",
                f"Write n={max(self.capacity - first, 1)} or fewer, or give more sequences",
            )
        return self._take(first, n, root(rng))

    def describe(self) -> dict[str, Any]:
        """What the background is, for provenance: kind, lengths, parameters, number and sha256 of its sources."""
        alphabet = None if self.alphabet is None else self.alphabet.name
        shown = {"kind": self.name, "alphabet": alphabet, "shortest": self.shortest, "longest": self.longest}
        return {**shown, "capacity": self.capacity, **self.parameters}

    def __repr__(self) -> str:
        letters = f"{self.longest}" if self.shortest == self.longest else f"{self.shortest} to {self.longest}"
        return f"<background {self.name}, {letters} letters>"

    @abstractmethod
    def _take(self, first: int, n: int, seed: np.random.SeedSequence) -> Sequences:
        """Rows first to first + n of this seed; both numbers have been checked."""


def uniform(length: int) -> Background:
    """Every letter equally likely at every place.

    Letter j of background i is ``floor(4 u)`` with u the double at place (i mod BLOCK, j) of
    ``stream(root(rng), "background", i // BLOCK).random((BLOCK, length))``.

    Examples
    --------
    >>> uniform(8)
    <background uniform, 8 letters>
    """
    length = _whole("length", length, 1, "a whole number of letters, at least 1, is needed", "Write uniform(249)")
    return _independent("uniform", {length: np.full((length, 4), 0.25)}, {length: 1.0}, None, {"length": length})


def profile(
    given: Given | NDArray[np.floating] | Mapping[int, ArrayLike], weights: Mapping[int, float] | None = None
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
        return _stored_profile(given, weights)
    if weights is not None:
        raise InputError("weights with sequences", "weights belong to {length: matrix}; sequences bring their own")
    sources = _sources(given)
    lengths, number = np.unique(sources.lengths, return_counts=True)
    if (number == 1).any():
        warnings.warn(
            f"{(number == 1).sum()} of {len(sources)} sequences have a length of their own, and a profile of one "
            "sequence draws that sequence: cut them to a few lengths, or use another background",
            UserWarning,
            stacklevel=2,
        )
    matrices = {}
    for length in lengths.tolist():
        codes = sources.codes[sources.lengths == length, :length]
        matrices[length] = np.stack([(codes == letter).mean(0) for letter in range(4)], 1)
    shares = dict(zip(lengths.tolist(), (number / number.sum()).tolist(), strict=True))
    return _independent("profile", matrices, shares, sources.alphabet, _provenance(sources))


def markov(given: Given, order: int = 1) -> Background:
    """A Markov chain of this order, with the letters' frequencies after each k-mer of the sequences.

    Lengths are drawn from those observed, the first ``order`` letters from the sequences' own beginnings.
    A k-mer after which the sequences have no letter backs off to its last k - 1 letters, and so on down
    to the letter frequencies.

    Raises
    ------
    InputError
        An order that is not below the shortest sequence's length.

    Examples
    --------
    >>> sorted(set(markov(["ACACAC", "CACA"], order=1).sample(100, rng=0).to_strings()))
    ['ACAC', 'ACACAC', 'CACA', 'CACACA']
    """
    sources = _sources(given)
    shortest = int(sources.lengths.min())
    order = _whole("order", order, 0, f"a whole number from 0 to {_HIGHEST_ORDER} is needed", "Write order=1")
    if order >= shortest:
        raise InputError(
            f"order={order} with sequences as short as {shortest}",
            "the order must be below the length of the shortest sequence",
            f"Write order={shortest - 1} or lower, or leave short sequences out",
        )
    if order > _HIGHEST_ORDER:
        raise InputError(f"order={order}", f"orders up to {_HIGHEST_ORDER} are supported, and few data can fill more")
    return _Markov(
        sources=sources, order=order, cumulative=_cumulative(_transitions(sources, order)),
        **_shape("markov", sources, order=order),
    )  # fmt: skip


def shuffled(given: Given, k: int = 2, fixed_limit: float = 1.0) -> Background:
    """Shuffles of the sequences that keep the counts of their k-mers: background i shuffles sequence i mod N.

    Every valid shuffle is equally likely (see `seqdo.sequences.shuffle`).

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
    sources = _sources(given)
    if not 0 <= fixed_limit <= 1:
        raise InputError(f"fixed_limit={fixed_limit}", "a share from 0 to 1 is needed", "Write fixed_limit=0.5")
    fixed = int((log_counts(sources, k) < np.log(1.5)).sum())
    if fixed:
        said = f"{fixed} of {len(sources)} sequences have only 1 valid shuffle that keeps their {k}-mers"
        if fixed > fixed_limit * len(sources):
            raise InputError(said, f"at most a share of {fixed_limit:g} may", "Use a smaller k, or leave them out")
        warnings.warn(f"{said}, and are used as they are", UserWarning, stacklevel=2)
    return _Shuffled(sources=sources, k=k, **_shape("shuffled", sources, k=int(k), fixed=fixed))


def gc_matched(given: Given, pool: Given | None = None, tolerance: float = 0.02) -> Background:
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
    sources = _sources(given)
    if pool is None:
        gc = _gc(sources)[:, None]
        cumulative = _cumulative(np.concatenate([1 - gc, gc, gc, 1 - gc], 1) / 2)
        return _GCMatched(sources=sources, cumulative=cumulative, **_shape("gc matched", sources))
    if not 0 <= tolerance <= 1:
        raise InputError(f"tolerance={tolerance}", "a share of letters from 0 to 1 is needed", "Write tolerance=0.02")
    drawn_from = _sources(pool)
    order = np.argsort(_gc(drawn_from), kind="stable")
    near, sorted_gc = tolerance + 1e-9, _gc(drawn_from)[order]
    low = np.searchsorted(sorted_gc, _gc(sources) - near, "left")
    high = np.searchsorted(sorted_gc, _gc(sources) + near, "right")
    if (low == high).any():
        raise InputError(
            f"a pool without a match for {int((low == high).sum())} of {len(sources)} sequences",
            f"each needs a pool sequence whose GC is within {tolerance:g} of its own",
            "Give a larger pool or a larger tolerance, or no pool (letters are then drawn)",
        )
    shape = _shape("gc matched", drawn_from, tolerance=float(tolerance), matched_to=_fingerprint(sources))
    return _Pool(sources=drawn_from[order], low=low, high=high, **shape)


def natural(given: Given, scores: ArrayLike | None = None, quantile: tuple[float, float] = (0, 1)) -> Background:
    """Real sequences in a random order, each used once.

    Parameters
    ----------
    scores : (N,), with a quantile
        What the quantile is of: the assay's or the model's score of each sequence. The background is
        then conditioned on it, and so is every effect; `describe` says so.
    quantile : (lowest, highest), both included
        (0.75, 1) keeps the quarter of the sequences with the highest scores.

    Examples
    --------
    >>> natural(["AA", "CC", "GG", "TT"], scores=[1, 2, 3, 4], quantile=(0.5, 1)).capacity
    2
    """
    sources = _sources(given)
    low, high = quantile
    if not 0 <= low < high <= 1:
        raise InputError(f"quantile={quantile}", "two shares are needed, 0 <= lowest < highest <= 1", "Write (0.75, 1)")
    parameters: dict[str, Any] = {}
    if scores is not None:
        sources = sources[_within(np.asarray(scores, float), len(sources), low, high)]
        parameters = {"conditioned_on": "scores", "quantile": [float(low), float(high)]}
    elif (low, high) != (0, 1):
        raise InputError(f"quantile={quantile} without scores", "it is the scores' quantile", "Write scores=...")
    return _Natural(sources=sources, **_shape("natural", sources, capacity=len(sources), **parameters))


def given(sequences: Given) -> Background:
    """Exactly these sequences, in this order; n is their number or fewer.

    Examples
    --------
    >>> given(["ACGT", "GG"]).sample(2).to_strings()
    ['ACGT', 'GG']
    """
    sources = _sources(sequences)
    return _Given(sources=sources, **_shape("given", sources, capacity=len(sources)))


def custom(
    function: Callable[[int, np.random.Generator], Any], length: int, alphabet: Alphabet | None = None
) -> Background:
    """Whatever a function draws, from the generator that it is handed.

    Parameters
    ----------
    function : f(n, rng) -> codes, whole numbers (n, length), or n strings
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
    length = _whole("length", length, 1, "a whole number of letters, at least 1, is needed")
    name = getattr(function, "__qualname__", type(function).__qualname__)
    parameters = {"function": f"{getattr(function, '__module__', '')}.{name}"}
    return _Custom(
        function=function, name="custom", alphabet=alphabet, shortest=length, longest=length, parameters=parameters
    )


def as_background(given_or_background: Background | Given) -> Background:
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
    if not isinstance(given_or_background, Sequences | np.ndarray | Iterable):
        raise InputError(
            f"a {type(given_or_background).__name__}",
            "a background or a list of sequences is needed",
            "Write backgrounds.uniform(length), or backgrounds.natural(read_fasta(path))",
        )
    return given(given_or_background)


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class _Drawn(Background):
    """A background without end, drawn in blocks."""

    def _take(self, first: int, n: int, seed: np.random.SeedSequence) -> Sequences:
        """Rows first to first + n, cut out of whole blocks."""
        blocks = range(first // BLOCK, (first + n - 1) // BLOCK + 1)
        drawn = [
            self._draw(np.arange(block * BLOCK, (block + 1) * BLOCK), stream(seed, "background", block))
            for block in blocks
        ]
        rows = slice(first - blocks[0] * BLOCK, first - blocks[0] * BLOCK + n)
        codes = np.concatenate([block.codes for block in drawn])[rows]
        return Sequences(codes, np.concatenate([block.lengths for block in drawn])[rows], self.alphabet)

    @abstractmethod
    def _draw(self, rows: NDArray[np.int64], rng: np.random.Generator) -> Sequences:
        """The block with these indices, (BLOCK, longest), all of it from ``rng``."""


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class _Independent(_Drawn):
    """A mixture over lengths of independent letters."""

    cumulative: NDArray[np.float64]  # (lengths, longest, 4)
    lengths: NDArray[np.int64]
    shares: NDArray[np.float64]  # cumulative, (lengths,)

    def _draw(self, rows: NDArray[np.int64], rng: np.random.Generator) -> Sequences:
        u = rng.random((len(rows), self.longest))
        if len(self.lengths) == 1:  # no draw of the length: so uniform is a plain recipe that others can follow
            return Sequences(_letters(u, self.cumulative[0]), np.full(len(rows), self.longest))
        pick = np.searchsorted(self.shares, rng.random(len(rows)), "right")
        return _cut(_letters(u, self.cumulative[pick]), self.lengths[pick])


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class _Markov(_Drawn):
    sources: Sequences
    order: int
    cumulative: NDArray[np.float64]  # (4**order, 4), contexts read as numbers in base 4

    def _draw(self, rows: NDArray[np.int64], rng: np.random.Generator) -> Sequences:
        picks = (rng.random((2, len(rows))) * len(self.sources)).astype(np.int64)
        u = rng.random((len(rows), self.longest - self.order))
        codes = np.empty((len(rows), self.longest), np.uint8)
        codes[:, : self.order] = self.sources.codes[picks[0], : self.order]
        context = codes[:, : self.order] @ 4 ** np.arange(self.order - 1, -1, -1)
        for j in range(self.order, self.longest):
            codes[:, j] = _letters(u[:, j - self.order], self.cumulative[context])
            context = (4 * context + codes[:, j]) % 4**self.order
        return _cut(codes, self.sources.lengths[picks[1]])


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class _Shuffled(_Drawn):
    sources: Sequences
    k: int

    def _draw(self, rows: NDArray[np.int64], rng: np.random.Generator) -> Sequences:
        return shuffle(self.sources[rows % len(self.sources)], self.k, rng)


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class _GCMatched(_Drawn):
    sources: Sequences
    cumulative: NDArray[np.float64]  # (N, 4)

    def _draw(self, rows: NDArray[np.int64], rng: np.random.Generator) -> Sequences:
        source = rows % len(self.sources)
        u = rng.random((len(rows), self.longest))
        return _cut(_letters(u, self.cumulative[source][:, None]), self.sources.lengths[source])


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class _Pool(_Drawn):
    sources: Sequences  # by GC
    low: NDArray[np.int64]
    high: NDArray[np.int64]

    def _draw(self, rows: NDArray[np.int64], rng: np.random.Generator) -> Sequences:
        source = rows % len(self.low)
        matches = self.high[source] - self.low[source]
        return self.sources[self.low[source] + (rng.random(len(rows)) * matches).astype(np.int64)]


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class _Given(Background):
    sources: Sequences

    def _take(self, first: int, n: int, seed: np.random.SeedSequence) -> Sequences:
        return self.sources[first : first + n]


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class _Natural(Background):
    sources: Sequences

    def _take(self, first: int, n: int, seed: np.random.SeedSequence) -> Sequences:
        order = np.argsort(stream(seed, "background order").random(len(self.sources)), kind="stable")
        return self.sources[order[first : first + n]]


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class _Custom(_Drawn):
    function: Callable[[int, np.random.Generator], Any]
    checked: list[bool] = field(default_factory=list)

    def _take(self, first: int, n: int, seed: np.random.SeedSequence) -> Sequences:
        if not self.checked:
            self._check(seed)
            self.checked.append(True)
        return super()._take(first, n, seed)

    def _draw(self, rows: NDArray[np.int64], rng: np.random.Generator) -> Sequences:
        try:
            array = np.asarray(self.function(len(rows), rng))
        except ValueError as error:
            raise InputError(
                f"no array from the custom background ({error})",
                "codes in the shape (n, length) or n strings are needed",
            ) from error
        got = f"an array of shape {array.shape} and dtype {array.dtype} from the custom background"
        if array.dtype.kind == "U" and array.shape == (len(rows),):
            drawn = Sequences.from_strings(array.tolist(), self.alphabet)
            got = f"strings of {drawn.lengths.min()} to {drawn.lengths.max()} letters from the custom background"
            if drawn.alphabet != self.alphabet:
                raise InputError(
                    f"{drawn.alphabet} strings from the custom background",
                    "their alphabet must be declared, so that it is known before the first draw",
                    f"Write custom(..., alphabet={drawn.alphabet})",
                )
        elif array.dtype.kind in "iu" and array.shape == (len(rows), self.longest):
            drawn = Sequences.from_codes(array, self.alphabet)
        else:
            drawn = None
        if drawn is None or (drawn.lengths != self.longest).any():
            raise InputError(
                got,
                f"codes, whole numbers 0-3 in the shape ({len(rows)}, {self.longest}), are needed, "
                f"or {len(rows)} strings of {self.longest} letters",
                "From one-hot (n, 4, length) return x.argmax(1)" if array.ndim == 3 else "",
            )
        return drawn

    def _check(self, seed: np.random.SeedSequence) -> None:
        """Draw block 0 twice, and block 1: the first two must agree, the third must not."""
        a, b, c = (self._draw(np.arange(BLOCK), stream(seed, "background", block)).codes for block in (0, 0, 1))
        if not np.array_equal(a, b):
            raise InputError(
                "a custom background that gave two answers for the same rng",
                "it must draw from that rng alone, or no run could be repeated",
                "Write rng.integers(...) instead of np.random.randint(...) or random.random()",
            )
        if np.array_equal(a, c):
            raise InputError(
                "a custom background that gave the same answer for two different rng",
                "each block needs sequences of its own",
                "Draw from the rng that the function is handed, or use given(sequences)",
            )


def _independent(
    name: str,
    matrices: Mapping[int, NDArray[np.float64]],
    shares: Mapping[int, float],
    alphabet: Alphabet | None,
    parameters: Mapping[str, Any],
) -> Background:
    lengths = np.array(sorted(matrices), np.int64)
    longest = int(lengths[-1])
    cumulative = np.ones((len(lengths), longest, 4))
    for row, length in enumerate(lengths.tolist()):
        cumulative[row, :length] = _cumulative(matrices[length])
    return _Independent(
        name=name, alphabet=alphabet, shortest=int(lengths[0]), longest=longest, parameters=parameters,
        cumulative=cumulative, lengths=lengths, shares=_cumulative(np.array([shares[i] for i in lengths.tolist()])),
    )  # fmt: skip


def _stored_profile(given: Mapping[int, ArrayLike], weights: Mapping[int, float] | None) -> Background:
    """The mixture from numbers, once they are found to be probabilities."""
    if weights is None or sorted(weights) != sorted(given):
        raise InputError(
            f"matrices for the lengths {sorted(given)}, weights for {sorted(weights or {})}",
            "each length needs a matrix and a share",
            "Write profile({38: matrix}, weights={38: 1.0})",
        )
    share = np.array([weights[length] for length in given], float)
    if not (share >= 0).all() or abs(share.sum() - 1) > 1e-6:
        raise InputError(f"weights with the sum {share.sum():g}", "shares are not negative and add up to 1")
    matrices = {length: np.asarray(matrix, float) for length, matrix in given.items()}
    for length, matrix in matrices.items():
        if matrix.shape != (length, 4) or not length:
            raise InputError(
                f"a profile of shape {matrix.shape}", f"for length {length} it is ({length}, 4), columns ACGT"
            )
        wrong = np.flatnonzero(~((matrix >= 0).all(1) & (np.abs(matrix.sum(1) - 1) <= 1e-6)))
        if len(wrong):
            raise InputError(
                f"the profile's row {wrong[0]}, {matrix[wrong[0]].tolist()}",
                "the four probabilities of a place are not negative and add up to 1",
                "Divide each row by its sum",
            )
    stored = b"".join(matrices[length].astype("<f8").tobytes() for length in sorted(matrices))
    parameters = {"sha256": sha256(stored).hexdigest(), "weights": {str(k): float(v) for k, v in weights.items()}}
    return _independent("profile", matrices, weights, None, parameters)


def _transitions(sources: Sequences, order: int) -> NDArray[np.float64]:
    """(4**order, 4) shares of the letters after each k-mer, backed off where there are none."""
    shares = np.full((1, 4), 0.25)
    for k in range(order + 1):
        words = np.zeros((len(sources), sources.codes.shape[1] - k), np.int64)
        for j in range(k + 1):
            words = 4 * words + sources.codes[:, j : j + words.shape[1]]
        inside = np.arange(k, sources.codes.shape[1]) < sources.lengths[:, None]
        counts = np.bincount(words[inside], minlength=4 ** (k + 1)).reshape(-1, 4)
        seen = counts.sum(1, keepdims=True)
        # The last k - 1 letters of k-mer w are w mod 4**(k - 1): tiling puts the lower order's row there.
        lower = np.tile(shares, (len(counts) // len(shares), 1))
        shares = np.where(seen > 0, counts / np.maximum(seen, 1), lower)
    return shares


def _within(scores: NDArray[np.float64], n: int, low: float, high: float) -> NDArray[np.int64]:
    """Indices of the sequences whose score lies between two quantiles of all."""
    if scores.shape != (n,):
        raise InputError(f"scores of shape {scores.shape} for {n} sequences", "one score for each sequence is needed")
    if not np.isfinite(scores).all():
        raise InputError(f"{int((~np.isfinite(scores)).sum())} scores that are no number", "leave those sequences out")
    lowest, highest = np.quantile(scores, [low, high])
    return np.flatnonzero((scores >= lowest) & (scores <= highest))


def _letters(u: NDArray[np.float64], cumulative: NDArray[np.float64]) -> NDArray[np.uint8]:
    """The letter whose part of [0, 1) each u falls in; a letter of probability 0 never."""
    codes = np.zeros(u.shape, np.uint8)
    for letter in range(3):
        codes += u >= cumulative[..., letter]
    return codes


def _cumulative(shares: NDArray[np.float64]) -> NDArray[np.float64]:
    """Cumulative sums along the last axis, the last of them exactly 1."""
    total = np.cumsum(shares, -1)
    return np.asarray(total / total[..., -1:])


def _cut(codes: NDArray[np.uint8], lengths: NDArray[np.int64]) -> Sequences:
    """The codes with padding beyond each length; its alphabet is the background's."""
    codes[np.arange(codes.shape[1]) >= lengths[:, None]] = PAD
    return Sequences(codes, lengths)


def _gc(sequences: Sequences) -> NDArray[np.float64]:
    return np.asarray(((sequences.codes == 1) | (sequences.codes == 2)).sum(1) / sequences.lengths)


def _sources(given: Given) -> Sequences:
    """The sequences that a background is made of: at least one, none of them empty, no column without a letter."""
    sources = as_sequences(given)
    if not len(sources):
        raise InputError("no sequences (an empty array)", "a background needs at least one")
    empty = np.flatnonzero(sources.lengths == 0)
    if len(empty):
        raise InputError(f"sequence {empty[0]} is empty (length 0)", "every sequence has at least one letter")
    return Sequences(sources.codes[:, : int(sources.lengths.max())], sources.lengths, sources.alphabet, sources.names)


def _shape(name: str, sources: Sequences, capacity: int | None = None, **parameters: Any) -> dict[str, Any]:  # noqa: ANN401
    """What every background that is made of sequences says of itself."""
    return {
        "name": name, "alphabet": sources.alphabet, "capacity": capacity,
        "shortest": int(sources.lengths.min()), "longest": int(sources.lengths.max()),
        "parameters": {**parameters, **_provenance(sources)},
    }  # fmt: skip


def _provenance(sources: Sequences) -> dict[str, Any]:
    return {"sources": _fingerprint(sources)}


def _fingerprint(sources: Sequences) -> dict[str, Any]:
    """Number and sha256 of sequences: of their lengths (int64, little-endian), then their codes."""
    stored = sources.lengths.astype("<i8").tobytes() + sources.codes[sources.codes != PAD].tobytes()
    return {"number": len(sources), "sha256": sha256(stored).hexdigest()}


def _whole(name: str, value: int, least: int, needed: str, write: str = "") -> int:
    """The value as an int, if it is a whole number and at least ``least``."""
    if not isinstance(value, int | np.integer) or isinstance(value, bool) or value < least:
        shown = int(value) if isinstance(value, np.integer) else value
        raise InputError(f"{name}={shown!r}", needed, write)
    return int(value)
