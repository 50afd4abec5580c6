"""Layers as compiled calls on a CPU: one call for each segment, which receives the addresses of its arrays."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from seqdo.engine.incremental.compute.backend import Backend, Rows, Scratch, Segment
from seqdo.engine.incremental.compute.kernels import kernels
from seqdo.engine.incremental.compute.kernels.formulas import NO_SLOPE
from seqdo.engine.incremental.compute.kernels.layer_call import CALL
from seqdo.engine.incremental.compute.kernels.vectors import LANES
from seqdo.engine.incremental.graph.nodes import Layer
from seqdo.engine.incremental.graph.receptive_field import Positions
from seqdo.engine.incremental.schedule.steps import Step

Tensor = torch.Tensor

CACHE_BYTES = 2**20
"""Bytes for what passes between the layers of a slab: they should fit a core's own cache.

On an AMD EPYC with 1 MiB for each core, one thread took 74, 71, 66 and 68 us for an evaluation of ResidualBind with a
quarter, half, one and two MiB, and 26, 23, 22 and 23 us for one of DeepSTARR (medians of 12).
"""

SLAB_ROWS = 4 * LANES
"""The most rows of a slab. Networks that take little room for a row need no more to fill their tiles."""

NO_BACKGROUNDS = np.zeros(0, np.int32)


class CompiledBackend(Backend):
    """Layers of a network in float32 or float64 on a CPU."""

    # Background by background, so that all of a background's values that one edit reaches lie close together.
    position_dim = 1

    @property
    def threads(self) -> int:
        """As many as torch would use for one operation: compiled calls release the interpreter's lock."""
        return torch.get_num_threads()

    def segment(self, steps: Sequence[Step], exported: set[int]) -> Segment:
        """Prepare consecutive layers as one call."""
        begins, width = self._layout(steps, exported)
        # Tables are made once for a plan, and shared by all rows and threads. A run fills in the rest.
        arrays: list[NDArray[Any]] = []
        calls = np.zeros(len(steps), CALL)
        for call, step in zip(calls, steps, strict=True):
            self._describe(call, step, arrays)
        return CompiledSegment(self, tuple(steps), exported, calls, tuple(arrays), begins, width)

    @cached_property
    def no_numbers(self) -> NDArray[Any]:
        """An empty array of the network's dtype."""
        return _flat(self.like.new_zeros(0))

    @cached_property
    def packed(self) -> list[NDArray[Any] | None]:
        """The weights of each layer as kernels read them; None where there are none, or a table has their products."""
        return [
            _flat(weights.packed)
            if weights is not None and isinstance(node, Layer) and not self.reads_letters(node)
            else None
            for weights, node in zip(self.weights, self.nodes, strict=True)
        ]

    @cached_property
    def vectors(self) -> list[tuple[NDArray[Any] | None, NDArray[Any] | None]]:
        """Scale and bias of each layer."""
        return [
            (self._vector(node.scale), self._vector(node.bias)) if isinstance(node, Layer) else (None, None)
            for node in self.nodes
        ]

    def _vector(self, vector: Tensor | None) -> NDArray[Any] | None:
        return None if vector is None else _flat(vector.detach().to(self.like).contiguous())

    def _describe(self, call: Any, step: Step, arrays: list[NDArray[Any]]) -> None:  # noqa: ANN401 - a numpy record
        """Fill in the record of a layer, but for what depends on the rows."""
        node, weights = self.layer(step), self.weights[step.node]
        reads_letters = self.reads_letters(node)
        # Transposed: for each tap, the kernel reads the sources of adjacent positions.
        tables = {"tap_sources": step.tap_sources.T, "pool_inputs": step.pool_inputs}
        first, last = step.used_taps
        if reads_letters:
            tables["tap_sources"], tables["tap_numbers"] = _compacted(step.tap_sources)
            first, last = 0, tables["tap_sources"].shape[1]
        tables |= {"skip_at": step.skip_at, "base_at": step.base_at, "late_skip_at": step.late_skip_at}
        tables |= {"prefix_at": step.prefix_at, "suffix_at": step.suffix_at}
        numbers = {"factor": _flat(self.pool_factor(step)), "weights": self.packed[step.node]}
        numbers |= dict(zip(("scale", "bias"), self.vectors[step.node], strict=True))
        for name, array in (tables | numbers).items():
            if array is not None and array.size:
                # The record holds an address alone: the array must live as long as the record.
                arrays.append(np.ascontiguousarray(array))
                call[name] = arrays[-1].ctypes.data
        call["first_tap"], call["used_taps"] = first, last - first
        call["unpooled"], call["taps"] = step.tap_sources.shape
        call["in_features"] = weights.in_features if weights is not None and not reads_letters else 0
        call["reads_letters"] = reads_letters
        call["outputs"], call["pool_width"] = step.pool_inputs.shape
        call["features"] = node.features
        call["is_max"] = node.pool is not None and node.pool.kind == "max"
        call["slope"] = NO_SLOPE if node.slope is None else node.slope

    def _layout(self, steps: Sequence[Step], exported: set[int]) -> tuple[dict[int, int], int]:
        """Where the numbers of each layer that is read within the segment alone begin, and how many there are in all.

        Both are for one row. The room of a layer is used again once its last reader has run.
        """
        last_reader = {place: i for i, step in enumerate(steps) for place in self.nodes[step.node].inputs}
        begins: dict[int, int] = {}
        taken: dict[int, tuple[int, int]] = {}
        width = 0
        for i, step in enumerate(steps):
            if step.node not in exported:
                # First fit: the first gap between spans in use that is wide enough, or behind the last of them.
                size, begin = len(step.region) * self.nodes[step.node].features, 0
                for low, high in sorted(taken.values()):
                    if begin + size <= low:
                        break
                    begin = max(begin, high)
                begins[step.node], taken[step.node] = begin, (begin, begin + size)
                width = max(width, begin + size)
            # Only now: the room of a source is in use while this layer reads it, and is free for the next.
            taken = {place: span for place, span in taken.items() if last_reader.get(place, -1) > i}
        return begins, width


