"""The layers of ``kernels.py`` as operations on whole tensors: readable, slower on a CPU, and at home on any device."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch

from seqdo.engine.incremental.compute.backend import Loops, Rows, Scratch, Stretch
from seqdo.engine.incremental.compute.layer_weights import Weights
from seqdo.engine.incremental.compute.running_maxima import rectified
from seqdo.engine.incremental.graph.nodes import Layer
from seqdo.engine.incremental.schedule.steps import Step

Tensor = torch.Tensor


class Plain(Loops):
    """Layers of a network on any device, in any dtype."""

    threads = 1
    places = 0

    def stretch(self, steps: Sequence[Step], lasting: set[int]) -> Stretch:
        """The layers, one after another."""
        return OneByOne(self, tuple(steps), lasting, tuple(map(self._tables, steps)))

    def index(self, numbers: object) -> Tensor:
        """A table to index with."""
        return torch.as_tensor(numbers, dtype=torch.long, device=self.like.device)

    def _tables(self, step: Step) -> Tables:
        taps, skip, base = map(self.index, (step.taps, step.skip, step.base))
        members, after, up_to, onwards = map(self.index, (step.members, step.after, step.up_to, step.onwards))
        return Tables(taps, skip, base, members, after, up_to, onwards, self.share(step))


@dataclass(frozen=True, eq=False)
class Tables:
    """Those of a step, as tensors to index with."""

    taps: Tensor
    skip: Tensor
    base: Tensor
    members: Tensor
    after: Tensor
    up_to: Tensor
    onwards: Tensor
    share: Tensor


@dataclass(frozen=True, eq=False)
class OneByOne(Stretch):
    """Each layer is gone through for all rows."""

    loops: Plain
    steps: tuple[Step, ...]
    lasting: set[int]
    tables: tuple[Tables, ...]

    def bytes(self, rows: int) -> int:
        """What the others will read, and the widest layer: what comes in, the terms, what goes out."""
        nodes = self.loops.nodes
        widest = lasting = 0
        for step in self.steps:
            node = self.loops.layer(step)
            sources = (int(step.taps.max(initial=-1)) + 1) * nodes[node.source].features
            terms = sources // nodes[node.source].features * node.field.taps * node.features
            widest = max(widest, sources + terms + (2 * len(step.before) + len(step.region)) * node.features)
            lasting += len(step.region) * node.features if step.node in self.lasting else 0
        return self.loops.like.element_size() * rows * (widest + lasting)

    def go(self, rows: Rows, values: dict[int, Tensor], scratch: Scratch) -> None:
        """One layer after another."""
        del scratch
        key = self.loops.index(rows.key)
        background = None if rows.background is None else self.loops.index(rows.background)
        for step, tables in zip(self.steps, self.tables, strict=True):
            values[step.node] = self._layer(step, tables, rows, key, background, values)
        for step in self.steps:
            if step.node not in self.lasting:
                del values[step.node]

    def _layer(
        self, step: Step, tables: Tables, rows: Rows, key: Tensor, background: Tensor | None, values: dict[int, Tensor]
    ) -> Tensor:
        """Values or changes (region, rows, features) of one layer; for backgrounds, ``kept`` what changes need."""
        node = self.loops.layer(step)
        total = self._products(node, step, tables, rows, key, values)
        if node.scale is not None:
            total = total * node.scale.to(total)
        if node.skip is not None:
            total = _added(total, values[node.skip], tables.skip)
        was = None
        if background is None:
            total = total if node.bias is None else total + node.bias.to(total)
            if node.nonlinear:
                rows.kept[step.node] = [total]
        elif node.nonlinear:
            was = rows.kept[step.node][0][tables.base][:, background]
            if rows.moved is not None:
                rows.moved[step.node] = [rows.kept[step.node][0].clone()]
                rows.moved[step.node][0][tables.base] = was + total
        new = rectified(total if was is None else was + total, node.slope)
        if node.pool is not None and node.pool.kind == "max":
            ends = [] if background is None else _ends(rows.kept[step.node], tables, background)
            found = _largest(new, tables.members, ends)
            found = found if was is None else found - _largest(rectified(was, node.slope), tables.members, ends)
        else:
            change = new if was is None else new - rectified(was, node.slope)
            there = (tables.members >= 0).to(change.dtype)[:, :, None, None]
            found = (change[tables.members.clamp(min=0)] * there).sum(1) * tables.share[:, None, None]
        return found if node.late_skip is None else _added(found, values[node.late_skip], tables.after)

    def _products(
        self, node: Layer, step: Step, tables: Tables, rows: Rows, key: Tensor, values: dict[int, Tensor]
    ) -> Tensor:
        """What all taps bring to each position before the pool, (positions, rows, features)."""
        weights = self.loops.weights[step.node]
        first, last = step.used
        if self.loops.lettered(node) and weights is not None:
            terms = weights.letters if rows.fresh else weights.changes
            return _total(terms, key, tables.taps, 0, rows.number)
        source = values[node.source]
        no_key = key[:0]
        if weights is None:
            return _total(source.flatten(0, 1)[:, None], no_key, tables.taps, first, rows.number)
        if len(step.before) < len(source):
            # Fewer are written than read: what each output reads is laid side by side.
            return _collected(weights, source, tables.taps, first, last)
        return _total(weights.spread(source, first, last - first), no_key, tables.taps, first, rows.number)


def _collected(weights: Weights, source: Tensor, taps: Tensor, first: int, last: int) -> Tensor:
    at = taps[:, first:last]
    beside = (source[at.clamp(min=0)] * (at >= 0)[:, :, None, None]).transpose(1, 2)
    return weights.collect(beside, first).view(len(taps), source.shape[1], -1)


def _total(terms: Tensor, key: Tensor, taps: Tensor, first: int, rows: int) -> Tensor:
    """The sum over taps of ``terms`` (entries, taps, features): of the entry of each source, or of its ``key``."""
    total = terms.new_zeros(taps.shape[0], rows, terms.shape[2])
    for tap in range(terms.shape[1]):
        at = torch.nonzero(taps[:, first + tap] >= 0)[:, 0]
        source = taps[at, first + tap]
        entry = key[source] if key.shape[0] else source[:, None] * rows + torch.arange(rows, device=source.device)
        total[at] += terms[:, tap][entry.clamp(min=0)] * (entry >= 0)[:, :, None]
    return total


def _added(total: Tensor, other: Tensor, at: Tensor) -> Tensor:
    some = torch.nonzero(at >= 0)[:, 0]
    total = total.clone()
    total[some] += other[at[some]]
    return total


def _ends(kept: Sequence[Tensor], tables: Tables, background: Tensor) -> list[Tensor]:
    """The largest of what each output pools beside its members, if the pool is swept."""
    ends = []
    for ran, at in zip(kept[1:], (tables.up_to, tables.onwards), strict=False):
        there = ran[at.clamp(min=0)][:, background]
        ends.append(there.masked_fill((at < 0)[:, None, None], -torch.inf))
    return ends


def _largest(values: Tensor, members: Tensor, ends: Sequence[Tensor]) -> Tensor:
    """The largest of each output's members and ends; 0 for an output without any."""
    found = values.new_full((len(members), *values.shape[1:]), -torch.inf)
    if members.shape[1]:
        some = values[members.clamp(min=0)].masked_fill((members < 0)[:, :, None, None], -torch.inf)
        found = some.amax(1)
    for end in ends:
        found = torch.maximum(found, end)
    return found.masked_fill(found == -torch.inf, 0)
