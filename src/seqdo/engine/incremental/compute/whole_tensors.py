"""The calls that no rule supports, made on whole tensors: values where nothing but the network's own code knows how."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import torch
from torch import fx

from seqdo.engine.incremental.graph.tensor_view import View
from seqdo.engine.incremental.graph.trace import Trace, execute

Tensor = torch.Tensor

CHUNK_BYTES = 2**26
"""Bytes of tensors between calls that rows computed together may take: a bound on memory, not tuned for speed."""


@dataclass(frozen=True, eq=False)
class WholeTensors:
    """Calls in order, and the nodes whose values they read.

    Attributes
    ----------
    trace : the network
    calls : the calls that are made on whole tensors, in order
    views : for each call that ``calls`` or the output read, its view of a node
    """

    trace: Trace
    calls: tuple[fx.Node, ...]
    views: Mapping[fx.Node, View]

    def outputs(self, values: Mapping[int, Tensor], rows: int) -> list[Any]:
        """The tensors of the output node.

        Parameters
        ----------
        values : for each node that is read as a whole tensor, its values (positions, rows, features)
        rows : their number
        """
        step = rows if self._rows_dims is None else self.chunk
        if rows <= step:
            return self._outputs(values, rows)
        parts = []
        for start in range(0, rows, step):
            some = {node: tensor[:, start : start + step] for node, tensor in values.items()}
            parts.append(self._outputs(some, min(step, rows - start)))
        dims = self._rows_dims or ()
        return [
            leaves[0] if dim is None else torch.cat(leaves, dim)
            for dim, leaves in zip(dims, map(list, zip(*parts, strict=True)), strict=True)
        ]

    @cached_property
    def chunk(self) -> int:
        """Rows that are computed together."""
        return max(1, CHUNK_BYTES // max(self.row_bytes, 1)) if self.calls else 2**31

    @cached_property
    def row_bytes(self) -> int:
        """The most bytes of results, for one row, that calls hold at the same time."""
        held = most = 0
        for call, unread in zip(self.calls, self._last_read, strict=True):
            held += self._bytes(call)
            most = max(most, held)
            held -= sum(map(self._bytes, unread))
        return most

    @cached_property
    def macs(self) -> int:
        """Multiplications for one row, as torch counts them; 0 if a call can't be tried on tensors without values."""
        from torch.utils.flop_counter import FlopCounterMode

        counter = FlopCounterMode(display=False)
        try:
            with torch.no_grad(), counter:
                results = {node: _without_values(value) for node, value in self.trace.settled(1, self._sizes).items()}
                results |= {call: self._example(call) for call in self.views}
                for call in self.calls:
                    results[call] = execute(call, results)
        except Exception:  # not every call has an implementation without values
            return 0
        return int(counter.get_total_flops()) // 2

    def _outputs(self, values: Mapping[int, Tensor], rows: int) -> list[Any]:
        results: dict[fx.Node, Any] = self.trace.settled(rows, self._sizes)
        results |= {call: self._as_traced(call, view, values[view.node]) for call, view in self.views.items()}
        for call, unread in zip(self.calls, self._last_read, strict=True):
            results[call] = execute(call, results)
            for source in unread:
                del results[source]
        return [results[output] if isinstance(output, fx.Node) else output for output in self.trace.outputs]

    def _as_traced(self, call: fx.Node, view: View, values: Tensor) -> Tensor:
        if call is self.trace.input and not call.meta["val"].dtype.is_floating_point:
            return values.argmax(2).T  # from one-hot values back to the codes that the network reads
        return view.as_tensor(values).contiguous()

    @cached_property
    def _sizes(self) -> Collection[fx.Node]:
        """The sizes that the calls or the output read."""
        readers = (*self.calls, self.trace.calls[-1])
        return {source for reader in readers for source in reader.all_input_nodes if source in self.trace.sizes}

    @cached_property
    def _last_read(self) -> tuple[tuple[fx.Node, ...], ...]:
        """For each call the results that no later call reads, and that are not part of the output."""
        kept = set(self.trace.calls[-1].all_input_nodes)
        unread: list[tuple[fx.Node, ...]] = []
        for call in reversed(self.calls):
            last = {call, *call.all_input_nodes} - kept
            unread.append(tuple(node for node in last if node in self._own))
            kept |= last
        return tuple(reversed(unread))

    @cached_property
    def _own(self) -> Collection[fx.Node]:
        """What is computed for rows: results of calls, and tensors of nodes. Constants and sizes are not."""
        return {*self.calls, *self.views}

    @cached_property
    def _rows_dims(self) -> Sequence[int | None] | None:
        """For each output its dimension of rows (None: it has none); None if a dimension mixes rows with another."""
        dims: list[int | None] = []
        for output in self.trace.outputs:
            value = output.meta.get("val") if isinstance(output, fx.Node) else None
            sizes = [str(size) for size in value.shape] if isinstance(value, Tensor) else []
            if any(not size.isdigit() and size != self.trace.batch for size in sizes):
                return None
            dims.append(sizes.index(self.trace.batch) if self.trace.batch in sizes else None)
        return dims

    def _bytes(self, node: fx.Node) -> int:
        """Bytes of a result for one row."""
        value = node.meta.get("val")
        tensors = value if isinstance(value, tuple | list) else [value]
        return sum(
            math.prod(self._shape(tensor)) * tensor.element_size() for tensor in tensors if isinstance(tensor, Tensor)
        )

    def _example(self, call: fx.Node) -> Tensor:
        """One row of a call's tensor, without values."""
        value = call.meta["val"]
        return torch.empty(self._shape(value), dtype=value.dtype, device="meta")

    def _shape(self, tensor: Tensor) -> list[int]:
        """The sizes of a traced tensor for one row; a size that depends on values counts as 1."""
        shape = []
        for size in tensor.shape:
            if isinstance(size, torch.SymInt):
                expression = size.node.expr
                numbers = expression.subs(dict.fromkeys(expression.free_symbols, 1))
                shape.append(int(numbers))
            else:
                shape.append(size)
        return shape


def _without_values(value: Any) -> Any:  # noqa: ANN401
    return value.to("meta") if isinstance(value, Tensor) else value
