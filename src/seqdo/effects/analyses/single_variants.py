"""The variants of haplotypes: the effect of each alone, next to the joint effect and the interaction."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from seqdo.designs.design import NONE
from seqdo.effects.analyses.individual import VARIANT_COLUMNS
from seqdo.effects.estimates import Estimates
from seqdo.errors import InputError

if TYPE_CHECKING:
    import pandas as pd

HAPLOTYPES = "haplotypes"
"""The experiment whose arms "variant 1", "variant 2", ... each write one variant of every haplotype."""


def single_variants(effects: Estimates) -> pd.DataFrame:
    """The effect of each variant alone in the window of its haplotype, with the joint effect of the haplotype.

    Effects are means over the members of the model. The single effects of a haplotype and its interaction add up to its
    joint effect.

    Parameters
    ----------
    effects : of ``haplotypes``

    Returns
    -------
    DataFrame
        A row for each output and variant, with the columns background (the haplotype), id, chrom, pos (1-based), ref,
        alt, output, estimate (the variant alone − reference), haplotype (all variants − reference) and interaction.

    Raises
    ------
    InputError
        Effects of another experiment.

    Examples
    --------
    >>> import pandas as pd, seqdo as sd
    >>> rows = [("v", "s", 0, "G", "C"), ("w", "s", 1, "A", "C")]
    >>> table = pd.DataFrame(rows, columns=["id", "sequence", "position", "ref", "alt"])
    >>> design = sd.haplotypes(table, sd.Sequences.from_strings(["GATT"], names=["s"]))
    >>> effects = sd.estimate(sd.run(design, sd.planted.additive({"GA": 2.0}, length=4)))
    >>> effects.single_variants[["id", "estimate", "haplotype", "interaction"]].values.tolist()
    [['v', -2.0, -2.0, 2.0], ['w', -2.0, -2.0, 2.0]]
    """
    import pandas as pd

    outcomes = effects.outcomes
    rows = outcomes.design.rows
    if outcomes.design.experiment != HAPLOTYPES or rows is None:
        raise InputError(
            f"`effects` of {outcomes.design.experiment}", "effects of sd.haplotypes are needed",
            "Write estimate(run(sd.haplotypes(...), model)); for sd.variants see effects.individual",
        )  # fmt: skip
    used = rows[rows["background"] != ""].sort_values("pos", kind="stable")
    number = used.groupby("background", sort=False).cumcount().to_numpy() + 1
    place = pd.Index(outcomes.backgrounds.names or ()).get_indexer(pd.Index(used["background"]))
    order = np.lexsort([number, place])
    used, number, place = used.iloc[order], number[order], place[order]
    y = outcomes.y.astype(np.float64).mean("model")
    changes = (y - y.sel(arm=NONE)).transpose("output", "background", "arm").values
    arms = pd.Index(outcomes.y["arm"].values)
    sums = changes[:, :, arms.str.startswith("variant ")].sum(2)
    parts = []
    for output, name in enumerate(outcomes.outputs):
        joint = changes[output, :, arms.get_loc("haplotype")]
        alone = changes[output, place, arms.get_indexer(pd.Index([f"variant {n}" for n in number]))]
        numbers = {"output": name, "estimate": alone, "haplotype": joint[place]}
        columns = used[["background", *VARIANT_COLUMNS]].reset_index(drop=True)
        parts.append(columns.assign(**numbers, interaction=(joint - sums[output])[place]))
    return pd.concat(parts, ignore_index=True)
