"""Custom backgrounds: sequences that a user's function draws, checked for what every background promises."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seqdo.backgrounds.background import BLOCK, Background, Endless, whole
from seqdo.errors import InputError
from seqdo.sequences.alphabet import Alphabet
from seqdo.sequences.sequences import Sequences, as_sequences
from seqdo.sequences.stream import stream


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class Custom(Endless):
    """Sequences that a function draws; they are checked each time, and must depend on the generator alone."""

    function: Callable[[int, np.random.Generator], Any]
    checked: list[bool] = field(default_factory=list)

    def _take(self, first: int, n: int, seed: np.random.SeedSequence) -> Sequences:
        if not self.checked:
            self._check(seed)
            self.checked.append(True)
        return super()._take(first, n, seed)

    def _draw(self, rows: NDArray[np.int64], rng: np.random.Generator) -> Sequences:
        n, answer = len(rows), self.function(len(rows), rng)
        needed = f"{n} sequences of length {self.longest} are needed, as strings or as codes ({n}, {self.longest})"
        try:
            drawn = as_sequences(answer if isinstance(answer, Sequences) else np.asarray(answer), self.alphabet)
        except InputError as error:
            problem = f"sequences of `function`: {error.problem}"
            raise InputError(problem, f"{error.accepted}; {needed}", error.fix) from None
        except ValueError as error:  # numpy's, of rows that differ in length
            raise InputError(f"`function` returned no array ({error})", needed) from None
        if len(drawn) != n or (drawn.lengths != self.longest).any():
            lengths = " to ".join(dict.fromkeys(map(str, (drawn.lengths.min(), drawn.lengths.max()))))
            raise InputError(f"`function` returned {len(drawn)} sequences of length {lengths}", needed)
        if drawn.alphabet != self.alphabet:
            raise InputError(
                f"`function` returned {drawn.alphabet}, and `alphabet` is {self.alphabet}",
                "the alphabet of strings must be declared, so that it is known before the first draw",
                f"Write custom(..., alphabet={drawn.alphabet})",
            )
        return drawn

    def _check(self, seed: np.random.SeedSequence) -> None:
        """Draw block 0 twice, and block 1: the first two must agree, the third must not."""
        a, b, c = (self._draw(np.arange(BLOCK), stream(seed, "background", block)).codes for block in (0, 0, 1))
        if not np.array_equal(a, b):
            raise InputError(
                "`function` returned different sequences for the same rng",
                "it draws from that rng alone, so that a run can be repeated",
                "Write rng.integers(...) instead of np.random.randint(...) or random.random()",
            )
        if np.array_equal(a, c):
            raise InputError(
                "`function` returned the same sequences for two different rng",
                "each block needs sequences of its own",
                "Draw from the rng that the function is handed, or use given(sequences)",
            )


def custom(
    function: Callable[[int, np.random.Generator], Any], length: int, alphabet: Alphabet | None = None
) -> Background:
    """Sequences that a function draws from the generator that it receives.

    Parameters
    ----------
    function : f(n, rng) -> codes, whole numbers (n, length); or n strings; or Sequences
        Called for blocks of 256. The same ``rng`` must give the same sequences, and another ``rng`` other
        sequences: both are checked at the first use.
    length : of every sequence, in bp (DNA) or nt (RNA)
    alphabet : ``sd.DNA`` or ``sd.RNA``; needed if the strings have a T or a U

    Examples
    --------
    >>> purines = custom(lambda n, rng: 2 * rng.integers(2, size=(n, 6)), length=6)
    >>> set("".join(purines.sample(100, rng=0).to_strings())) == {"A", "G"}
    True
    """
    if not callable(function):
        raise InputError(
            f"`function` is a {type(function).__name__}", "a function f(n, rng) is needed",
            "For sequences write sd.backgrounds.given(sequences)",
        )  # fmt: skip
    length = whole("length", length, "a whole number from 1 is needed")
    name = getattr(function, "__qualname__", type(function).__qualname__)
    parameters = {"function": f"{getattr(function, '__module__', '')}.{name}"}
    return Custom(
        function=function, name="custom", alphabet=alphabet, shortest=length, longest=length, parameters=parameters
    )
