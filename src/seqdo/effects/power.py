"""How many backgrounds a question needs, from a pilot that asked it on a few."""

from __future__ import annotations

import math
from numbers import Real
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from seqdo.effects.contrast import contrast_values
from seqdo.effects.interval import guard
from seqdo.effects.sets import Sets
from seqdo.errors import InputError

if TYPE_CHECKING:
    import pandas as pd

    from seqdo.effects.estimate import Effects

Floats = NDArray[np.float64]

STEPS = 60
"""Halvings in the search for n."""


def power(
    pilot: Effects, half_width: float | None = None, *, effect: float | None = None, chance: float = 0.9
) -> pd.DataFrame:
    """Backgrounds that every contrast of a pilot needs: for a narrow interval, or to find an effect of some size.

    Parameters
    ----------
    pilot : effects of the design on few backgrounds: 100 or more, as their spread is taken for the truth
    half_width : of the 95 % interval, in the output's unit
    effect : size of an effect that is to be called present, beyond the margin of the pilot
    chance : with which it is to be

    Returns
    -------
    DataFrame with the rows of ``pilot.table``: output, contrast, one column for each factor, sd (over backgrounds, of
    the members' mean), sd_members (of the members' means), n_half_width, n_present (NaN where not asked, inf where no
    number is enough: more backgrounds do not help with what members disagree about), flag (as in the table; with
    "skew" or "rare response" more are needed than this says)

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
    between, within = spreads(pilot)
    margin = pilot.table["margin"].fillna(0.0).to_numpy(np.float64)
    narrow, present = np.full((2, len(margin)), np.nan)
    members = outcomes.y.sizes["model"]
    if half_width is not None:
        narrow = needed(between, within, members, np.full(len(margin), half_width), 0.5)
    if effect is not None:
        if (effect <= margin).any():
            raise InputError(
                f"effect={effect:g} with a margin of {margin.max():g}", "an effect within the margin is never present",
                "Ask for a larger one, or give estimate a smaller margin",
            )  # fmt: skip
        present = needed(between, within, members, effect - margin, chance)
    kept = ["output", "contrast", *outcomes.design.factors]
    return pilot.table[kept].assign(
        sd=between, sd_members=within, n_half_width=narrow, n_present=present, flag=pilot.table["flag"]
    )


def spreads(pilot: Effects) -> tuple[Floats, Floats]:
    """SD over backgrounds of the members' mean, and of the members' means, for each row of the table."""
    outcomes, sets = pilot.outcomes, Sets.of(pilot.outcomes)
    over, among = np.zeros((2, len(pilot.places)))
    for row, (place, output) in enumerate(pilot.places):
        values = contrast_values(outcomes.y[..., [output]], [outcomes.design.contrasts[place]])[0, :, :, 0]
        means = sets.means(values.mean(0))
        over[row] = 0.0 if guard(means).constant else means.std(ddof=1) * math.sqrt(sets.size)
        among[row] = values.mean(1).std(ddof=1) if len(values) > 1 else 0.0
    return over, among


def needed(between: Floats, within: Floats, members: int, half: Floats, chance: float) -> Floats:
    """Smallest n at which an interval's half-width, and what the estimate may miss by with this chance, are ``half``.

    half = (t + z) √(between²/n + within²/members), by halving; inf where members alone are too far apart.
    """
    from scipy.special import ndtri, stdtrit

    def reach(n: Floats) -> Floats:
        # With several members their number limits the degrees of freedom where they are what varies.
        of_members = within**2 / members
        total = between**2 / n + of_members
        free = np.where(of_members > between**2 / n, max(members - 1, 1), n - 1)
        return np.asarray((stdtrit(free, 0.975) + ndtri(chance)) * np.sqrt(total))

    low, high = np.full(half.shape, 2.0), np.full(half.shape, 2.0**40)
    possible, enough = reach(high) <= half, reach(low) <= half
    for _ in range(STEPS):
        middle = np.floor((low + high) / 2)
        fits = reach(middle) <= half
        low, high = np.where(fits, low, middle), np.where(fits, middle, high)
    return np.where(possible, np.where(enough, 2.0, high), np.inf)


def _positive(value: object) -> bool:
    return isinstance(value, Real) and not isinstance(value, bool) and 0 < float(value) < math.inf
