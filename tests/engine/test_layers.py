"""Every kind of layer by itself (``networks/rows.py``): edits at both edges and in the middle, single and spread."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np
import pytest
import torch
from agreement import answers, assert_equals_full, engine_of
from networks.layers import Drawing
from networks.rows import ROWS, WIDTH, Row
from strategies import Arm
from torch import nn

from seqdo.models.checks import probe_codes
from seqdo.models.input_layout import encode
from seqdo.models.model import Model
from seqdo.models.wrap import wrap
from seqdo.sequences.alphabet import DNA, KEEP
from seqdo.sequences.edit import Edit
from seqdo.sequences.sequences import Sequences


def network(row: Row) -> nn.Module:
    """The row's layer with the layers before and after it, and weights that keep numbers near 1."""
    d = Drawing(b"", torch.Generator().manual_seed(3))
    x = torch.from_numpy(encode(probe_codes(row.length), row.layout))
    x = x.long() if row.layout == "codes" else x
    before = [] if row.place == "first" else [nn.Conv1d(4, WIDTH, 3, padding=1), nn.ReLU()]
    parts = list[nn.Module]()
    for part in (*before, row.build()):
        parts.append(part)
        x = d.made(part, x)[1]
    if row.place != "last":
        # A ReLU, so that the layer is not one linear map with what reads it.
        after = (nn.ReLU(), nn.Flatten(), nn.Linear(x[0].numel(), 3))
        for part in after:
            parts.append(part)
            x = d.made(part, x)[1]
    return nn.Sequential(*parts).eval()


def arms_of(length: int) -> list[Arm]:
    """Edits at both edges and in the middle, single and spread, and an edit of the whole sequence."""
    rng = np.random.default_rng(5)

    def edit(start: Any, width: int, rows: int | None = None) -> Edit:
        letters = rng.integers(0, 4, (rows, width) if rows else width).astype(np.uint8)
        return Edit(f"{width} at {start}", letters, start)

    middle = length // 2 - 1
    kept = Edit("kept in the middle", np.array([2, KEEP, KEEP, 1], np.uint8), middle)
    return [
        [edit(0, 1)],
        [edit(length - 1, 1)],
        [edit(0, 4)],
        [edit(length - 4, 4)],
        [edit(middle, 1)],
        [edit(middle, 3)],
        [edit(0, 2), edit(length - 2, 2)],
        [edit(length - 1, 1, 4), edit(middle, 2, 4), edit(1, 1, 4)],
        [edit(np.array([0, 1, length - 3, middle]), 3)],
        [edit(np.array([0, 2, 1, 0]), 2, 4), edit(np.array([middle + 1, 4, length - 1, middle]), 1)],
        [kept],
        [edit(0, length, 4)],
    ]


@pytest.mark.parametrize("row", ROWS, ids=[row.name for row in ROWS])
def test_the_engine_equals_full_on_a_layer_by_itself(row):
    module = network(row)

    def wrapped(dtype: torch.dtype) -> Model:
        return wrap(
            copy.deepcopy(module).to(dtype),
            alphabet=DNA,
            length=row.length,
            layout=row.layout,
            readout=row.readout,
        )

    model = wrapped(torch.float32)
    block = Sequences.from_codes(np.random.default_rng(4).integers(0, 4, (4, row.length)))
    arms = [[], *arms_of(row.length)]
    y = answers(engine_of(model), block, arms)
    moved = np.abs(y - y[0]).max((1, 2, 3)) > 1e-3 * np.abs(y).max()
    assert moved.sum() >= 4, "the edits hardly change the prediction: such a row tests little"
    assert_equals_full(y, model, lambda: wrapped(torch.float64), block, arms)
