"""The experiments by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from seqdo.designs.design import Design
from seqdo.experiments.arrange import copies, interaction, spacing
from seqdo.experiments.controls import controls
from seqdo.experiments.embed import embed, kmers, mutants, orientation, positions
from seqdo.experiments.from_table import design
from seqdo.experiments.hairpin import compensatory, hairpin, hairpin_series
from seqdo.experiments.mutagenesis import mutagenesis, pairwise_mutagenesis
from seqdo.experiments.occlusion import occlude, transplant
from seqdo.experiments.sequence_context import flanks, gc_context, gc_scan, swap
from seqdo.experiments.variants import variants

EXPERIMENTS: Mapping[str, Callable[..., Design]] = {
    function.__name__: function
    for function in (
        embed, positions, orientation, mutants, kmers, copies, spacing, interaction, flanks, swap, gc_context, gc_scan,
        controls, mutagenesis, pairwise_mutagenesis, occlude, transplant, variants,
        hairpin, hairpin_series, compensatory,
        design,
    )
}  # fmt: skip
"""Name to experiment: the one table to extend. Specs and reports read it."""
