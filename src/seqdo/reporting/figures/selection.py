"""The selection of the figures that a report shows of a design, each with its kind."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from seqdo.effects.analyses.pattern_motif import searched
from seqdo.effects.effects import Effects
from seqdo.reporting.text.labels import factors, level, main_contrasts
from seqdo.reporting.text.shown_outputs import shown_outputs
from seqdo.reporting.view import Figure

if TYPE_CHECKING:
    import xarray as xr

MAIN_OUTPUTS = 3
"""Outputs whose figures are shown at once; those of further outputs are details."""

MOST_LINES = 4
"""Lines of a curve; more categories make a map."""

MOST_CONTROLS = 2
"""Contrasts with controls that get a figure in a report; its table has all of them."""

MAPPED = ("mutagenesis", "pairwise_mutagenesis")
"""Experiments that have maps of single sequences."""

MOST_SEQUENCES = 3
"""Sequences whose maps a report shows."""

READABLE = 60
"""Positions up to which letters can be read in a map; of pairs of more positions one map is shown."""

VARIANT = "variant"
"""The contrast of single variants."""

_DETAILS = ("distribution", "controls", "periodogram")
"""Kinds of figures that are details."""


def selected(effects: Effects) -> list[Figure]:
    """Every figure that a report shows of a design, in its order; without names and captions."""
    shown = shown_outputs(effects)
    figures = [figure for i, output in enumerate(shown) for figure in _of(effects, output, i)]
    return [*figures, *_controls(effects, shown)]


def kind_of(effects: Effects, contrast: str, output: str) -> str:
    """The kind of figure that fits the factors of a contrast: distribution, curve, map or intervals.

    "no data" where no number of it could be estimated.
    """
    table = effects.table
    rows = table[(table["output"].astype(str) == output) & (table["contrast"].astype(str) == contrast)]
    by = factors(effects, rows)
    numeric = [name for name in by if pd.api.types.is_numeric_dtype(rows[name])]
    if not np.isfinite(rows["estimate"].astype(float)).any():
        return "no data"
    if not by:
        return "distribution"
    if len(numeric) == 1 and _lines_fit(rows, by, numeric[0]):
        return "curve"
    return "map" if numeric else "intervals"


def _of(effects: Effects, output: str, place: int) -> Iterator[Figure]:
    """Figures of one output, the one of this place in the table."""
    rows = effects.table[effects.table["output"].astype(str) == output]
    maps = list(_maps(effects, output))
    figures: list[Figure] = []
    if not (maps and len(effects.outcomes.backgrounds) == 1):  # the map of the only sequence shows everything
        contrasts = main_contrasts(effects)
        if not factors(effects, rows):
            figures += [Figure("contrasts", "", output)] * (len(rows) > 1)
            contrasts = contrasts[-1:]
        figures += [Figure(kind_of(effects, name, output), name, output) for name in contrasts]
    figures += [*maps, *_waves(effects, rows, output), *_variants(effects, output), *_motif(effects, output)]
    for figure in figures:
        main = figure.main and figure.kind not in _DETAILS and place < MAIN_OUTPUTS
        yield replace(figure, main=main)


def _lines_fit(rows: pd.DataFrame, by: list[str], numeric: str) -> bool:
    others = [name for name in by if name != numeric]
    return "letter" not in others and (not others or len(rows[others].drop_duplicates()) <= MOST_LINES)


def _maps(effects: Effects, output: str) -> Iterator[Figure]:
    """Maps of the first sequences, of an experiment that has maps."""
    if effects.outcomes.design.experiment not in MAPPED:
        return
    table: xr.DataArray = effects.maps
    large = "position 2" in table.dims and table.sizes["position"] > READABLE
    contrast = main_contrasts(effects)[0]
    for row in range(min(table.sizes["sequence"], 1 if large else MOST_SEQUENCES)):
        yield Figure("sequence map", contrast, output, row, main=row == 0)


def _waves(effects: Effects, rows: pd.DataFrame, output: str) -> Iterator[Figure]:
    """A periodogram of each curve that was tested for waves."""
    tests = effects.responses
    for _, test in tests[(tests["test"] == "periodic") & (tests["output"] == output)].iterrows():
        yield Figure("periodogram", str(test["contrast"]), output, str(test["curve"]))


def curve_rows(effects: Effects, figure: Figure, factor: str) -> pd.DataFrame:
    """The rows of one curve of a contrast: those whose other factors have the levels that ``figure.item`` names."""
    table = effects.table
    rows = table[(table["output"].astype(str) == figure.output) & (table["contrast"].astype(str) == figure.contrast)]
    by = [name for name in factors(effects, rows) if name != factor]
    return rows[[", ".join(f"{name} {level(row[name])}" for name in by) == figure.item for _, row in rows.iterrows()]]


def _controls(effects: Effects, shown: list[str]) -> list[Figure]:
    """Contrasts with controls, the first of the table; where some outputs are not shown, of those that are shown."""
    there = [each.row for each in effects.calibrations if each.row in effects.table.index]
    output_of = effects.table["output"].astype(str).to_dict()
    if len(shown) < len(effects.output_names):
        there = [row for output in shown for row in there if output_of[row] == output]
    names = effects.table["contrast"].astype(str)
    return [Figure("controls", names[row], output_of[row], row, main=False) for row in there[:MOST_CONTROLS]]


def _variants(effects: Effects, output: str) -> Iterator[Figure]:
    contrast: Any = effects.table["contrast"].astype(str)
    if effects.outcomes.design.experiment == "variants" and (contrast == VARIANT).any():
        yield Figure("variants", VARIANT, output)


def _motif(effects: Effects, output: str) -> Iterator[Figure]:
    """The motif that the kept patterns of a search make together."""
    if searched(effects, output) is not None:
        yield Figure("motif", str(effects.outcomes.provenance["search"]["contrast"]), output)
