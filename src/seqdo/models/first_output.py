"""The first call of a network, whose failure says what the network received."""

from __future__ import annotations

from typing import Any

import numpy as np

from seqdo.errors import InputError, RunError
from seqdo.models.first_failure import failure, refuse_mixed
from seqdo.models.input_layout import Layout
from seqdo.models.network import Codes, Network, Numbers


def first_output(network: Network, probe: Codes, layout: Layout | None) -> tuple[Any, Numbers, set[str]]:
    """The raw output for some sequences, its numbers, and the floating-point types that were seen on the way.

    The raw output is that of the first call, where the user's batch needs several.

    Parameters
    ----------
    network : the network
    probe : codes (n, length)
    layout : the declared layout; None if none is declared

    Raises
    ------
    InputError
        Whatever the network raises, with the layout or the further input that it does not accept.
    RunError
        Memory does not suffice for one sequence.
    """
    try:
        parts, precisions = _watched(network, probe)
        numbers = np.concatenate([part for _, part in parts])
        if network.inputs:
            refuse_mixed(network, probe, numbers)
    except (InputError, RunError):
        raise
    except Exception as error:
        raise failure(network, probe, layout, error) from error
    return parts[0][0], numbers, precisions


def _watched(network: Network, probe: Codes) -> tuple[list[tuple[Any, Numbers]], set[str]]:
    """The parts of a prediction, and the floating-point types of the network's results."""
    try:
        with network.watch_precision() as precisions:
            return list(network.raw_parts(probe)), precisions
    except (InputError, RunError):
        raise
    except Exception:  # compiled code may refuse to be watched: then the call without it decides
        return list(network.raw_parts(probe)), set()
