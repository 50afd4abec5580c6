"""Effects of planted models: outcomes made by hand, estimated by the real thing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest
import xarray as xr

from seqdo.designs.design import Arm, Design
from seqdo.effects.effects import Effects
from seqdo.effects.estimate import estimate
from seqdo.models.reference import Reference
from seqdo.outcomes.extras import Scale
from seqdo.outcomes.outcomes import Outcomes
from seqdo.reporting.page.assembly import page_view
from seqdo.reporting.page.html import drawings, page
from seqdo.reporting.tables import whole_table
from seqdo.sequences.sequences import Sequences

Make = Callable[..., Effects]


def by_sites(arm: Arm) -> float:
    """The planted answer of an arm: 2 for each site."""
    return 2.0 * len(arm.sites)


def make(
    design: Design, planted: Callable[[Arm], float] = by_sites, *, outputs: tuple[str, ...] = ("y",), n: int = 300,
    noise: float = 0.15, margin: float | None = 0.1, reference: Reference | None = None, seed: int = 20261122,
    **provenance: Any,
) -> Effects:  # fmt: skip
    """Effects of a model that answers noise + background + planted(arm), divided by 1, 2, ... from output to output."""
    rng = np.random.default_rng(seed)
    means = np.array([planted(arm) for arm in design.arms.values()])
    shape = (1, n, len(means), len(outputs))
    y = rng.normal(size=(1, n, 1, len(outputs))) + rng.normal(0, 1, shape) * noise
    y = y + means[None, None, :, None] / (1 + np.arange(len(outputs)))
    coords = {"model": ["m0"], "background": np.arange(n), "arm": list(design.arms), "output": list(outputs)}
    record = {
        "seed": 0,
        "n": n,
        "versions": {"seqdo": "0.1.0"},
        "model": "planted",
        "background": "uniform(60)",
    } | provenance
    letters = Sequences.from_codes(rng.integers(0, 4, (n, 60)).astype(np.uint8))
    scales = {name: Scale(1.0 if margin else 0.0, "made data") for name in outputs}
    data = xr.DataArray(y, coords, ("model", "background", "arm", "output"))
    return estimate(Outcomes(data, design, letters, scales, reference, record), margin=margin)


def html(effects: Sequence[Effects], title: str | None = None, measured: Sequence[Any] = ()) -> str:
    """The page of a report as text."""
    view = page_view(effects, title, measured)
    return page(view, drawings(view, effects, measured), whole_table(effects))


@pytest.fixture(name="html")
def _html() -> Callable[..., str]:
    return html


@pytest.fixture(name="make")
def _make() -> Make:
    return make
