"""Compiled layers equal the same layers as operations on tensors, on tables that no network need have."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from seqdo.engine.incremental.compute.backend import Backend, Rows, Scratch
from seqdo.engine.incremental.compute.compiled_backend import CompiledBackend
from seqdo.engine.incremental.compute.layer_weights import CODES
from seqdo.engine.incremental.compute.tensor_backend import TensorBackend
from seqdo.engine.incremental.graph.nodes import Concat, Layer, Letters, Node, Pool
from seqdo.engine.incremental.graph.receptive_field import ReceptiveField
from seqdo.engine.incremental.schedule.steps import Step

AT_MOST = 500
"""Roundings of the largest number by which the two may differ: both add up 6 · 40 products, and pool 4 such sums."""


@dataclass(frozen=True, eq=False)
class Case:
    """A layer, with tables and numbers for it.

    Attributes
    ----------
    is_base : the rows are backgrounds, or else changes of them
    base : positions of the kept values; 0 where none are kept
    running : positions of their running maxima; 0 where there are none
    seed : of the numbers
    """

    nodes: tuple[Node, ...]
    step: Step
    rows: int
    is_base: bool
    base: int
    running: int
    seed: int


@st.composite
def cases(draw: st.DrawFn) -> Case:
    """A layer with any of its parts, on letters or on numbers, with tables that read anything in any order."""
    number = draw(st.integers(0, 2**32))
    rng = np.random.default_rng(number)
    features, rows = draw(st.integers(1, 70)), draw(st.integers(1, 30))
    sources, unpooled = draw(st.integers(1, 6)), draw(st.integers(1, 7))
    reads_letters, weighted, is_base = draw(st.booleans()), draw(st.booleans()), draw(st.booleans())
    pool = draw(st.sampled_from([None, "max", "mean"]))
    features = min(features, CODES) if reads_letters and not weighted else features
    depth = CODES if reads_letters else draw(st.integers(1, 40)) if weighted else features
    taps = draw(st.integers(1, 6)) if weighted else 1
    region = draw(st.integers(1, 5)) if pool else unpooled

    def table(*shape: int, below: int) -> np.ndarray:
        return rng.integers(-1, max(below, 0), shape).astype(np.int32)

    def vector() -> torch.Tensor:
        return torch.from_numpy(rng.normal(size=features))

    # Which parts the layer has.
    scale, bias, skip, late_skip, slope = (draw(st.booleans()) for _ in range(5))
    pool_inputs = table(region, draw(st.integers(1, 4)), below=unpooled)
    factor = torch.from_numpy(rng.uniform(0.2, 1, region))
    source = Letters("source", sources, CODES) if reads_letters else Concat("source", (), sources, depth)
    layer = Layer(
        "layer",
        0,
        ReceptiveField(np.full((unpooled, taps), -1, np.int32), sources),
        features,
        weight=torch.from_numpy(rng.normal(size=(taps, depth, features))) if weighted else None,
        scale=vector() if scale else None,
        bias=vector() if bias else None,
        skip=1 if skip else None,
        slope=draw(st.sampled_from([0.0, 0.1])) if slope else None,
        pool=Pool(ReceptiveField(pool_inputs, unpooled), pool, factor) if pool else None,  # type: ignore[arg-type]
        late_skip=2 if late_skip else None,
    )
    base = unpooled + 2 if layer.nonlinear and not is_base else 0
    running = draw(st.integers(0, 3)) if base and pool == "max" else 0
    none = np.zeros(0, np.int32)
    step = Step(
        node=3,
        region=np.arange(region, dtype=np.int32),
        unpooled=np.arange(unpooled, dtype=np.int32),
        tap_sources=table(unpooled, taps, below=sources),
        skip_at=table(unpooled, below=4) if skip else none,
        # All positions of backgrounds themselves are kept, in their order.
        base_at=(
            np.arange(unpooled, dtype=np.int32) if is_base else rng.integers(0, max(base, 1), unpooled).astype(np.int32)
        ),
        pool_inputs=pool_inputs if pool else np.arange(unpooled, dtype=np.int32)[:, None],
        late_skip_at=table(region, below=4) if late_skip else none,
        prefix_at=table(region, below=running) if running else none,
        suffix_at=table(region, below=running) if running else none,
    )
    if weighted and not reads_letters:
        step.tap_sources[0, 0] = 0  # a layer that reads nothing through any tap has a test of its own below
    others = (Concat("skip", (), 4, features), Concat("late skip", (), 4, features))
    return Case((source, *others, layer), step, rows, is_base, base, running, number)


def answer(case: Case, dtype: torch.dtype, kind: type[Backend]) -> list[torch.Tensor]:
    """What the layer computes for the case, and what it keeps."""
    rng = np.random.default_rng(case.seed)
    like = torch.zeros(0, dtype=dtype)
    backend = kind(case.nodes, like)
    layer, step = case.nodes[3], case.step
    assert isinstance(layer, Layer)

    def numbers(positions: int, backgrounds: int, features: int) -> torch.Tensor:
        return torch.from_numpy(rng.normal(size=(positions, backgrounds, features))).to(dtype)

    sources = int(step.tap_sources.max(initial=-1)) + 1
    values = {place: numbers(4, case.rows, layer.features) for place in (1, 2)}
    letter_index = np.zeros((0, 0), np.int32)
    if isinstance(case.nodes[0], Letters):
        entries = CODES if case.is_base else CODES**2
        letter_index = rng.integers(-1, entries, (max(sources, 1), case.rows)).astype(np.int32)
    else:
        values[0] = numbers(sources, case.rows, case.nodes[0].features)
    positions = [case.base, *([case.running] * 2 if case.running else [])] if case.base else []
    activations = {3: [numbers(number, 3, layer.features) for number in positions]}
    if kind is CompiledBackend:
        activations[3] = [tensor.transpose(0, 1).contiguous() for tensor in activations[3]]  # background by background
    background_of = rng.integers(0, 3, case.rows).astype(np.int32)
    rows = Rows(case.rows, letter_index, None if case.is_base else background_of, activations)
    backend.segment([step], {3}).run(rows, values, Scratch(like))
    if case.is_base:
        # Nothing needs a position that no output pools (``steps.demand``), so that a backend may skip it.
        pooled = torch.from_numpy(np.unique(step.pool_inputs[step.pool_inputs >= 0])).long()
        kept = [tensor.transpose(0, 1) if kind is CompiledBackend else tensor for tensor in rows.activations[3]]
        return [values[3], *(tensor[pooled] for tensor in kept)]
    return [values[3]]


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@settings(max_examples=200, deadline=None)
@given(case=cases())
def test_the_compiled_backend_equals_the_tensor_backend(dtype, case):
    compiled, expected = answer(case, dtype, CompiledBackend), answer(case, dtype, TensorBackend)
    assert len(compiled) == len(expected) == 1 + (case.is_base and case.nodes[3].nonlinear)
    for tensor, reference in zip(compiled, expected, strict=True):
        assert tensor.dtype == reference.dtype == dtype
        assert tensor.shape == reference.shape
        largest = max(float(reference.abs().max()), 1.0) if reference.numel() else 1.0
        torch.testing.assert_close(tensor, reference, rtol=0, atol=AT_MOST * torch.finfo(dtype).eps * largest)


@pytest.mark.parametrize("kind", [CompiledBackend, TensorBackend])
def test_a_layer_passes_on_the_change_of_its_skip_alone(kind):
    """The source is unchanged and the skip is not: no tap is used."""
    ones = np.zeros(1, np.int32)
    layer = Layer("layer", 0, ReceptiveField(ones[:, None], 1), 3, weight=torch.ones(1, 2, 3), skip=1)
    nodes = (Concat("source", (), 1, 2), Concat("skip", (), 1, 3), Concat("late skip", (), 1, 3), layer)
    none = np.zeros(0, np.int32)
    step = Step(3, ones, ones, -np.ones((1, 1), np.int32), ones, ones, ones[:, None], none)
    added = torch.arange(6.0).view(1, 2, 3)
    changes = {0: torch.zeros(0, 2, 2), 1: added}
    rows = Rows(2, np.zeros((0, 0), np.int32), np.zeros(2, np.int32), {})
    like = torch.zeros(0)
    kind(nodes, like).segment([step], {3}).run(rows, changes, Scratch(like))
    assert torch.equal(changes[3], added)
