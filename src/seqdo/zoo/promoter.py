"""A small network for promoters: it reads the sequence before a gene and predicts the gene's expression.

Three convolutions, two poolings that keep positions apart, and a dense layer. The architecture follows the networks
that were trained on measured yeast promoters (Vaishnav et al., Nature 603:455, 2022), and is small enough to be trained
on 4,000 sequences.
"""

from __future__ import annotations

import torch
from torch import nn

POOLS = (5, 4)
"""Widths of the poolings. One position in 20 is left, because the position of a site matters in a promoter."""


class Promoter(nn.Module):
    """Convolutional network over a promoter: one-hot (n, 4, length) to (n, outputs); 56,641 parameters by default.

    Parameters
    ----------
    length : length of the input in bp
    filters, width : number and width of the filters of the first convolution, which detects sites
    hidden : features of the dense layer
    outputs : number of outputs; all are computed from the same features
    """

    def __init__(
        self, length: int = 110, filters: int = 64, width: int = 11, hidden: int = 64, outputs: int = 1
    ) -> None:
        super().__init__()
        self.scan = nn.Sequential(*_block(4, filters, width), nn.Dropout(0.1))
        self.body = nn.Sequential(
            *_block(filters, filters, 5), nn.MaxPool1d(POOLS[0]), nn.Dropout(0.2),
            *_block(filters, filters, 3), nn.MaxPool1d(POOLS[1]), nn.Dropout(0.2),
        )  # fmt: skip
        self.head = nn.Sequential(
            nn.Flatten(),
            nn.Linear(filters * (length // POOLS[0] // POOLS[1]), hidden, bias=False),
            nn.BatchNorm1d(hidden),
            nn.ReLU(),
            nn.Dropout(0.5),
            nn.Linear(hidden, outputs),
        )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Expression in the unit of the training target, (n, outputs)."""
        output: torch.Tensor = self.head(self.body(self.scan(x)))
        return output


def _block(inputs: int, outputs: int, width: int) -> tuple[nn.Module, ...]:
    return nn.Conv1d(inputs, outputs, width, padding="same", bias=False), nn.BatchNorm1d(outputs), nn.ReLU()
