"""tangermeme as its users call it, with the defaults of ``marginalize``, ``space`` and ``saturation_mutagenesis``.

Mutagenesis decides by the estimated time of a job (30 s) whether its fast path is worth a capture. Capture and check do
not grow with the job. For a part of a job the 30 s are therefore reduced in proportion, and capture and check are timed
separately, once.
"""

from __future__ import annotations

import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from unittest.mock import patch

import tangermeme.saturation_mutagenesis as ism
import torch
from tangermeme.marginalize import marginalize
from tangermeme.space import space
from tangermeme.utils import TangermemeWarning
from torch import Tensor, nn

import seqdo as sd
from benchmarks.contenders.contender import Result
from benchmarks.contenders.plain import one_hot
from benchmarks.contenders.sizing import grown
from benchmarks.models import Network
from benchmarks.workloads import LETTERS, Workload

BATCH = 32
"""The default batch of tangermeme, which it predicts before it decides about the fast path."""


@dataclass
class Tangermeme:
    """A network evaluated with tangermeme.

    Attributes
    ----------
    plain : seconds of plain torch for an evaluation, from which the size of a round of mutagenesis is chosen
    """

    network: Network
    net: nn.Module
    plain: float
    name: str = field(default="tangermeme", init=False)

    def __post_init__(self) -> None:
        self.captured: dict[tuple[str, tuple[int, int]], _Decision] = {}

    def cut(self, work: Workload, seconds: float) -> Workload:
        """Whole calls with as many backgrounds as fit; mutagenesis gets three times as many mutants as plain torch."""
        if work.kind != "mutagenesis":
            return grown(self.evaluate_arms, work, seconds, len(work.backgrounds), arms=1)
        mutants = max(BATCH + 24, round(3 * seconds / self.plain))
        positions = min(len(work.arms) // len(LETTERS), -(-mutants // 3))
        return work.cut(len(LETTERS) * positions, max(1, mutants // (3 * positions)))

    def evaluate_arms(self, work: Workload) -> Result:
        x = one_hot(work.backgrounds.codes, torch.int8)
        evaluate = {"site": self._marginalize, "pair": self._space, "mutagenesis": self._mutate}[work.kind]
        return evaluate(x, work)

    def _marginalize(self, x: Tensor, work: Workload) -> Result:
        """One call for each motif and position; each call predicts the backgrounds again."""
        sites = [(sd.DNA.decode(edit.letters), int(edit.start)) for (edit,) in work.arms]
        start = time.perf_counter()
        results = [marginalize(self.net, x, letters, start=at, device="cpu") for letters, at in sites]
        each = time.perf_counter() - start
        y, base = torch.stack([result.y_after for result in results]), results[0].y_before
        return Result(work, y.numpy(), base.numpy(), 0.0, 0.0, each, work.evaluations)

    def _space(self, x: Tensor, work: Workload) -> Result:
        """One call for all gaps; it predicts the backgrounds once."""
        motifs = [sd.DNA.decode(edit.letters) for edit in work.arms[0]]
        gaps = [[int(second.start) - int(first.start) - first.width] for first, second in work.arms]
        start = time.perf_counter()
        result = space(self.net, x, motifs, gaps, start=int(work.arms[0][0].start), device="cpu")
        seconds = time.perf_counter() - start
        shared = seconds / (len(gaps) + 1)
        y = result.y_afters.transpose(0, 1)
        return Result(work, y.numpy(), result.y_before.numpy(), 0.0, shared, seconds - shared, work.evaluations)

    def _mutate(self, x: Tensor, work: Workload) -> Result:
        """One call; capture and check of its fast path are timed separately."""
        first, stop = int(work.arms[0][0].start), int(work.arms[-1][0].start) + 1
        with self._observed(work) as decision:
            start = time.perf_counter()
            result = ism.saturation_mutagenesis(
                self.net, x, start=first, end=stop, raw_outputs=True, device="cpu", fast=True
            )
            each = time.perf_counter() - decision.ended
        y = result.y_hat.transpose(0, 2).flatten(0, 1)
        shared, evaluations, once = decision.began - start, work.evaluations, decision.seconds
        if decision.tried:  # the decision includes a plain prediction of the first batch
            evaluations -= min(BATCH, 3 * (stop - first))
        else:
            each, once = each + once, 0.0
        return Result(work, y.numpy(), result.y0.numpy(), once, shared, each, evaluations, decision.note)

    @contextmanager
    def _observed(self, work: Workload) -> Iterator[_Decision]:
        """Time the decision about the fast path, made as for the whole job, and keep the captured network."""
        decide, key = ism._fast_path, (work.name, work.size)
        decision = self.captured.get(key, _Decision())

        def timed(*arguments: Any) -> Any:
            decision.began = time.perf_counter()
            if not decision.tried:
                decision.outcome = decide(*arguments)
                decision.seconds = time.perf_counter() - decision.began
            decision.ended = time.perf_counter()
            return decision.outcome

        with (
            warnings.catch_warnings(record=True) as messages,
            patch.object(ism, "_fast_path", timed),
            patch.object(ism, "_FAST_MIN_SECONDS", ism._FAST_MIN_SECONDS * work.evaluations / work.entire.evaluations),
        ):
            warnings.simplefilter("always", TangermemeWarning)
            yield decision
            decision.refused = decision.refused or next((str(warning.message) for warning in messages), "")
        self.captured[key] = decision


@dataclass
class _Decision:
    """The decision of a call about its fast path, the seconds that it took, and when it began and ended."""

    outcome: Any = (None, None, 0)
    refused: str = ""
    seconds: float = 0.0
    began: float = 0.0
    ended: float = 0.0

    @property
    def tried(self) -> bool:
        return self.outcome[0] is not None or bool(self.refused)

    @property
    def note(self) -> str:
        fast = self.outcome[0] is not None
        return "fast path" if fast else self.refused or "plain path: the whole job takes less than 30 s"
