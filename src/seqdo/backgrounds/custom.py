"""Custom backgrounds: whatever a function of the user's draws, checked for what every background promises."""

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