@dataclass(frozen=True, eq=False)
class CompiledSegment(Segment):
    """Layers that are computed in one compiled call.

    Attributes
    ----------
    calls : (layers,) of ``CALL``, without what depends on the rows
    arrays : which the addresses in ``calls`` point to
    begins : where, for one row, the numbers begin of each layer that is read within the segment alone
    width : how many such numbers there are for one row
    """

    backend: CompiledBackend
    steps: tuple[Step, ...]
    exported: set[int]
    calls: NDArray[Any]
    arrays: tuple[NDArray[Any], ...]
    begins: dict[int, int]
    width: int

    def bytes(self, rows: int) -> int:
        """What other nodes will read, of all rows, and what passes between layers, of a slab."""
        exported = sum(
            len(step.region) * self.backend.nodes[step.node].features
            for step in self.steps
            if step.node in self.exported
        )
        return self.backend.like.element_size() * (exported * rows + self.width * self._slab_rows(rows))

    def run(self, rows: Rows, values: dict[int, Tensor], scratch: Scratch) -> None:
        """Fill in addresses, and call."""
        slab_rows = self._slab_rows(rows.count)
        calls = self.calls.copy()  # threads run the same segment at the same time
        addresses, counts = self._addresses(rows, values, scratch.take(self.width * slab_rows), slab_rows)
        for name, places in self._reads_and_writes.items():
            calls[name], calls[f"{name}_rows"] = addresses[places], counts[places]
        for i, step in enumerate(self.steps):
            weights = self.backend.weights[step.node]
            if calls["reads_letters"][i] and weights is not None:
                calls["source"][i] = (weights.letter_terms if rows.is_base else weights.change_terms).data_ptr()
            if self.backend.layer(step).nonlinear:
                self._point_to_base(calls, i, step, rows)
        # Addresses are valid until the call returns: ``values``, ``rows`` and ``scratch`` hold the tensors until then.
        letter_index = rows.letter_index.reshape(-1)
        background_of = NO_BACKGROUNDS if rows.background_of is None else rows.background_of
        kernels.run_layers(
            calls, letter_index, background_of, rows.count, slab_rows, rows.is_base, self.backend.no_numbers
        )

    def _point_to_base(self, calls: NDArray[Any], i: int, step: Step, rows: Rows) -> None:
        """Fill in what call ``i`` keeps of backgrounds, or measures changes from."""
        if rows.is_base:
            features = self.backend.nodes[step.node].features
            # Not cleared: some output pools each unpooled position that is needed, so that each is written.
            rows.activations[step.node] = [self.backend.like.new_empty(rows.count, len(step.unpooled), features)]
        base, *running_maxima = rows.activations[step.node]
        calls["base"][i], calls["base_positions"][i] = base.data_ptr(), base.shape[1]
        for name, maxima in zip(("prefix_maxima", "suffix_maxima"), running_maxima, strict=False):
            calls[name][i], calls["running_positions"][i] = maxima.data_ptr(), maxima.shape[1]
        if rows.rebased is not None:
            # A copy: positions that the edit does not reach keep the values of the background.
            rows.rebased[step.node] = [base.clone()]
            calls["rebased"][i] = rows.rebased[step.node][0].data_ptr()

    def _addresses(
        self, rows: Rows, values: dict[int, Tensor], scratch: Tensor, slab_rows: int
    ) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """For each node the address of its values and the rows of that array; 0 for a node that is not there.

        A last entry of zeros stands for no node (index -1).
        """
        addresses, counts = np.zeros((2, len(self.backend.nodes) + 1), np.int64)
        for step in self.steps:
            if step.node in self.exported:
                features = self.backend.nodes[step.node].features
                values[step.node] = self.backend.like.new_empty(len(step.region), rows.count, features)
        for place, tensor in values.items():
            addresses[place], counts[place] = tensor.data_ptr(), rows.count
        for place, begin in self.begins.items():
            # ``begins`` counts for one row; with a slab of rows, all that lies before is as many times as large.
            addresses[place] = scratch.data_ptr() + begin * slab_rows * scratch.element_size()
            counts[place] = slab_rows
        return addresses, counts

    @cached_property
    def _reads_and_writes(self) -> dict[str, list[int]]:
        """For each layer the nodes that it writes and reads; -1 is none."""
        layers = [self.backend.layer(step) for step in self.steps]
        nodes: dict[str, list[int]] = {"out": [step.node for step in self.steps]}
        nodes["source"] = [layer.source for layer in layers]
        nodes["skip"] = [-1 if layer.skip is None else layer.skip for layer in layers]
        nodes["late_skip"] = [-1 if layer.late_skip is None else layer.late_skip for layer in layers]
        return nodes

    def _slab_rows(self, rows: int) -> int:
        """Rows of a slab: as many as the cache has room for, in whole tiles if it has room for one."""
        # Networks with long sequences may take more than the cache for a single row: then rows go one by one.
        fitting = CACHE_BYTES // max(1, self.width * self.backend.like.element_size())
        return max(1, min(SLAB_ROWS, rows, fitting // LANES * LANES or fitting))


def _compacted(tap_sources: Positions) -> tuple[Positions, Positions]:
    """The sources of each position without gaps, and the tap of each.

    Both are (unpooled, the most taps that read anything), and end in -1 where a position has fewer sources.
    """
    most = int((tap_sources >= 0).sum(1).max(initial=0))
    # A stable sort of "is missing" moves the sources to the front and leaves them in the order of taps.
    tap_numbers = np.argsort(tap_sources < 0, axis=1, kind="stable")[:, :most].astype(np.int32)
    return np.take_along_axis(tap_sources, tap_numbers, 1), tap_numbers


def _flat(tensor: Tensor) -> NDArray[Any]:
    """A contiguous tensor as a flat array that shares its memory."""
    # Not Tensor.data_ptr: the array keeps the tensor's memory alive for as long as a record points to it.
    array: NDArray[Any] = tensor.numpy()
    return array.reshape(-1)
