"""Layers as operations on whole tensors: readable, on any device, and slower on a CPU than compiled calls.

This is the reference that the compiled layers must agree with (``tests/engine/incremental/compute/test_kernels.py``).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch

from seqdo.engine.incremental.compute.backend import Backend, Rows, Scratch, Segment
from seqdo.engine.incremental.compute.layer_weights import LayerWeights
from seqdo.engine.incremental.compute.running_maxima import rectified
from seqdo.engine.incremental.graph.nodes import Layer
from seqdo.engine.incremental.schedule.steps import Step

Tensor = torch.Tensor


class TensorBackend(Backend):
    """Layers of a network on any device, in any dtype."""

    threads = 1  # an operation on a whole tensor uses all of torch's threads by itself
    position_dim = 0

    def segment(self, steps: Sequence[Step], exported: set[int]) -> Segment:
        """The layers, to be computed one after another."""
        return TensorSegment(self, tuple(steps), exported, tuple(map(self._tables, steps)))

    def index(self, numbers: object) -> Tensor:
        """A tensor to index with, on the network's device."""
        return torch.as_tensor(numbers, dtype=torch.long, device=self.like.device)

    def _tables(self, step: Step) -> StepTables:
        tap_sources, skip_at, base_at = map(self.index, (step.tap_sources, step.skip_at, step.base_at))
        pool_inputs, late_skip_at = map(self.index, (step.pool_inputs, step.late_skip_at))
        prefix_at, suffix_at = map(self.index, (step.prefix_at, step.suffix_at))
        factor = self.pool_factor(step)
        return StepTables(tap_sources, skip_at, base_at, pool_inputs, late_skip_at, prefix_at, suffix_at, factor)


@dataclass(frozen=True, eq=False)
class StepTables:
    """The tables of a :class:`Step` as tensors to index with, and the factor of each output's pool."""

    tap_sources: Tensor
    skip_at: Tensor
    base_at: Tensor
    pool_inputs: Tensor
    late_skip_at: Tensor
    prefix_at: Tensor
    suffix_at: Tensor
    factor: Tensor


@dataclass(frozen=True, eq=False)
class TensorSegment(Segment):
    """Layers that are computed one after another, each for all rows."""

    backend: TensorBackend
    steps: tuple[Step, ...]
    exported: set[int]
    tables: tuple[StepTables, ...]

    def bytes(self, rows: int) -> int:
        """What other nodes will read, and the widest layer: its source, its terms and its output."""
        nodes = self.backend.nodes
        widest = exported = 0
        for step in self.steps:
            node = self.backend.layer(step)
            sources = (int(step.tap_sources.max(initial=-1)) + 1) * nodes[node.source].features
            terms = sources // nodes[node.source].features * node.field.taps * node.features
            widest = max(widest, sources + terms + (2 * len(step.unpooled) + len(step.region)) * node.features)
            exported += len(step.region) * node.features if step.node in self.exported else 0
        return self.backend.like.element_size() * rows * (widest + exported)

    def run(self, rows: Rows, values: dict[int, Tensor], scratch: Scratch) -> None:
        """Compute the layers, one after another."""
        del scratch
        letter_index = self.backend.index(rows.letter_index)
        background_of = None if rows.background_of is None else self.backend.index(rows.background_of)
        for step, tables in zip(self.steps, self.tables, strict=True):
            values[step.node] = self._layer(step, tables, rows, letter_index, background_of, values)
        for step in self.steps:
            if step.node not in self.exported:
                del values[step.node]

    def _layer(
        self, step: Step, tables: StepTables, rows: Rows, letter_index: Tensor, background_of: Tensor | None,
        values: dict[int, Tensor],
    ) -> Tensor:  # fmt: skip
        """Values or changes (region, rows, features) of one layer; for backgrounds, activations are kept."""
        node = self.backend.layer(step)
        total = self._products(node, step, tables, rows, letter_index, values)
        if node.scale is not None:
            total = total * node.scale.to(total)
        if node.skip is not None:
            total = _plus_at(total, values[node.skip], tables.skip_at)
        before = None
        if background_of is None:
            total = total if node.bias is None else total + node.bias.to(total)  # a change has no bias
            if node.nonlinear:
                rows.activations[step.node] = [total]
        elif node.nonlinear:
            before = rows.activations[step.node][0][tables.base_at][:, background_of]
            if rows.rebased is not None:
                rows.rebased[step.node] = [rows.activations[step.node][0].clone()]
                rows.rebased[step.node][0][tables.base_at] = before + total
        # What follows is f(before + change) - f(before), for a rectifier and a pool.
        after = rectified(total if before is None else before + total, node.slope)
        if node.pool is not None and node.pool.kind == "max":
            ends = [] if background_of is None else _ends(rows.activations[step.node], tables, background_of)
            out = _maximum(after, tables.pool_inputs, ends)
            out = out if before is None else out - _maximum(rectified(before, node.slope), tables.pool_inputs, ends)
        else:
            change = after if before is None else after - rectified(before, node.slope)
            present = (tables.pool_inputs >= 0).to(change.dtype)[:, :, None, None]
            out = (change[tables.pool_inputs.clamp(min=0)] * present).sum(1) * tables.factor[:, None, None]
        return out if node.late_skip is None else _plus_at(out, values[node.late_skip], tables.late_skip_at)

    def _products(
        self, node: Layer, step: Step, tables: StepTables, rows: Rows, letter_index: Tensor, values: dict[int, Tensor]
    ) -> Tensor:
        """The sum over all taps for each position before the pool, (unpooled, rows, features)."""
        weights = self.backend.weights[step.node]
        first, last = step.used_taps
        if self.backend.reads_letters(node) and weights is not None:
            terms = weights.letter_terms if rows.is_base else weights.change_terms
            return _summed(terms, letter_index, tables.tap_sources, 0, rows.count)
        source = values[node.source]
        no_letters = letter_index[:0]
        if weights is None:
            return _summed(source.flatten(0, 1)[:, None], no_letters, tables.tap_sources, first, rows.count)
        if len(step.unpooled) < len(source):
            # Fewer positions are written than read: multiplying whole windows takes fewer products than multiplying
            # every source by every tap.
            return _from_windows(weights, source, tables.tap_sources, first, last)
        terms = weights.source_terms(source, first, last - first)
        return _summed(terms, no_letters, tables.tap_sources, first, rows.count)


