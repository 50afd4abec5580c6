"""Plain batched torch, written carefully by hand: edits are applied to one-hot, and whole sequences are predicted.

The one-hot of the backgrounds is made before the timing. Backgrounds are predicted once. A batch has edits of several
arms, and the batch size is the fastest of four.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

import seqdo as sd
from benchmarks.contenders.contender import Result
from benchmarks.contenders.sizing import grown
from benchmarks.models import Network
from benchmarks.workloads import Workload

BATCHES = (4, 16, 64, 256)
"""Batch sizes, tried in this order until a sequence takes half as long again as with the fastest size so far."""


@dataclass
class Plain:
    """A network and its fastest batch size."""

    network: Network
    net: nn.Module
    dtype: torch.dtype = torch.float32
    batch: int = 0
    name: str = field(default="plain", init=False)

    def __post_init__(self) -> None:
        self.batch = self.batch or self._fastest()

    def cut(self, work: Workload, seconds: float) -> Workload:
        return grown(self.evaluate_arms, work, seconds, self.batch)

    def evaluate_arms(self, work: Workload) -> Result:
        x = one_hot(work.backgrounds.codes, self.dtype)
        arms, rows = np.nonzero(_mutants(work))
        starts, letters = _stacked(work)
        letters = letters.to(self.dtype)
        start = time.perf_counter()
        base = self.predict(x)
        shared = time.perf_counter() - start
        y = base.expand(len(work.arms), *base.shape).clone()
        start = time.perf_counter()
        for first in range(0, len(arms), self.batch):
            arm = torch.from_numpy(arms[first : first + self.batch])
            row = torch.from_numpy(rows[first : first + self.batch])
            y[arm, row] = self._forward(_edited(x[row], starts[:, arm], letters[:, arm]))
        each = time.perf_counter() - start
        return Result(work, y.numpy(), base.numpy(), 0.0, shared, each, len(arms), f"batch {self.batch}")

    def predict(self, x: Tensor) -> Tensor:
        """Predictions (n, outputs) for one-hot (n, 4, length)."""
        return torch.cat([self._forward(x[i : i + self.batch]) for i in range(0, len(x), self.batch)])

    def _forward(self, x: Tensor) -> Tensor:
        with torch.inference_mode():
            return self.net(x)

    def _fastest(self) -> int:
        codes = sd.backgrounds.uniform(self.network.length).sample(BATCHES[-1], rng=0).codes
        x = one_hot(codes, self.dtype)
        seconds: dict[int, float] = {}
        for batch in BATCHES:
            seconds[batch] = self._seconds(x[:batch]) / batch
            if seconds[batch] > 1.5 * min(seconds.values()) or seconds[batch] * batch > 2:
                break
        return min(seconds, key=seconds.__getitem__)

    def _seconds(self, x: Tensor) -> float:
        times = []
        for _ in range(3):
            start = time.perf_counter()
            self._forward(x)
            times.append(time.perf_counter() - start)
        return min(times)


def one_hot(codes: NDArray[np.uint8], dtype: torch.dtype) -> Tensor:
    """Codes (n, length) to one-hot (n, 4, length)."""
    return (torch.from_numpy(codes)[:, None] == torch.arange(4)[:, None]).to(dtype)


def _edited(x: Tensor, starts: Tensor, letters: Tensor) -> Tensor:
    """Write letters (sites, n, 4, width) at starts (sites, n) into one-hot (n, 4, length), in place."""
    rows = torch.arange(len(x))[:, None]
    for start, site in zip(starts, letters, strict=True):
        columns = start[:, None] + torch.arange(site.shape[-1])
        x[rows, :, columns] = site.transpose(1, 2)
    return x


def _stacked(work: Workload) -> tuple[Tensor, Tensor]:
    """Starts (sites, arms) and one-hot letters (sites, arms, 4, width), the same for every background."""
    starts = torch.tensor([[int(edit.start) for edit in arm] for arm in work.arms]).T
    codes = np.stack([[edit.letters for edit in arm] for arm in work.arms], axis=1)
    sites, n, width = codes.shape
    return starts, one_hot(codes.reshape(-1, width), torch.float32).reshape(sites, n, 4, width)


def _mutants(work: Workload) -> NDArray[np.bool_]:
    """Pairs of arm and background that are predicted (arms, backgrounds).

    In mutagenesis an arm that writes the background's own letter is not predicted.
    """
    everything = np.ones(work.size, bool)
    if work.kind != "mutagenesis":
        return everything
    edits = [edit for (edit,) in work.arms]
    letters = np.array([edit.letters[0] for edit in edits])
    present = work.backgrounds.codes[:, [int(edit.start) for edit in edits]]
    different: NDArray[np.bool_] = letters[:, None] != present.T
    return different
