"""Structures: what the arms of a hairpin design fold into, and how effects depend on the structure."""

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
"""For each level: its factors, the dose of each background (n,), and the individual effects (members, n)."""

LEAST_SPREAD = 0.01
"""SD of doses below which there is no slope, because the doses hardly differ."""

SLOPE = ("slope", "low", "high", "p", "r2", "n")


def structures(outcomes: Outcomes, most: int = 200) -> pd.DataFrame:
    """Structures that the arms of ``hairpin``, ``hairpin_series`` or ``compensatory`` fold into.

    The sequences of the run are made again from its seed.

    Parameters
    ----------
    outcomes : outcomes of a run of one of these designs
    most : largest number of backgrounds to fold, spread evenly over those of the run

    Returns
    -------
    DataFrame
        A row for each arm, with the columns arm, structure, insert (what is written in place of the motif), hairpin
        (mean probability that a base of the core is in a hairpin loop), paired (mean probability that a base of the
        motif is paired), met (share of backgrounds that meet the criterion of the structure, or 0.9 if the design has
        no criterion; NaN for the background itself), gc (GC content outside the motif), tries (mean number of orders
        of the letters until the context was accepted; 1 / tries is the acceptance rate), and n. ``attrs["folding"]``
        names the folding program.

    Raises
    ------
    InputError
        The outcomes are those of another experiment, or do not come from a run.
    """
    import pandas as pd

    if not isinstance(outcomes, Outcomes):
        raise InputError(
            f"`outcomes` is of type {type(outcomes).__name__}", "the result of run is needed",
            "Write structures(run(hairpin(...), ...))",
        )  # fmt: skip
    context = _context(outcomes)
    some = evenly(
        outcomes.y.sizes["background"],
        whole("most", most, "a whole number of backgrounds, at least 1, is needed", "Write most=200"),
    )
    rows = [_structure(outcomes, name, arm, context, some) for name, arm in outcomes.design.arms.items()]
    table = pd.DataFrame(rows).assign(n=len(some))
    table.attrs["folding"] = context.folding
    return table


