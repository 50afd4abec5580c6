"""A small network for ChIP-seq peaks: it reads a region and predicts the log odds that a protein is bound there.

Three convolutions, each pooled by 4, and a dense layer: the usual architecture of small peak classifiers, small enough
to be trained on 3,000 regions. Its data: Koo & Ploenzke, Nature Machine Intelligence 3:258 (2021).
"""

from __future__ import annotations

import torch
from torch import nn

POOL = 4
"""Width of each pooling, in positions."""


class Peaks(nn.Module):
    """Convolutional network over a region: one-hot (n, 4, length) to logits (n, outputs); 59,745 parameters by default.

    Parameters
    ----------
    length : length of the input in bp
    filters, width : number and width of the filters of the first convolution, which detects motifs; the next two
        convolutions have 1.5 and 2 times as many filters
    hidden : features of the dense layer
    outputs : number of logits; all are computed from the same features
    """

    def __init__(
        self, length: int = 400, filters: int = 32, width: int = 19, hidden: int = 64, outputs: int = 1
    ) -> None:
        super().__init__()
        sizes = (4, filters, filters * 3 // 2, filters * 2)
        self.body = nn.Sequential(
            *_block(sizes[0], sizes[1], width, 0.1),
            *_block(sizes[1], sizes[2], 7, 0.2),
            *_block(sizes[2], sizes[3], 7, 0.2),
        )
        self.head = nn.Sequential(
            nn.Flatten(),
            nn.Linear(sizes[3] * (length // POOL // POOL // POOL), hidden, bias=False),
            nn.BatchNorm1d(hidden),
            nn.ReLU(),
            nn.Dropout(0.5),
            nn.Linear(hidden, outputs),
        )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Log odds of a peak, (n, outputs)."""
        output: torch.Tensor = self.head(self.body(x))
        return output


def _block(inputs: int, outputs: int, width: int, drop: float) -> tuple[nn.Module, ...]:
    convolution = nn.Conv1d(inputs, outputs, width, padding="same", bias=False)
    return convolution, nn.BatchNorm1d(outputs), nn.ReLU(), nn.MaxPool1d(POOL), nn.Dropout(drop)
