"""How many backgrounds a question needs, from a pilot that asked it on a few."""

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
"""Halvings in the search for n."""


def power(
    pilot: Estimates, half_width: float | None = None, *, effect: float | None = None, chance: float = 0.9
) -> pd.DataFrame:
    """Backgrounds that every contrast of a pilot needs: for a narrow interval, or to find an effect of some size.

    Parameters
    ----------
    pilot : effects of the design on few backgrounds: 100 or more, as their spread is taken for the truth
    half_width : of the 95 % interval, in the output's unit
    effect : size of an effect that is to be called present, beyond the margin of the pilot
    chance : with which it is to be, at the level of its family of tests

    Returns
    -------
    DataFrame with the rows of ``pilot.table``: output, contrast, one column for each factor, sd (over backgrounds, of
    the members' mean), sd_members (of members, beyond what backgrounds make of it), n_half_width, n_present (NaN where
    not asked, inf where no number is enough: more backgrounds do not help with what members disagree about), flag (as
    in the table; with "skew" or "rare response" more are needed than this says)

    Of a pilot on backgrounds made of several sequences n counts sequences, and sd is over them: what they differ in,
    more of the same do not average out. Each is then used as often as in the pilot, which flag says.

    Raises
    ------
    InputError
        Neither or no positive numbers asked for; a pilot of one background; an effect within its margin.

    Examples
    --------
    >>> import seqdo as sd
    >>> model = sd.planted.additive({"GATTACA": 1.0, "TT": 0.3}, length=60)
    >>> pilot = sd.estimate(sd.run(sd.embed("GATTACA", at=20), model, sd.backgrounds.uniform(60), n=200, rng=0))
    >>> int(power(pilot, half_width=0.01)["n_half_width"].iloc[0]) > 1000
    True
    """
    if half_width is None and effect is None:
        raise InputError(
            "power of nothing", "a half-width or an effect is needed", "Write power(pilot, half_width=0.05)"
        )
    wanted = {"half_width": half_width, "effect": effect, "chance": chance}
    for name, value in wanted.items():
        if value is not None and not _positive(value):
            raise InputError(f"{name}={value!r}", "a positive number is needed", f"Write {name}=0.05")
    if chance >= 1:
        raise InputError(f"chance={chance!r}", "a share below 1 is needed", "Write chance=0.9")
    outcomes = pilot.outcomes
    if outcomes.y.sizes["background"] < 2:
        raise InputError("a pilot of one background", "a spread needs two, and 100 to be known", "Run n=100")
    margin = pilot.table["margin"].fillna(0.0).to_numpy(np.float64)
    spread = spreads(pilot)
    narrow, present = np.full((2, len(margin)), np.nan)
    if half_width is not None:
        narrow = needed(spread, np.full(len(margin), half_width), 0.95, 0.5)
    if effect is not None:
        if (effect <= margin).any():
            raise InputError(
                f"effect={effect:g} with a margin of {margin.max():g}", "an effect within the margin is never present",
                "Ask for a larger one, or give estimate a smaller margin",
            )  # fmt: skip
        # Verdicts are read at a level for the family: the strictest, as if this effect were the only one.
        tests = pilot.table.groupby("contrast")["p"].transform("count").clip(lower=1).to_numpy(np.float64)
        present = needed(spread, effect - margin, 1 - 0.05 / tests, chance)
    kept = ["output", "contrast", *outcomes.design.factors]
    return pilot.table[kept].assign(
        sd=spread.backgrounds,
        sd_members=spread.members,
        n_half_width=narrow,
        n_present=present,
        flag=_flag(pilot),
    )


def _flag(pilot: Estimates) -> NDArray[np.object_]:
    """The pilot's flags, and what n counts where that is not backgrounds."""
    n, flag = pilot.outcomes.y.sizes["background"], pilot.table["flag"].to_numpy()
    sources = dependence_of(pilot.outcomes).in_turn
    if sources < 2:
        return np.asarray(flag, object)
    each = max(n / sources, 1)
    return joined(flag, f"n of sequences, {each:.3g} background{'s' * (each > 1)} of each")


@dataclass(frozen=True, eq=False)
class Spread:
    """Components of variance of each contrast, as SDs.

    Attributes
    ----------
    backgrounds : of the members' mean, over backgrounds, or sequences that several are made of
    members : of members, over which no number of backgrounds helps
    number : of members
    least : half-width times n where nothing varied, by the share rule; 0 where something does
    """

    backgrounds: Floats
    members: Floats
    number: int
    least: Floats


def spreads(pilot: Estimates) -> Spread:
    """The components, from the pilot's members × backgrounds, or sources (Searle, Casella & McCulloch 1992, §4.4)."""
    outcomes, clusters = pilot.outcomes, Clusters.of(pilot.outcomes)
    each = 1 if clusters.sources else clusters.size  # what n counts: sources, or single backgrounds
    contrasts = [outcomes.design.contrasts[place] for place, _ in pilot.asked]
    over, among, least = np.zeros((3, len(pilot.asked)))
    largest = unseen(outcomes.y, outcomes.scales)
    for row, (_, output) in enumerate(pilot.asked):
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
    """Smallest n at which an interval's half-width, and what the estimate may miss by with this chance, are ``half``.

    half = (t + z) √(backgrounds²/n + members²/S), by halving; inf where members alone are too far apart. For 2 to 4 of
    them the interval is no narrower than that of their means, as in ``Interval``.
    """
    from scipy.special import ndtri, stdtrit

    upper, few = (1 + np.asarray(level)) / 2, 1 < spread.number <= FEW_MEMBERS
    apart = spread.members**2 / spread.number

    def reach(n: Floats) -> Floats:
        # Satterthwaite: what is known from few members and what from many backgrounds.
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
