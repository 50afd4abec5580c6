"""Effects on single backgrounds as sentences, where each background is a question of its own: a variant."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from seqdo.effects.effects import Effects
from seqdo.experiments.phrases import EachBackground
from seqdo.reporting.text.labels import margin_of, printable
from seqdo.reporting.text.numbers import count, number
from seqdo.reporting.text.sentences import CONFIDENCE, comparison, listed, of_margin, signed
from seqdo.reporting.view import Sentence

if TYPE_CHECKING:
    import pandas as pd

MOST_NAMED = 3
"""Backgrounds that each get a number in the answer."""

FEWEST = 3
"""Models from which on a single background has an interval."""


def each_background(
    effects: Effects, output: str, mean: Mapping[str, Any], phrase: EachBackground
) -> Iterator[Sentence]:
    """The largest changes, how many lie beyond the margin, and the mean of all."""
    rows = ranked(effects, output, phrase.contrast)
    members = int(rows["members"].iloc[0])
    largest = [dict(row) for _, row in rows.iloc[:MOST_NAMED].iterrows()]
    names = [printable(str(row["background"])) for row in largest]
    sizes = [f"{name} ({_size(row)})" for name, row in zip(names, largest, strict=True)]
    change = f"{'changes' if len(rows) == 1 else 'change'} {printable(output)} most"
    start = f"Of {count(len(rows), phrase.thing)},"
    yield Sentence(f"{start} {listed(sizes)} {change}.", f"{start} {listed(names)} {change}.")
    if members < FEWEST:
        yield Sentence(f"With {count(members, 'model')} a single {phrase.thing} has no interval.")
    elif math.isfinite(float(mean["margin"])):
        up, down = (int((rows["beyond"] == sign).sum()) for sign in (1, -1))
        yield Sentence(
            f"By their own intervals over {members} models, {up} raise {printable(output)} and {down} lower it beyond "
            f"the margin{of_margin(mean)}. These intervals are not adjusted for the number of {phrase.thing}s."
        )
    if len(rows) > 1:
        yield replace(comparison(phrase.mean, mean), row=mean.get("row number"))


def ranked(effects: Effects, output: str, contrast: str) -> pd.DataFrame:
    """Single backgrounds, the largest change first; ``beyond`` is 1 or −1 where an interval lies beyond the margin."""
    table = effects.table
    rows = table[(table["contrast"].astype(str) == contrast) & (table["output"].astype(str) == output)]
    single = replace(effects, table=rows).individual
    margin = margin_of(effects, output)
    limit = margin if np.isfinite(margin) else np.inf
    beyond = (single["low"] > limit).astype(int) - (single["high"] < -limit).astype(int)
    single = single.assign(beyond=beyond, **{CONFIDENCE: effects.level})
    return single.iloc[np.argsort(-single["estimate"].abs().to_numpy(), kind="stable")]


def _size(row: Mapping[str, Any]) -> str:
    return signed(row) if np.isfinite(row["low"]) else number(row["estimate"])
