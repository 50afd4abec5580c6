"""Backgrounds by kind: the null models on which patterns are embedded."""

from seqdo.backgrounds.kinds import (
    BLOCK,
    Background,
    as_background,
    custom,
    gc_matched,
    given,
    markov,
    natural,
    profile,
    shuffled,
    uniform,
)

__all__ = [
    "BLOCK", "Background", "as_background", "custom", "gc_matched", "given", "markov", "natural", "profile", "shuffled",
    "uniform",
]  # fmt: skip