def dose(effects: Estimates, contrast: str = "effect") -> pd.DataFrame:
    """Slope of effects by the probability that the motif is in a hairpin loop, over backgrounds and constructs.

    A construct is the motif in one context of one background. Its dose is the mean probability that a base of the core
    is in a hairpin loop. Constructs of the same background are not independent: standard errors are clustered by
    background.

    A dose is observed, and not assigned. Within a level it depends on the letters of the background, which may cause
    the slope themselves. For the effect of pairing, see the ``interaction`` of ``compensatory``.

    Parameters
    ----------
    effects : effects of ``hairpin``, ``hairpin_series`` or ``compensatory``
    contrast : name of a contrast of the design

    Returns
    -------
    DataFrame
        For each output a row for each level of the design, and as the last row all constructs (levels are empty), with
        the columns output, contrast, one for each factor, dose (mean), slope (effect at dose 1 − effect at dose 0, on a
        straight line, in the unit of the output), low, high (95 % CI), p, r2 (of the mean of members) and n
        (constructs). NaN where the doses hardly differ.

    Raises
    ------
    InputError
        The effects are those of another experiment, or have no such contrast, the backgrounds are balanced or share a
        source sequence, the run could stop early, or there are fewer than 20 backgrounds.
    """
    import pandas as pd

    if not isinstance(effects, Estimates):
        raise InputError(
            f"`effects` is of type {type(effects).__name__}", "the result of estimate is needed",
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
    """Least-squares line through effects by doses, with errors clustered by background.

    The slope is Σ x y / Σ x², where x and y have mean 0. Each background contributes the slope + n Σ x e / Σ x², summed
    over its constructs, where e is the residual. The mean of these contributions is the slope, and their spread gives
    its standard error.

    Parameters
    ----------
    doses : (constructs, n)
    values : (constructs, members, n), effects
    """
    n, x = doses.shape[1], doses - doses.mean()
    y = np.moveaxis(values, 1, 0)
    y = y - y.mean((1, 2), keepdims=True)
    total = float((x**2).sum())
    row: dict[str, float] = {"dose": float(doses.mean()), **dict.fromkeys(SLOPE, float("nan")), "n": doses.size}
    if total <= LEAST_SPREAD**2 * doses.size:
        return row
    slopes = (x * y).sum((1, 2)) / total
    residual = y - slopes[:, None, None] * x
    by_background = slopes[:, None] + n * (x * residual).sum(1) / total
    estimates = crossed(by_background) if len(by_background) > 1 else _one_model(by_background[0])
    low, high = estimates.bounds(0.95)
    mean, rest = y.mean(0), residual.mean(0)
    varies = float((mean**2).sum())
    r2 = 1 - float((rest**2).sum()) / varies if varies > 0 else float("nan")
    return row | {
        "slope": float(slopes.mean()), "low": float(low), "high": float(high),
        "p": float(estimates.p) if varies > 0 else float("nan"), "r2": r2,
    }  # fmt: skip


def _constructs(effects: Estimates, contrast: str) -> dict[str, Constructs]:
    """The constructs of each output."""
    outcomes, context = effects.outcomes, _context(effects.outcomes)
    constructs: dict[str, Constructs] = {}
    for (place, output), values in zip(effects.row_places, effects.single(), strict=True):
        row = outcomes.design.contrasts[place]
        if row.name == contrast:
            doses = _doses(outcomes, max(row.weights, key=row.weights.__getitem__), context)
            constructs.setdefault(outcomes.outputs[output], []).append((dict(row.levels), doses, values))
    if not constructs:
        names = dict.fromkeys(row.name for row in outcomes.design.contrasts)
        raise InputError(f"`contrast={contrast!r}`", f"the contrasts of the design are {', '.join(names)}")
    return constructs


def _one_model(by_background: Floats) -> Interval:
    """Interval of one model: the mean over n backgrounds, with n − 2 degrees of freedom, because the line has two."""
    free, zero = len(by_background) - 2, np.zeros(())
    se = by_background.std() / np.sqrt(free)
    return Interval(by_background.mean(keepdims=True)[0], se, zero + free, zero, 1, zero)


def _context(outcomes: Outcomes) -> Folded:
    """Any context of the design: all have the same motif, at the same position."""
    for arm in outcomes.design.arms.values():
        for change in arm.sites:
            if isinstance(change, Folded):
                return change
    raise InputError(
        f"`outcomes` of {outcomes.design.experiment}", "a design whose arms fold is needed",
        "Pass the outcomes of hairpin, hairpin_series or compensatory",
    )  # fmt: skip


def _structure(outcomes: Outcomes, name: str, arm: Arm, any_context: Folded, some: NDArray[np.int64]) -> dict[str, Any]:
    """The row of one arm."""
    context = next((change for change in arm.sites if isinstance(change, Folded)), None)
    insert = next((change.name for change in arm.sites if isinstance(change, Site)), "none")
    sequences = outcomes.edited(name)[some]
    probabilities = loop_probabilities(sequences, temperature=any_context.shape.temperature)
    shape = (context or any_context).shape
    criterion = replace(shape, accept=shape.accept or 0.9)
    met = [criterion.least(each) >= criterion.accept for each in probabilities]
    start, stop = shape.at, shape.at + shape.width
    core = slice(start + shape.core[0], start + shape.core[1])
    around = np.delete(sequences.codes, np.arange(start, stop), 1)
    gc = gc_content(replace(sequences, codes=around, lengths=sequences.lengths - shape.width))
    return {
        "arm": name, "structure": context.says if context else FREE, "insert": insert,
        "hairpin": float(probabilities[:, core, HAIRPIN].mean()),
        "paired": float(probabilities[:, start:stop, PAIRED].mean()),
        "met": float(np.mean(met)) if context else float("nan"), "gc": float(gc.mean()),
        "tries": _tries(outcomes, context) if context else float("nan"),
    }  # fmt: skip


def _tries(outcomes: Outcomes, context: Folded) -> float:
    return float(np.mean([number for _, number in context.contexts(outcomes.seed, 0, outcomes.backgrounds)]))


def _doses(outcomes: Outcomes, arm: str, context: Folded) -> Floats:
    """Mean probability that a base of the core is in a hairpin loop, for each background of an arm."""
    probabilities = loop_probabilities(outcomes.edited(arm), temperature=context.shape.temperature)
    core = slice(*(context.shape.at + end for end in context.shape.core))
    return np.asarray(probabilities[:, core, HAIRPIN].mean(1))
