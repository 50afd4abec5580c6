"""Backgrounds whose letters are drawn: independently, by a Markov chain, at a GC content, or by a user's function."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from hashlib import sha256
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from seqdo.backgrounds.background import BLOCK, Endless
from seqdo.backgrounds.sources import fingerprint, gc_content, outline, part
from seqdo.errors import InputError
from seqdo.sequences.alphabet import PAD, Alphabet
from seqdo.sequences.sequences import Sequences, as_sequences
from seqdo.sequences.stream import stream


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class Independent(Endless):
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
class Balanced(Endless):
    """Uniform letters in sets that hold, at every place, each letter (with ``pairs`` each dinucleotide) equally often.

    The rows of a set are ranked by the letter before (with ``pairs``) and then by u, and the row of rank r gets the
    letter r mod 4. Whatever the letters before, a row is equally likely to have any rank among those with the same
    letter before, so that each row alone is what :class:`Independent` draws: only sets are special, not rows.
    """

    pairs: bool

    def _draw(self, rows: NDArray[np.int64], rng: np.random.Generator) -> Sequences:
        u = rng.random((len(rows), self.longest)).reshape(-1, self.set_size, self.longest)
        codes = np.empty(u.shape, np.uint8)
        letters = np.broadcast_to((np.arange(self.set_size) % 4).astype(np.uint8), u.shape[:2])
        for j in range(self.longest):
            order = np.argsort(codes[:, :, j - 1] + u[:, :, j] if self.pairs and j else u[:, :, j], 1, kind="stable")
            np.put_along_axis(codes[:, :, j], order, letters, 1)
        return Sequences(codes.reshape(len(rows), -1), np.full(len(rows), self.longest))


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class Markov(Endless):
    """A chain that begins as one of the sources does and is as long as another."""

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
class GCMatched(Endless):
    """Independent letters at the GC of the sources in turn."""

    sources: Sequences
    cumulative: NDArray[np.float64]  # (N, 4)

    def made_of(self, first: int, end: int) -> GCMatched:
        """Letters at the GC of some of the sources."""
        return replace(self, cumulative=self.cumulative[first:end], **part(self.sources[first:end], self.parameters))

    def _draw(self, rows: NDArray[np.int64], rng: np.random.Generator) -> Sequences:
        source = rows % len(self.sources)
        u = rng.random((len(rows), self.longest))
        return _cut(_letters(u, self.cumulative[source][:, None]), self.sources.lengths[source])


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class Custom(Endless):
    """What a function draws, which is looked at each time and must depend on its generator alone."""

    function: Callable[[int, np.random.Generator], Any]
    checked: list[bool] = field(default_factory=list)

    def _take(self, first: int, n: int, seed: np.random.SeedSequence) -> Sequences:
        if not self.checked:
            self._check(seed)
            self.checked.append(True)
        return super()._take(first, n, seed)

    def _draw(self, rows: NDArray[np.int64], rng: np.random.Generator) -> Sequences:
        n, answer = len(rows), self.function(len(rows), rng)
        needed = f"{n} sequences of {self.longest} letters are needed, as strings or as codes ({n}, {self.longest})"
        try:
            drawn = as_sequences(answer if isinstance(answer, Sequences) else np.asarray(answer), self.alphabet)
        except InputError as error:
            said = f"the custom background returned {error.problem}"
            raise InputError(said, f"{error.accepted}; {needed}", error.fix) from None
        except ValueError as error:  # numpy's, of rows that differ in length
            raise InputError(f"the custom background returned no array ({error})", needed) from None
        if len(drawn) != n or (drawn.lengths != self.longest).any():
            spread = f"{drawn.lengths.min()} to {drawn.lengths.max()}"
            raise InputError(f"the custom background returned {len(drawn)} sequences of {spread} letters", needed)
        if drawn.alphabet != self.alphabet:
            raise InputError(
                f"the custom background returned {drawn.alphabet}",
                "the alphabet of strings must be declared, so that it is known before the first draw",
                f"Write custom(..., alphabet={drawn.alphabet})",
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


def independent(
    name: str,
    matrices: Mapping[int, NDArray[np.float64]],
    shares: Mapping[int, float],
    alphabet: Alphabet | None,
    parameters: Mapping[str, Any],
) -> Independent:
    """The mixture of lengths in these shares, each with its probabilities (length, 4)."""
    lengths = np.array(sorted(matrices), np.int64)
    longest = int(lengths[-1])
    cumulative = np.ones((len(lengths), longest, 4))
    for row, length in enumerate(lengths.tolist()):
        cumulative[row, :length] = _cumulative(matrices[length])
    return Independent(
        name=name, alphabet=alphabet, shortest=int(lengths[0]), longest=longest, parameters=parameters,
        cumulative=cumulative, lengths=lengths, shares=_cumulative(np.array([shares[i] for i in lengths.tolist()])),
    )  # fmt: skip


def balanced(length: int, balance: str, size: int, independent: int) -> Balanced:
    """Uniform backgrounds in sets of ``size``, each worth at least so many ``independent`` ones."""
    parameters = {"length": length, "balance": balance, "set": size, "independent": independent}
    return Balanced(
        name="uniform", alphabet=None, shortest=length, longest=length, parameters=parameters, set_size=size,
        pairs=balance == "dinucleotides",
    )  # fmt: skip


def observed_profile(sources: Sequences) -> Independent:
    """The mixture that sequences show."""
    lengths, number = np.unique(sources.lengths, return_counts=True)
    matrices = {}
    for length in lengths.tolist():
        codes = sources.codes[sources.lengths == length, :length]
        matrices[length] = np.stack([(codes == letter).mean(0) for letter in range(4)], 1)
    shares = dict(zip(lengths.tolist(), (number / number.sum()).tolist(), strict=True))
    return independent("profile", matrices, shares, sources.alphabet, {"sources": fingerprint(sources)})


def stored_profile(given: Mapping[int, ArrayLike], weights: Mapping[int, float] | None) -> Independent:
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
    return independent("profile", matrices, weights, None, parameters)


def chain(sources: Sequences, order: int) -> Markov:
    """The Markov chain that sequences show."""
    shown = outline("markov", sources, {"order": order})
    return Markov(sources=sources, order=order, cumulative=_cumulative(_transitions(sources, order)), **shown)


def at_gc_of(sources: Sequences) -> GCMatched:
    """Letters with each sequence's GC, G as likely as C and A as T."""
    gc = gc_content(sources)[:, None]
    cumulative = _cumulative(np.concatenate([1 - gc, gc, gc, 1 - gc], 1) / 2)
    return GCMatched(sources=sources, cumulative=cumulative, in_turn=len(sources), **outline("gc matched", sources))


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
