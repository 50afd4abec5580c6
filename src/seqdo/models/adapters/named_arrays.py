"""Weights as named arrays, in whatever framework: their hash, and the same values in a random order."""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import sha256
from typing import Any

import numpy as np
from numpy.typing import NDArray


def arrays_sha256(arrays: Iterable[tuple[str, Any]]) -> str | None:
    """Hash of names, dtypes, shapes and bytes of arrays; None if there are no arrays.

    Parameters
    ----------
    arrays : pairs of a name and anything that numpy reads as an array

    Examples
    --------
    >>> arrays_sha256([("w", [1.0, 2.0])]) == arrays_sha256([("w", [2.0, 1.0])])
    False
    >>> arrays_sha256([]) is None
    True
    """
    digest, count = sha256(), 0
    for name, values in sorted(arrays, key=lambda pair: pair[0]):
        array = np.ascontiguousarray(values)
        digest.update(f"{name} {array.dtype} {np.shape(values)}".encode())
        digest.update(array.tobytes())
        count += 1
    return digest.hexdigest() if count else None


def in_random_order(values: Any, rng: np.random.Generator) -> NDArray[Any]:  # noqa: ANN401 - any framework's array
    """A copy of an array whose values stand in a random order.

    Parameters
    ----------
    values : anything that numpy reads as an array
    rng : generator of the order

    Examples
    --------
    >>> sorted(in_random_order([[1.0, 2.0]], np.random.default_rng(0)).ravel().tolist())
    [1.0, 2.0]
    """
    array = np.asarray(values)
    shuffled: NDArray[Any] = rng.permutation(array.reshape(-1)).reshape(array.shape)
    return shuffled
