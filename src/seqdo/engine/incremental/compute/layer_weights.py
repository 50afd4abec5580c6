"""The weights of a layer in the forms that its products need.

One-hot letters need no product. A table holds what each letter, or each change of a letter, contributes through each
tap, and a layer on letters adds up entries of that table.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import torch

from seqdo.engine.incremental.compute.kernels.layer_call import FEW_FEATURES
from seqdo.engine.incremental.compute.kernels.vectors import COLUMNS
from seqdo.engine.incremental.graph.nodes import Layer

CODES = 5
"""Four letters and padding."""


@dataclass(frozen=True, eq=False)
class LayerWeights:
    """Weights (taps, features in, features out) of a layer, in the network's dtype and on its device."""

    weight: torch.Tensor

    @classmethod
    def of(cls, layer: Layer, like: torch.Tensor, reads_letters: bool) -> LayerWeights | None:
        """The weights of a layer; None if it has none and does not read letters.

        Parameters
        ----------
        layer : the layer
        like : a tensor of the dtype and on the device to use
        reads_letters : the layer's source is the input
        """
        if layer.weight is None:
            # A pool or a sum on the letters themselves gets a table too: the one that spells letters as one-hot.
            one_hot = torch.eye(CODES, dtype=like.dtype, device=like.device)[None, :, : layer.features]
            return cls(one_hot) if reads_letters else None
        weight = layer.weight.to(like.device, like.dtype)
        if layer.groups > 1:
            # Groups are written out, with zeros between them, so that kernels have one form of weights to multiply by.
            taps, inner, features = weight.shape
            size = features // layer.groups
            full = weight.new_zeros(taps, inner * layer.groups, features)
            for group in range(layer.groups):
                outputs = slice(group * size, (group + 1) * size)
                full[:, group * inner : (group + 1) * inner, outputs] = weight[:, :, outputs]
            weight = full
        return cls(weight)

    @property
    def in_features(self) -> int:
        """Features of the source."""
        return self.weight.shape[1]

    @cached_property
    def letter_terms(self) -> torch.Tensor:
        """(5, taps, features): what each code contributes through each tap; zero for padding."""
        table = self.weight.transpose(0, 1)
        # Networks that read one-hot letters have four rows. Padding is zero in one-hot, and so is its row here.
        return torch.cat([table, table.new_zeros(CODES - len(table), *table.shape[1:])]).contiguous()

    @cached_property
    def change_terms(self) -> torch.Tensor:
        """(25, taps, features): what it contributes that code ``i // 5`` becomes code ``i % 5``."""
        # Rounded once here. A difference of two sums over the window would round with each letter in it.
        return (self.letter_terms[None] - self.letter_terms[:, None]).flatten(0, 1).contiguous()

    @cached_property
    def packed(self) -> torch.Tensor:
        """Flat, for compiled calls: (blocks of features, taps, features in, columns).

        A tile reads one block from beginning to end, so that its weights are consecutive in memory. A layer of few
        features has them as (features, taps, features in).
        """
        taps, in_features, features = self.weight.shape
        if features < FEW_FEATURES:
            return self.weight.permute(2, 0, 1).reshape(-1)
        columns = COLUMNS[self.weight.element_size()]
        blocks = -(-features // columns)
        # The last block is filled up with zeros: tiles multiply whole blocks and ignore the columns that are not there.
        padded = self.weight.new_zeros(taps, in_features, blocks * columns)
        padded[:, :, :features] = self.weight
        return padded.view(taps, in_features, blocks, columns).permute(2, 0, 1, 3).reshape(-1)

    def source_terms(self, source: torch.Tensor, first: int, used: int) -> torch.Tensor:
        """Terms (positions · rows, taps, features): every source position times the weights of each used tap.

        Parameters
        ----------
        source : (positions, rows, features in)
        first, used : the first tap and the number of taps
        """
        taps = self.weight[first : first + used].transpose(0, 1).flatten(1)
        return torch.mm(source.flatten(0, 1), taps).view(source.shape[0] * source.shape[1], used, self.weight.shape[2])

    def output_terms(self, windows: torch.Tensor, first: int) -> torch.Tensor:
        """Terms (outputs · rows, 1, features): the whole window of every output times the weights.

        Parameters
        ----------
        windows : (outputs, rows, taps, features in), what each output reads through each used tap
        first : the first tap
        """
        flat = windows.flatten(0, 1).flatten(1)
        taps = self.weight[first : first + windows.shape[2]].flatten(0, 1)
        return torch.mm(flat, taps)[:, None]
