"""The error of a network that fails when it is first called: what it received, and which change it accepts.

A wrong further input and a wrong layout fail alike, deep in the network. So both are tried in other forms: another
layout, and for one further input after another other values, types and shapes. Sizes to try are taken from the
network's own error, which often names the one that it needs.
"""

from __future__ import annotations

import itertools
import math
import re
import time
import warnings
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seqdo.errors import InputError
from seqdo.models.declared_inputs import shown
from seqdo.models.further_inputs import FurtherInputs
from seqdo.models.input_layout import Layout, encode
from seqdo.models.network import Codes, Network

PATIENCE, TRIALS = 10.0, 80
"""Seconds after which, and calls for one input after which, no other form is tried."""

LARGEST = 2**22
"""The most numbers in a row that is tried, unless the row that failed has more: an error may name any number."""

Row = NDArray[Any]


def failure(network: Network, probe: Codes, layout: Layout | None, error: Exception) -> InputError:
    """The error of a network that failed on its first input.

    Parameters
    ----------
    network : the network
    probe : codes (n, length) on which it failed, and is tried again
    layout : the declared layout; None where any is tried
    error : what the network raised
    """
    missing = _missing(network, error)
    if missing:
        return _needs(network, missing)
    if not network.inputs:
        return _wrong_layout(network, probe, error)
    one_hot: tuple[Layout, ...] = ("NCL", "NLC")
    layouts = [each for each in one_hot if _refusal(replace(network, layout=each), probe) is None]
    tried = one_hot if layout is None and not layouts else (network.layout,)
    accepted = _accepted(network, probe, tried, _said(error))
    if accepted:
        return _wrong_input(network, accepted, layouts, error)
    return _wrong_layout(network, probe, error) if layouts else _undecided(network, probe, error)


def refuse_mixed(network: Network, probe: Codes, together: NDArray[np.floating[Any]]) -> None:
    """Refuse a network that mixes sequences, as a row without an axis does where it is added to a column.

    Parameters
    ----------
    network : the network
    probe : codes (n, length)
    together : its predictions (n, outputs) for the codes in one call

    Raises
    ------
    ValueError
        Another number of outputs for one sequence than for several.
    """
    alone = network.predict(probe[:1])
    if alone.shape[1] != together.shape[1]:
        raise ValueError(f"{together.shape[1]} outputs for {len(probe)} sequences, and {alone.shape[1]} for one")


def _missing(network: Network, error: Exception) -> list[str]:
    """Parameters that have no value: those without a default, and those that are None where None was not expected."""
    parameters = network.parameters
    if parameters is None:
        return []
    absent = parameters.needed + (parameters.none if re.search(r"\bNone(Type)?\b", str(error)) else ())
    return [name for name in absent if name not in network.inputs]


def _needs(network: Network, names: list[str]) -> InputError:
    """The error for a network that needs further inputs."""
    written = ", ".join(f'"{name}": ...' for name in names)
    return InputError(
        f"`{network.name}` needs {' and '.join(names)} next to the sequence",
        "further inputs are one row for all sequences: a shape for zeros, such as (2, 1000), or an array (1, 2, 1000)",
        f"Write inputs={{{written}}}",
    )


def _wrong_layout(network: Network, probe: Codes, error: Exception) -> InputError:
    """The error for a network without further inputs, or one that reads another layout."""
    fix = 'Write layout="NLC" for (n, length, 4) or layout="codes" for (n, length), or check `length`'
    optional = [name for name in (network.parameters.none if network.parameters else ()) if name not in network.inputs]
    if optional:
        fix += f'; if {optional[0]} is needed, write inputs={{"{optional[0]}": shape}}'
    return InputError(
        f'`{network.name}` failed on its first input, of shape {_shape(network, probe)} (`layout="{network.layout}"`): '
        f"{type(error).__name__}: {error}",
        'the layout is "NCL" (n, 4, length) unless declared, and `length` is the number of positions that it reads',
        fix,
    )


def _undecided(network: Network, probe: Codes, error: Exception) -> InputError:
    """The error for a network with further inputs, where no single change made it work."""
    rows = " and ".join(f"{name} {_described(row)}" for name, row in network.inputs.constants.items())
    return InputError(
        f'`{network.name}` failed on its first input, of shape {_shape(network, probe)} (`layout="{network.layout}"`), '
        f"with {rows}: {_reason(error)}",
        "the layout, `length`, and the shape and type of each further input are those that the network was trained on",
        f"Check the shapes of {', '.join(network.inputs)}, then layout and length",
    )


def _wrong_input(network: Network, accepted: dict[str, Row], layouts: list[Layout], error: Exception) -> InputError:
    """The error for a further input of which another form is accepted."""
    constants = network.inputs.constants
    name, row = next(iter(accepted.items()))
    choices = [f"{each} {_change(constants[each], other)}" for each, other in accepted.items()]
    choices += [f'layout="{layout}"' for layout in layouts]
    return InputError(
        f"`inputs[{name!r}]` is {_described(constants[name])}, and `{network.name}` failed: {_reason(error)}",
        f"`{network.name}` works with {', or with '.join(choices)}",
        f"Write inputs={{{name!r}: {_written(constants[name], row)}}}",
    )


def _shape(network: Network, probe: Codes) -> tuple[int, ...]:
    """The shape of the one-hot input, or of the codes, of the first call."""
    return (network.limit.size(len(probe)), *encode(probe[:1], network.layout).shape[1:])


