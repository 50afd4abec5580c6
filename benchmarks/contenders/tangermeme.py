"""tangermeme as its users call it: every default of ``marginalize``, ``space`` and ``saturation_mutagenesis``.

Mutagenesis decides by the size of a job whether its fast path is worth the capture (30 s), and what it does first does
not grow with the job. So in a cut job the 30 s are cut alike, and capture and check are timed apart, once.
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
from benchmarks.contenders.answer import Answer
from benchmarks.contenders.plain import one_hot
from benchmarks.contenders.sizing import grown
from benchmarks.models import Network
from benchmarks.workloads import LETTERS, Workload

BATCH = 32
"""Its default batch, which it predicts before it decides on the fast path."""


@dataclass
class Tangermeme:
    """A network asked through tangermeme.

    Attributes
    ----------
    plain : seconds that plain torch takes for an evaluation, from which a round of mutagenesis is sized
    """

    network: Network
    net: nn.Module
    plain: float
    name: str = field(default="tangermeme", init=False)

    def __post_init__(self) -> None:
        self.captured: dict[tuple[str, tuple[int, int]], _Decision] = {}

    def cut(self, work: Workload, seconds: float) -> Workload:
        """Whole calls with as many backgrounds as fit; of mutagenesis a few times what plain torch would do."""
        if work.kind != "mutagenesis":
            return grown(self.ask, work, seconds, len(work.backgrounds), arms=1)
        mutants = max(BATCH + 24, round(3 * seconds / self.plain))
        positions = min(len(work.arms) // len(LETTERS), -(-mutants // 3))
        return work.cut(len(LETTERS) * positions, max(1, mutants // (3 * positions)))

    def ask(self, work: Workload) -> Answer:
        x = one_hot(work.backgrounds.codes, torch.int8)
        asked = {"site": self._marginalize, "pair": self._space, "mutagenesis": self._mutate}[work.kind]
        return asked(x, work)

    def _marginalize(self, x: Tensor, work: Workload) -> Answer:
        """One call for each motif and position; each predicts the backgrounds again."""
        sites = [(sd.DNA.decode(edit.letters), int(edit.start)) for (edit,) in work.arms]
        start = time.perf_counter()
        results = [marginalize(self.net, x, letters, start=at, device="cpu") for letters, at in sites]
        each = time.perf_counter() - start
        y, base = torch.stack([result.y_after for result in results]), results[0].y_before
        return Answer(work, y.numpy(), base.numpy(), 0.0, 0.0, each, work.evaluations)

    def _space(self, x: Tensor, work: Workload) -> Answer:
        """One call for all gaps, which predicts the backgrounds once."""
        motifs = [sd.DNA.decode(edit.letters) for edit in work.arms[0]]
        gaps = [[int(second.start) - int(first.start) - first.width] for first, second in work.arms]
        start = time.perf_counter()
        result = space(self.net, x, motifs, gaps, start=int(work.arms[0][0].start), device="cpu")
        taken = time.perf_counter() - start
        shared = taken / (len(gaps) + 1)
        y = result.y_afters.transpose(0, 1)
        return Answer(work, y.numpy(), result.y_before.numpy(), 0.0, shared, taken - shared, work.evaluations)

    def _mutate(self, x: Tensor, work: Workload) -> Answer:
        """One call, with the time of its fast path's capture and check apart."""
        first, stop = int(work.arms[0][0].start), int(work.arms[-1][0].start) + 1
        with self._watched(work) as decision:
            start = time.perf_counter()
            result = ism.saturation_mutagenesis(
                self.net, x, start=first, end=stop, raw_outputs=True, device="cpu", fast=True
            )
            each = time.perf_counter() - decision.ended
        y = result.y_hat.transpose(0, 2).flatten(0, 1)
        shared, evaluations, once = decision.began - start, work.evaluations, decision.seconds
        if decision.tried:  # the first batch is in it, and was predicted plainly
            evaluations -= min(BATCH, 3 * (stop - first))
        else:
            each, once = each + once, 0.0
        return Answer(work, y.numpy(), result.y0.numpy(), once, shared, each, evaluations, decision.note)

    @contextmanager
    def _watched(self, work: Workload) -> Iterator[_Decision]:
        """Time the decision for the fast path, have it made as for the whole job, and keep what was captured."""
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
            warnings.catch_warnings(record=True) as said,
            patch.object(ism, "_fast_path", timed),
            patch.object(ism, "_FAST_MIN_SECONDS", ism._FAST_MIN_SECONDS * work.evaluations / work.entire.evaluations),
        ):
            warnings.simplefilter("always", TangermemeWarning)
            yield decision
            decision.refused = decision.refused or next((str(warning.message) for warning in said), "")
        self.captured[key] = decision


@dataclass
class _Decision:
    """What a call decided of its fast path, how long that took, and when it began and ended."""

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
