"""Random streams: one seed, and from it a stream for each purpose and block of backgrounds.

Nothing is global. A stream depends on the seed, on what it is for and on where in the run it is
used, never on what was drawn before it: that is why the size of a block, the order of arms or the
number of workers can't change a number.
"""

from __future__ import annotations

from zlib import crc32

import numpy as np

from seqdo.errors import InputError

Seed = int | np.random.SeedSequence | np.random.Generator | None
"""What the keyword ``rng`` takes everywhere."""

_LARGEST = 2**63 - 1


def root(rng: Seed) -> np.random.SeedSequence:
    """The seed behind ``rng``; None draws one, which the result then records.

    >>> root(0).entropy
    0
    """
    if rng is None:
        return np.random.SeedSequence(int(np.random.SeedSequence().generate_state(1, np.uint64)[0] >> 1))
    if isinstance(rng, np.random.SeedSequence):
        return rng
    if isinstance(rng, np.random.Generator):
        return np.random.SeedSequence(int(rng.integers(_LARGEST)))
    if isinstance(rng, int | np.integer) and not isinstance(rng, bool) and 0 <= rng <= _LARGEST:
        return np.random.SeedSequence(int(rng))
    raise InputError(
        f"rng={rng!r}",
        f"a whole number from 0 to 2**63 - 1, a numpy SeedSequence or Generator, or None for a fresh seed "
        f"is needed, not {type(rng).__name__}",
        "Write rng=0",
    )


def stream(seed: np.random.SeedSequence, purpose: str, *place: int) -> np.random.Generator:
    """The generator for one purpose at one place of a run; the same arguments, the same numbers.

    >>> a, b = (stream(root(0), "background", block).random() for block in (0, 1))
    >>> a != b and a == stream(root(0), "background", 0).random()
    True
    """
    return np.random.Generator(np.random.PCG64(child(seed, purpose, *place)))


def child(seed: np.random.SeedSequence, purpose: str, *place: int) -> np.random.SeedSequence:
    """The seed of one purpose of a run, as :func:`stream` has it: for what draws streams of its own."""
    return np.random.SeedSequence(seed.entropy, spawn_key=(*seed.spawn_key, crc32(purpose.encode()), *place))
