"""Plain batched torch, as well as it is written by hand: edits applied to one-hot, whole sequences predicted.

The one-hot of the backgrounds is made beforehand, the backgrounds are predicted once, batches hold edits of
several arms, and the batch is the best of a few.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

import seqdo as sd
from benchmarks.contenders.answer import Answer
from benchmarks.contenders.sizing import grown
from benchmarks.models import Network
from benchmarks.workloads import Workload

BATCHES = (4, 16, 64, 256)
"""Tried in this order, until one takes longer for each sequence than the one before by half."""


@dataclass
class Plain:
    """A network and the batch that it is fastest with."""

    network: Network
    net: nn.Module
    dtype: torch.dtype = torch.float32
    batch: int = 0
    name: str = field(default="plain", init=False)

    def __post_init__(self) -> None:
        self.batch = self.batch or self._fastest()

    def cut(self, work: Workload, seconds: float) -> Workload:
        return grown(self.ask, work, seconds, self.batch)

    def ask(self, work: Workload) -> Answer:
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
        return Answer(work, y.numpy(), base.numpy(), 0.0, shared, each, len(arms), f"batch {self.batch}")

    def predict(self, x: Tensor) -> Tensor:
        """Answers (n, outputs) to one-hot (n, 4, length)."""
        return torch.cat([self._forward(x[i : i + self.batch]) for i in range(0, len(x), self.batch)])

    def _forward(self, x: Tensor) -> Tensor:
        with torch.inference_mode():
            return self.net(x)

    def _fastest(self) -> int:
        codes = sd.backgrounds.uniform(self.network.length).sample(BATCHES[-1], rng=0).codes
        x = one_hot(codes, self.dtype)
        taken: dict[int, float] = {}
        for batch in BATCHES:
            taken[batch] = self._seconds(x[:batch]) / batch
            if taken[batch] > 1.5 * min(taken.values()) or taken[batch] * batch > 2:
                break
        return min(taken, key=taken.__getitem__)

    def _seconds(self, x: Tensor) -> float:
        times = []
        for _ in range(3):
            start = time.perf_counter()
            self._forward(x)
            times.append(time.perf_counter() - start)
        return min(times)


def one_hot(codes: NDArray[np.uint8], dtype: torch.dtype) -> Tensor:
    """(n, length) codes to (n, 4, length)."""
    return (torch.from_numpy(codes)[:, None] == torch.arange(4)[:, None]).to(dtype)


def _edited(x: Tensor, starts: Tensor, letters: Tensor) -> Tensor:
    """One-hot (n, 4, length) with letters (sites, n, 4, width) written at starts (sites, n): in place."""
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
    """(arms, backgrounds): which pairs are to be predicted; of mutagenesis, where the letter is another."""
    everything = np.ones(work.size, bool)
    if work.kind != "mutagenesis":
        return everything
    edits = [edit for (edit,) in work.arms]
    letters = np.array([edit.letters[0] for edit in edits])
    there = work.backgrounds.codes[:, [int(edit.start) for edit in edits]]
    different: NDArray[np.bool_] = letters[:, None] != there.T
    return different
