"""Values and changes of the nodes that are not layers: letters, functions of a position, concatenations, recurrence."""

from __future__ import annotations

import torch

from seqdo.engine.incremental.compute import recurrent
from seqdo.engine.incremental.compute.backend import LetterIndex, Rows
from seqdo.engine.incremental.compute.edit_plan import SingleNode
from seqdo.engine.incremental.compute.layer_weights import CODES
from seqdo.engine.incremental.graph.nodes import Concat, Letters, Pointwise, Recurrent

Tensor = torch.Tensor


class SingleNodes:
    """Computes nodes that are not layers.

    Parameters
    ----------
    features : of the input, 4 or 5
    like : a tensor of the network's dtype, on its device
    """

    def __init__(self, features: int, like: Tensor) -> None:
        self.like = like
        self.one_hot = torch.eye(CODES, dtype=like.dtype, device=like.device)[:, :features].contiguous()
        self.one_hot_changes = (self.one_hot[None] - self.one_hot[:, None]).flatten(0, 1)

    def compute(self, single: SingleNode, rows: Rows, values: dict[int, Tensor]) -> Tensor:
        """Values or changes (region, rows, features) of a node, from those of its inputs in ``values``."""
        node = single.node
        if isinstance(node, Letters):
            return _looked_up(self.one_hot if rows.is_base else self.one_hot_changes, rows.letter_index)
        inputs = [_at(values[place], at) for place, at in zip(node.inputs, single.input_at, strict=True)]
        if isinstance(node, Concat):
            return torch.cat(inputs, 2)
        if isinstance(node, Recurrent):
            return self._recurrent(node, single, rows, values[node.inputs[0]], inputs[0])
        return self._pointwise(node, single, rows, inputs)

    def _recurrent(self, node: Recurrent, single: SingleNode, rows: Rows, source: Tensor, inputs: Tensor) -> Tensor:
        place = single.step.node
        if rows.background_of is None:
            states, rows.activations[place] = recurrent.values(node, inputs)
            return states
        region, background_of = single.step.region.tolist(), self._index(rows.background_of)
        return recurrent.change(node, source, single.input_at[0], region, rows.activations[place], background_of)

    def _pointwise(self, node: Pointwise, single: SingleNode, rows: Rows, inputs: list[Tensor]) -> Tensor:
        place = single.step.node
        if rows.background_of is None:
            values = _owned(node.function(inputs, single.region))
            rows.activations[place] = [*inputs, values]
            return values
        if not len(single.region):
            # Not by the function: an empty tensor can't be reshaped where one size is left open.
            return self.like.new_empty(0, rows.count, node.features)
        background_of = self._index(rows.background_of)
        *old_inputs, old_values = (
            tensor.index_select(0, single.base_at).index_select(1, background_of) for tensor in rows.activations[place]
        )
        new_inputs = [old + more for old, more in zip(old_inputs, inputs, strict=True)]
        change = _owned(node.function(new_inputs, single.region) - old_values)
        if rows.rebased is not None:
            rows.rebased[place] = [tensor.clone() for tensor in rows.activations[place]]
            for tensor, more in zip(rows.rebased[place], [*inputs, change], strict=True):
                tensor[single.base_at] += more
        return change

    def _index(self, numbers: object) -> Tensor:
        return torch.as_tensor(numbers, dtype=torch.long, device=self.like.device)


def _looked_up(table: Tensor, letter_index: LetterIndex) -> Tensor:
    """Rows of a table, (positions, rows, features); zeros for index -1."""
    at = torch.as_tensor(letter_index, dtype=torch.long, device=table.device)
    return table[at.clamp(min=0)] * (at >= 0)[:, :, None]


def _at(values: Tensor, at: Tensor) -> Tensor:
    """The values that a node reads at its positions; zeros where an input has not changed."""
    # Nothing is copied if the node reads its input as it is: only then are there as many, and none is missing.
    if values.shape[0] == len(at) and bool((at >= 0).all()):
        return values
    selected = values.new_zeros(len(at), *values.shape[1:])
    present = torch.nonzero(at >= 0)[:, 0]
    selected[present] = values[at[present]]
    return selected


def _owned(values: Tensor) -> Tensor:
    """The values in contiguous memory of their own: compiled calls receive an address, and know no strides."""
    return values.clone(memory_format=torch.contiguous_format) if values._is_view() else values.contiguous()
