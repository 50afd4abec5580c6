"""Calls of JAX: few shapes, so that few are compiled, and gradients by rows. Imported only where JAX is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray

from seqdo.errors import InputError


@dataclass
class CallSizes:
    """How many rows a call holds, so that JAX compiles few shapes.

    Attributes
    ----------
    largest : the largest number of rows so far
    """

    largest: int = 0

    def padded(self, rows: NDArray[Any]) -> NDArray[Any]:
        """Rows, with copies of the last one at the end if a compiled call is a little larger.

        The size is a power of two, but no call has more rows than the largest so far: the memory is the user's.

        Parameters
        ----------
        rows : an array (n, ...), n at least 1

        Examples
        --------
        >>> sizes = CallSizes()
        >>> [len(sizes.padded(np.zeros((n, 1)))) for n in (100, 70, 3, 1)]
        [100, 100, 4, 1]
        """
        n = len(rows)
        self.largest = max(self.largest, n)
        size = min(1 << (n - 1).bit_length(), self.largest)
        return rows if size == n else np.concatenate([rows, np.repeat(rows[-1:], size - n, 0)])


def first_rows(output: Any, n: int, size: int) -> Any:  # noqa: ANN401 - a model may return anything
    """The output as numpy arrays, without the rows that were added.

    Parameters
    ----------
    output : an array, or arrays in any structure that JAX knows
    n : rows that are wanted
    size : rows of the call
    """
    return jax.tree.map(lambda leaf: _first_rows(leaf, n, size), output)


def _first_rows(leaf: Any, n: int, size: int) -> Any:  # noqa: ANN401
    if not isinstance(leaf, jax.Array):
        return leaf[:n] if isinstance(leaf, np.ndarray) and leaf.ndim and len(leaf) == size else leaf
    array = np.asarray(leaf)  # numpy cuts without a compilation for each n
    return array[:n] if array.ndim and len(array) == size else array


def input_gradients(
    forward: Callable[[Any], Any], inputs: NDArray[np.floating[Any]], output: int | None, name: str
) -> NDArray[np.floating[Any]]:
    """Gradients (n, outputs, ...) of one output, or of all of them, with respect to ``inputs`` (n, ...).

    Rows are independent: the sum of an output over rows has the gradient of each row's output in that row.

    Parameters
    ----------
    forward : from the inputs to numbers (n,) or (n, outputs), in JAX
    inputs : where to differentiate
    output : number of the output; None for all outputs
    name : how messages refer to the network

    Raises
    ------
    InputError
        A step that JAX can't differentiate, or an output that does not exist.

    Examples
    --------
    >>> square_and_sum = lambda x: jnp.stack([x.prod(1), x.sum(1)], 1)
    >>> input_gradients(square_and_sum, np.array([[3.0, 4.0]], np.float32), None, "net").tolist()
    [[[4.0, 3.0], [1.0, 1.0]]]
    """
    try:
        values, pull_back = jax.vjp(lambda x: _matrix(forward(x), len(inputs)), jnp.asarray(inputs))
        if not jnp.issubdtype(values.dtype, jnp.floating):
            raise TypeError(f"the outputs are {values.dtype}")
        columns = _columns(values.shape[1], output, name)
        parts = [pull_back(jnp.zeros_like(values).at[:, column].set(1))[0] for column in columns]
    except (TypeError, jax.errors.JAXTypeError) as error:  # numpy in a function, or values that decide what is run
        raise InputError(
            f"`{name}` can't be differentiated by JAX: {type(error).__name__}: {str(error).splitlines()[0]}",
            "every step from the input to the readout must be a function of jax.numpy",
            "Look for numpy, int(), argmax or `if` on values in the function and in the readout",
        ) from error
    return np.stack([np.asarray(part) for part in parts], 1)


def _matrix(output: Any, n: int) -> Any:  # noqa: ANN401
    return jnp.asarray(output).reshape(n, -1)


def _columns(count: int, output: int | None, name: str) -> list[int]:
    if output is not None and not 0 <= output < count:
        raise InputError(f"`output={output}`", f"`{name}` has outputs 0 to {count - 1}", "Write output=0")
    return list(range(count)) if output is None else [output]
