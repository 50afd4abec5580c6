"""Structure: what the arms of a hairpin design fold into, and how far effects go with it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from seqdo.backgrounds.background import whole
from seqdo.designs.changes.folded_context import Folded
from seqdo.designs.changes.site import Arm, Site
from seqdo.effects.estimates import Estimates
from seqdo.effects.heterogeneity.heterogeneity import LEAST, unrelated
from seqdo.effects.statistics.interval import Interval, crossed
from seqdo.errors import InputError
from seqdo.experiments.hairpin import FREE
from seqdo.outcomes.extras import evenly
from seqdo.outcomes.outcomes import Outcomes
from seqdo.sequences.folding import HAIRPIN, PAIRED, loop_probabilities
from seqdo.sequences.sequences import gc_content

if TYPE_CHECKING:
    import pandas as pd

Floats = NDArray[np.float64]

Constructs = list[tuple[dict[str, Any], Floats, Floats]]
"""Of each level its factors, the dose of each background (n,), and single effects (members, n)."""

LEAST_SPREAD = 0.01
"""SD of doses below which no slope is given: they are as good as the same."""

SLOPE = ("slope", "low", "high", "p", "r2", "n")


def structures(outcomes: Outcomes, most: int = 200) -> pd.DataFrame:
    """What the arms of ``hairpin``, ``hairpin_series`` or ``compensatory`` fold into: sequences are drawn again.

    Parameters
    ----------
    most : backgrounds that are folded, spread evenly over those of the run

    Returns
    -------
    DataFrame, a row for each arm: arm, structure, insert (what stands at the motif's place), hairpin (mean P of the
    core's letters to be in a hairpin loop), paired (mean P of the motif's letters to be paired), met (share of
    backgrounds that meet the structure's criterion, at 0.9 where none was asked; NaN for the background itself), gc
    (share of G and C in the sequence without the motif's span), tries (mean number of orders of letters that it took to
    find the context: 1 / tries is the rate of acceptance), n; what folded is in ``attrs["folding"]``

    Raises
    ------
    InputError
        Outcomes of another experiment, or that no run made; something that is no outcomes.
    """
    import pandas as pd

    if not isinstance(outcomes, Outcomes):
        raise InputError(
            f"{type(outcomes).__name__} given to structures", "the result of run is needed",
            "Write structures(run(hairpin(...), ...))",
        )  # fmt: skip
    known = _first(outcomes)
    some = evenly(
        outcomes.y.sizes["background"],
        whole("most", most, "a whole number of backgrounds, at least 1, is needed", "Write most=200"),
    )
    rows = [_folded(outcomes, name, arm, known, some) for name, arm in outcomes.design.arms.items()]
    table = pd.DataFrame(rows).assign(n=len(some))
    table.attrs["folding"] = known.folding
    return table


def dose(effects: Estimates, contrast: str = "effect") -> pd.DataFrame:
    """How effects go with how surely the motif is in a hairpin's loop, over backgrounds and constructs.

    A construct is the motif in one context of one background; its dose is the mean P of the core's letters to be in a
    hairpin loop. Constructs of one background are not independent: errors are of what each background adds.

    Returns
    -------
    DataFrame, for each output a row for each level of the design (its structure, or stem, ...) and, last, one of all
    constructs (levels empty): output, contrast, a column for each factor, dose (mean), slope (effect at a dose of 1 −
    at 0, on a straight line, in the output's unit), low, high (95 %), p, r2 (of the members' mean), n (constructs)

    A dose is observed and not set: within a level it differs with the letters of the background, and these may do what
    the slope says. What pairing does is the ``interaction`` of ``compensatory``. NaN where doses hardly differ.

    Raises
    ------
    InputError
        Effects of another experiment, or without such a contrast; balanced backgrounds, or several made of one
        sequence; a run that could stop early; fewer than 20 backgrounds; something that is no effects.
    """
    import pandas as pd

    if not isinstance(effects, Estimates):
        raise InputError(
            f"{type(effects).__name__} given to dose", "the result of estimate is needed",
            "Write dose(estimate(outcomes))",
        )  # fmt: skip
    unrelated(effects, LEAST, "a dose")
    constructs = _constructs(effects, contrast)
    factors = dict.fromkeys(name for several in constructs.values() for levels, *_ in several for name in levels)
    rows = list[dict[str, Any]]()
    for name, several in constructs.items():
        for levels, doses, values in several:
            rows.append({"output": name, "contrast": contrast} | levels | slope(doses[None], values[None]))
        if len(several) > 1:
            every = slope(np.stack([doses for _, doses, _ in several]), np.stack([values for *_, values in several]))
            rows.append({"output": name, "contrast": contrast} | every)
    return pd.DataFrame(rows, columns=["output", "contrast", *factors, "dose", *SLOPE])


def slope(doses: Floats, values: Floats) -> dict[str, float]:
    """The line through effects (constructs, members, n) by doses (constructs, n), clustered by background.

    The slope is Σ x y / Σ x², with x and y less their means; what background b adds to it, beside the slope itself, is
    n Σ x e / Σ x² over its constructs, e what the line leaves. Their mean is the slope, their spread its error.
    """
    n, x = doses.shape[1], doses - doses.mean()
    y = np.moveaxis(values, 1, 0)
    y = y - y.mean((1, 2), keepdims=True)
    total = float((x**2).sum())
    found: dict[str, float] = {"dose": float(doses.mean()), **dict.fromkeys(SLOPE, float("nan")), "n": doses.size}
    if total <= LEAST_SPREAD**2 * doses.size:
        return found
    each = (x * y).sum((1, 2)) / total
    left = y - each[:, None, None] * x
    added = each[:, None] + n * (x * left).sum(1) / total
    got = crossed(added) if len(added) > 1 else _alone(added[0])
    low, high = got.bounds(0.95)
    mean, rest = y.mean(0), left.mean(0)
    varies = float((mean**2).sum())
    r2 = 1 - float((rest**2).sum()) / varies if varies > 0 else float("nan")
    return found | {
        "slope": float(each.mean()), "low": float(low), "high": float(high),
        "p": float(got.p) if varies > 0 else float("nan"), "r2": r2,
    }  # fmt: skip


def _constructs(effects: Estimates, contrast: str) -> dict[str, Constructs]:
    """The constructs of each output."""
    outcomes, known = effects.outcomes, _first(effects.outcomes)
    found: dict[str, Constructs] = {}
    for (place, output), values in zip(effects.asked, effects.single(), strict=True):
        one = outcomes.design.contrasts[place]
        if one.name == contrast:
            doses = _doses(outcomes, max(one.weights, key=one.weights.__getitem__), known)
            found.setdefault(outcomes.outputs[output], []).append((dict(one.levels), doses, values))
    if not found:
        raise InputError(
            f"a dose of {contrast!r}", "the design has no such contrast",
            f"Its contrasts are {', '.join(dict.fromkeys(one.name for one in outcomes.design.contrasts))}",
        )  # fmt: skip
    return found


def _alone(added: Floats) -> Interval:
    """The interval of one model: the mean of what n backgrounds add, less the two degrees that the line has used."""
    free, zero = len(added) - 2, np.zeros(())
    return Interval(added.mean(keepdims=True)[0], added.std() / np.sqrt(free), zero + free, zero, 1, zero)


def _first(outcomes: Outcomes) -> Folded:
    """A context of the design: all are of one motif at one place."""
    for arm in outcomes.design.arms.values():
        for change in arm.sites:
            if isinstance(change, Folded):
                return change
    raise InputError(
        f"structures of {outcomes.design.experiment}", "its arms are not asked to fold",
        "Give the outcomes of hairpin, hairpin_series or compensatory",
    )  # fmt: skip


def _folded(outcomes: Outcomes, name: str, arm: Arm, known: Folded, some: NDArray[np.int64]) -> dict[str, Any]:
    """The row of one arm."""
    context = next((one for one in arm.sites if isinstance(one, Folded)), None)
    insert = next((one.name for one in arm.sites if isinstance(one, Site)), "none")
    seen = outcomes.edited(name)[some]
    found = loop_probabilities(seen, temperature=known.shape.temperature)
    shape = (context or known).shape
    criterion = replace(shape, accept=shape.accept or 0.9)
    met = [criterion.least(one) >= criterion.accept for one in found]
    start, stop = shape.at, shape.at + shape.width
    core = slice(start + shape.core[0], start + shape.core[1])
    beside = np.delete(seen.codes, np.arange(start, stop), 1)
    gc = gc_content(replace(seen, codes=beside, lengths=seen.lengths - shape.width))
    return {
        "arm": name, "structure": context.says if context else FREE, "insert": insert,
        "hairpin": float(found[:, core, HAIRPIN].mean()), "paired": float(found[:, start:stop, PAIRED].mean()),
        "met": float(np.mean(met)) if context else float("nan"), "gc": float(gc.mean()),
        "tries": _tries(outcomes, context) if context else float("nan"),
    }  # fmt: skip


def _tries(outcomes: Outcomes, context: Folded) -> float:
    return float(np.mean([number for _, number in context.contexts(outcomes.seed, 0, outcomes.backgrounds)]))


def _doses(outcomes: Outcomes, arm: str, known: Folded) -> Floats:
    """Mean P of the core's letters to be in a hairpin loop, for each background of an arm."""
    found = loop_probabilities(outcomes.edited(arm), temperature=known.shape.temperature)
    core = slice(*(known.shape.at + end for end in known.shape.core))
    return np.asarray(found[:, core, HAIRPIN].mean(1))
