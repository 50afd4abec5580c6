"""Maps of mutagenesis: the individual causal effect of each substitution, or each pair, in each sequence."""

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
"""Values of a map of pairs: the mean over the 9 ways to replace two bases, the largest in size, or each of them."""


def maps(outcomes: Outcomes, pairs: str = "mean") -> xr.DataArray:
    """Effect of every substitution on every sequence and member. Each is conditional on its sequence.

    Parameters
    ----------
    outcomes : outcomes of ``mutagenesis`` or ``pairwise_mutagenesis``, or of some of their arms
    pairs : "mean", "largest" or "each", for ``pairwise_mutagenesis``
        The mean over the 9 ways to replace two bases, the one that is largest in size, with its sign, or each of them
        by the new bases.

    Returns
    -------
    DataArray
        float64, in the unit of each output. NaN where an arm is missing.

        mutagenesis : dimensions model, sequence, position, letter, output
            The prediction with that base at that position − the prediction of the sequence; 0 for its own base.
        pairwise mutagenesis : dimensions model, sequence, position, position 2, (letter, letter 2,) output
            Y_ab − Y_a − Y_b + Y_0, symmetric; NaN on the diagonal.

    Raises
    ------
    InputError
        The outcomes are those of another experiment, or ``pairs`` is another name.

    Examples
    --------
    >>> import seqdo as sd
    >>> outcomes = sd.run(sd.mutagenesis(["CATC"]), sd.planted.additive({"AT": 2.0}, length=4), rng=0)
    >>> maps(outcomes).sel(position=1, letter=["A", "C"]).values.ravel().tolist()
    [0.0, -2.0]
    """
    if pairs not in PAIRS:
        raise InputError(f"`pairs={pairs!r}`", f"one of {', '.join(PAIRS)} is needed", 'Write pairs="mean"')
    arms = _arms(outcomes)
    y = outcomes.y.transpose("model", "background", "arm", "output").values
    codes = outcomes.backgrounds.codes[:, arms.places].astype(np.int64)
    new = (codes[:, :, None] + np.array(STEPS)) % LETTERS
    values = _singles(y, arms, new) if arms.pair is None else _pairs(y, arms, arms.pair, new, pairs)
    return _labeled(values, outcomes, arms)


@dataclass(frozen=True, eq=False)
class _Arms:
    """Index of each arm in the outcomes; −1 where the arm is missing.

    ``none`` is the arm without edits. ``single`` (places, 3) has the arms of one substitution, and ``pair`` (places,
    places, 3, 3) those of two; None if the design has no pairs.
    """

    places: Places
    none: int
    single: Places
    pair: Places | None


def _arms(outcomes: Outcomes) -> _Arms:
    design = outcomes.design
    numbers: dict[tuple[tuple[int, int], ...], int] = {}
    for number, name in enumerate(outcomes.y["arm"].values.tolist()):
        changes = design.arms[name].sites
        if len(changes) > 2 or not all(isinstance(change, Substitution) for change in changes):
            raise _not_mutagenesis(design.experiment)
        key = tuple((change.at, change.step) for change in changes if isinstance(change, Substitution))
        numbers[key] = number
    places = sorted({where for key in numbers for where, _ in key})
    if () not in numbers or not places:
        raise _not_mutagenesis(design.experiment)
    index = {where: i for i, where in enumerate(places)}
    single = np.full((len(places), len(STEPS)), -1)
    has_pairs = any(len(key) == 2 for key in numbers)
    pair = np.full((len(places), len(places), len(STEPS), len(STEPS)), -1) if has_pairs else None
    for key, number in numbers.items():
        spots = [(index[where], step - 1) for where, step in key]
        if len(spots) == 1:
            single[spots[0]] = number
        elif pair is not None and len(spots) == 2:
            (i, step_i), (j, step_j) = sorted(spots)
            pair[i, j, step_i, step_j] = number
    return _Arms(np.array(places), numbers[()], single, pair)


def _not_mutagenesis(experiment: str) -> InputError:
    return InputError(
        f"`outcomes` of {experiment}", "maps need substitutions of one or two bases, and the sequence as it is",
        "Write sd.estimate(sd.run(sd.mutagenesis(sequences), model)).maps",
    )  # fmt: skip