def _reason(error: Exception) -> str:
    """The error in one line."""
    return f"{type(error).__name__}: {_said(error)}"[:300]


def _said(error: Exception) -> str:
    """What the error says, without the traceback of TorchScript and the arguments that Keras adds."""
    text = re.sub(r"\x1b\[[0-9;]*m", "", str(error)).partition("Arguments received by")[0]
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return " ".join(lines[-1:] if "Traceback" in text else lines)


def _described(row: Row) -> str:
    """The shape of a row, and its type unless it has real numbers."""
    kind = "" if row.dtype.kind == "f" else f" of {row.dtype}"
    return f"a row of shape {shown(row.shape[1:])}{kind}"


def _change(row: Row, accepted: Row) -> str:
    """What is accepted in the place of a row."""
    kind = f"of {'whole' if accepted.dtype.kind == 'i' else 'real'} numbers"
    other_kind = row.dtype.kind != accepted.dtype.kind
    if row.shape != accepted.shape:
        return f"of shape {shown(accepted.shape[1:])}" + (f" {kind}" if other_kind else "")
    if other_kind:
        return kind
    low, high = (f"{edge:g}" for edge in (row.min(), row.max()))
    return f"of zeros, but not with its values of {low if low == high else f'{low} to {high}'}"


def _written(row: Row, accepted: Row) -> str:
    """How the accepted row is written."""
    shape = shown(accepted.shape[1:])
    if accepted.dtype.kind == "i":
        return f"np.zeros({shown(accepted.shape)}, int)"
    if row.shape != accepted.shape or row.dtype.kind != accepted.dtype.kind:
        return shape
    return "values that the network was trained on"


def _accepted(network: Network, probe: Codes, layouts: tuple[Layout, ...], message: str) -> dict[str, Row]:
    """For each further input the first other row with which the network works, if the search meets one."""
    end = time.monotonic() + PATIENCE
    accepted: dict[str, Row] = {}
    for name, row in network.inputs.constants.items():

        def refusal(other: Row, name: str = name) -> str | None:
            inputs = FurtherInputs({**network.inputs.constants, name: other})
            refusals = [_refusal(replace(network, layout=each, inputs=inputs), probe) for each in layouts]
            return None if None in refusals else refusals[0]

        if (other := _search(row, message, probe.shape[1], refusal, end)) is not None:
            accepted[name] = other
    return accepted


def _search(row: Row, message: str, length: int, refusal: Callable[[Row], str | None], end: float) -> Row | None:
    """The first other row that is accepted; behind a row that is refused for another reason, others are tried."""
    queue, forms = [(row, message)], {(row.shape, row.dtype.kind)}
    trials = 0
    while queue:
        start, reason = queue.pop(0)
        for other in _others(start, reason, length, values=start is row):
            key = (other.shape, other.dtype.kind)
            if key in forms and start is not row:
                continue
            if trials == TRIALS or time.monotonic() > end:
                return None
            trials, forms = trials + 1, forms | {key}
            again = refusal(other)
            if again is None:
                return other
            if again != message:  # another part of the network refuses it, which may name another size
                queue.append((other, again))
    return None


def _others(row: Row, message: str, length: int, values: bool) -> Iterator[Row]:
    """Rows of zeros with other values, and of other types and shapes, the likely ones first."""
    if values and row.any():
        yield np.zeros_like(row)
    for kind in (np.int64, np.float32):
        if np.dtype(kind).kind != row.dtype.kind:
            yield np.zeros(row.shape, kind)
    shape = row.shape[1:]
    for other in dict.fromkeys(_shapes(shape, message, length)):
        if other != shape and math.prod(other) <= max(LARGEST, row.size):
            yield np.zeros((1, *other), row.dtype)


def _shapes(shape: tuple[int, ...], message: str, length: int) -> Iterator[tuple[int, ...]]:
    """Other shapes: axes left out, swapped, of a size that the network's error names, or added."""
    for axis, size in enumerate(shape):
        if size == 1:
            yield (*shape[:axis], *shape[axis + 1 :])
    for first, second in itertools.combinations(range(len(shape)), 2):
        swapped = list(shape)
        swapped[first], swapped[second] = shape[second], shape[first]
        yield tuple(swapped)
    numbers = list(dict.fromkeys(int(number) for number in re.findall(r"\d{1,7}", message)))[:8]
    for axis, size in enumerate(shape):
        for other in _sizes(size, numbers, length):
            yield (*shape[:axis], other, *shape[axis + 1 :])
    for axis in range(len(shape) + 1):
        yield (*shape[:axis], 1, *shape[axis:])


def _sizes(size: int, numbers: list[int], length: int) -> Iterable[int]:
    """Other sizes of an axis: those that the error names, what is missing to one of them, the length."""
    # A vector of 5 joined to 8 features where 11 are needed: the error names 13 and 11, and 5 + 11 - 13 is right.
    joined = [size + wanted - other for other, wanted in itertools.permutations(numbers, 2)]
    sizes = [each for each in dict.fromkeys([*joined, *numbers, length]) if 0 < each != size]
    return sorted(sizes, key=lambda each: each == 1)  # an axis of 1 fits by accident, wherever it is broadcast


def _refusal(network: Network, probe: Codes) -> str | None:
    """Why the network refuses its input; None if it returns as many numbers for several sequences as for one."""
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        try:
            refuse_mixed(network, probe, network.predict(probe))
        except Exception as error:  # whatever a wrong input makes a network raise
            return _said(error)
    return None
