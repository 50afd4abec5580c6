"""Curves: the contrasts of one name along one numeric factor, everything else of them the same."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from seqdo.designs.design import Contrast, Level

POINTS = 3
"""Levels that make a curve; two are a pair of effects."""


PARTNER = "position 2"
"""Factor of the second place of a pair: one row of a map of pairs is no curve that anyone asks about."""


@dataclass(frozen=True, eq=False)
class Curve:
    """Contrasts along a factor.

    Attributes
    ----------
    contrast : their name
    factor : whose levels are the curve's places
    others : levels of the other factors, which all points share
    levels : float64, ascending
    places : index of each point's contrast, among those that were given
    """

    contrast: str
    factor: str
    others: Mapping[str, Level]
    levels: NDArray[np.float64]
    places: tuple[int, ...]


def curves(contrasts: Sequence[Contrast], least: int = POINTS) -> list[Curve]:
    """The curves among contrasts: along a factor of numbers that alone differs between at least so many of them.

    A map of two numeric factors is read along the first of them, once for each level of the second.

    Examples
    --------
    >>> one, two, three = (Contrast("effect", {f"arm {p}": 1, "none": -1}, {"position": p}) for p in (3, 9, 6))
    >>> [(curve.factor, curve.levels.tolist(), curve.places) for curve in curves([one, two, three])]
    [('position', [3.0, 6.0, 9.0], (0, 2, 1))]
    """
    groups: dict[tuple[str, str, tuple[tuple[str, Level], ...]], list[int]] = {}
    for place, contrast in enumerate(contrasts):
        numeric = [name for name, level in contrast.levels.items() if not isinstance(level, str)]
        if numeric and not contrast.identity and PARTNER not in contrast.levels:
            others = tuple((name, level) for name, level in contrast.levels.items() if name != numeric[0])
            groups.setdefault((contrast.name, numeric[0], others), []).append(place)
    found = []
    for (name, factor, others), places in groups.items():
        if len(places) >= least:
            places.sort(key=lambda place: float(contrasts[place].levels[factor]))
            levels = np.array([float(contrasts[place].levels[factor]) for place in places])
            found.append(Curve(name, factor, dict(others), levels, tuple(places)))
    return found
