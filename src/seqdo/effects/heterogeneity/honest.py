"""An honest search among many moderators: one half of the data chooses a moderator, and the other half estimates it.

The largest of many slopes is large even if all true slopes are 0. On backgrounds that were not used for the choice its
estimate is unbiased (Cox 1975, Biometrika 62:441).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from seqdo.effects.estimates import Estimates
from seqdo.effects.heterogeneity.heterogeneity import LEAST, slope_of, slopes, unrelated
from seqdo.effects.heterogeneity.moderators import declared, dinucleotides, usual
from seqdo.effects.statistics.interval import PER_SKEW, skewness
from seqdo.effects.statistics.verdicts import adjust
from seqdo.errors import InputError
from seqdo.sequences.stream import Seed, root, stream

if TYPE_CHECKING:
    import pandas as pd

Floats = NDArray[np.float64]
Places = NDArray[np.intp]

REPORTED = ["moderator", "slope", "low", "high", "r2", "p", "candidates"]
"""Columns that are computed for each row on its own."""

LARGEST_ARRAY = 2**22
"""Numbers in an array while moderators are compared: a bound of memory."""


@dataclass(frozen=True, eq=False)
class Halves:
    """The half of the data that chooses a moderator, and the half that estimates its slope.

    Attributes
    ----------
    members, backgrounds : indices of the half that chooses, and of the half that estimates
        Members of an ensemble are divided too, because a slope that a member learned by chance is present on all
        backgrounds. A single member is in both halves.
    """

    members: tuple[Places, Places]
    backgrounds: tuple[Places, Places]

    @classmethod
    def drawn(cls, members: int, n: int, seed: np.random.SeedSequence) -> Halves:
        """Random halves; the larger part of an odd number estimates."""
        rows, models = (
            stream(seed, f"halves of {what}").permutation(size)
            for what, size in (("backgrounds", n), ("members", members))
        )
        divided = (models[: members // 2], models[members // 2 :]) if members > 1 else (models, models)
        return cls(divided, (rows[: n // 2], rows[n // 2 :]))

    def effects(self, values: Floats, part: int) -> Floats:
        """Single effects (..., members, n) of the half that chooses (0) or estimates (1)."""
        return values[..., self.members[part], :][..., self.backgrounds[part]]

    def numbers(self, numbers: Floats, part: int) -> Floats:
        """Moderators (..., n) of the half that chooses (0) or estimates (1)."""
        return numbers[..., self.backgrounds[part]]


def honest(
    effects: Estimates, moderators: Mapping[str, ArrayLike] | None = None, *, rng: Seed = None
) -> pd.DataFrame:  # fmt: skip
    """For each effect, choose the strongest moderator on one half of the data, and estimate it on the other half.

    For each row, a random half of the backgrounds chooses the moderator whose slope is the most standard errors from 0.
    Slope, interval, r2 and p are of the other half alone. In an ensemble, half of the members choose and the others
    estimate: otherwise a slope that only these members learned would be chosen and confirmed. With two members one
    member estimates, and its result is conditional on that member.

    A moderator that varies on few backgrounds is not compared, because its standard error is not reliable. Each half
    needs n >= 25 skew² of the moderator's values (Cochran, Sampling Techniques, 3rd ed., eq. 2.22, a rule for means).
    The sites of a rare motif therefore have to be present in about 15 to 25 backgrounds of each half.

    The default moderators, above all the prediction, include letters that the edit overwrites. An effect can therefore
    vary with them even if it does not depend on context.
    :func:`seqdo.effects.heterogeneity.moderators.presence` leaves out these letters.

    Parameters
    ----------
    effects : the estimates of a design
    moderators : name to a number for each background
        By default "gc", "prediction" where the design has an arm without edits, and the share of each of the 16
        dinucleotides, such as "share of CG".
    rng : seed of the halves, which are the same for all rows
        None takes the seed of the run, so that the same outcomes give the same halves. Trying several seeds would be a
        search again.

    Returns
    -------
    DataFrame, a row for each row of ``effects.table``: output, contrast, a column for each factor, moderator ("" if
    none could be compared), slope, low, high, r2, p as in ``effects.context``, candidates (number of moderators that
    were compared), p_adjusted (Benjamini-Hochberg over the contrasts of one name), n (backgrounds that estimate),
    members (that estimate). ``attrs["seed"]`` is the seed.

    Raises
    ------
    InputError
        The errors of ``context``; no moderator; fewer than 40 backgrounds.

    Examples
    --------
    >>> import seqdo as sd
    >>> from seqdo.effects.heterogeneity.moderators import presence
    >>> from seqdo.models.planted.terms import Pairs
    >>> model = sd.planted.combine([Pairs("CA", "GATTACA", (1.0,) * 60)], 60)
    >>> run = sd.run(sd.embed("GATTACA", at=50), model, sd.backgrounds.uniform(60), n=400, rng=0)
    >>> effects = sd.estimate(run, margin=0.1)
    >>> sites = {motif: presence(effects, motif) for motif in ("AA", "CA", "GC")}
    >>> honest(effects, sites, rng=0)[["moderator", "candidates", "n"]].to_dict("records")
    [{'moderator': 'CA', 'candidates': 3, 'n': 200}]
    """
    import pandas as pd

    outcomes = effects.outcomes
    seed = outcomes.seed if rng is None and outcomes.redrawn else root(rng)
    n = unrelated(effects, 2 * LEAST, "an honest search")
    halves = Halves.drawn(outcomes.y.sizes["model"], n, seed)
    rows, outputs = [], outcomes.outputs
    candidates = _candidates(effects, moderators, n)
    for (place, output), values in zip(effects.row_places, effects.single(), strict=True):
        contrast = outcomes.design.contrasts[place]
        labels = {"output": outputs[output], "contrast": contrast.name, **contrast.levels}
        rows.append(labels | _estimated(values, *candidates[output], halves))
    table = pd.DataFrame(rows, columns=["output", "contrast", *outcomes.design.factors, *REPORTED])
    p_adjusted = adjust(table["p"].to_numpy(np.float64), table["contrast"].to_numpy())
    table = table.assign(p_adjusted=p_adjusted, n=len(halves.backgrounds[1]), members=len(halves.members[1]))
    table.attrs["seed"] = {"entropy": str(seed.entropy), "spawn_key": list(seed.spawn_key)}
    return table


def choose(values: Floats, numbers: Floats, halves: Halves) -> tuple[Places, Places]:
    """The moderator with the strongest slope on the half that chooses, and the number of usable moderators.

    The moderator is given by its index, which is 0 where no moderator is usable.

    Parameters
    ----------
    values : single effects, (..., members, n)
    numbers : K moderators, (..., K, n)
    halves : the half that chooses, and the half that estimates
    """
    first, moderators = halves.effects(values, 0)[..., None, :, :], halves.numbers(numbers, 0)
    usable = np.logical_and(*(_reliable(halves.numbers(numbers, part)) for part in (0, 1)))
    step = max(1, LARGEST_ARRAY // max(1, first.size))
    chunks = [_strength(first, moderators[..., at : at + step, :]) for at in range(0, moderators.shape[-2], step)]
    strength = np.where(usable, np.concatenate(chunks, -1), -1.0)
    return strength.argmax(-1), usable.sum(-1)


def _strength(values: Floats, numbers: Floats) -> Floats:
    """Distance of each slope from 0 in standard errors; infinite where a moderator explains everything."""
    slope, _ = slopes(values, numbers)
    exact = np.full(slope.estimate.shape, np.inf)
    return np.asarray(np.divide(np.abs(slope.estimate), slope.se, out=exact, where=slope.se != 0))


def _reliable(numbers: Floats) -> NDArray[np.bool_]:
    """Whether moderators (..., n) vary on enough backgrounds for a reliable standard error."""
    skew, constant = skewness(numbers)
    return np.asarray(~constant & (numbers.shape[-1] >= PER_SKEW * skew**2))


def _estimated(values: Floats, names: list[str], numbers: Floats, halves: Halves) -> dict[str, str | float]:
    """The slope on the half that estimates, for the moderator that the other half chose."""
    index, usable = choose(values, numbers, halves)
    moderator = halves.numbers(numbers[index], 1)
    # Without a usable moderator the slope is that of a constant: NaN.
    slope = slope_of(halves.effects(values, 1), moderator if usable else np.zeros(moderator.shape))
    return {"moderator": names[int(index)] if usable else ""} | slope | {"candidates": int(usable)}


def _candidates(
    effects: Estimates, moderators: Mapping[str, ArrayLike] | None, n: int
) -> list[tuple[list[str], Floats]]:  # fmt: skip
    """For each output the names of the moderators, and their values (K, n)."""
    outputs = range(effects.outcomes.y.sizes["output"])
    if moderators is not None:
        custom = declared(moderators, n)
        if not custom:
            raise InputError(
                "`moderators` is empty", "a search needs at least one moderator",
                "Leave moderators out to use GC content, prediction and dinucleotides",
            )  # fmt: skip
        return [(list(custom), np.stack(list(custom.values())))] * len(outputs)
    pairs = dinucleotides(effects.outcomes.backgrounds)
    by_output = [usual(effects, output) | pairs for output in outputs]
    return [(list(defaults), np.stack(list(defaults.values()))) for defaults in by_output]