def _singles(y: NDArray[Any], arms: _Arms, new: Places) -> Floats:
    """(members, sequences, places, 4, outputs): effects by the new base."""
    members, sequences, _, outputs = y.shape
    values = np.zeros((members, sequences, len(arms.places), LETTERS, outputs))
    rows, columns = np.ogrid[:sequences, : len(arms.places)]
    for step in range(len(STEPS)):
        arm = arms.single[:, step]
        change = _sum([(1, y[:, :, arm]), (-1, y[:, :, [arms.none]])])
        values[:, rows, columns, new[..., step]] = np.where((arm < 0)[:, None], np.nan, change)
    return values


def _pairs(y: NDArray[Any], arms: _Arms, pair: Places, new: Places, kind: str) -> Floats:
    """(members, sequences, places, places, [4, 4,] outputs): differences in differences of all pairs."""
    members, sequences, _, outputs = y.shape
    number = len(arms.places)
    letters = (LETTERS, LETTERS) if kind == "each" else ()
    values = np.full((members, sequences, number, number, *letters, outputs), np.nan)
    rows = np.arange(sequences)[:, None, None, None]
    for i in range(number - 1):
        rest = np.arange(i + 1, number)
        differences = _differences(y, arms, pair, i, rest)
        if kind != "each":
            values[:, :, i, rest] = values[:, :, rest, i] = REDUCED[kind](differences)
            continue
        values[:, :, i, rest] = values[:, :, rest, i] = 0  # for pairs in which a base is not replaced
        a, b = new[:, i][:, None, :, None], new[:, rest][:, :, None, :]
        columns = rest[None, :, None, None]
        values[:, rows, i, columns, a, b] = differences
        values[:, rows, columns, i, b, a] = differences
    return values


def _differences(y: NDArray[Any], arms: _Arms, pair: Places, i: int, rest: Places) -> Floats:
    """(members, sequences, rest, 3, 3, outputs): Y_ab − Y_a − Y_b + Y_0 of a position and all later positions."""
    both, first, second = pair[i, rest], arms.single[i][None, :, None], arms.single[rest][:, None, :]
    parts = [(1, y[:, :, both]), (-1, y[:, :, first]), (-1, y[:, :, second]), (1, y[:, :, [[[arms.none]]]])]
    missing = (both < 0) | (first < 0) | (second < 0)
    return np.where(missing[..., None], np.nan, _sum(parts))


def _sum(parts: list[tuple[int, NDArray[Any]]]) -> Floats:
    """The signed sum in float64; exactly 0 where it is within rounding error, as in a contrast."""
    total = sum(sign * part.astype(np.float64) for sign, part in parts)
    size = sum(np.abs(part.astype(np.float64)) for _, part in parts)
    return np.where(np.abs(total) <= ROUNDING * size, 0.0, total)


def _mean(differences: Floats) -> Floats:
    mean: Floats = differences.mean((3, 4))
    return mean


def _largest(differences: Floats) -> Floats:
    """The largest in size of the 9 values, the first of equal ones; NaN where one is missing."""
    flat = differences.reshape(*differences.shape[:3], -1, differences.shape[-1])
    largest: Floats = np.take_along_axis(flat, np.abs(flat).argmax(3, keepdims=True), 3)[:, :, :, 0]
    return largest


REDUCED: dict[str, Callable[[Floats], Floats]] = {"mean": _mean, "largest": _largest}
"""Name to the function that reduces the 9 values of a pair to one."""


def _labeled(values: Floats, outcomes: Outcomes, arms: _Arms) -> xr.DataArray:
    y, sequences = outcomes.y, outcomes.backgrounds
    letters = list((sequences.alphabet or DNA).letters)
    names = list(range(len(sequences))) if sequences.names is None else list(sequences.names)
    coords: dict[str, Any] = {"model": y["model"].values, "sequence": names, "position": arms.places}
    if arms.pair is not None:
        coords["position 2"] = arms.places
    if values.ndim != len(coords) + 1:
        coords["letter"] = letters
    if values.ndim != len(coords) + 1:
        coords["letter 2"] = letters
    coords["output"] = y["output"].values
    name = "substitution" if arms.pair is None else "interaction"
    return xr.DataArray(values, coords, tuple(coords), name=name)