def _from_windows(weights: LayerWeights, source: Tensor, tap_sources: Tensor, first: int, last: int) -> Tensor:
    """The products of each output's window, laid out side by side, (unpooled, rows, features)."""
    read = tap_sources[:, first:last]
    windows = (source[read.clamp(min=0)] * (read >= 0)[:, :, None, None]).transpose(1, 2)
    return weights.output_terms(windows, first).view(len(tap_sources), source.shape[1], -1)


def _summed(terms: Tensor, letter_index: Tensor, tap_sources: Tensor, first: int, rows: int) -> Tensor:
    """The sum over taps (unpooled, rows, features) of the terms of what each tap reads.

    Parameters
    ----------
    terms : (entries, taps, features); an entry is a source position in a row, or a row of a table of letters
    letter_index : (positions, rows), the entry of each letter; empty where entries are source positions
    tap_sources : (unpooled, taps)
    first : the first tap that ``terms`` holds
    rows : number of rows
    """
    total = terms.new_zeros(tap_sources.shape[0], rows, terms.shape[2])
    for tap in range(terms.shape[1]):
        reading = torch.nonzero(tap_sources[:, first + tap] >= 0)[:, 0]
        source = tap_sources[reading, first + tap]
        if letter_index.shape[0]:
            entry = letter_index[source]
        else:
            entry = source[:, None] * rows + torch.arange(rows, device=source.device)
        total[reading] += terms[:, tap][entry.clamp(min=0)] * (entry >= 0)[:, :, None]
    return total


def _plus_at(total: Tensor, other: Tensor, at: Tensor) -> Tensor:
    """The total with ``other[at]`` added, where ``at`` is not -1."""
    present = torch.nonzero(at >= 0)[:, 0]
    total = total.clone()
    total[present] += other[at[present]]
    return total


def _ends(activations: Sequence[Tensor], tables: StepTables, background_of: Tensor) -> list[Tensor]:
    """The maxima of each window before and after its ``pool_inputs``, if the layer keeps running maxima."""
    ends = []
    for maxima, at in zip(activations[1:], (tables.prefix_at, tables.suffix_at), strict=False):
        end = maxima[at.clamp(min=0)][:, background_of]
        ends.append(end.masked_fill((at < 0)[:, None, None], -torch.inf))
    return ends


def _maximum(values: Tensor, pool_inputs: Tensor, ends: Sequence[Tensor]) -> Tensor:
    """The maximum of each output's inputs and ends; 0 for an output that has neither."""
    maximum = values.new_full((len(pool_inputs), *values.shape[1:]), -torch.inf)
    if pool_inputs.shape[1]:
        inputs = values[pool_inputs.clamp(min=0)].masked_fill((pool_inputs < 0)[:, :, None, None], -torch.inf)
        maximum = inputs.amax(1)
    for end in ends:
        maximum = torch.maximum(maximum, end)
    # An output without inputs is there for its late skip alone. Infinities would cancel to NaN.
    return maximum.masked_fill(maximum == -torch.inf, 0)
