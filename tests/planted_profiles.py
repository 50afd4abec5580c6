"""A network whose profile is a sum of whole weights, so that peaks and values follow from the bases exactly."""

from __future__ import annotations

import numpy as np
import torch
from torch import nn


class Planted(nn.Module):
    """A profile (n, tracks, positions): position p of a track is the sum of whole weights for the bases from p on."""

    def __init__(self, weights: np.ndarray):
        super().__init__()
        tracks, _, width = weights.shape
        self.scan = nn.Conv1d(4, tracks, width, bias=False)
        with torch.no_grad():
            self.scan.weight.copy_(torch.tensor(weights, dtype=torch.float32))

    def forward(self, x):
        return {"profile": self.scan(x)}


def planted_profile(weights: np.ndarray, codes: np.ndarray) -> np.ndarray:
    """The same (n, tracks, positions), added up base by base."""
    tracks, _, width = weights.shape
    profile = np.zeros((len(codes), tracks, codes.shape[1] - width + 1))
    for i, track, position, k in np.ndindex(*profile.shape, width):
        profile[i, track, position] += weights[track, codes[i, position + k], k]
    return profile


def weights_of(rng: np.random.Generator, tracks: int = 2) -> np.ndarray:
    return rng.integers(0, 100, (tracks, 4, 3))


def largest(values: list[float]) -> int:
    """The first position of the largest value, by a loop."""
    place = 0
    for position, value in enumerate(values):
        if value > values[place]:
            place = position
    return place
