"""The experiments by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from seqdo.experiments.arrange import copies, interaction, spacing
from seqdo.experiments.context import flanks, gc_context, swap
from seqdo.experiments.controls import controls
from seqdo.experiments.design import Design
from seqdo.experiments.embed import embed, kmers, mutants, orientation, positions

EXPERIMENTS: Mapping[str, Callable[..., Design]] = {
    function.__name__: function
    for function in (
        embed, positions, orientation, mutants, kmers, copies, spacing, interaction, flanks, swap, gc_context,
        controls,
    )
}  # fmt: skip
"""Name to experiment: the one table to extend. Specs and reports read it."""
