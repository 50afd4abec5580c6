"""Floors: the speed-up that the benchmark has to reach, the contender it refers to, and the largest difference."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

EXACT = 1e-5
"""Largest difference of an effect from that of plain torch, in SDs of the output over backgrounds."""


@dataclass(frozen=True)
class Floor:
    """A floor: seqdo has to be at least ``ratio`` times faster than a contender."""

    ratio: float
    against: Literal["tangermeme", "plain"] = "tangermeme"

    def __str__(self) -> str:
        return f"≥ {self.ratio:g}× {self.against}"


_BY_MODEL = {
    # W1 scan and W4 screen against marginalize, W2 spacing against space, W3 against a whole call with fast=True
    "M1": (40, 22, 8),
    "M2": (6, 3.5, 4),
    "M3": (20, 12, 4),
    "M3c": (28, 17, 5),
    "M4": (160, 120, 30),
}
_AGAINST_PLAIN = {
    "Basset": 15, "DeepSEA": 15, "Beluga": 15, "ChromBPNet-512": 15, "Basenji-16k": 200, "Enformer-16k": 1.8,
    "DanQ": 2, "DeepBind": 2,
}  # fmt: skip

FLOORS: dict[tuple[str, str], Floor] = {
    **{
        (model, workload): Floor(ratio)
        for model, (site, pair, mutants) in _BY_MODEL.items()
        for workload, ratio in {"W1": site, "W4": site, "W2": pair, "W3": mutants}.items()
    },
    **{(model, "W1"): Floor(ratio, "plain") for model, ratio in _AGAINST_PLAIN.items()},
}
"""(network, workload) to its floor. Others are measured only if they are named on the command line."""
