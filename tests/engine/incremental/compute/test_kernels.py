"""The compiled pass over a layer equals its readable twin, on tables that no network need have."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from seqdo.engine.incremental.compute.backend import Loops, Rows, Scratch
from seqdo.engine.incremental.compute.compiled_backend import Compiled
from seqdo.engine.incremental.compute.layer_weights import CODES
from seqdo.engine.incremental.compute.tensor_backend import Plain
from seqdo.engine.incremental.graph.nodes import Concat, Layer, Letters, Node, Pool
from seqdo.engine.incremental.graph.receptive_field import ReceptiveField
from seqdo.engine.incremental.schedule.steps import Step

AT_MOST = 500
"""Roundings by which the two may differ, of the largest number met: they add up to 6 · 40 products, and 4 of those."""


@dataclass(frozen=True, eq=False)
class Case:
    """A layer, with tables and numbers for it.

    Attributes
    ----------
    fresh : values, or changes of them
    base : positions of what is kept; 0 where nothing is
    ran : positions of its running maxima; 0 where there are none
    seed : of the numbers
    """

    nodes: tuple[Node, ...]
    step: Step
    rows: int
    fresh: bool
    base: int
    ran: int
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
    source = Letters("source", max(sources, 1), CODES) if lettered else Concat("source", (), max(sources, 1), depth)
    layer = Layer(
        "layer",
        0,
        ReceptiveField(np.full((before, taps), -1, np.int32), max(sources, 1)),
        features,
        weight=torch.from_numpy(rng.normal(size=(taps, depth, features))) if weighted else None,
        scale=vector() if scale else None,
        bias=vector() if bias else None,
        skip=1 if skip else None,
        slope=draw(st.sampled_from([0.0, 0.1])) if slope else None,
        pool=Pool(ReceptiveField(members, before), pool, share) if pool else None,  # type: ignore[arg-type]
        late_skip=2 if after else None,
    )
    kept = before + 2 if layer.nonlinear and not fresh else 0
    ran = draw(st.integers(0, 3)) if kept and pool == "max" else 0
    none = np.zeros(0, np.int32)
    step = Step(
        node=3,
        region=np.arange(region, dtype=np.int32),
        before=np.arange(before, dtype=np.int32),
        taps=table(before, taps, below=sources),
        skip=table(before, below=4) if skip else none,
        # Backgrounds themselves are kept whole, in their order.
        base=np.arange(before, dtype=np.int32) if fresh else rng.integers(0, max(kept, 1), before).astype(np.int32),
        members=members if pool else np.arange(before, dtype=np.int32)[:, None],
        after=table(region, below=4) if after else none,
        up_to=table(region, below=ran) if ran else none,
        onwards=table(region, below=ran) if ran else none,
    )
    if weighted and not lettered:
        step.taps[0, 0] = 0  # that nothing comes through any tap is a case of its own below
    others = (Concat("skip", (), 4, features), Concat("after", (), 4, features))
    return Case((source, *others, layer), step, rows, fresh, kept, ran, number)


def answer(case: Case, dtype: torch.dtype, kind: type[Loops]) -> list[torch.Tensor]:
    """What the layer makes of the case, and what it keeps."""
    rng = np.random.default_rng(case.seed)
    like = torch.zeros(0, dtype=dtype)
    loops = kind(case.nodes, like)
    layer, step = case.nodes[3], case.step
    assert isinstance(layer, Layer)

    def numbers(positions: int, backgrounds: int, features: int) -> torch.Tensor:
        return torch.from_numpy(rng.normal(size=(positions, backgrounds, features))).to(dtype)

    sources = int(step.taps.max(initial=-1)) + 1
    values = {place: numbers(4, case.rows, layer.features) for place in (1, 2)}
    key = np.zeros((0, 0), np.int32)
    if isinstance(case.nodes[0], Letters):
        key = rng.integers(-1, CODES if case.fresh else CODES**2, (max(sources, 1), case.rows)).astype(np.int32)
    else:
        values[0] = numbers(sources, case.rows, case.nodes[0].features)
    places = [case.base, *([case.ran] * 2 if case.ran else [])] if case.base else []
    kept = {3: [numbers(number, 3, layer.features) for number in places]}
    if kind is Compiled:
        kept[3] = [tensor.transpose(0, 1).contiguous() for tensor in kept[3]]  # background by background
    row_of = rng.integers(0, 3, case.rows).astype(np.int32)
    rows = Rows(case.rows, key, None if case.fresh else row_of, kept)
    loops.stretch([step], {3}).go(rows, values, Scratch(like))
    if case.fresh:
        # What no output pools is wanted by nobody (``plan.demand``), so that the loops may leave it be.
        pooled = torch.from_numpy(np.unique(step.members[step.members >= 0])).long()
        kept_of = [tensor.transpose(0, 1) if kind is Compiled else tensor for tensor in rows.kept[3]]
        return [values[3], *(tensor[pooled] for tensor in kept_of)]
    return [values[3]]


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@settings(max_examples=200, deadline=None)
@given(case=cases())
def test_compiled_loops_equal_their_twin(dtype, case):
    found, expected = answer(case, dtype, Compiled), answer(case, dtype, Plain)
    assert len(found) == len(expected) == 1 + (case.fresh and case.nodes[3].nonlinear)
    for one, other in zip(found, expected, strict=True):
        assert one.dtype == other.dtype == dtype
        assert one.shape == other.shape
        largest = max(float(other.abs().max()), 1.0) if other.numel() else 1.0
        torch.testing.assert_close(one, other, rtol=0, atol=AT_MOST * torch.finfo(dtype).eps * largest)


@pytest.mark.parametrize("kind", [Compiled, Plain])
def test_a_layer_of_which_only_what_is_added_changes_passes_that_on(kind):
    """What the weights read is as it was, and another branch is not: no tap is used."""
    ones = np.zeros(1, np.int32)
    layer = Layer("layer", 0, ReceptiveField(ones[:, None], 1), 3, weight=torch.ones(1, 2, 3), skip=1)
    nodes = (Concat("source", (), 1, 2), Concat("skip", (), 1, 3), Concat("after", (), 1, 3), layer)
    none = np.zeros(0, np.int32)
    step = Step(3, ones, ones, -np.ones((1, 1), np.int32), ones, ones, ones[:, None], none)
    added = torch.arange(6.0).view(1, 2, 3)
    changes = {0: torch.zeros(0, 2, 2), 1: added}
    rows = Rows(2, np.zeros((0, 0), np.int32), np.zeros(2, np.int32), {})
    like = torch.zeros(0)
    kind(nodes, like).stretch([step], {3}).go(rows, changes, Scratch(like))
    assert torch.equal(changes[3], added)
