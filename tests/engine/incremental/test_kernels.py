"""The compiled pass over a layer equals its readable twin, on tables that no network need have."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from seqdo.engine.incremental.buffers import Buffers
from seqdo.engine.incremental.loops import Loops
from seqdo.engine.incremental.nodes import Join, Layer, Letters, Node, Pool
from seqdo.engine.incremental.plan import Step
from seqdo.engine.incremental.reads import Reads
from seqdo.engine.incremental.weights import CODES

AT_MOST = 500
"""Roundings by which the two may differ, of the largest number met: they add up to 6 · 40 products, and 4 of those."""


@dataclass(frozen=True, eq=False)
class Case:
    """A layer, with tables and numbers for it.

    Attributes
    ----------
    fresh : values, or changes of them
    base : positions of what is kept; 0 where nothing is
    seed : of the numbers
    """

    nodes: tuple[Node, ...]
    step: Step
    rows: int
    fresh: bool
    base: int
    seed: int


@st.composite
def cases(draw: st.DrawFn) -> Case:
    """A layer with any of its parts, on letters or on numbers, with tables that read anything in any order."""
    number = draw(st.integers(0, 2**32))
    rng = np.random.default_rng(number)
    features, rows = draw(st.integers(1, 70)), draw(st.integers(1, 30))
    sources, before = draw(st.integers(1, 6)), draw(st.integers(1, 7))
    lettered, weighted, fresh = draw(st.booleans()), draw(st.booleans()), draw(st.booleans())
    pool = draw(st.sampled_from([None, "max", "mean"]))
    features = min(features, CODES) if lettered and not weighted else features
    depth = CODES if lettered else draw(st.integers(1, 40)) if weighted else features
    taps = draw(st.integers(1, 6)) if weighted else 1
    region = draw(st.integers(1, 5)) if pool else before

    def table(*shape: int, below: int) -> np.ndarray:
        return rng.integers(-1, max(below, 0), shape).astype(np.int32)

    def vector() -> torch.Tensor:
        return torch.from_numpy(rng.normal(size=features))

    # Which parts there are, by one number each.
    scale, bias, skip, after, slope = (draw(st.booleans()) for _ in range(5))
    members = table(region, draw(st.integers(1, 4)), below=before)
    share = torch.from_numpy(rng.uniform(0.2, 1, region))
    source = Letters("source", max(sources, 1), CODES) if lettered else Join("source", (), max(sources, 1), depth)
    layer = Layer(
        "layer",
        0,
        Reads(np.full((before, taps), -1, np.int32), max(sources, 1)),
        features,
        weight=torch.from_numpy(rng.normal(size=(taps, depth, features))) if weighted else None,
        scale=vector() if scale else None,
        bias=vector() if bias else None,
        skip=1 if skip else None,
        slope=draw(st.sampled_from([0.0, 0.1])) if slope else None,
        pool=Pool(Reads(members, before), pool, share) if pool else None,  # type: ignore[arg-type]
        after=2 if after else None,
    )
    kept = before + 2 if layer.keeps and not fresh else 0
    none = np.zeros(0, np.int32)
    step = Step(
        node=3,
        region=np.arange(region, dtype=np.int32),
        before=np.arange(before, dtype=np.int32),
        taps=table(before, taps, below=sources),
        skip=table(before, below=4) if skip else none,
        base=rng.integers(0, max(kept, 1), before).astype(np.int32),
        members=members if pool else np.arange(before, dtype=np.int32)[:, None],
        after=table(region, below=4) if after else none,
    )
    if weighted and not lettered:
        step.taps[0, 0] = 0  # that nothing comes through any tap is a case of its own below
    others = (Join("skip", (), 4, features), Join("after", (), 4, features))
    return Case((source, *others, layer), step, rows, fresh, kept, number)


def answer(case: Case, dtype: torch.dtype, compiled: bool) -> list[torch.Tensor]:
    """What the layer makes of the case, and what it keeps."""
    rng = np.random.default_rng(case.seed)
    like = torch.zeros(0, dtype=dtype)
    loops = Loops(case.nodes, like) if compiled else Plain(case.nodes, like)
    layer, rows, step = case.nodes[3], case.rows, case.step
    assert isinstance(layer, Layer)

    def numbers(positions: int, backgrounds: int, features: int) -> torch.Tensor:
        return torch.from_numpy(rng.normal(size=(positions, backgrounds, features))).to(dtype)

    sources = int(step.taps.max(initial=-1)) + 1
    values = {place: numbers(4, rows, layer.features) for place in (1, 2)}
    key = np.zeros((0, 0), np.int32)
    if isinstance(case.nodes[0], Letters):
        key = rng.integers(-1, CODES if case.fresh else CODES**2, (max(sources, 1), rows)).astype(np.int32)
    else:
        values[0] = numbers(sources, rows, case.nodes[0].features)
    base, row_of = [numbers(case.base, 3, layer.features)] if case.base else [], rng.integers(0, 3, rows)
    ready = loops.ready(step)
    buffers = Buffers(like)
    buffers.give(buffers.take(10**5).fill_(torch.nan))  # what is not written shows
    if case.fresh:
        out, kept = loops.values(layer, ready, values, key, rows, buffers)
        # What no output pools is wanted by nobody (``plan.demand``), so that the loops may leave it be.
        pooled = torch.from_numpy(np.unique(step.members[step.members >= 0])).long()
        return [out, *(tensor[pooled] for tensor in kept)]
    at = loops.array(row_of.astype(np.int32))
    return [loops.change(layer, ready, values, key, base, at, rows, buffers)]


class Plain(Loops):
    """Loops as they are on a device for which none are compiled."""

    def __setattr__(self, name: str, value: object) -> None:
        super().__setattr__(name, False if name == "compiled" else value)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@settings(max_examples=200, deadline=None)
@given(case=cases())
def test_compiled_loops_equal_their_twin(dtype, case):
    found, expected = answer(case, dtype, compiled=True), answer(case, dtype, compiled=False)
    assert len(found) == len(expected) == 1 + (case.fresh and case.nodes[3].keeps)
    for one, other in zip(found, expected, strict=True):
        assert one.dtype == other.dtype == dtype
        assert one.shape == other.shape
        largest = max(float(other.abs().max()), 1.0) if other.numel() else 1.0
        torch.testing.assert_close(one, other, rtol=0, atol=AT_MOST * torch.finfo(dtype).eps * largest)


@pytest.mark.parametrize("compiled", [True, False])
def test_a_layer_of_which_only_what_is_added_changes_passes_that_on(compiled):
    """What the weights read is as it was, and another branch is not: no tap is used."""
    ones = np.zeros(1, np.int32)
    layer = Layer("layer", 0, Reads(ones[:, None], 1), 3, weight=torch.ones(1, 2, 3), skip=1)
    nodes = (Join("source", (), 1, 2), Join("skip", (), 1, 3), Join("after", (), 1, 3), layer)
    none = np.zeros(0, np.int32)
    step = Step(3, ones, ones, -np.ones((1, 1), np.int32), ones, ones, ones[:, None], none)
    loops = (Loops if compiled else Plain)(nodes, torch.zeros(0))
    added = torch.arange(6.0).view(1, 2, 3)
    changes = {0: torch.zeros(0, 2, 2), 1: added}
    no_key, rows = np.zeros((0, 0), np.int32), loops.array(np.zeros(2, np.int32))
    out = loops.change(layer, loops.ready(step), changes, no_key, [], rows, 2, Buffers(torch.zeros(0)))
    assert torch.equal(out, added)
