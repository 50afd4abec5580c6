"""Outcomes from plain arrays, so that the truth of an effect is known."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest
import xarray as xr

from seqdo.designs.design import Arm, Contrast, Design, Site
from seqdo.models.reference import Reference
from seqdo.motifs.motif import as_motif
from seqdo.outcomes.extras import Scale
from seqdo.outcomes.outcomes import Outcomes
from seqdo.sequences.sequences import Sequences

Make = Callable[..., Outcomes]


@pytest.fixture
def make() -> Make:
    """make(y) with y (members, n, arms, outputs): outcomes whose first arm is "none" and others are "arm 1", ..."""

    def outcomes(
        y: Any,
        contrasts: Sequence[Contrast] | None = None,
        *,
        sd: float | None = 1.0,
        outputs: Sequence[str] | None = None,
        backgrounds: Sequences | None = None,
        reference: Reference | None = None,
        **provenance: Any,
    ) -> Outcomes:
        y = np.asarray(y)
        names = ["none"] + [f"arm {i}" for i in range(1, y.shape[2])]
        motif = as_motif("GATTACA")
        arms = {name: Arm((Site(motif, i),)) if i else Arm() for i, name in enumerate(names)}
        if contrasts is None:
            contrasts = [Contrast("effect", {name: 1.0, "none": -1.0}, {"position": i}) for i, name in enumerate(names)]
            contrasts = contrasts[1:]
        outputs = list(outputs or [f"y{i}" for i in range(y.shape[3])])
        coords = {"model": [f"member {i}" for i in range(len(y))], "arm": names, "output": outputs}
        codes = np.random.default_rng(0).integers(0, 4, (y.shape[1], 40))
        return Outcomes(
            y=xr.DataArray(y, dims=("model", "background", "arm", "output"), coords=coords),
            design=Design("custom", "?", arms, tuple(contrasts)),
            backgrounds=backgrounds or Sequences(codes.astype(np.uint8), np.full(len(codes), 40)),
            scales={} if sd is None else {name: Scale(sd, "500 held-out sequences") for name in outputs},
            reference=reference,
            provenance=provenance,
        )

    return outcomes


@pytest.fixture
def make_effect(make: Make) -> Make:
    """make_effect(delta) with delta (members, n) or (n,): one contrast that has exactly these values."""

    def outcomes(delta: Any, **more: Any) -> Outcomes:
        delta = np.atleast_2d(np.asarray(delta, np.float64))
        return make(np.stack([0 * delta, delta], axis=2)[..., None], **more)

    return outcomes
