"""The weights of a layer in the forms that its products need.

Letters need no product: a table has what each letter, or each change of a letter, brings through each tap.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import torch

from seqdo.engine.incremental.compute.kernels import FEW
from seqdo.engine.incremental.compute.vectors import COLUMNS
from seqdo.engine.incremental.graph.nodes import Layer

CODES = 5
"""Four letters and padding."""


@dataclass(frozen=True, eq=False)
class Weights:
    """Weights (taps, features in, features out) of a layer, in the network's dtype and on its device."""

    weight: torch.Tensor

    @classmethod
    def of(cls, layer: Layer, like: torch.Tensor, lettered: bool) -> Weights | None:
        """Those of a layer, None where it has none; groups are written out, with zeros between them.

        A layer without weights takes letters from a table too, the table that spells them (``lettered``).
        """
        if layer.weight is None:
            spelled = torch.eye(CODES, dtype=like.dtype, device=like.device)[None, :, : layer.features]
            return cls(spelled) if lettered else None
        weight = layer.weight.to(like.device, like.dtype)
        if layer.groups > 1:
            taps, inner, features = weight.shape
            each = features // layer.groups
            whole = weight.new_zeros(taps, inner * layer.groups, features)
            for group in range(layer.groups):
                mine = slice(group * each, (group + 1) * each)
                whole[:, group * inner : (group + 1) * inner, mine] = weight[:, :, mine]
            weight = whole
        return cls(weight)

    @property
    def depth(self) -> int:
        """Features of the source."""
        return self.weight.shape[1]

    @cached_property
    def letters(self) -> torch.Tensor:
        """(5, taps, features): what a letter brings through each tap; nothing for padding."""
        table = self.weight.transpose(0, 1)
        return torch.cat([table, table.new_zeros(CODES - len(table), *table.shape[1:])]).contiguous()

    @cached_property
    def changes(self) -> torch.Tensor:
        """(25, taps, features): what it brings that letter ``i // 5`` becomes letter ``i % 5``."""
        return (self.letters[None] - self.letters[:, None]).flatten(0, 1).contiguous()

    @cached_property
    def packed(self) -> torch.Tensor:
        """Flat, for compiled loops: (blocks of features, taps, depth, columns), or (features, taps, depth)."""
        taps, depth, features = self.weight.shape
        if features < FEW:
            return self.weight.permute(2, 0, 1).reshape(-1)
        columns = COLUMNS[self.weight.element_size()]
        blocks = -(-features // columns)
        wide = self.weight.new_zeros(taps, depth, blocks * columns)
        wide[:, :, :features] = self.weight
        return wide.view(taps, depth, blocks, columns).permute(2, 0, 1, 3).reshape(-1)

    def spread(self, source: torch.Tensor, first: int, used: int) -> torch.Tensor:
        """Terms (positions · rows, taps, features): every source position times the weights of the used taps."""
        taps = self.weight[first : first + used].transpose(0, 1).flatten(1)
        return torch.mm(source.flatten(0, 1), taps).view(source.shape[0] * source.shape[1], used, self.weight.shape[2])

    def collect(self, side_by_side: torch.Tensor, first: int) -> torch.Tensor:
        """Terms (outputs · rows, 1, features) of all that each output reads, (outputs, rows, taps, features in)."""
        flat = side_by_side.flatten(0, 1).flatten(1)
        taps = self.weight[first : first + side_by_side.shape[2]].flatten(0, 1)
        return torch.mm(flat, taps)[:, None]
