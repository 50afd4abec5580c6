"""Random streams: one seed, and from it a stream for each purpose and block of backgrounds.

There is no global random state. A stream depends on the seed, on its purpose and on its place in the run. It never
depends on numbers drawn before it. Therefore the size of a block, the order of arms and the number of workers cannot
change a result.
"""

from __future__ import annotations

from zlib import crc32

import numpy as np

from seqdo.errors import InputError

Seed = int | np.random.SeedSequence | np.random.Generator | None
"""Values that the keyword ``rng`` accepts in every function."""

_LARGEST = 2**63 - 1


def root(rng: Seed) -> np.random.SeedSequence:
    """Turn ``rng`` into the seed of a run.

    Parameters
    ----------
    rng : whole number, SeedSequence, Generator or None
        A Generator provides a new seed at each call. None draws a seed, which the result records.

    Raises
    ------
    InputError
        ``rng`` is none of these, or is outside 0 to 2**63 - 1.

    Examples
    --------
    >>> root(0).entropy
    0
    """
    if rng is None:
        return np.random.SeedSequence(int(np.random.SeedSequence().generate_state(1, np.uint64)[0] >> 1))
    if isinstance(rng, np.random.SeedSequence):
        return rng
    if isinstance(rng, np.random.Generator):
        return np.random.SeedSequence(int(rng.integers(_LARGEST)))
    # True and False are whole numbers to Python, but are not meant as seeds.
    if isinstance(rng, int | np.integer) and not isinstance(rng, bool) and 0 <= rng <= _LARGEST:
        return np.random.SeedSequence(int(rng))
    raise InputError(
        f"rng={rng!r} of type {type(rng).__name__}",
        "a whole number from 0 to 2**63 - 1, a numpy SeedSequence or Generator, or None for a fresh seed is needed",
        "Write rng=0",
    )


def stream(seed: np.random.SeedSequence, purpose: str, *place: int) -> np.random.Generator:
    """Create the random generator for one purpose at one place of a run.

    Parameters
    ----------
    seed : seed of the run, from :func:`root`
    purpose : name of the purpose; streams of different purposes are independent
    *place : whole numbers, such as the index of a block

    Returns
    -------
    numpy.random.Generator
        The same arguments always give the same numbers.

    Examples
    --------
    >>> a, b = (stream(root(0), "background", block).random() for block in (0, 1))
    >>> a != b and a == stream(root(0), "background", 0).random()
    True
    """
    return np.random.Generator(np.random.PCG64(child(seed, purpose, *place)))


def child(seed: np.random.SeedSequence, purpose: str, *place: int) -> np.random.SeedSequence:
    """Create the seed behind a stream, for functions that create streams of their own.

    Parameters
    ----------
    seed, purpose, *place : as in :func:`stream`
    """
    return np.random.SeedSequence(seed.entropy, spawn_key=(*seed.spawn_key, crc32(purpose.encode()), *place))
