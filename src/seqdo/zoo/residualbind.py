"""ResidualBind, the network of the GIA paper: it reads an RNA probe and predicts its binding score.

Source: Koo, Majdandzic, Ploenzke, Anand & Paul, PLoS Computational Biology 17(5):e1008925 (2021).
"""

from __future__ import annotations

import torch
from torch import nn

LENGTH = 41
"""Length of the input in nt; shorter probes are padded with zeros on both sides."""


def _norm(features: int) -> nn.BatchNorm1d:
    # The defaults of Keras, in which the paper trained; those of torch differ.
    return nn.BatchNorm1d(features, eps=1e-3, momentum=0.01)


class ResidualBind(nn.Module):
    """Dilated residual network over an RNA probe of 41 nt: one-hot (n, 4, 41) to (n, outputs).

    It has 214,849 trainable parameters with one output. After the residual block each position has a receptive field
    of 41 nt.

    Parameters
    ----------
    filters : filters of each convolution
    hidden : features of the dense layer
    outputs : number of outputs; all are computed from the same features
    """

    def __init__(self, filters: int = 96, hidden: int = 256, outputs: int = 1) -> None:
        super().__init__()
        self.scan = nn.Sequential(
            nn.Conv1d(4, filters, 11, padding="same", bias=False),
            _norm(filters),
            nn.ReLU(),
            nn.Dropout(0.1),
        )
        block: list[nn.Module] = [
            nn.Conv1d(filters, filters, 3, padding="same", bias=False),
            _norm(filters),
        ]
        for dilation in (2, 4, 8):
            block += [
                nn.ReLU(),
                nn.Dropout(0.1),
                nn.Conv1d(filters, filters, 3, padding="same", dilation=dilation, bias=False),
                _norm(filters),
            ]
        self.block = nn.Sequential(*block)
        self.pool = nn.Sequential(nn.ReLU(), nn.AvgPool1d(10), nn.Dropout(0.2), nn.Flatten())
        self.head = nn.Sequential(
            nn.Linear(filters * (LENGTH // 10), hidden, bias=False),
            _norm(hidden),
            nn.ReLU(),
            nn.Dropout(0.5),
            nn.Linear(hidden, outputs),
        )
        self.apply(_glorot_uniform)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Binding score in SD of the log-normalized training intensities, (n, outputs)."""
        x = self.scan(x)
        output: torch.Tensor = self.head(self.pool(x + self.block(x)))
        return output


def _glorot_uniform(module: nn.Module) -> None:
    if isinstance(module, nn.Conv1d | nn.Linear):
        nn.init.xavier_uniform_(module.weight)
        if module.bias is not None:
            nn.init.zeros_(module.bias)
