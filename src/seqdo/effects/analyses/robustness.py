"""Robustness: whether a conclusion holds on other backgrounds.

The background is part of the question. On uniform random sequences, a model of GC content responds to a GC-rich pattern
as to a motif. A result that holds on one null model alone may describe that null model.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from seqdo.designs.design import Contrast
from seqdo.effects.estimates import Estimates
from seqdo.sequences.alphabet import RNA

if TYPE_CHECKING:
    import pandas as pd

COLUMNS = [
    "output", "contrast", "at", "backgrounds", "estimates", "verdicts", "lowest", "highest", "unit", "robust",
    "reading",
]  # fmt: skip


@dataclass(frozen=True)
class _Result:
    """A row of a table of effects, its contrast, and the name of its background."""

    background: str
    row: pd.Series
    contrast: Contrast


def robustness(effects: Sequence[Estimates]) -> pd.DataFrame:
    """Contrasts that were estimated with the same model on several backgrounds.

    Parameters
    ----------
    effects : effects of runs on different backgrounds

    Returns
    -------
    DataFrame
        A row for each contrast and output on two or more backgrounds, with the columns output, contrast, at (levels of
        its factors), backgrounds, estimates and verdicts (tuples, in the order of ``effects``), lowest and highest
        (estimates), unit, robust (whether all signs and verdicts are equal, and the verdict is not "inconclusive"), and
        reading (a sentence).
    """
    import pandas as pd

    results: dict[Any, list[_Result]] = {}
    for name, each in zip(_names(effects), effects, strict=True):
        design = each.outcomes.design
        for (place, _), (_, row) in zip(each.row_places, each.table.iterrows(), strict=True):
            contrast = design.contrasts[place]
            same = frozenset((design.arms[arm].writes, weight) for arm, weight in contrast.weights.items())
            group = results.setdefault((same, contrast.name, str(row["output"]), _model_of(each)), [])
            if name not in [result.background for result in group]:
                group.append(_Result(name, row, contrast))
    return pd.DataFrame([_compared(group) for group in results.values() if len(group) > 1], columns=COLUMNS)


def _names(effects: Sequence[Estimates]) -> list[str]:
    """Names of the backgrounds; different backgrounds with the same name are numbered."""
    records: dict[str, list[Any]] = {}
    names = []
    for each in effects:
        background = each.outcomes.provenance.background
        name, record = background_of(each), background and background.to_json()
        same = records.setdefault(name, [])
        if record not in same:
            same.append(record)
        number = same.index(record) + 1
        names.append(name if number == 1 else f"{name} ({number})")
    return names


def background_of(effects: Estimates) -> str:
    """Name of the background of a run: the name that the user gave it, or its kind and length.

    Parameters
    ----------
    effects : effects of the run
    """
    provenance = effects.outcomes.provenance
    if provenance.background_name:
        return provenance.background_name
    if provenance.background is None or not provenance.background.described:
        return provenance.background.kind if provenance.background else "unknown"
    lengths = effects.outcomes.backgrounds.lengths
    low, high = int(lengths.min()), int(lengths.max())
    unit = "nt" if effects.outcomes.backgrounds.alphabet is RNA else "bp"
    return f"{provenance.background.kind}, {low if low == high else f'{low} to {high}'} {unit}"


def _model_of(effects: Estimates) -> str:
    model = effects.outcomes.provenance.model
    return str(model and model.to_json())


def _compared(results: Sequence[_Result]) -> dict[str, Any]:
    """One row of the table."""
    first = results[0]
    estimates = [float(result.row["estimate"]) for result in results]
    verdicts = [str(result.row["verdict"]) for result in results]
    # The sign of an absent effect is chance, so only the others count.
    signs = {np.sign(estimate) for estimate, verdict in zip(estimates, verdicts, strict=True) if verdict != "absent"}
    robust = len(set(verdicts)) == 1 and verdicts[0] != "inconclusive" and len(signs) <= 1
    if len(set(verdicts)) == 1 and (robust or verdicts[0] == "inconclusive"):
        reading = f"{verdicts[0]} on all {len(results)} backgrounds"
    elif "inconclusive" not in verdicts and len(signs) > 1:
        reading = "its sign depends on the background"
    else:
        each = (f"{verdict} on {result.background}" for verdict, result in zip(verdicts, results, strict=True))
        reading = f"depends on the background: {', '.join(each)}"
    return {
        "output": str(first.row["output"]), "contrast": first.contrast.name,
        "at": ", ".join(f"{name} {level}" for name, level in first.contrast.levels.items()),
        "backgrounds": tuple(result.background for result in results), "estimates": tuple(estimates),
        "verdicts": tuple(verdicts), "lowest": min(estimates), "highest": max(estimates),
        "unit": str(first.row["unit"]), "robust": robust, "reading": reading,
    }  # fmt: skip
