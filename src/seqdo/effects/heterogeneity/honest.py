"""An honest search: which of many numbers an effect varies with most is chosen on one half, and told from the other.

The largest slope of many is large where there is none. On backgrounds that did not choose it, it is a slope like any
other (Cox 1975, Biometrika 62:441).
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

TOLD = ["moderator", "slope", "low", "high", "r2", "p", "candidates"]
"""Columns of each row, before what is the same for all rows or made of all of them."""

HELD = 2**22
"""Numbers that are held at once for each of several arrays, while moderators are tried."""


@dataclass(frozen=True, eq=False)
class Halves:
    """Who chooses and who reports.

    Attributes
    ----------
    members, backgrounds : those that choose, those that report
        Of several members one half chooses and the other reports: a slope that a member learned by chance is there on
        all backgrounds. One member does both.
    """

    members: tuple[Places, Places]
    backgrounds: tuple[Places, Places]

    @classmethod
    def drawn(cls, members: int, n: int, seed: np.random.SeedSequence) -> Halves:
        """At random; the larger part of an odd number reports."""
        rows, who = (
            stream(seed, f"halves of {what}").permutation(size)
            for what, size in (("backgrounds", n), ("members", members))
        )
        apart = (who[: members // 2], who[members // 2 :]) if members > 1 else (who, who)
        return cls(apart, (rows[: n // 2], rows[n // 2 :]))

    def effects(self, values: Floats, part: int) -> Floats:
        """Single effects (..., members, n) of those that choose (0) or report (1)."""
        return values[..., self.members[part], :][..., self.backgrounds[part]]

    def numbers(self, numbers: Floats, part: int) -> Floats:
        """Numbers (..., n) of the backgrounds that choose (0) or report (1)."""
        return numbers[..., self.backgrounds[part]]


def honest(
    effects: Estimates, moderators: Mapping[str, ArrayLike] | None = None, *, rng: Seed = None
) -> pd.DataFrame:  # fmt: skip
    """Of many moderators the one that each effect varies with most, as backgrounds say that did not choose it.

    For each row, one random half of the backgrounds chooses the moderator whose slope is the most standard errors from
    0; slope, interval, r2 and p are those of the other half alone. With several members, half of them choose, and the
    others report: all of them would report as slopes what these members alone learned. Of two, one reports, and speaks
    for itself alone.

    A moderator that a few backgrounds carry is not tried, as the error of its slope is not to be trusted: each half
    needs n >= 25 skew² of its values (Cochran, Sampling Techniques, 3rd ed., eq. 2.22, which is about means). So a
    motif that is rare has to be present in some 15 to 25 backgrounds of each half.

    Parameters
    ----------
    moderators : name to a number for each background; by default "gc", "prediction" where the design has an arm
        without edits, and the share of each of the 16 dinucleotides, such as "share of CG"
    rng : draws the halves, the same for all rows; None takes the seed of the run, so that the same outcomes give the
        same halves. To ask until a half agrees would be a search again.

    Returns
    -------
    DataFrame, a row for each row of ``effects.table``: output, contrast, a column for each factor, moderator ("" if
    none could be tried), slope, low, high, r2, p as of ``effects.context``, candidates (how many were tried),
    p_adjusted (Benjamini-Hochberg over the contrasts of one name), n (backgrounds that report), members (that
    report). Its ``attrs`` hold the seed.

    What an edit overwrites counts in the default moderators, the prediction above all, and in the effect: so an effect
    varies with them even where nothing depends on context, honestly.
    :func:`seqdo.effects.heterogeneity.moderators.presence` counts none of it.

    Raises
    ------
    InputError
        What ``context`` refuses; no moderator; fewer than 40 backgrounds.

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
    n = unrelated(effects, 2 * LEAST, "an honest choice among contexts")
    halves = Halves.drawn(outcomes.y.sizes["model"], n, seed)
    rows, outputs = [], outcomes.outputs
    tried = _candidates(effects, moderators, n)
    for (place, output), values in zip(effects.asked, effects.single(), strict=True):
        contrast = outcomes.design.contrasts[place]
        found = {"output": outputs[output], "contrast": contrast.name, **contrast.levels}
        rows.append(found | _told(values, *tried[output], halves))
    table = pd.DataFrame(rows, columns=["output", "contrast", *outcomes.design.factors, *TOLD])
    p_adjusted = adjust(table["p"].to_numpy(np.float64), table["contrast"].to_numpy())
    table = table.assign(p_adjusted=p_adjusted, n=len(halves.backgrounds[1]), members=len(halves.members[1]))
    table.attrs["seed"] = {"entropy": str(seed.entropy), "spawn_key": list(seed.spawn_key)}
    return table


def choose(values: Floats, numbers: Floats, halves: Halves) -> tuple[Places, Places]:
    """Of numbers (..., K, n) the place of the one that single effects (..., members, n) vary with most; how many tried.

    By the half that chooses. 0 where none could be tried.
    """
    first, asked = halves.effects(values, 0)[..., None, :, :], halves.numbers(numbers, 0)
    usable = np.logical_and(*(_carried(halves.numbers(numbers, part)) for part in (0, 1)))
    step = max(1, HELD // max(1, first.size))
    parts = [_strength(first, asked[..., at : at + step, :]) for at in range(0, asked.shape[-2], step)]
    strength = np.where(usable, np.concatenate(parts, -1), -1.0)
    return strength.argmax(-1), usable.sum(-1)


def _strength(values: Floats, numbers: Floats) -> Floats:
    """How many standard errors each slope is from 0; infinitely many where a number explains all."""
    found, _ = slopes(values, numbers)
    exact = np.full(found.estimate.shape, np.inf)
    return np.asarray(np.divide(np.abs(found.estimate), found.se, out=exact, where=found.se != 0))


def _carried(numbers: Floats) -> NDArray[np.bool_]:
    """Are numbers (..., n) carried by enough backgrounds?"""
    skew, constant = skewness(numbers)
    return np.asarray(~constant & (numbers.shape[-1] >= PER_SKEW * skew**2))


def _told(values: Floats, names: list[str], numbers: Floats, halves: Halves) -> dict[str, str | float]:
    """What the half that reports says of the moderator that the other chose."""
    place, tried = choose(values, numbers, halves)
    mine = halves.numbers(numbers[place], 1)
    told = slope_of(halves.effects(values, 1), mine if tried else np.zeros(mine.shape))
    return {"moderator": names[int(place)] if tried else ""} | told | {"candidates": int(tried)}


def _candidates(
    effects: Estimates, moderators: Mapping[str, ArrayLike] | None, n: int
) -> list[tuple[list[str], Floats]]:  # fmt: skip
    """For each output the names, and the numbers (K, n)."""
    outputs = range(effects.outcomes.y.sizes["output"])
    if moderators is not None:
        given = declared(moderators, n)
        if not given:
            raise InputError("an honest search among no moderators", "at least one is needed", "Leave it out for all")
        return [(list(given), np.stack(list(given.values())))] * len(outputs)
    pairs = dinucleotides(effects.outcomes.backgrounds)
    every = [usual(effects, output) | pairs for output in outputs]
    return [(list(known), np.stack(list(known.values()))) for known in every]
