"""The first call of a network, whose failure says what the network received."""

from __future__ import annotations

from typing import Any

import numpy as np

from seqdo.errors import InputError, RunError
from seqdo.models.input_layout import encode
from seqdo.models.network import Codes, Network, Numbers


def first_output(network: Network, probe: Codes) -> tuple[Any, Numbers, set[str]]:
    """The raw output for some sequences, its numbers, and the floating-point types that were seen on the way.

    The raw output is that of the first call, where the user's batch needs several.

    Raises
    ------
    InputError
        Whatever the network raises, with the shape of its input and the layout.
    RunError
        Memory does not suffice for one sequence.
    """
    try:
        parts, precisions = _watched(network, probe)
    except (InputError, RunError):
        raise
    except Exception as error:
        if missing := network.missing_inputs():
            raise _missing(network, missing) from error
        shape = (network.limit.size(len(probe)), *encode(probe[:1], network.layout).shape[1:])
        raise InputError(
            f'`{network.name}` failed on its first input, of shape {shape} (`layout="{network.layout}"`): '
            f"{type(error).__name__}: {error}",
            'the layout is "NCL" (n, 4, length) unless declared, and `length` is the number of positions that it reads',
            'Write layout="NLC" for (n, length, 4) or layout="codes" for (n, length), or check `length`',
        ) from error
    return parts[0][0], np.concatenate([numbers for _, numbers in parts]), precisions


def _missing(network: Network, names: list[str]) -> InputError:
    """The error for a network that needs further inputs."""
    written = ", ".join(f'"{name}": ...' for name in names)
    return InputError(
        f"`{network.name}` needs {' and '.join(names)} next to the sequence",
        "further inputs are one row for all sequences: a shape for zeros, such as (2, 1000), or an array (1, 2, 1000)",
        f"Write inputs={{{written}}}",
    )


def _watched(network: Network, probe: Codes) -> tuple[list[tuple[Any, Numbers]], set[str]]:
    """The parts of a prediction, and the floating-point types of the network's results."""
    try:
        with network.watch_precision() as precisions:
            return list(network.raw_parts(probe)), precisions
    except (InputError, RunError):
        raise
    except Exception:  # compiled code may refuse to be watched: then the call without it decides
        return list(network.raw_parts(probe)), set()
