"""Maps of mutagenesis: the individual causal effect of writing each letter, or each two, into each sequence."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from seqdo.designs.changes.substitution import LETTERS, STEPS, Substitution
from seqdo.effects.statistics.contrast import ROUNDING
from seqdo.errors import InputError
from seqdo.outcomes.outcomes import Outcomes
from seqdo.sequences.alphabet import DNA

Floats = NDArray[np.float64]
Places = NDArray[np.int64]

PAIRS = ("mean", "largest", "each")
"""What a map of pairs holds: the mean over the 9 ways to replace two letters, the largest in size, or each of them."""


def maps(outcomes: Outcomes, pairs: str = "mean") -> xr.DataArray:
    """The effect of every substitution on every sequence, as each member answers: conditional on that sequence.

    Parameters
    ----------
    outcomes : of ``mutagenesis`` or ``pairwise_mutagenesis``, or of a part of their arms
    pairs : "mean", "largest" or "each"
        Of pairs the mean over the 9 ways to replace two letters, the one that is largest in size, with its sign, or
        each of them by the letters that are written.

    Returns
    -------
    float64 DataArray in the unit of each output, with the names or numbers of the sequences, places and letters
        Of mutagenesis with dims model, sequence, position, letter, output: Y with that letter there less Y as it is, 0
        at the letter that is there. Of pairwise mutagenesis with dims model, sequence, position, position 2, (letter,
        letter 2,) output: Y_ab − Y_a − Y_b + Y_0, the same on both sides of the diagonal, which is NaN. NaN where an
        arm is not there.

    Raises
    ------
    InputError
        Outcomes of another experiment; ``pairs`` that is none of the three.

    Examples
    --------
    >>> import seqdo as sd
    >>> outcomes = sd.run(sd.mutagenesis(["CATC"]), sd.planted.additive({"AT": 2.0}, length=4), rng=0)
    >>> maps(outcomes).sel(position=1, letter=["A", "C"]).values.ravel().tolist()
    [0.0, -2.0]
    """
    if pairs not in PAIRS:
        raise InputError(f"pairs={pairs!r}", f"one of {', '.join(PAIRS)} is needed", 'Write pairs="mean"')
    arms = _arms(outcomes)
    y = outcomes.y.transpose("model", "background", "arm", "output").values
    codes = outcomes.backgrounds.codes[:, arms.places].astype(np.int64)
    new = (codes[:, :, None] + np.array(STEPS)) % LETTERS
    found = _first(y, arms, new) if arms.pair is None else _second(y, arms, arms.pair, new, pairs)
    return _labelled(found, outcomes, arms)


@dataclass(frozen=True, eq=False)
class _Arms:
    """Where in the outcomes each arm is; −1 where it is not.

    ``none`` is the arm without edits, ``single`` (places, 3) those of one substitution, ``pair`` (places, places, 3, 3)
    those of two, None where the design has none.
    """

    places: Places
    none: int
    single: Places
    pair: Places | None


def _arms(outcomes: Outcomes) -> _Arms:
    design, found = outcomes.design, {}
    for number, name in enumerate(outcomes.y["arm"].values.tolist()):
        changes = design.arms[name].sites
        if len(changes) > 2 or not all(isinstance(change, Substitution) for change in changes):
            raise _not_mutagenesis(design.experiment)
        found[tuple((one.at, one.step) for one in changes if isinstance(one, Substitution))] = number
    at = sorted({where for key in found for where, _ in key})
    if () not in found or not at:
        raise _not_mutagenesis(design.experiment)
    index = {where: i for i, where in enumerate(at)}
    single = np.full((len(at), len(STEPS)), -1)
    several = any(len(key) == 2 for key in found)
    pair = np.full((len(at), len(at), len(STEPS), len(STEPS)), -1) if several else None
    for key, number in found.items():
        spots = [(index[where], step - 1) for where, step in key]
        if len(spots) == 1:
            single[spots[0]] = number
        elif pair is not None and len(spots) == 2:
            (one, a), (two, b) = sorted(spots)
            pair[one, two, a, b] = number
    return _Arms(np.array(at), found[()], single, pair)


def _not_mutagenesis(experiment: str) -> InputError:
    return InputError(
        f"maps of {experiment}", "substitutions of one letter, or of two, and the sequence as it is, are needed",
        "Write sd.run(sd.mutagenesis(sequences), model)",
    )  # fmt: skip


def _first(y: NDArray[Any], arms: _Arms, new: Places) -> Floats:
    """(members, sequences, places, 4, outputs): changes by the letter that is written."""
    members, sequences, _, outputs = y.shape
    found = np.zeros((members, sequences, len(arms.places), LETTERS, outputs))
    rows, columns = np.ogrid[:sequences, : len(arms.places)]
    for step in range(len(STEPS)):
        arm = arms.single[:, step]
        change = _sum([(1, y[:, :, arm]), (-1, y[:, :, [arms.none]])])
        found[:, rows, columns, new[..., step]] = np.where((arm < 0)[:, None], np.nan, change)
    return found


def _second(y: NDArray[Any], arms: _Arms, pair: Places, new: Places, kind: str) -> Floats:
    """(members, sequences, places, places, [4, 4,] outputs): differences in differences of all pairs."""
    members, sequences, _, outputs = y.shape
    number = len(arms.places)
    letters = (LETTERS, LETTERS) if kind == "each" else ()
    found = np.full((members, sequences, number, number, *letters, outputs), np.nan)
    rows = np.arange(sequences)[:, None, None, None]
    for one in range(number - 1):
        rest = np.arange(one + 1, number)
        apart = _differences(y, arms, pair, one, rest)
        if kind != "each":
            found[:, :, one, rest] = found[:, :, rest, one] = REDUCED[kind](apart)
            continue
        found[:, :, one, rest] = found[:, :, rest, one] = 0  # where a letter stays as it is
        a, b = new[:, one][:, None, :, None], new[:, rest][:, :, None, :]
        columns = rest[None, :, None, None]
        found[:, rows, one, columns, a, b] = apart
        found[:, rows, columns, one, b, a] = apart
    return found


def _differences(y: NDArray[Any], arms: _Arms, pair: Places, one: int, rest: Places) -> Floats:
    """(members, sequences, rest, 3, 3, outputs): Y_ab − Y_a − Y_b + Y_0 of a place and all behind it."""
    both, first, second = pair[one, rest], arms.single[one][None, :, None], arms.single[rest][:, None, :]
    parts = [(1, y[:, :, both]), (-1, y[:, :, first]), (-1, y[:, :, second]), (1, y[:, :, [[[arms.none]]]])]
    missing = (both < 0) | (first < 0) | (second < 0)
    return np.where(missing[..., None], np.nan, _sum(parts))


def _sum(parts: list[tuple[int, NDArray[Any]]]) -> Floats:
    """The signed sum in float64; 0 where it is rounding, as in a contrast."""
    total = sum(sign * part.astype(np.float64) for sign, part in parts)
    size = sum(np.abs(part.astype(np.float64)) for _, part in parts)
    return np.where(np.abs(total) <= ROUNDING * size, 0.0, total)


def _mean(apart: Floats) -> Floats:
    mean: Floats = apart.mean((3, 4))
    return mean


def _largest(apart: Floats) -> Floats:
    """Of the 9 the one that is largest in size, the first of equals; NaN where one is missing."""
    flat = apart.reshape(*apart.shape[:3], -1, apart.shape[-1])
    chosen: Floats = np.take_along_axis(flat, np.abs(flat).argmax(3, keepdims=True), 3)[:, :, :, 0]
    return chosen


REDUCED: dict[str, Callable[[Floats], Floats]] = {"mean": _mean, "largest": _largest}
"""From the 9 differences of a pair to one."""


def _labelled(found: Floats, outcomes: Outcomes, arms: _Arms) -> xr.DataArray:
    y, sequences = outcomes.y, outcomes.backgrounds
    letters = list((sequences.alphabet or DNA).letters)
    names = list(range(len(sequences))) if sequences.names is None else list(sequences.names)
    coords: dict[str, Any] = {"model": y["model"].values, "sequence": names, "position": arms.places}
    if arms.pair is not None:
        coords["position 2"] = arms.places
    if found.ndim != len(coords) + 1:
        coords["letter"] = letters
    if found.ndim != len(coords) + 1:
        coords["letter 2"] = letters
    coords["output"] = y["output"].values
    name = "substitution" if arms.pair is None else "interaction"
    return xr.DataArray(found, coords, tuple(coords), name=name)
