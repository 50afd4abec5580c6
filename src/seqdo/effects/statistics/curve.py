"""Curves: contrasts of one name along one numeric factor, with all other levels equal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from seqdo.designs.design import Contrast, Level

POINTS = 3
"""Fewest levels of a curve; two levels are a pair of effects."""

PARTNER = "position 2"
"""Factor of the second position of a pair. A map of pairs is not read as curves."""


@dataclass(frozen=True, eq=False)
class Curve:
    """Contrasts along a factor.

    Attributes
    ----------
    contrast : their name
    factor : the numeric factor along which the curve runs
    others : levels of the other factors, which all points share
    levels : float64, ascending
    places : index of the contrast of each point, in the list that the curve was made from
    """

    contrast: str
    factor: str
    others: Mapping[str, Level]
    levels: NDArray[np.float64]
    places: tuple[int, ...]


def curves(contrasts: Sequence[Contrast], least: int = POINTS) -> list[Curve]:
    """The curves among contrasts: at least ``least`` contrasts that differ in one numeric factor only.

    A map of two numeric factors is read along the first factor, once for each level of the second.

    Examples
    --------
    >>> scan = [Contrast("effect", {f"arm {p}": 1, "none": -1}, {"position": p}) for p in (3, 9, 6)]
    >>> [(curve.factor, curve.levels.tolist(), curve.places) for curve in curves(scan)]
    [('position', [3.0, 6.0, 9.0], (0, 2, 1))]
    """
    groups: dict[tuple[str, str, tuple[tuple[str, Level], ...]], list[int]] = {}
    for place, contrast in enumerate(contrasts):
        numeric = [name for name, level in contrast.levels.items() if not isinstance(level, str)]
        if numeric and not contrast.identity and PARTNER not in contrast.levels:
            others = tuple((name, level) for name, level in contrast.levels.items() if name != numeric[0])
            groups.setdefault((contrast.name, numeric[0], others), []).append(place)
    result = []
    for (name, factor, others), places in groups.items():
        if len(places) >= least:
            places.sort(key=lambda place: float(contrasts[place].levels[factor]))
            levels = np.array([float(contrasts[place].levels[factor]) for place in places])
            result.append(Curve(name, factor, dict(others), levels, tuple(places)))
    return result
