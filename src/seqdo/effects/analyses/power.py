"""Power: how many backgrounds a design needs, from a pilot run on few backgrounds."""

from __future__ import annotations

import math
from dataclasses import dataclass
from numbers import Real
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from seqdo.effects.estimates import Estimates
from seqdo.effects.statistics.clusters import Clusters, dependence_of
from seqdo.effects.statistics.contrast import contrast_values
from seqdo.effects.statistics.interval import FEW_MEMBERS, guard, joined
from seqdo.effects.statistics.margin import unseen
from seqdo.errors import InputError

if TYPE_CHECKING:
    import pandas as pd

Floats = NDArray[np.float64]

STEPS = 60
"""Number of halvings in the search for n, more than the 40 bits of its range."""


def power(
    pilot: Estimates, half_width: float | None = None, *, effect: float | None = None, chance: float = 0.9
) -> pd.DataFrame:
    """Number of backgrounds that each contrast of a pilot needs, for a narrow interval or to detect an effect.

    With several backgrounds from each source sequence, n counts sequences, and sd is the SD over sequences. More
    backgrounds of the same sequences do not average out how the sequences differ. Each sequence is then used as often
    as in the pilot, and the flag reports how often.

    Parameters
    ----------
    pilot : effects of the design on few backgrounds: 100 or more, because their spread is taken as the true spread
    half_width : half-width of the 95 % interval, in the unit of the output
    effect : size of an effect to be called present, larger than the margin of the pilot
    chance : probability that such an effect is called present, at the level adjusted for its family

    Returns
    -------
    DataFrame
        The rows of ``pilot.table``, with the columns output, contrast, one for each factor, sd (over backgrounds, of
        the mean of members), sd_members (over members, beyond the variance from backgrounds), n_half_width and
        n_present (NaN if not requested; inf if no number is enough, because members differ too much), and flag (as in
        the table; with "skew" or "rare response" more backgrounds are needed).

    Raises
    ------
    InputError
        Both ``half_width`` and ``effect`` are missing, a number is not positive, the pilot has one background, or the
        effect is within the margin.

    Examples
    --------
    >>> import seqdo as sd
    >>> model = sd.planted.additive({"GATTACA": 1.0, "TT": 0.3}, length=60)
    >>> pilot = sd.estimate(sd.run(sd.embed("GATTACA", at=20), model, sd.backgrounds.uniform(60), n=200, rng=0))
    >>> int(power(pilot, half_width=0.01)["n_half_width"].iloc[0]) > 1000
    True
    """
    if not isinstance(pilot, Estimates):
        raise InputError(
            f"`pilot` is of type {type(pilot).__name__}", "the result of estimate is needed",
            "Write power(estimate(outcomes), half_width=0.05)",
        )  # fmt: skip
    if half_width is None and effect is None:
        raise InputError(
            "`half_width` and `effect` are both missing",
            "at least one is needed",
            "Write power(pilot, half_width=0.05)",
        )
    for name, value in {"half_width": half_width, "effect": effect, "chance": chance}.items():
        if value is not None and not _positive(value):
            raise InputError(f"`{name}={value!r}`", "a positive number is needed", f"Write {name}=0.05")
    if chance >= 1:
        raise InputError(f"`chance={chance!r}`", "a probability below 1 is needed", "Write chance=0.9")
    outcomes = pilot.outcomes
    if outcomes.y.sizes["background"] < 2:
        raise InputError(
            "`pilot` has one background", "a spread needs 2 backgrounds, and 100 for a good estimate", "Write n=100"
        )
    margin = pilot.table["margin"].fillna(0.0).to_numpy(np.float64)
    spread = spreads(pilot)
    narrow, present = np.full((2, len(margin)), np.nan)
    if half_width is not None:
        narrow = needed(spread, np.full(len(margin), half_width), 0.95, 0.5)
    if effect is not None:
        if (effect <= margin).any():
            raise InputError(
                f"`effect={effect:g}` with a margin of {margin.max():g}",
                "an effect within the margin is never called present",
                f"Write an effect above {margin.max():g}, or estimate(outcomes, margin=...) with a smaller margin",
            )  # fmt: skip
        # Verdicts use a level adjusted for the family. The strictest is that of a family with this one effect.
        tests = pilot.table.groupby("contrast")["p"].transform("count").clip(lower=1).to_numpy(np.float64)
        present = needed(spread, effect - margin, 1 - 0.05 / tests, chance)
    return pilot.table[["output", "contrast", *outcomes.design.factors]].assign(
        sd=spread.backgrounds,
        sd_members=spread.members,
        n_half_width=narrow,
        n_present=present,
        flag=_flag(pilot),
    )


