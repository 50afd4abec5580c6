"""Planted models: their effects are known exactly, so that the estimates of an experiment can be checked."""

from seqdo.models.planted.models import (
    Edits,
    Planted,
    additive,
    combine,
    context_flip,
    gc_biased,
    hairpin_gated,
    letter_score,
    periodic,
    saturating,
    steric,
)

__all__ = [
    "Edits", "Planted", "additive", "combine", "context_flip", "gc_biased", "hairpin_gated", "letter_score", "periodic",
    "saturating", "steric",
]  # fmt: skip
