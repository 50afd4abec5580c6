"""Robustness: how a conclusion moves when the same contrast is asked on other backgrounds.

The background is part of the question: on uniform letters a GC-rich pattern may pass for a motif of a model that counts
GC. What holds on one null model alone is a finding about that null model.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from seqdo.effects.estimates import Estimates

if TYPE_CHECKING:
    import pandas as pd

COLUMNS = [
    "output", "contrast", "at", "backgrounds", "estimates", "verdicts", "lowest", "highest", "unit", "robust",
    "reading",
]  # fmt: skip


@dataclass(frozen=True)
class Answered:
    """A contrast as it was answered on one background."""

    background: str
    row: Any


def robustness(effects: Sequence[Estimates]) -> pd.DataFrame:
    """Contrasts that several of these effects have, of the same model on different backgrounds.

    Returns
    -------
    DataFrame, a row for each contrast and output that was asked on two backgrounds or more: output, contrast, at
    (levels of its factors), backgrounds, estimates and verdicts (tuples, in the order asked), lowest and highest
    estimate, unit, robust (the same sign and the same verdict on all of them, and that is not "inconclusive"),
    reading (a sentence)
    """
    import pandas as pd

    found: dict[Any, list[Answered]] = {}
    for name, each in zip(_names(effects), effects, strict=True):
        design = each.outcomes.design
        for (place, _), (_, row) in zip(each.asked, each.table.iterrows(), strict=True):
            contrast = design.contrasts[place]
            same = frozenset((design.arms[arm].writes, weight) for arm, weight in contrast.weights.items())
            key = same, contrast.name, str(row["output"]), _model_of(each)
            if name not in [asked.background for asked in found.setdefault(key, [])]:
                found[key].append(Answered(name, (row, contrast)))
    return pd.DataFrame([_compared(asked) for asked in found.values() if len(asked) > 1], columns=COLUMNS)


def _names(effects: Sequence[Estimates]) -> list[str]:
    """What their backgrounds are called; different ones of one name are numbered."""
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
    """What the background of a run is called: as it was named, or by its kind."""
    provenance = effects.outcomes.provenance
    if provenance.background_name:
        return provenance.background_name
    if provenance.background is None or not provenance.background.described:
        return provenance.background.kind if provenance.background else "unknown"
    lengths = effects.outcomes.backgrounds.lengths
    low, high = int(lengths.min()), int(lengths.max())
    return f"{provenance.background.kind}, {low if low == high else f'{low} to {high}'} letters"


def _model_of(effects: Estimates) -> str:
    model = effects.outcomes.provenance.model
    return str(model and model.to_json())


def _compared(asked: Sequence[Answered]) -> dict[str, Any]:
    """One row of the table."""
    rows = [one.row[0] for one in asked]
    contrast = asked[0].row[1]
    estimates = [float(row["estimate"]) for row in rows]
    verdicts = [str(row["verdict"]) for row in rows]
    # A sign is what an effect has that is there: that of an absent one is chance.
    signs = {np.sign(estimate) for estimate, said in zip(estimates, verdicts, strict=True) if said != "absent"}
    robust = len(set(verdicts)) == 1 and verdicts[0] != "inconclusive" and len(signs) <= 1
    if len(set(verdicts)) == 1 and (robust or verdicts[0] == "inconclusive"):
        reading = f"{verdicts[0]} on all {len(asked)} backgrounds"
    elif "inconclusive" not in verdicts and len(signs) > 1:
        reading = "its sign depends on the background"
    else:
        said = ", ".join(f"{verdict} on {one.background}" for verdict, one in zip(verdicts, asked, strict=True))
        reading = f"depends on the background: {said}"
    return {
        "output": str(rows[0]["output"]), "contrast": contrast.name,
        "at": ", ".join(f"{name} {level}" for name, level in contrast.levels.items()),
        "backgrounds": tuple(one.background for one in asked), "estimates": tuple(estimates),
        "verdicts": tuple(verdicts), "lowest": min(estimates), "highest": max(estimates), "unit": str(rows[0]["unit"]),
        "robust": robust, "reading": reading,
    }  # fmt: skip