def _flag(pilot: Estimates) -> NDArray[np.object_]:
    """The flags of the pilot, and what n counts if it does not count backgrounds."""
    n, flag = pilot.outcomes.y.sizes["background"], pilot.table["flag"].to_numpy()
    sources = dependence_of(pilot.outcomes).in_turn
    if sources < 2:
        return np.asarray(flag, object)
    each = max(n / sources, 1)
    return joined(flag, f"n counts sequences, with {each:.3g} background{'s' * (each > 1)} each")


@dataclass(frozen=True, eq=False)
class Spread:
    """Components of the variance of each contrast, as SDs.

    Attributes
    ----------
    backgrounds : SD over backgrounds (or over source sequences with several backgrounds) of the mean of members
    members : SD over members, which more backgrounds do not reduce
    number : number of members
    least : half-width times n of a contrast that did not vary, by the share rule; 0 for one that varied
    """

    backgrounds: Floats
    members: Floats
    number: int
    least: Floats


def spreads(pilot: Estimates) -> Spread:
    """Components of the variance, from the members × backgrounds of a pilot (Searle, Casella & McCulloch 1992, §4.4).

    Parameters
    ----------
    pilot : effects of a pilot run
    """
    outcomes, clusters = pilot.outcomes, Clusters.of(pilot.outcomes)
    each = 1 if clusters.sources else clusters.size  # n counts source sequences, or single backgrounds of a set
    contrasts = [outcomes.design.contrasts[place] for place, _ in pilot.row_places]
    over, among, least = np.zeros((3, len(pilot.row_places)))
    largest = unseen(outcomes.y, outcomes.scales)
    for row, (_, output) in enumerate(pilot.row_places):
        values = clusters.means(contrast_values(outcomes.y[..., [output]], [contrasts[row]])[0, :, :, 0])
        mean = values.mean(0)
        if guard(mean).constant:
            size = max(abs(float(mean.mean())), largest[output])
            least[row] = 0.0 if contrasts[row].identity else 3 * size
            continue
        over[row] = mean.std(ddof=1) * math.sqrt(each)
        if len(values) > 1:
            residual = values - mean - values.mean(1, keepdims=True) + mean.mean()
            noise = (residual**2).sum() / ((len(values) - 1) * (len(mean) - 1))
            among[row] = math.sqrt(max(values.mean(1).var(ddof=1) - noise / len(mean), 0.0))
    return Spread(over, among, outcomes.y.sizes["model"], least)


def needed(spread: Spread, half: Floats, level: Floats | float, chance: float) -> Floats:
    """Smallest n for which (t + z) √(backgrounds²/n + members²/S) is at most ``half``, by halving.

    t belongs to the level of the interval, and z to the chance. n is inf if the variance of the members alone is too
    large. With 2 to 4 members the interval is no narrower than that of their means, as in ``Interval``.

    Parameters
    ----------
    spread : components of the variance of m contrasts
    half : (m,), half-width in the unit of the output
    level : level of the interval
    chance : probability that the error of the estimate stays within its share of ``half``
    """
    from scipy.special import ndtri, stdtrit

    upper, few = (1 + np.asarray(level)) / 2, 1 < spread.number <= FEW_MEMBERS
    apart = spread.members**2 / spread.number

    def reach(n: Floats) -> Floats:
        # Satterthwaite's degrees of freedom: few members have few, many backgrounds have many.
        own = spread.backgrounds**2 / n
        joint = own**2 / (n - 1) + apart**2 / max(spread.number - 1, 1)
        free = np.divide((own + apart) ** 2, joint, out=np.full(n.shape, 1e9), where=joint > 0)
        wide = stdtrit(free, upper)
        if few:
            wide = np.where(apart > 0, np.maximum(wide, stdtrit(spread.number - 1, upper)), wide)
        return np.asarray((wide + ndtri(chance)) * np.sqrt(own + apart) + spread.least / n)

    low, high = np.full(half.shape, 2.0), np.full(half.shape, 2.0**40)
    possible, enough = reach(high) <= half, reach(low) <= half
    for _ in range(STEPS):
        middle = np.floor((low + high) / 2)
        fits = reach(middle) <= half
        low, high = np.where(fits, low, middle), np.where(fits, middle, high)
    return np.where(possible, np.where(enough, 2.0, high), np.inf)


def _positive(value: object) -> bool:
    return isinstance(value, Real) and not isinstance(value, bool) and 0 < float(value) < math.inf
